/* slow_store.h - a store driver in the place of "sqlite" that keeps everything as the
 * driver "memory" does, but when the fuzzer says so: late, out of order between rooms,
 * with errors, or never. */
#pragma once

#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "store/memory/memory.h"
#include "store/outbox.h"

#define SLOW_VALUES 64

/* The version of a value of a room's state. */
struct slow_value {
	char key[400];
	uint64_t version;
};

struct slow_store {
	struct store_memory memory;
	struct store_writes given; /* not answered */
	struct store_reads asked;
	struct slow_value values[SLOW_VALUES];
};

static struct slow_store *slow;

static inline int
slow_open(struct store *store, const char **why)
{
	slow = (struct slow_store *)store;
	STAILQ_INIT(&slow->given);
	STAILQ_INIT(&slow->asked);
	return store_memory_ops.open(store, why);
}

static inline void
slow_write(struct store *store, struct store_writes *writes)
{
	(void)store;
	STAILQ_CONCAT(&slow->given, writes);
}

static inline void
slow_read(struct store *store, struct store_read *read)
{
	(void)store;
	STAILQ_INSERT_TAIL(&slow->asked, read, link);
}

static inline bool
slow_step(struct store *store)
{
	return store_memory_ops.step(store);
}

static inline void
slow_limit(struct store *store, struct store_room_keep *limits)
{
	store_memory_ops.limit(store, limits);
}

static inline void
slow_prune(struct store *store, int64_t now_ms)
{
	store_memory_ops.prune(store, now_ms);
}

/* The value that write sets, which is added if it is new. */
static inline struct slow_value *
slow_value_of(const struct store_write *write)
{
	struct slow_value *value = slow->values;
	char key[400];

	snprintf(key, sizeof(key), "%s/%s", write->entry.room, write->entry.state_key);
	while (*value->key && strcmp(value->key, key) != 0)
		value++;
	require(value < slow->values + SLOW_VALUES, "too many values");
	strcpy(value->key, key);
	return value;
}

/* The memory driver does not check versions. Returns false if the state is another one.
 */
static inline bool
slow_take_state(struct store_write *write)
{
	const struct store_entry *entry = &write->entry;
	struct slow_value *value;

	if (!entry->state_key)
		return true;
	value = slow_value_of(write);
	if (entry->state_version != STORE_ANY_VERSION &&
		entry->state_version != value->version)
		return false;
	value->version = entry->state_value ? store_version(entry->state_value,
						      entry->state_value_len)
					    : 0;
	return true;
}

/* Store and answer the oldest entry of room that was given (NULL: of any room). Returns
 * false if there is none. */
static inline bool
slow_answer_write(const char *room)
{
	struct store_writes one = STAILQ_HEAD_INITIALIZER(one);
	struct store_write *write;

	STAILQ_FOREACH (write, &slow->given, link)
		if (!room || !strcmp(write->entry.room, room))
			break;
	if (!write)
		return false;
	STAILQ_REMOVE(&slow->given, write, store_write, link);
	STAILQ_INSERT_TAIL(&one, write, link);
	if (slow_take_state(write)) {
		store_memory_ops.write(&slow->memory.store, &one);
	} else {
		write->error = -ESTALE;
		store_answer_writes(&slow->memory.store, &one);
	}
	return true;
}

/* Answer the oldest read of room (NULL: of any room) with error. A search may be answered
 * before the reads, and the reads before it. Returns false if there is none. */
static inline bool
slow_answer_read(const char *room, bool is_search, int error)
{
	struct store_read *read;

	STAILQ_FOREACH (read, &slow->asked, link)
		if (!room || (!strcmp(read->room, room) &&
				     is_search == (read->kind == STORE_SEARCH)))
			break;
	if (!read)
		return false;
	STAILQ_REMOVE(&slow->asked, read, store_read, link);
	read->error = error;
	if (error)
		store_answer_read(&slow->memory.store, read);
	else
		store_memory_ops.read(&slow->memory.store, read);
	return true;
}

/* From now on nothing can be stored, because of error. */
static inline void
slow_fail(int error)
{
	struct store_write *write;

	STAILQ_FOREACH (write, &slow->given, link)
		write->error = error;
	slow->memory.store.failure = error;
	store_answer_writes(&slow->memory.store, &slow->given);
	store_wake(&slow->memory.store);
}

static inline void
slow_recover(void)
{
	slow->memory.store.failure = 0;
	store_wake(&slow->memory.store);
}

static inline void
slow_close(struct store *store)
{
	while (slow_answer_write(NULL) || slow_answer_read(NULL, false, 0))
		;
	store_memory_ops.close(store);
}

const struct store_ops store_sqlite_ops = {
	.driver = "sqlite",
	.size = sizeof(struct slow_store),
	.open = slow_open,
	.write = slow_write,
	.read = slow_read,
	.step = slow_step,
	.limit = slow_limit,
	.prune = slow_prune,
	.close = slow_close,
};
