#include "linnet/base/clock.h"

#include <time.h>

static int64_t
clock_read_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
clock_now_ms(void)
{
	return clock_now_us() / 1000;
}

int64_t
clock_now_us(void)
{
	return clock_read_us(CLOCK_MONOTONIC);
}

int64_t
clock_boot_ms(void)
{
	return clock_read_us(CLOCK_BOOTTIME) / 1000;
}

int64_t
clock_thread_us(void)
{
	return clock_read_us(CLOCK_THREAD_CPUTIME_ID);
}

int64_t
clock_unix_ms(void)
{
	return clock_read_us(CLOCK_REALTIME) / 1000;
}
