/* token_bucket.h - a rate limit with bursts. */
#pragma once

#include <stdint.h>

/* The state of a token bucket. Embedded in its owner; all zero is a full bucket. */
struct token_bucket {
	double tokens;
	int64_t filled_ms; /* time of the last call; 0: none yet */
};

/* Returns 0 if cost tokens are there at now_ms, or the ms until they are (at least 1).
 * Takes nothing; the rest is as for token_bucket_take. */
int64_t token_bucket_wait(struct token_bucket *bucket, double rate, double burst,
	double cost, int64_t now_ms);

/* Take cost tokens at now_ms. The bucket gains rate tokens a second (0: no limit) and
 * holds at most burst. If the clock was set back, it gains nothing. Returns 0, or the ms
 * until enough tokens are there (at least 1); then it takes nothing. */
int64_t token_bucket_take(struct token_bucket *bucket, double rate, double burst,
	double cost, int64_t now_ms);
