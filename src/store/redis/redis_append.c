/* Entries on their way to Redis. One call is under way at a time: meanwhile the next
 * batch gathers. What became of the entries of a call is in the log, so it is known after
 * a lost connection, too, and the answers are in one order with what others have stored.
 */
#include <errno.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"
#include "store/redis/redis_pack.h"
#include "store/redis/redis_store.h"
#include "store/writes.h"

#define BATCH_ENTRIES 128
#define BATCH_BYTES ((size_t)256 * 1024)

extern const struct redis_script redis_script_append;

static void
append_add_version(struct redis_args *args, uint64_t version)
{
	if (version == STORE_ANY_VERSION)
		redis_args_text(args, "*");
	else
		redis_args_number(args, version);
}

static void
append_add(struct store_redis *redis, struct redis_args *args,
	const struct store_write *write)
{
	const struct store_entry *entry = &write->entry;
	struct buffer packed = { 0 };

	redis_args_text(args, entry->room);
	redis_args_number(args, redis_keep_of(redis, entry->room));
	redis_pack_entry(&packed, write);
	redis_args_add(args, packed.bytes, packed.len);
	buffer_clear(&packed);
	redis_pack_besides(&packed, write);
	redis_args_add(args, packed.bytes, packed.len);
	buffer_clear(&packed);
	redis_args_text(args, entry->state_key ? entry->state_key : "");
	append_add_version(args, entry->state_key ? entry->state_version : 0);
	if (entry->state_value)
		redis_args_number(
			args, store_version(entry->state_value, entry->state_value_len));
	else
		redis_args_text(args, "");
	redis_args_add(args, entry->state_value,
		entry->state_value ? entry->state_value_len : 0);
}

/* reply: the id of the log's entry. */
static void
append_on_stored(void *context, void *what, const struct redisReply *reply)
{
	struct store_redis *redis = context;
	struct redis_batch *batch = what;
	int error = redis_reply_error(reply);

	redis->is_calling = false;
	/* Without a reply nothing is known: the log tells. */
	if (reply && error == -EUCLEAN)
		redis_sent_failed(redis, batch, error);
	else if (reply && error)
		redis_sent_again(redis, batch);
	if (!error || error == -EUCLEAN)
		redis_append_go_on(redis);
}

/* Send entries from the front of the queue, up to the first change. */
static void
append_send(struct store_redis *redis)
{
	struct redis_batch *batch = redis_sent_add(redis, NULL);
	struct redis_args args = { .count = 0 };
	struct store_write *write;

	redis_args_number(&args, batch->number);
	for (int i = 0;
		i < BATCH_ENTRIES && args.bytes.len < BATCH_BYTES &&
		(write = STAILQ_FIRST(&redis->queue)) && !write->entry.change.kind;
		i++) {
		STAILQ_REMOVE_HEAD(&redis->queue, link);
		STAILQ_INSERT_TAIL(&batch->writes, write, link);
		append_add(redis, &args, write);
	}
	redis->is_calling = true;
	redis_node_call(
		redis->node, &redis_script_append, &args, append_on_stored, redis, batch);
}

void
redis_append_go_on(struct store_redis *redis)
{
	struct store_write *write;

	while (!redis->is_calling && redis_node_can_write(redis->node) &&
		(write = STAILQ_FIRST(&redis->queue))) {
		if (!write->entry.change.kind) {
			append_send(redis);
			continue;
		}
		STAILQ_REMOVE_HEAD(&redis->queue, link);
		redis_amend_begin(redis, write);
	}
}

/* Give back what cannot be sent now. */
static void
append_refuse(struct store_redis *redis, struct store_writes *writes, int error)
{
	struct store_write *write;

	if (STAILQ_EMPTY(writes))
		return;
	redis->is_refusing = true;
	STAILQ_FOREACH (write, writes, link)
		write->error = error;
	redis_answer_writes(redis, writes);
}

void
redis_append_take(struct store_redis *redis, struct store_writes *writes)
{
	struct store_writes refused = STAILQ_HEAD_INITIALIZER(refused);
	struct store_write *write;

	while ((write = STAILQ_FIRST(writes))) {
		STAILQ_REMOVE_HEAD(writes, link);
		if (write->was_held && !redis->down_error)
			redis->is_refusing = false;
		if (redis->down_error || redis->is_refusing)
			STAILQ_INSERT_TAIL(&refused, write, link);
		else
			STAILQ_INSERT_TAIL(&redis->queue, write, link);
	}
	append_refuse(redis, &refused, redis->down_error ? redis->down_error : -EIO);
	redis_append_go_on(redis);
}

void
redis_append_on_down(struct store_redis *redis, int error)
{
	redis->down_error = error;
	append_refuse(redis, &redis->queue, error);
}

void
redis_append_on_up(struct store_redis *redis)
{
	uint64_t generation = redis_node_generation(redis->node);
	struct redis_batch *batch, *last;

	redis->down_error = 0;
	/* From the last one on, so that they come back in their order. */
	do {
		last = NULL;
		STAILQ_FOREACH (batch, &redis->sent, link)
			if (batch->generation != generation)
				last = batch;
		if (last)
			redis_sent_again(redis, last);
	} while (last);
	redis_append_go_on(redis);
}

/* What the log says of one entry of a batch. */
struct outcome {
	char *room;
	const char
		*result; /* followed by a ":" or a digit of the next part, or the end */
	size_t result_len;
	const char *entry, *besides;
	size_t entry_len, besides_len;
};

static bool
append_next_outcome(struct redis_parts *parts, struct outcome *outcome)
{
	*outcome = (struct outcome){ .room = NULL };
	if (!parts->left)
		return false;
	outcome->room = redis_part_next_text(parts);
	outcome->result = redis_part_next(parts, &outcome->result_len);
	if (outcome->result_len && *outcome->result != '-' && *outcome->result != '!') {
		outcome->entry = redis_part_next(parts, &outcome->entry_len);
		outcome->besides = redis_part_next(parts, &outcome->besides_len);
	}
	return true;
}

/* Set the answer of write. result: "ID", "0 DELETED", "-ID TIME" or "!". */
static void
append_set_answer(struct store_write *write, const char *result)
{
	char *behind;

	if (*result == '!') {
		write->error = -ESTALE;
		return;
	}
	write->is_duplicate = *result == '-';
	write->id = strtoull(result + write->is_duplicate, &behind, 10);
	if (write->is_duplicate)
		write->ts_ms = strtoll(behind, NULL, 10);
}

/* Note what outcome means for its room. Returns false if it is known already, or if
 * something is missing. */
static bool
append_note(struct store_redis *redis, const struct outcome *outcome, const char *result)
{
	struct redis_room *room = redis_get_room(redis, outcome->room);
	char *behind;
	uint64_t id = strtoull(result, &behind, 10);
	uint64_t gone_id = strtoull(behind, NULL, 10);

	if (!id) {
		/* A room may be deleted twice up to the same id: the second time says
		 * nothing new. */
		bool is_new = gone_id >= room->last_id;

		if (is_new)
			room->last_id = gone_id;
		return is_new;
	}
	if (id <= room->last_id)
		return false;
	if (id != room->last_id + 1) {
		redis_node_resync(redis->node, "a message is missing in the log");
		return false;
	}
	room->last_id = id;
	return true;
}

/* The batch of this process that the entry of the log is about, or NULL. */
static struct redis_batch *
append_find_batch(
	struct store_redis *redis, const struct redis_entry *entry, uint64_t number)
{
	struct redis_batch *batch;

	if (entry->is_own)
		STAILQ_FOREACH (batch, &redis->sent, link)
			if (!batch->is_known && batch->number == number &&
				batch->generation == entry->generation)
				return batch;
	return NULL;
}

void
redis_append_on_entry(struct store_redis *redis, const struct redis_entry *entry)
{
	struct redis_parts parts = { .at = entry->data, .left = entry->len };
	struct redis_batch *batch =
		append_find_batch(redis, entry, redis_part_next_number(&parts));
	struct store_write *write = batch ? STAILQ_FIRST(&batch->writes) : NULL;
	struct store_writes told = STAILQ_HEAD_INITIALIZER(told);
	struct outcome outcome;

	while (append_next_outcome(&parts, &outcome)) {
		char *result = xstrndup(outcome.result, outcome.result_len);
		bool is_news = outcome.entry && append_note(redis, &outcome, result);

		if (write) {
			append_set_answer(write, result);
			write = STAILQ_NEXT(write, link);
		} else if (is_news) {
			struct store_write *other = redis_unpack_write(outcome.room,
				outcome.entry, outcome.entry_len, outcome.besides,
				outcome.besides_len);
			if (other) {
				append_set_answer(other, result);
				STAILQ_INSERT_TAIL(&told, other, link);
			}
		}
		free(result);
		free(outcome.room);
	}
	redis_answer_writes(redis, &told);
	if (batch) {
		batch->is_known = true;
		redis_sent_answer(redis);
	}
}
