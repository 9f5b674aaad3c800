#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/clock.h"
#include "linnet/base/hash.h"
#include "linnet/base/xalloc.h"
#include "store/driver.h"
#include "store/erased.h"
#include "store/fts_tokenizer.h"
#include "store/phrases.h"
#include "store/segment.h"

/* Delete at most this many messages in one call of prune, which takes about 1 ms. */
#define PRUNE_STEP 10000

/* CPU time of one step of the searches. */
#define STEP_US 1000

struct memory_key {
	UT_hash_handle hh; /* by text */
	uint64_t id;
	char text[];
};

struct memory_message {
	struct store_message message; /* type and tail are in memory */
	struct memory_key *keys[STORE_KEYS];
	char *tokens; /* from fts_tokenizer_run */
	char memory[];
};

struct memory_room {
	UT_hash_handle hh; /* by name */
	uint64_t first_id, last_id;
	size_t tail_bytes; /* of all its messages */
	uint64_t changes;  /* how many of them are a STORE_DELETE */
	/* A ring: message id is in slot id & (capacity - 1). */
	struct memory_message **slots;
	uint64_t capacity;
	struct memory_key *keys;
	char name[];
};

/* A search that is not answered yet. */
struct memory_search {
	STAILQ_ENTRY(memory_search) link;
	struct store_read *read;
	struct phrases phrases;
	uint64_t next_id; /* all newer messages have been searched */
	int64_t spent_us; /* of clock_thread_us */
};

STAILQ_HEAD(memory_searches, memory_search);

struct store_memory {
	struct store store;
	struct memory_room *rooms;
	size_t tail_bytes; /* of all rooms */
	struct memory_searches searches;
	struct fts_tokenizer *tokenizer;
};

static struct store_memory *
memory_of(struct store *store)
{
	return (struct store_memory *)store;
}

static int
memory_open(struct store *store, const char **why)
{
	struct store_memory *memory = memory_of(store);
	int r = store_make_epoch(store->epoch);

	if (r < 0) {
		*why = "the system has no random numbers";
		return r;
	}
	STAILQ_INIT(&memory->searches);
	memory->tokenizer = fts_tokenizer_new();
	if (!memory->tokenizer) {
		*why = "the SQLite library of this machine has no full-text search "
		       "(FTS5)";
		return -ENOTSUP;
	}
	return 0;
}

static struct memory_room *
memory_find_room(struct store *store, const char *name)
{
	struct memory_room *room;

	HASH_FIND_STR(memory_of(store)->rooms, name, room);
	return room;
}

static struct memory_room *
memory_get_room(struct store *store, const char *name)
{
	struct memory_room *room = memory_find_room(store, name);
	size_t len = strlen(name);

	if (room)
		return room;
	room = xcalloc(1, sizeof(*room) + len + 1);
	memcpy(room->name, name, len);
	room->first_id = 1;
	HASH_ADD_KEYPTR(hh, memory_of(store)->rooms, room->name, len, room);
	return room;
}

static struct memory_message **
memory_slot(const struct memory_room *room, uint64_t id)
{
	return &room->slots[id & (room->capacity - 1)];
}

static void
memory_grow_ring(struct memory_room *room)
{
	uint64_t capacity = room->capacity ? room->capacity * 2 : 8;
	struct memory_message **slots =
		xcalloc(capacity, sizeof(struct memory_message *));

	for (uint64_t id = room->first_id; id < room->last_id; id++)
		slots[id & (capacity - 1)] = *memory_slot(room, id);
	free(room->slots);
	room->slots = slots;
	room->capacity = capacity;
}

/* Its keys are the room's. */
static void
memory_free_message(struct memory_message *kept)
{
	free(kept->tokens);
	free(kept);
}

/* Count message in its room, or discount it. */
static void
memory_count(struct store *store, struct memory_room *room,
	const struct store_message *message, bool is_added)
{
	size_t change = message->kind == STORE_DELETE;

	room->changes += is_added ? change : -change;
	room->tail_bytes += is_added ? message->tail_len : -message->tail_len;
	memory_of(store)->tail_bytes += is_added ? message->tail_len : -message->tail_len;
}

static void
memory_drop_oldest(struct store *store, struct memory_room *room)
{
	struct memory_message *kept = *memory_slot(room, room->first_id++);

	memory_count(store, room, &kept->message, false);
	for (size_t i = 0; i < STORE_KEYS; i++) {
		if (!kept->keys[i])
			continue;
		assert(room->keys);
		HASH_DEL(room->keys, kept->keys[i]);
		free(kept->keys[i]);
	}
	memory_free_message(kept);
}

static struct memory_key *
memory_add_key(struct memory_room *room, const char *text, uint64_t id)
{
	size_t len = strlen(text);
	struct memory_key *key;

	HASH_FIND(hh, room->keys, text, len, key);
	if (key)
		return NULL; /* one entry may have the same key twice */
	key = xcalloc(1, sizeof(*key) + len + 1);
	memcpy(key->text, text, len);
	key->id = id;
	HASH_ADD_KEYPTR(hh, room->keys, key->text, len, key);
	return key;
}

static struct memory_message *
memory_new_message(
	struct store *store, const struct store_message *message, const char *words)
{
	size_t type_size = strlen(message->type) + 1;
	struct memory_message *kept =
		xcalloc(1, sizeof(*kept) + type_size + message->tail_len + 1);
	char *segmented = segment_text(words, strlen(words));

	memcpy(kept->memory, message->type, type_size);
	memcpy(kept->memory + type_size, message->tail, message->tail_len);
	kept->message = *message;
	kept->message.type = kept->memory;
	kept->message.tail = kept->memory + type_size;
	kept->tokens = fts_tokenizer_run(memory_of(store)->tokenizer, segmented);
	free(segmented);
	return kept;
}

/* Store the entry of write, with the tail that an erasure has made. */
static void
memory_keep(
	struct store *store, struct memory_room *room, const struct store_write *write)
{
	const struct store_entry *entry = &write->entry;
	bool is_change = write->tail.len;
	struct memory_message *kept = memory_new_message(store,
		&(struct store_message){
			.id = ++room->last_id,
			.ts_ms = entry->ts_ms,
			.type = entry->type,
			.tail = is_change ? write->tail.bytes : entry->tail,
			.tail_len = is_change ? write->tail.len : entry->tail_len,
			.kind = is_change ? STORE_DELETE : STORE_SAID,
		},
		entry->words);

	if (room->last_id - room->first_id == room->capacity)
		memory_grow_ring(room);
	for (size_t i = 0; i < STORE_KEYS; i++)
		if (entry->keys[i])
			kept->keys[i] =
				memory_add_key(room, entry->keys[i], room->last_id);
	*memory_slot(room, room->last_id) = kept;
	memory_count(store, room, &kept->message, true);
}

/* The newest message always stays. */
static bool
memory_is_over_limit(const struct store *store, const struct memory_room *room)
{
	size_t keep_bytes = store->options.keep_bytes;

	return room->first_id < room->last_id &&
	       ((keep_bytes && room->tail_bytes > keep_bytes) ||
		       store_excess(store,
			       room->last_id - room->first_id + 1 - room->changes));
}

/* The message that has one of the keys of entry, or 0. */
static uint64_t
memory_find_duplicate(const struct memory_room *room, const struct store_entry *entry)
{
	struct memory_key *key;

	for (size_t i = 0; i < STORE_KEYS; i++) {
		if (!entry->keys[i])
			continue;
		HASH_FIND_STR(room->keys, entry->keys[i], key);
		if (key)
			return key->id;
	}
	return 0;
}

/* Forget all messages of the room. Their keys stay as long as keep_messages would have
 * kept them. */
static void
memory_erase_room(struct store *store, struct memory_room *room)
{
	struct memory_key *key, *next;

	for (; room->first_id <= room->last_id; room->first_id++) {
		struct memory_message *kept = *memory_slot(room, room->first_id);
		memory_count(store, room, &kept->message, false);
		memory_free_message(kept);
	}
	HASH_ITER(hh, room->keys, key, next)
	{
		if (store_excess(store, room->last_id - key->id + 1)) {
			HASH_DEL(room->keys, key);
			free(key);
		}
	}
}

static void
memory_erase_message(struct store *store, struct memory_room *room,
	struct store_write *write, uint64_t id)
{
	const char *name = write->entry.change.forgotten;
	struct memory_message *kept, *left;
	struct store_message message;
	char *tail;

	if (id < room->first_id || id > room->last_id)
		return;
	kept = *memory_slot(room, id);
	message = kept->message;
	tail = erased_tail(&message, name);
	if (tail) {
		message.kind = STORE_DELETED;
		store_note_deleted(write, id);
	} else if (name) {
		tail = erased_without_name(message.tail, message.tail_len, name);
	} else {
		return;
	}
	memory_count(store, room, &kept->message, false);
	message.tail = tail;
	message.tail_len = strlen(tail);
	left = memory_new_message(store, &message, "");
	free(tail);
	memcpy(left->keys, kept->keys, sizeof(left->keys));
	memory_free_message(kept);
	*memory_slot(room, id) = left;
	memory_count(store, room, &left->message, true);
}

/* Do the erasure of write. Returns false if there is nothing to add. */
static bool
memory_erase(struct store *store, struct memory_room *room, struct store_write *write)
{
	const struct store_change *erasure = &write->entry.change;

	if (erasure->whole_room)
		memory_erase_room(store, room);
	for (size_t i = 0; i < erasure->count; i++)
		memory_erase_message(store, room, write, erasure->of[i]);
	if (write->deleted)
		store_end_deleted(write);
	else if (erasure->count && !erasure->forgotten)
		write->error = -ENOENT;
	return write->deleted;
}

/* Delete the oldest messages of the largest rooms while there are too many bytes. */
static void
memory_bound(struct store *store)
{
	struct store_memory *memory = memory_of(store);
	size_t max_bytes = (size_t)store->options.max_bytes;
	struct memory_room *room, *next, *largest = NULL;

	if (!max_bytes || memory->tail_bytes <= max_bytes)
		return;
	HASH_ITER(hh, memory->rooms, room, next)
	if (!largest || room->tail_bytes > largest->tail_bytes)
		largest = room;
	while (memory->tail_bytes > max_bytes && largest &&
		largest->first_id < largest->last_id)
		memory_drop_oldest(store, largest);
}

static void
memory_write(struct store *store, struct store_writes *writes)
{
	struct store_write *write;

	STAILQ_FOREACH (write, writes, link) {
		struct memory_room *room = memory_get_room(store, write->entry.room);
		write->id = memory_find_duplicate(room, &write->entry);
		write->is_duplicate = write->id;
		if (write->id ||
			(write->entry.change.kind && !memory_erase(store, room, write)))
			continue;
		memory_keep(store, room, write);
		write->id = room->last_id;
		while (memory_is_over_limit(store, room))
			memory_drop_oldest(store, room);
		memory_bound(store);
	}
	store_answer_writes(store, writes);
}

static void
memory_read_after(struct store_read *read, const struct memory_room *room)
{
	uint64_t id = (uint64_t)read->low + 1, end = (uint64_t)read->high;

	if (id < room->first_id)
		id = room->first_id;
	if (end > room->last_id + 1)
		end = room->last_id + 1;
	while (id < end && store_read_add(read, &(*memory_slot(room, id))->message))
		id++;
}

static void
memory_read_said(struct store_read *read, const struct memory_room *room)
{
	uint64_t id = (uint64_t)read->low + 1;

	if (id < room->first_id)
		id = room->first_id;
	while (id <= room->last_id &&
		store_read_add_said(read, &(*memory_slot(room, id))->message))
		id++;
}

static void
memory_read_before(struct store_read *read, const struct memory_room *room)
{
	uint64_t end = (uint64_t)read->high;

	if (end > room->last_id + 1)
		end = room->last_id + 1;
	for (; end > room->first_id; end--) {
		const struct store_message *message =
			&(*memory_slot(room, end - 1))->message;
		if (message->kind != STORE_DELETE && !store_read_add(read, message))
			break;
	}
	store_read_reverse(read);
}

/* Search from message next down until until_us of clock_thread_us. Returns true if the
 * search is done. Messages may have been deleted since the last step. */
static bool
memory_search_until(struct store *store, struct memory_search *search, int64_t until_us)
{
	const struct memory_room *room = memory_find_room(store, search->read->room);

	if (!room)
		return true;
	search->read->page.first_id = room->first_id;
	search->next_id =
		search->next_id < room->last_id ? search->next_id : room->last_id;
	for (; search->next_id >= room->first_id; search->next_id--) {
		const struct memory_message *kept = *memory_slot(room, search->next_id);

		if (clock_thread_us() >= until_us)
			return false;
		if (phrases_are_in(&search->phrases, kept->tokens) &&
			!store_read_add(search->read, &kept->message))
			return true;
	}
	return true;
}

/* Answer the search; is_cut says that it is not done. */
static void
memory_end_search(struct store *store, struct memory_search *search, bool is_cut)
{
	const struct memory_room *room = memory_find_room(store, search->read->room);

	if (is_cut && room)
		search->read->page.searched_from =
			(search->next_id < room->last_id ? search->next_id
							 : room->last_id) +
			1;
	STAILQ_REMOVE_HEAD(&memory_of(store)->searches, link);
	store_answer_read(store, search->read);
	phrases_fini(&search->phrases);
	free(search);
}

/* Searches take turns, so that a short one does not wait for the end of a long one. */
static bool
memory_step(struct store *store)
{
	struct memory_searches *searches = &memory_of(store)->searches;
	int64_t begin_us = clock_thread_us(), now_us = begin_us;
	struct memory_search *search;

	while (now_us < begin_us + STEP_US && (search = STAILQ_FIRST(searches))) {
		bool is_alone = !STAILQ_NEXT(search, link);
		int64_t max_ms = is_alone ? STORE_SEARCH_MS : STORE_SEARCH_BUSY_MS;
		bool is_done = memory_search_until(store, search, begin_us + STEP_US);

		search->spent_us += clock_thread_us() - now_us;
		now_us = clock_thread_us();
		if (is_done || search->spent_us >= max_ms * 1000) {
			memory_end_search(store, search, !is_done);
			continue;
		}
		STAILQ_REMOVE_HEAD(searches, link);
		STAILQ_INSERT_TAIL(searches, search, link);
	}
	return !STAILQ_EMPTY(searches);
}

static void
memory_begin_search(struct store *store, struct store_read *read)
{
	struct store_memory *memory = memory_of(store);
	struct memory_search *search = xcalloc(1, sizeof(*search));

	search->read = read;
	search->next_id = UINT64_MAX;
	phrases_init(&search->phrases, memory->tokenizer, read->query);
	STAILQ_INSERT_TAIL(&memory->searches, search, link);
	store_wake(store);
}

static void
memory_read(struct store *store, struct store_read *read)
{
	struct memory_room *room = memory_find_room(store, read->room);

	if (read->kind == STORE_SEARCH) {
		memory_begin_search(store, read);
		return;
	}
	if (room) {
		read->page.first_id = room->first_id;
		if (read->kind == STORE_AFTER)
			memory_read_after(read, room);
		else if (read->kind == STORE_SAID_BY)
			memory_read_said(read, room);
		else
			memory_read_before(read, room);
	}
	store_answer_read(store, read);
}

static void
memory_prune(struct store *store, int64_t cutoff_ms)
{
	struct memory_room *room, *next;
	unsigned left = PRUNE_STEP;

	HASH_ITER(hh, memory_of(store)->rooms, room, next)
	for (; left && room->first_id <= room->last_id &&
		(*memory_slot(room, room->first_id))->message.ts_ms < cutoff_ms;
		left--)
		memory_drop_oldest(store, room);
}

static void
memory_free_room(struct memory_room *room)
{
	struct memory_key *key, *next;

	HASH_ITER(hh, room->keys, key, next)
	{
		HASH_DEL(room->keys, key);
		free(key);
	}
	for (; room->first_id <= room->last_id; room->first_id++)
		memory_free_message(*memory_slot(room, room->first_id));
	free(room->slots);
	free(room);
}

static void
memory_close(struct store *store)
{
	struct store_memory *memory = memory_of(store);
	struct memory_room *room, *next;
	struct memory_search *search;

	while ((search = STAILQ_FIRST(&memory->searches)))
		memory_end_search(store, search, true);
	HASH_ITER(hh, memory->rooms, room, next)
	{
		HASH_DEL(memory->rooms, room);
		memory_free_room(room);
	}
	fts_tokenizer_free(memory->tokenizer);
}

const struct store_ops store_memory_ops = {
	.driver = "memory",
	.size = sizeof(struct store_memory),
	.open = memory_open,
	.write = memory_write,
	.read = memory_read,
	.step = memory_step,
	.prune = memory_prune,
	.close = memory_close,
};
