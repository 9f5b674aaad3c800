#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/hash.h"
#include "linnet/base/xalloc.h"
#include "store/driver.h"
#include "store/fts_tokenizer.h"
#include "store/segment.h"

/* This many messages a call go because of their age: freeing them takes some 1 ms. */
#define PRUNE_STEP 10000

struct kept_key {
	UT_hash_handle hh; /* by text */
	uint64_t id;
	char text[];
};

struct kept {
	struct store_message message; /* type and tail are in memory */
	struct kept_key *keys[STORE_KEYS];
	char *tokens; /* as fts_tokenizer_run gives them */
	char memory[];
};

struct room {
	UT_hash_handle hh; /* by name */
	STAILQ_ENTRY(room) link;
	uint64_t first_id, last_id;
	size_t tail_bytes; /* of what is kept */
	/* A ring: the message of id is in slot id & (capacity - 1). */
	struct kept **slots;
	uint64_t capacity;
	struct kept_key *keys;
	char name[];
};

struct store_memory {
	struct store store;
	struct room *rooms;
	STAILQ_HEAD(, room) all; /* the same */
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
	int r = store_make_epoch(store);

	STAILQ_INIT(&memory->all);
	if (r < 0) {
		*why = "the system gives no random numbers";
		return r;
	}
	memory->tokenizer = fts_tokenizer_new();
	if (!memory->tokenizer) {
		*why = "the SQLite library of this machine has no full-text search "
		       "(FTS5)";
		return -ENOTSUP;
	}
	return 0;
}

/* A new history has no room. */
static void
memory_each_room(const struct store *store,
	void (*on_room)(void *context, const char *name, uint64_t last_id), void *context)
{
	(void)store;
	(void)on_room;
	(void)context;
}

/* Nor has it a state, and none is kept: it is read only at the opening. */
static void
memory_each_state(const struct store *store,
	void (*on_state)(void *context, const char *room, const char *key, uint64_t id,
		const char *value, size_t value_len),
	void *context)
{
	(void)store;
	(void)on_state;
	(void)context;
}

static struct room *
find_room(struct store *store, const char *name)
{
	struct room *room;

	HASH_FIND_STR(memory_of(store)->rooms, name, room);
	return room;
}

static struct room *
get_room(struct store *store, const char *name)
{
	struct room *room = find_room(store, name);
	size_t len = strlen(name);

	if (room)
		return room;
	room = xcalloc(1, sizeof(*room) + len + 1);
	memcpy(room->name, name, len);
	room->first_id = 1;
	HASH_ADD_KEYPTR(hh, memory_of(store)->rooms, room->name, len, room);
	STAILQ_INSERT_TAIL(&memory_of(store)->all, room, link);
	return room;
}

static struct kept **
slot_of(const struct room *room, uint64_t id)
{
	return &room->slots[id & (room->capacity - 1)];
}

static void
grow(struct room *room)
{
	uint64_t capacity = room->capacity ? room->capacity * 2 : 8;
	struct kept **slots = xcalloc(capacity, sizeof(struct kept *));

	for (uint64_t id = room->first_id; id <= room->last_id; id++)
		slots[id & (capacity - 1)] = *slot_of(room, id);
	free(room->slots);
	room->slots = slots;
	room->capacity = capacity;
}

static void
free_kept(struct kept *kept)
{
	for (size_t i = 0; i < STORE_KEYS; i++)
		free(kept->keys[i]);
	free(kept->tokens);
	free(kept);
}

static void
drop_oldest(struct room *room)
{
	struct kept *kept = *slot_of(room, room->first_id++);

	room->tail_bytes -= kept->message.tail_len;
	for (size_t i = 0; i < STORE_KEYS; i++) {
		if (!kept->keys[i])
			continue;
		assert(room->keys);
		HASH_DEL(room->keys, kept->keys[i]);
	}
	free_kept(kept);
}

static struct kept_key *
add_key(struct room *room, const char *text, uint64_t id)
{
	size_t len = strlen(text);
	struct kept_key *key;

	HASH_FIND(hh, room->keys, text, len, key);
	if (key)
		return NULL; /* two keys of one entry may be the same */
	key = xcalloc(1, sizeof(*key) + len + 1);
	memcpy(key->text, text, len);
	key->id = id;
	HASH_ADD_KEYPTR(hh, room->keys, key->text, len, key);
	return key;
}

static void
keep(struct store *store, struct room *room, const struct store_entry *entry)
{
	size_t type_size = strlen(entry->type) + 1;
	struct kept *kept = xcalloc(1, sizeof(*kept) + type_size + entry->tail_len + 1);
	char *segmented = segment_text(entry->words, strlen(entry->words));

	if (room->last_id - room->first_id + 1 == room->capacity)
		grow(room);
	memcpy(kept->memory, entry->type, type_size);
	memcpy(kept->memory + type_size, entry->tail, entry->tail_len);
	kept->message = (struct store_message){
		.id = ++room->last_id,
		.ts_ms = entry->ts_ms,
		.type = kept->memory,
		.tail = kept->memory + type_size,
		.tail_len = entry->tail_len,
	};
	for (size_t i = 0; i < STORE_KEYS; i++)
		if (entry->keys[i])
			kept->keys[i] = add_key(room, entry->keys[i], room->last_id);
	kept->tokens = fts_tokenizer_run(memory_of(store)->tokenizer, segmented);
	free(segmented);
	*slot_of(room, room->last_id) = kept;
	room->tail_bytes += entry->tail_len;
}

/* The newest message is never too much. */
static bool
has_too_much(const struct store *store, const struct room *room)
{
	size_t keep_bytes = store->options.keep_bytes;

	return room->first_id < room->last_id &&
	       ((keep_bytes && room->tail_bytes > keep_bytes) ||
		       store_excess(store, room->last_id - room->first_id + 1));
}

/* The id under which the entry is known, or 0. */
static uint64_t
find_duplicate(const struct room *room, const struct store_entry *entry)
{
	struct kept_key *key;

	for (size_t i = 0; i < STORE_KEYS; i++) {
		if (!entry->keys[i])
			continue;
		HASH_FIND_STR(room->keys, entry->keys[i], key);
		if (key)
			return key->id;
	}
	return 0;
}

static void
memory_write(struct store *store, struct store_writes *writes)
{
	struct store_write *write;

	STAILQ_FOREACH (write, writes, link) {
		struct room *room = get_room(store, write->entry.room);
		write->id = find_duplicate(room, &write->entry);
		write->is_duplicate = write->id;
		if (write->id)
			continue;
		keep(store, room, &write->entry);
		write->id = room->last_id;
		while (has_too_much(store, room))
			drop_oldest(room);
	}
	store_answer_writes(store, writes);
}

static void
read_up(struct store_read *read, const struct room *room)
{
	uint64_t id = (uint64_t)read->low + 1, end = (uint64_t)read->high;

	if (id < room->first_id)
		id = room->first_id;
	if (end > room->last_id + 1)
		end = room->last_id + 1;
	while (id < end && store_read_add(read, &(*slot_of(room, id))->message))
		id++;
}

static void
read_down(struct store_read *read, const struct room *room)
{
	uint64_t end = (uint64_t)read->high;

	if (end > room->last_id + 1)
		end = room->last_id + 1;
	while (end > room->first_id &&
		store_read_add(read, &(*slot_of(room, end - 1))->message))
		end--;
	store_read_reverse(read);
}

/* The phrases of the query, each as fts_tokenizer_run gives it, count of them. The caller
 * frees them and the list. */
static char **
read_phrases(struct store *store, const char *query, size_t *count)
{
	char **phrases = NULL;
	struct segment_part part;

	for (*count = 0; segment_next_part(&query, &part);) {
		char *segmented = segment_text(part.text, part.len);
		char *phrase = fts_tokenizer_run(memory_of(store)->tokenizer, segmented);
		free(segmented);
		if (*phrase) {
			phrases = xrealloc(phrases, (*count + 1) * sizeof(*phrases));
			phrases[(*count)++] = phrase;
		} else {
			free(phrase);
		}
	}
	return phrases;
}

static bool
has_all(const char *tokens, char *const *phrases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strstr(tokens, phrases[i]))
			return false;
	return true;
}

/* Looks at every message of the room, about 0.3 ms for 10,000. */
static void
read_search(struct store *store, struct store_read *read, const struct room *room)
{
	size_t count;
	char **phrases = read_phrases(store, read->query, &count);

	for (uint64_t id = room->last_id; count && id >= room->first_id; id--) {
		const struct kept *kept = *slot_of(room, id);
		if (has_all(kept->tokens, phrases, count) &&
			!store_read_add(read, &kept->message))
			break;
	}
	for (size_t i = 0; i < count; i++)
		free(phrases[i]);
	free(phrases);
}

static void
memory_read(struct store *store, struct store_read *read)
{
	struct room *room = find_room(store, read->room);

	if (room) {
		read->page.first_id = room->first_id;
		switch (read->kind) {
		case STORE_AFTER:
			read_up(read, room);
			break;
		case STORE_BEFORE:
			read_down(read, room);
			break;
		case STORE_SEARCH:
			read_search(store, read, room);
			break;
		}
	}
	store_answer_read(store, read);
}

static void
memory_prune(struct store *store, int64_t cutoff_ms)
{
	struct room *room;
	unsigned left = PRUNE_STEP;

	STAILQ_FOREACH (room, &memory_of(store)->all, link)
		for (; left && room->first_id <= room->last_id &&
			(*slot_of(room, room->first_id))->message.ts_ms < cutoff_ms;
			left--)
			drop_oldest(room);
}

static void
free_room(struct room *room)
{
	HASH_CLEAR(hh, room->keys);
	for (; room->first_id <= room->last_id; room->first_id++)
		free_kept(*slot_of(room, room->first_id));
	free(room->slots);
	free(room);
}

static void
memory_close(struct store *store)
{
	struct store_memory *memory = memory_of(store);
	struct room *room;

	HASH_CLEAR(hh, memory->rooms);
	while ((room = STAILQ_FIRST(&memory->all))) {
		STAILQ_REMOVE_HEAD(&memory->all, link);
		free_room(room);
	}
	fts_tokenizer_free(memory->tokenizer);
}

const struct store_ops store_memory_ops = {
	.driver = "memory",
	.size = sizeof(struct store_memory),
	.open = memory_open,
	.each_room = memory_each_room,
	.each_state = memory_each_state,
	.write = memory_write,
	.read = memory_read,
	.prune = memory_prune,
	.close = memory_close,
};
