/* clock.h - the time. */
#pragma once

#include <stdint.h>

/* Monotonic time: it never goes backwards, and setting the system's clock does not change
 * it. */
int64_t clock_now_ms(void);
int64_t clock_now_us(void);

/* The same, but it goes on while the machine is suspended. */
int64_t clock_boot_ms(void);

/* CPU time of the calling thread. */
int64_t clock_thread_us(void);

/* Unix time. It jumps if the system's clock is set. */
int64_t clock_unix_ms(void);
