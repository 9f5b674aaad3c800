#include "linnet/base/token_bucket.h"

int64_t
token_bucket_wait(struct token_bucket *bucket, double rate, double burst, double cost,
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
	return missing <= 0 ? 0 : (int64_t)(missing / rate * 1000) + 1;
}

int64_t
token_bucket_take(struct token_bucket *bucket, double rate, double burst, double cost,
	int64_t now_ms)
{
	int64_t wait_ms = token_bucket_wait(bucket, rate, burst, cost, now_ms);

	if (rate > 0 && !wait_ms)
		bucket->tokens -= cost > burst ? burst : cost;
	return wait_ms;
}
