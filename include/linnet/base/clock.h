/* clock.h - what time it is. */
#pragma once

#include <stdint.h>

/* Of the monotonic clock, which only goes forward and which nobody sets. */
int64_t clock_now_ms(void);
int64_t clock_now_us(void);

/* Unix time, which may jump. */
int64_t clock_unix_ms(void);
