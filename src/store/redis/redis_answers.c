/* What the node's thread hands over to the thread that uses the store, in one order with
 * what the cluster's driver hands over. */
#include <stdlib.h>
#include <string.h>

#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "store/delivery.h"
#include "store/page.h"
#include "store/redis/redis_store.h"

struct answer {
	struct redis_item item;
	struct store_redis *redis;
	struct store_writes writes;
	struct store_read *read;
	struct redis_picture *picture;
	int error; /* why the store is down; 0: it is up */
};

static struct answer *
answer_new(
	struct store_redis *redis, bool (*deliver)(struct redis_item *item, size_t *left))
{
	struct answer *answer = xcalloc(1, sizeof(*answer));

	answer->redis = redis;
	answer->item.deliver = deliver;
	STAILQ_INIT(&answer->writes);
	return answer;
}

static struct answer *
answer_of(struct redis_item *item)
{
	return container_of(item, struct answer, item);
}

static bool
answer_deliver_writes(struct redis_item *item, size_t *left)
{
	struct answer *answer = answer_of(item);
	size_t bytes =
		store_deliver_writes(&answer->redis->store, &answer->writes, *left);

	*left -= size_min(bytes, *left);
	if (!STAILQ_EMPTY(&answer->writes))
		return false;
	free(answer);
	return true;
}

void
redis_answer_writes(struct store_redis *redis, struct store_writes *writes)
{
	struct answer *answer;

	if (STAILQ_EMPTY(writes))
		return;
	answer = answer_new(redis, answer_deliver_writes);
	STAILQ_CONCAT(&answer->writes, writes);
	redis_node_post(redis->node, &answer->item);
}

static bool
answer_deliver_read(struct redis_item *item, size_t *left)
{
	struct answer *answer = answer_of(item);

	*left -= size_min(answer->read->tail_bytes, *left);
	store_deliver_read(&answer->redis->store, answer->read);
	free(answer);
	return true;
}

void
redis_answer_read(struct store_redis *redis, struct store_read *read, int error)
{
	struct answer *answer = answer_new(redis, answer_deliver_read);

	if (error)
		store_read_clear(read);
	read->error = error;
	answer->read = read;
	redis_node_post(redis->node, &answer->item);
}

static int
answer_compare_values(const void *a, const void *b)
{
	const struct redis_picture_value *left = a, *right = b;

	return (left->first_id > right->first_id) - (left->first_id < right->first_id);
}

static bool
answer_deliver_picture(struct redis_item *item, size_t *left)
{
	struct answer *answer = answer_of(item);
	struct store *store = &answer->redis->store;
	const struct store_callbacks *callbacks = &store->options.callbacks;
	void *context = store->options.context;
	struct redis_picture_room *room, *next;

	(void)left;
	if (strcmp(store->epoch, answer->picture->epoch) != 0) {
		bool is_first = !*store->epoch;

		memcpy(store->epoch, answer->picture->epoch, sizeof(store->epoch));
		if (callbacks->on_epoch && !is_first)
			callbacks->on_epoch(context, 0);
	}
	HASH_ITER(hh, answer->picture->rooms, room, next)
	{
		if (callbacks->on_room)
			callbacks->on_room(context, room->name, room->last_id,
				room->gone_id, room->last_ts_ms);
		qsort(room->values, room->count, sizeof(*room->values),
			answer_compare_values);
		for (size_t i = 0; i < room->count && callbacks->on_state; i++)
			callbacks->on_state(context, room->name, room->values[i].key,
				room->values[i].id, room->values[i].value,
				room->values[i].value_len);
	}
	redis_picture_free(answer->picture);
	free(answer);
	return true;
}

void
redis_answer_picture(struct store_redis *redis, struct redis_picture *picture)
{
	struct answer *answer = answer_new(redis, answer_deliver_picture);

	answer->picture = picture;
	redis_node_post(redis->node, &answer->item);
}

static bool
answer_deliver_up(struct redis_item *item, size_t *left)
{
	struct answer *answer = answer_of(item);
	struct store *store = &answer->redis->store;

	(void)left;
	store->is_told_up = !answer->error;
	if (store->options.callbacks.on_up)
		store->options.callbacks.on_up(
			store->options.context, 0, !answer->error, answer->error);
	free(answer);
	return true;
}

void
redis_answer_up(struct store_redis *redis, int error)
{
	struct answer *answer = answer_new(redis, answer_deliver_up);

	redis->store.failure = error;
	answer->error = error;
	redis_node_post(redis->node, &answer->item);
}
