/* steady_clock.h - Unix time that something may be deleted by. A clock may be wrong: at a
 * start before it is set, or for a moment. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The clock is believed when it has not jumped for so long. */
#define STEADY_CLOCK_MS 60000

/* All zero is a clock that was not read yet. */
struct steady_clock {
	int64_t unix_ms, boot_ms; /* of the first reading since the last jump */
	bool is_read;
};

/* Note that the clock says unix_ms at boot_ms (of clock_boot_ms). Returns the latest time
 * of which the clock has said for STEADY_CLOCK_MS that it is over, or INT64_MIN if it was
 * first read, or has jumped, less than that ago. */
int64_t steady_clock_note(struct steady_clock *clock, int64_t unix_ms, int64_t boot_ms);
