#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/clock.h"
#include "linnet/base/xalloc.h"
#include "store/change_answer.h"
#include "store/limits.h"
#include "store/memory/memory.h"
#include "store/outbox.h"
#include "store/page.h"
#include "store/phrases.h"

/* Delete at most this many messages in one call of prune, which takes about 1 ms. */
#define PRUNE_STEP 10000

/* From the largest room so many are deleted before another one may be the largest. */
#define BOUND_STEP 100

/* CPU time of one step of the searches. */
#define STEP_US 1000

/* A search that is not answered yet. */
struct memory_search {
	STAILQ_ENTRY(memory_search) link;
	struct store_read *read;
	struct phrases phrases;
	uint64_t next_id; /* all newer messages have been searched */
	int64_t spent_us; /* of clock_thread_us */
};

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
	room->keep = *store_find_limit(store, memory_of(store)->limits, name);
	HASH_ADD_KEYPTR(hh, memory_of(store)->rooms, room->name, len, room);
	return room;
}

/* The largest room that has something to delete, or NULL. */
static struct memory_room *
memory_find_largest(struct store *store)
{
	struct memory_room *room, *next, *largest = NULL;

	HASH_ITER(hh, memory_of(store)->rooms, room, next)
	if ((room->messages.count > 1 || room->changes.count) &&
		(!largest || room->tail_bytes > largest->tail_bytes))
		largest = room;
	return largest;
}

/* Delete the oldest messages of the largest rooms while there are too many bytes. After a
 * reload there may be many. */
static void
memory_bound(struct store *store)
{
	struct store_memory *memory = memory_of(store);
	size_t max_bytes = (size_t)store->max_bytes;
	struct memory_room *room;
	int i;

	while (max_bytes && memory->tail_bytes > max_bytes &&
		(room = memory_find_largest(store)))
		for (i = 0; i < BOUND_STEP && memory->tail_bytes > max_bytes; i++)
			if (room->messages.count > 1)
				memory_drop_oldest(store, room);
			else if (room->changes.count)
				memory_drop_change(store, room);
			else
				break;
}

static void
memory_write_one(struct store *store, struct store_write *write)
{
	bool is_change = write->entry.change.kind;
	struct memory_room *room = is_change ? memory_find_room(store, write->entry.room)
					     : memory_get_room(store, write->entry.room);

	if (!room) {
		store_refuse_change(write, false);
		return;
	}
	memory_find_duplicate(room, write);
	if (write->is_duplicate)
		return;
	if (is_change)
		memory_change(store, room, write);
	if (is_change && !write->tail.len)
		return;
	memory_keep(store, room, write);
	write->id = room->last_id;
	memory_bound_room(store, room);
	memory_bound(store);
}

static void
memory_write(struct store *store, struct store_writes *writes)
{
	struct store_write *write;

	STAILQ_FOREACH (write, writes, link)
		memory_write_one(store, write);
	store_answer_writes(store, writes);
}

/* Call add for the entries with low < id < high, oldest first, until it returns false. */
static void
memory_read_entries(struct store_read *read, const struct memory_room *room,
	bool (*add)(struct store_read *read, const struct memory_room *room,
		const struct memory_message *kept))
{
	const struct memory_ring *messages = &room->messages, *changes = &room->changes;
	uint64_t m = memory_ring_find(messages, (uint64_t)read->low);
	uint64_t c = memory_ring_find(changes, (uint64_t)read->low);

	for (;;) {
		const struct memory_message *message =
			m < messages->count ? *memory_slot(messages, m) : NULL;
		const struct memory_message *change =
			c < changes->count ? *memory_slot(changes, c) : NULL;
		bool is_change =
			change && (!message || change->message.id < message->message.id);
		const struct memory_message *next = is_change ? change : message;

		if (!next || next->message.id >= (uint64_t)read->high ||
			!add(read, room, next))
			return;
		*(is_change ? &c : &m) += 1;
	}
}

static bool
memory_add_entry(struct store_read *read, const struct memory_room *room,
	const struct memory_message *kept)
{
	const char *detail = kept->emoji;
	struct memory_message **target = NULL;

	if (kept->message.kind == STORE_EDIT)
		target = memory_find(room, kept->target);
	if (target && (*target)->message.kind == STORE_SAID)
		detail = (*target)->message.tail;
	return store_read_add_change(read, &kept->message, detail);
}

static bool
memory_add_said(struct store_read *read, const struct memory_room *room,
	const struct memory_message *kept)
{
	const struct memory_reaction *reaction = kept->reactions;

	(void)room;
	while (reaction && strcmp(reaction->folded, read->query) != 0)
		reaction = reaction->hh.next;
	return store_read_add_said(read, &kept->message, reaction);
}

static void
memory_read_newer(struct store_read *read, const struct memory_room *room)
{
	const struct memory_ring *ring = &room->messages;

	for (uint64_t i = memory_ring_find(ring, (uint64_t)read->low); i < ring->count;
		i++)
		if (!store_read_add(read, &(*memory_slot(ring, i))->message))
			break;
}

static void
memory_read_before(struct store_read *read, const struct memory_room *room)
{
	const struct memory_ring *ring = &room->messages;
	uint64_t i = read->high ? memory_ring_find(ring, (uint64_t)read->high - 1) : 0;

	while (i && store_read_add(read, &(*memory_slot(ring, i - 1))->message))
		i--;
	store_read_reverse(read);
}

/* Search from message next down until until_us of clock_thread_us. Returns true if the
 * search is done. Messages may have been deleted since the last step. */
static bool
memory_search_until(struct store *store, struct memory_search *search, int64_t until_us)
{
	const struct memory_room *room = memory_find_room(store, search->read->room);
	uint64_t i;

	if (!room)
		return true;
	search->read->page.first_id = room->lost_id + 1;
	search->next_id =
		search->next_id < room->last_id ? search->next_id : room->last_id;
	for (i = memory_ring_find(&room->messages, search->next_id); i; i--) {
		const struct memory_message *kept = *memory_slot(&room->messages, i - 1);

		search->next_id = kept->message.id;
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
	struct memory_search *search;
	int64_t begin_us, now_us;

	/* The usual case. It saves a system call: the clock is the thread's. */
	if (STAILQ_EMPTY(searches))
		return false;
	begin_us = now_us = clock_thread_us();
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
	search->next_id = read->high ? (uint64_t)read->high - 1 : 0;
	phrases_init(&search->phrases, memory->tokenizer, read->query);
	STAILQ_INSERT_TAIL(&memory->searches, search, link);
	store_wake(store);
}

static void
memory_fill(struct store_read *read, const struct memory_room *room)
{
	read->page.first_id = room->lost_id + 1;
	switch (read->kind) {
	case STORE_AFTER:
		memory_read_entries(read, room, memory_add_entry);
		break;
	case STORE_SAID_BY:
		memory_read_entries(read, room, memory_add_said);
		break;
	case STORE_NEWER:
		memory_read_newer(read, room);
		break;
	default:
		memory_read_before(read, room);
		break;
	}
}

static void
memory_read(struct store *store, struct store_read *read)
{
	struct memory_room *room = memory_find_room(store, read->room);

	if (read->kind == STORE_SEARCH) {
		memory_begin_search(store, read);
		return;
	}
	if (room)
		memory_fill(read, room);
	store_answer_read(store, read);
}

static void
memory_limit(struct store *store, struct store_room_keep *limits)
{
	struct store_memory *memory = memory_of(store);
	struct memory_room *room, *next;

	store_free_limits(memory->limits);
	memory->limits = limits;
	HASH_ITER(hh, memory->rooms, room, next)
	{
		room->keep = *store_find_limit(store, limits, room->name);
		memory_bound_room(store, room);
	}
	memory_bound(store);
}

static void
memory_prune(struct store *store, int64_t now_ms)
{
	struct memory_room *room, *next;
	unsigned left = PRUNE_STEP;

	HASH_ITER(hh, memory_of(store)->rooms, room, next)
	while (left &&
		memory_drop_older(store, room, store_cutoff_ms(&room->keep, now_ms)))
		left--;
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
		memory_free_room(store, room);
	}
	store_free_limits(memory->limits);
	fts_tokenizer_free(memory->tokenizer);
}

const struct store_ops store_memory_ops = {
	.driver = "memory",
	.size = sizeof(struct store_memory),
	.open = memory_open,
	.write = memory_write,
	.read = memory_read,
	.step = memory_step,
	.limit = memory_limit,
	.prune = memory_prune,
	.close = memory_close,
};
