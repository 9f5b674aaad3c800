/* The driver "redis": the history is in a Redis that several processes share. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/redis/redis_store.h"

/* What is under way when the store closes may take so long. */
#define CLOSE_MS 5000

static void
redis_on_hello(void *context, const struct redis_hello *hello)
{
	struct store_redis *redis = context;
	struct redis_batch *batch;

	redis->can_read = !hello->is_new;
	if (!hello->is_new)
		return;
	/* In a new history nothing of before was stored, so on_up sends it again. In this
	 * one nobody knows any more. */
	STAILQ_FOREACH (batch, &redis->sent, link) {
		struct store_write *write;

		if (hello->is_new_epoch || batch->is_known)
			continue;
		STAILQ_FOREACH (write, &batch->writes, link)
			write->error = -ENOTCONN;
		batch->is_known = true;
	}
	redis_sent_answer(redis);
	redis_picture_begin(redis, hello->epoch);
}

static void
redis_on_entry(void *context, const struct redis_entry *entry)
{
	if (!strcmp(entry->kind, "batch"))
		redis_append_on_entry(context, entry);
}

static void
redis_on_up(void *context)
{
	struct store_redis *redis = context;

	redis_answer_up(redis, 0);
	redis_append_on_up(redis);
	redis_thin_begin(redis);
}

static void
redis_on_down(void *context, int error, bool can_read)
{
	struct store_redis *redis = context;

	redis->can_read = redis->can_read && can_read;
	redis_answer_up(redis, error);
	redis_append_on_down(redis, error);
}

static void
redis_take_limits(
	struct store_redis *redis, struct store_room_keep *limits, int64_t prune_ms)
{
	if (limits) {
		store_free_limits(redis->limits);
		redis->limits = limits;
	}
	if (prune_ms != INT64_MIN)
		redis->prune_ms = prune_ms;
	if (limits || prune_ms != INT64_MIN)
		redis_thin_begin(redis);
}

static void
redis_on_wake(void *context)
{
	struct store_redis *redis = context;
	struct store_writes writes = STAILQ_HEAD_INITIALIZER(writes);
	struct store_reads reads = STAILQ_HEAD_INITIALIZER(reads);
	struct store_room_keep *limits;
	int64_t prune_ms;

	pthread_mutex_lock(&redis->mutex);
	STAILQ_CONCAT(&writes, &redis->new_writes);
	STAILQ_CONCAT(&reads, &redis->new_reads);
	limits = redis->new_limits;
	prune_ms = redis->new_prune_ms;
	redis->are_searches_cut = redis->is_closing;
	redis->new_limits = NULL;
	redis->new_prune_ms = INT64_MIN;
	pthread_mutex_unlock(&redis->mutex);
	redis_append_take(redis, &writes);
	redis_pages_take(redis, &reads);
	redis_take_limits(redis, limits, prune_ms);
}

static bool
redis_is_idle(void *context)
{
	struct store_redis *redis = context;
	bool is_idle;

	pthread_mutex_lock(&redis->mutex);
	is_idle = STAILQ_EMPTY(&redis->new_writes) && STAILQ_EMPTY(&redis->new_reads);
	pthread_mutex_unlock(&redis->mutex);
	return is_idle && !redis->is_calling && STAILQ_EMPTY(&redis->queue) &&
	       STAILQ_EMPTY(&redis->sent) && !redis->reads;
}

static void
redis_free(struct store_redis *redis)
{
	redis_picture_free(redis->picture);
	redis_forget_rooms(redis);
	store_free_limits(redis->limits);
	store_free_limits(redis->new_limits);
	fts_tokenizer_free(redis->tokenizer);
	pthread_mutex_destroy(&redis->mutex);
}

/* Answer what was not sent, or what nobody knows of. The node does not call any more. */
static void
redis_answer_rest(struct store_redis *redis)
{
	struct redis_batch *batch;
	struct store_write *write;

	while ((batch = STAILQ_FIRST(&redis->sent))) {
		STAILQ_FOREACH (write, &batch->writes, link)
			if (!batch->is_known)
				write->error = -EIO;
		batch->is_known = true;
		redis_sent_answer(redis);
	}
	STAILQ_CONCAT(&redis->queue, &redis->new_writes);
	STAILQ_FOREACH (write, &redis->queue, link)
		write->error = -EIO;
	redis_answer_writes(redis, &redis->queue);
}

static void
redis_close(struct store *store)
{
	struct store_redis *redis = redis_of(store);

	pthread_mutex_lock(&redis->mutex);
	redis->is_closing = true;
	pthread_mutex_unlock(&redis->mutex);
	redis_node_detach(redis->node, &redis->consumer, CLOSE_MS);
	redis_answer_rest(redis);
	redis_node_dispatch(redis->node, SIZE_MAX);
	redis_free(redis);
}

static int
redis_open(struct store *store, const char **why)
{
	struct store_redis *redis = redis_of(store);
	int r;

	redis->node = store->options.node;
	redis->consumer = (struct redis_consumer){ .context = redis,
		.on_hello = redis_on_hello,
		.on_entry = redis_on_entry,
		.on_up = redis_on_up,
		.on_down = redis_on_down,
		.on_wake = redis_on_wake,
		.is_idle = redis_is_idle };
	STAILQ_INIT(&redis->new_writes);
	STAILQ_INIT(&redis->new_reads);
	STAILQ_INIT(&redis->queue);
	STAILQ_INIT(&redis->sent);
	STAILQ_INIT(&redis->searches);
	redis->go_on = redis_append_go_on;
	redis->prune_ms = redis->new_prune_ms = INT64_MIN;
	store->failure = redis->down_error = -EIO;
	pthread_mutex_init(&redis->mutex, NULL);
	redis->tokenizer = fts_tokenizer_new();
	if (!redis->tokenizer) {
		*why = "the SQLite library of this machine has no full-text search "
		       "(FTS5)";
		redis_free(redis);
		return -ENOTSUP;
	}
	redis_node_attach(redis->node, &redis->consumer);
	r = redis_node_start(redis->node, why);
	if (r == 0)
		r = redis_node_await(redis->node, store->options.start_ms, why);
	if (r < 0) {
		redis_node_detach(redis->node, &redis->consumer, 0);
		/* Nobody hears of a store that was never open. */
		store->options.callbacks = (struct store_callbacks){ .on_up = NULL };
		redis_node_dispatch(redis->node, SIZE_MAX);
		redis_free(redis);
	}
	return r;
}

static void
redis_write(struct store *store, struct store_writes *writes)
{
	struct store_redis *redis = redis_of(store);

	pthread_mutex_lock(&redis->mutex);
	STAILQ_CONCAT(&redis->new_writes, writes);
	pthread_mutex_unlock(&redis->mutex);
	redis_node_wake(redis->node);
}

static void
redis_read(struct store *store, struct store_read *read)
{
	struct store_redis *redis = redis_of(store);

	pthread_mutex_lock(&redis->mutex);
	STAILQ_INSERT_TAIL(&redis->new_reads, read, link);
	pthread_mutex_unlock(&redis->mutex);
	redis_node_wake(redis->node);
}

static void
redis_limit(struct store *store, struct store_room_keep *limits)
{
	struct store_redis *redis = redis_of(store);

	pthread_mutex_lock(&redis->mutex);
	store_free_limits(redis->new_limits);
	redis->new_limits = limits;
	pthread_mutex_unlock(&redis->mutex);
	redis_node_wake(redis->node);
}

static void
redis_prune(struct store *store, int64_t now_ms)
{
	struct store_redis *redis = redis_of(store);

	pthread_mutex_lock(&redis->mutex);
	redis->new_prune_ms = now_ms;
	pthread_mutex_unlock(&redis->mutex);
	redis_node_wake(redis->node);
}

static int
redis_fd(const struct store *store)
{
	return redis_node_fd(store->options.node);
}

static void
redis_dispatch(struct store *store, size_t max_bytes)
{
	redis_node_dispatch(store->options.node, max_bytes);
}

const struct store_ops store_redis_ops = {
	.driver = "redis",
	.size = sizeof(struct store_redis),
	.open = redis_open,
	.fd = redis_fd,
	.dispatch = redis_dispatch,
	.is_shared = true,
	.write = redis_write,
	.read = redis_read,
	.limit = redis_limit,
	.prune = redis_prune,
	.close = redis_close,
};
