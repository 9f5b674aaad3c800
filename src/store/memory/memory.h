/* memory.h - what the files of the memory driver share; no other file includes it.
 * memory.c is the driver: it writes, reads and searches; memory_room.c keeps the entries
 * of a room; memory_change.c does what an entry does to earlier ones. */
#pragma once

#include "linnet/base/hash.h"
#include "store/driver.h"
#include "store/fts_tokenizer.h"

struct memory_key {
	UT_hash_handle hh; /* by text */
	uint64_t id;
	char text[];
};

/* The last reaction of one name with one emoji to a message. Those with is_on are in the
 * order of their ids. */
struct memory_reaction {
	UT_hash_handle hh; /* by key */
	uint64_t id;       /* of the entry */
	bool is_on;
	char *emoji;        /* the key; the folded name is behind it */
	const char *folded; /* in the key */
	char *name;
};

struct memory_message {
	struct store_message message; /* type and tail are in memory */
	struct memory_key *keys[STORE_KEYS];
	char *tokens;          /* from fts_tokenizer_run */
	unsigned char *author; /* or NULL */
	struct memory_reaction *reactions;
	uint64_t target; /* of an edit or a reaction */
	char *emoji;     /* of a reaction, or NULL */
	char memory[];
};

/* Entries in the order of their ids. The i-th is in slot (first + i) & (capacity - 1). */
struct memory_ring {
	struct memory_message **slots;
	uint64_t capacity, first, count;
};

struct memory_room {
	UT_hash_handle hh; /* by name */
	uint64_t last_id;
	uint64_t lost_id;  /* of the entries up to this some are missing */
	size_t tail_bytes; /* of all its entries, with their reactions */
	struct store_keep keep;
	struct memory_ring messages, changes;
	struct memory_key *keys;
	char name[];
};

struct memory_search; /* memory.c */

struct store_memory {
	struct store store;
	struct memory_room *rooms;
	struct store_room_keep *limits;
	size_t tail_bytes; /* of all rooms */
	STAILQ_HEAD(memory_searches, memory_search) searches;
	struct fts_tokenizer *tokenizer;
};

static inline struct store_memory *
memory_of(struct store *store)
{
	return (struct store_memory *)store;
}

/* memory_room.c */

/* The i-th of the ring, from 0. */
struct memory_message **memory_slot(const struct memory_ring *ring, uint64_t i);

/* How many of the ring have an id up to that. */
uint64_t memory_ring_find(const struct memory_ring *ring, uint64_t id);

/* The slot of entry id, or NULL. */
struct memory_message **memory_find(const struct memory_room *room, uint64_t id);

/* A new message, with copies of what message has, to be found by words. */
struct memory_message *memory_new_message(
	struct store *store, const struct store_message *message, const char *words);

/* Free one of the reactions to kept. */
void memory_drop_reaction(struct memory_message *kept, struct memory_reaction *reaction);

/* Its keys are the room's. */
void memory_free_message(struct memory_message *kept);

/* Count kept in its room, or discount it. */
void memory_count(struct store *store, struct memory_room *room,
	const struct memory_message *kept, bool is_added);

/* See whether an entry has one of the keys of write. */
void memory_find_duplicate(const struct memory_room *room, struct store_write *write);

/* Store the entry of write, with the tail that a change has made. */
void memory_keep(
	struct store *store, struct memory_room *room, const struct store_write *write);

/* Drop the oldest message, and the changes before it. */
void memory_drop_oldest(struct store *store, struct memory_room *room);

/* Drop an entry older than cutoff_ms. Returns false if there is none. */
bool memory_drop_older(struct store *store, struct memory_room *room, int64_t cutoff_ms);

/* Drop the oldest change. */
void memory_drop_change(struct store *store, struct memory_room *room);

/* Drop what is too much in the room. The newest message always stays. */
void memory_bound_room(struct store *store, struct memory_room *room);

/* Forget all entries of the room. Their keys stay as long as its limit would have kept
 * them. */
void memory_empty_room(struct store *store, struct memory_room *room);

/* Free the room, which is in no table any more. */
void memory_free_room(struct store *store, struct memory_room *room);

/* memory_change.c */

/* Do what the change of write says. It has a tail then if there is an entry to store. */
void memory_change(
	struct store *store, struct memory_room *room, struct store_write *write);
