#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "store/limits.h"
#include "store/memory/memory.h"
#include "store/segment.h"

/* About what a reaction takes of memory, and the table of a message's reactions. */
#define REACTION_BYTES 200
#define REACTIONS_BYTES 600

struct memory_message **
memory_slot(const struct memory_ring *ring, uint64_t i)
{
	return &ring->slots[(ring->first + i) & (ring->capacity - 1)];
}

static void
memory_ring_add(struct memory_ring *ring, struct memory_message *kept)
{
	struct memory_ring larger = {
		.capacity = ring->capacity ? ring->capacity * 2 : 8,
		.count = ring->count,
	};

	if (ring->count == ring->capacity) {
		larger.slots = xcalloc(larger.capacity, sizeof(struct memory_message *));
		for (uint64_t i = 0; i < ring->count; i++)
			larger.slots[i] = *memory_slot(ring, i);
		free(ring->slots);
		*ring = larger;
	}
	*memory_slot(ring, ring->count++) = kept;
}

static struct memory_message *
memory_ring_take(struct memory_ring *ring)
{
	struct memory_message *kept = *memory_slot(ring, 0);

	ring->first++;
	ring->count--;
	return kept;
}

uint64_t
memory_ring_find(const struct memory_ring *ring, uint64_t id)
{
	uint64_t low = 0, high = ring->count;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		if ((*memory_slot(ring, middle))->message.id <= id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The slot of message id, or NULL. */
static struct memory_message **
memory_ring_get(const struct memory_ring *ring, uint64_t id)
{
	uint64_t count = memory_ring_find(ring, id);
	struct memory_message **slot = count ? memory_slot(ring, count - 1) : NULL;

	return slot && (*slot)->message.id == id ? slot : NULL;
}

struct memory_message **
memory_find(const struct memory_room *room, uint64_t id)
{
	struct memory_message **slot = memory_ring_get(&room->messages, id);

	return slot ? slot : memory_ring_get(&room->changes, id);
}

struct memory_message *
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

void
memory_drop_reaction(struct memory_message *kept, struct memory_reaction *reaction)
{
	HASH_DEL(kept->reactions, reaction);
	free(reaction->emoji);
	free(reaction->name);
	free(reaction);
}

void
memory_free_message(struct memory_message *kept)
{
	struct memory_reaction *reaction, *next;

	HASH_ITER(hh, kept->reactions, reaction, next)
	memory_drop_reaction(kept, reaction);
	free(kept->tokens);
	free(kept->author);
	free(kept->emoji);
	free(kept);
}

void
memory_count(struct store *store, struct memory_room *room,
	const struct memory_message *kept, bool is_added)
{
	size_t count = HASH_COUNT(kept->reactions);
	size_t bytes = kept->message.tail_len + count * REACTION_BYTES +
		       (count ? REACTIONS_BYTES : 0);

	room->tail_bytes += is_added ? bytes : -bytes;
	memory_of(store)->tail_bytes += is_added ? bytes : -bytes;
	store->bytes = memory_of(store)->tail_bytes;
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

void
memory_find_duplicate(const struct memory_room *room, struct store_write *write)
{
	struct memory_message **slot;
	struct memory_key *key = NULL;

	for (size_t i = 0; i < STORE_KEYS && !key; i++)
		if (write->entry.keys[i])
			HASH_FIND_STR(room->keys, write->entry.keys[i], key);
	if (!key)
		return;
	slot = memory_find(room, key->id);
	write->is_duplicate = true;
	write->id = key->id;
	write->ts_ms = slot ? (*slot)->message.ts_ms : 0;
}

void
memory_keep(
	struct store *store, struct memory_room *room, const struct store_write *write)
{
	const struct store_entry *entry = &write->entry;
	const struct store_change *change = &entry->change;
	bool is_change = change->kind;
	struct memory_message *kept = memory_new_message(store,
		&(struct store_message){
			.id = ++room->last_id,
			.ts_ms = entry->ts_ms,
			.type = entry->type,
			.tail = is_change ? write->tail.bytes : entry->tail,
			.tail_len = is_change ? write->tail.len : entry->tail_len,
			.kind = change->kind,
		},
		entry->words);

	if (!is_change && entry->author) {
		kept->author = xmalloc(STORE_AUTHOR_BYTES);
		memcpy(kept->author, entry->author, STORE_AUTHOR_BYTES);
	}
	if (is_change && change->count)
		kept->target = change->of[0];
	if (change->kind == STORE_REACT)
		kept->emoji = xstrdup(change->emoji);
	for (size_t i = 0; i < STORE_KEYS; i++)
		if (entry->keys[i])
			kept->keys[i] =
				memory_add_key(room, entry->keys[i], room->last_id);
	memory_ring_add(is_change ? &room->changes : &room->messages, kept);
	memory_count(store, room, kept, true);
}

/* Drop the oldest of ring, which is one of the room's. */
static void
memory_drop_first(struct store *store, struct memory_room *room, struct memory_ring *ring)
{
	struct memory_message *kept = memory_ring_take(ring);

	if (room->lost_id < kept->message.id)
		room->lost_id = kept->message.id;
	memory_count(store, room, kept, false);
	for (size_t i = 0; i < STORE_KEYS; i++) {
		if (!kept->keys[i])
			continue;
		assert(room->keys);
		HASH_DEL(room->keys, kept->keys[i]);
		free(kept->keys[i]);
	}
	memory_free_message(kept);
}

void
memory_drop_oldest(struct store *store, struct memory_room *room)
{
	memory_drop_first(store, room, &room->messages);
	while (room->changes.count &&
		(*memory_slot(&room->changes, 0))->message.id < room->lost_id)
		memory_drop_first(store, room, &room->changes);
}

bool
memory_drop_older(struct store *store, struct memory_room *room, int64_t cutoff_ms)
{
	struct memory_ring *rings[] = { &room->messages, &room->changes };

	for (size_t i = 0; i < ARRAY_SIZE(rings); i++)
		if (rings[i]->count &&
			(*memory_slot(rings[i], 0))->message.ts_ms < cutoff_ms) {
			memory_drop_first(store, room, rings[i]);
			return true;
		}
	return false;
}

void
memory_drop_change(struct store *store, struct memory_room *room)
{
	memory_drop_first(store, room, &room->changes);
}

void
memory_bound_room(struct store *store, struct memory_room *room)
{
	size_t keep_bytes = store->options.keep_bytes;

	while (store_excess(&room->keep, room->messages.count) ||
		(keep_bytes && room->tail_bytes > keep_bytes && room->messages.count > 1))
		memory_drop_oldest(store, room);
	while (store_excess(&room->keep, room->changes.count))
		memory_drop_first(store, room, &room->changes);
}

/* Drop all entries of the room, but not their keys. */
static void
memory_drop_entries(struct store *store, struct memory_room *room)
{
	struct memory_ring *rings[] = { &room->messages, &room->changes };

	for (size_t i = 0; i < ARRAY_SIZE(rings); i++) {
		while (rings[i]->count) {
			struct memory_message *kept = memory_ring_take(rings[i]);
			memory_count(store, room, kept, false);
			memory_free_message(kept);
		}
		free(rings[i]->slots);
		*rings[i] = (struct memory_ring){ .count = 0 };
	}
}

void
memory_empty_room(struct store *store, struct memory_room *room)
{
	struct memory_key *key, *next;

	memory_drop_entries(store, room);
	/* Whoever knows the last id may have all of them. */
	room->lost_id = room->last_id + 1;
	HASH_ITER(hh, room->keys, key, next)
	{
		if (store_excess(&room->keep, room->last_id - key->id + 1)) {
			assert(room->keys);
			HASH_DEL(room->keys, key);
			free(key);
		}
	}
}

void
memory_free_room(struct store *store, struct memory_room *room)
{
	struct memory_key *key, *next;

	HASH_ITER(hh, room->keys, key, next)
	{
		HASH_DEL(room->keys, key);
		free(key);
	}
	memory_drop_entries(store, room);
	free(room);
}
