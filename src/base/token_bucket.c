#include "linnet/base/token_bucket.h"

int64_t
token_bucket_take(struct token_bucket *bucket, double rate, double burst, double cost,
	int64_t now_ms)
{
	double missing;

	if (rate <= 0)
		return 0;
	if (cost > burst)
		cost = burst; /* more than burst is never there */
	if (!bucket->filled_ms)
		bucket->tokens = burst;
	else if (now_ms > bucket->filled_ms)
		bucket->tokens += (double)(now_ms - bucket->filled_ms) / 1000 * rate;
	if (bucket->tokens > burst)
		bucket->tokens = burst;
	bucket->filled_ms = now_ms;
	missing = cost - bucket->tokens;
	if (missing <= 0) {
		bucket->tokens -= cost;
		return 0;
	}
	return (int64_t)(missing / rate * 1000) + 1;
}
