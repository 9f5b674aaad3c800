/* token_bucket.h - how fast somebody may go on. */
#pragma once

#include <stdint.h>

/* A token bucket: rate tokens a second, burst of them at most. Embedded; all zero is one
 * that has not begun, which is full. */
struct token_bucket {
	double tokens;
	int64_t filled_ms; /* the last time; 0: never */
};

/* Take cost tokens at now_ms (a clock that is set back gives nothing) from a bucket that
 * gets rate tokens a second (0: no limit) and holds burst. Returns 0, or after how many
 * ms that much will be there, at least 1; nothing is taken then. */
int64_t token_bucket_take(struct token_bucket *bucket, double rate, double burst,
	double cost, int64_t now_ms);
