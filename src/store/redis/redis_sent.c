#include <stdlib.h>

#include "linnet/base/xalloc.h"
#include "store/redis/redis_store.h"

struct redis_batch *
redis_sent_add(struct store_redis *redis, struct store_write *write)
{
	struct redis_batch *batch = xcalloc(1, sizeof(*batch));

	batch->number = ++redis->batches;
	batch->generation = redis_node_generation(redis->node);
	STAILQ_INIT(&batch->writes);
	if (write)
		STAILQ_INSERT_TAIL(&batch->writes, write, link);
	STAILQ_INSERT_TAIL(&redis->sent, batch, link);
	return batch;
}

void
redis_sent_answer(struct store_redis *redis)
{
	struct redis_batch *batch;

	while ((batch = STAILQ_FIRST(&redis->sent)) && batch->is_known) {
		STAILQ_REMOVE_HEAD(&redis->sent, link);
		redis_answer_writes(redis, &batch->writes);
		free(batch);
	}
}

void
redis_sent_reset(struct store_write *write)
{
	buffer_clear(&write->tail);
	write->error = 0;
	write->id = 0;
	write->deleted = 0;
	write->is_duplicate = false;
}

void
redis_sent_again(struct store_redis *redis, struct redis_batch *batch)
{
	struct store_write *write;

	STAILQ_FOREACH (write, &batch->writes, link)
		redis_sent_reset(write);
	STAILQ_REMOVE(&redis->sent, batch, redis_batch, link);
	STAILQ_CONCAT(&batch->writes, &redis->queue);
	STAILQ_CONCAT(&redis->queue, &batch->writes);
	free(batch);
}

void
redis_sent_failed(struct store_redis *redis, struct redis_batch *batch, int error)
{
	struct store_write *write;

	STAILQ_FOREACH (write, &batch->writes, link) {
		redis_sent_reset(write);
		write->error = error;
	}
	batch->is_known = true;
	redis_sent_answer(redis);
}
