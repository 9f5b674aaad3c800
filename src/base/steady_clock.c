#include "linnet/base/steady_clock.h"

#include <stdlib.h>

/* A larger difference between the two clocks is a jump. A clock that is slowly corrected
 * stays below it for hours, and then only waits once more. */
#define JUMP_MS 10000

int64_t
steady_clock_note(struct steady_clock *clock, int64_t unix_ms, int64_t boot_ms)
{
	int64_t passed_ms = boot_ms - clock->boot_ms;

	if (!clock->is_read || llabs(unix_ms - clock->unix_ms - passed_ms) > JUMP_MS) {
		*clock = (struct steady_clock){ unix_ms, boot_ms, true };
		return INT64_MIN;
	}
	return passed_ms < STEADY_CLOCK_MS ? INT64_MIN : unix_ms - STEADY_CLOCK_MS;
}
