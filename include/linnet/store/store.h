/* store.h - the history: every room's messages under dense ids. The contract that each
 * driver fulfils; it never blocks its caller. What is asked for is answered later, from
 * within store_dispatch: entries in the order in which they were appended, pages in the
 * order in which they were asked for. A page that is asked for after an entry was
 * answered has it; it may also have some whose answers are still to come. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Keys of one entry by which a repeated send is recognised. */
#define STORE_KEYS 3

/* Length of an epoch's text. */
#define STORE_EPOCH_BYTES 16

/* What may be under way, which is asked for and not yet answered. */
#define STORE_WRITES_MAX 100000
#define STORE_WRITE_BYTES_MAX ((size_t)32 * 1024 * 1024)
#define STORE_READS_MAX 1000

/* Longest name of a value of a room's state. */
#define STORE_STATE_KEY_BYTES 255

/* Longest query of a search. */
#define STORE_QUERY_BYTES 512

struct store;

/* A message to keep. Every pointer is copied before store_append returns. */
struct store_entry {
	const char *room;
	const char *type;
	int64_t ts_ms;
	/* The JSON members behind "id", as text from the first quote to the closing
	 * brace: "ts":1795168487123,"username":"ann","message":"hi"} */
	const char *tail;
	size_t tail_len;
	const char *words; /* what store_search finds: UTF-8, may be empty */
	/* Opaque texts, NULL where there is none. An entry of which any key is known in
	 * its room already, be it of an entry still under way, is not kept again, nor are
	 * its other keys. A key is known for as long as its message is kept. */
	const char *keys[STORE_KEYS];
	/* What the message makes of the room's state: the value of state_key, of 1 to
	 * STORE_STATE_KEY_BYTES, is then state_value, or nothing where that is NULL. Done
	 * with the message or not at all, so not for an entry that is not kept again.
	 * NULL: it changes nothing. A value stands until it is replaced or taken away,
	 * also when its message is let go of. */
	const char *state_key;
	const char *state_value;
	size_t state_value_len;
};

/* A message that was kept. Borrowed; valid within the callback that hands it over. */
struct store_message {
	uint64_t id;
	int64_t ts_ms;
	const char *type;
	const char *tail;
	size_t tail_len;
};

/* Messages of one room. */
struct store_page {
	const struct store_message *messages; /* in the order that was asked for */
	size_t count;
	/* The oldest that is kept, one more than the last if none is, 1 if the room has
	 * no history. What is kept has no gaps. */
	uint64_t first_id;
	bool more; /* the limits cut it short */
};

/* Where answers go. error is 0 or -errno: -ENOSPC, -EROFS, -EBUSY (locked), -EUCLEAN
 * (corrupt), -EIO (anything else). A callback may call everything here but store_dispatch
 * and store_close. */
struct store_callbacks {
	/* The entry of ticket is kept under id; if is_duplicate, it was kept earlier and
	 * id is the one of then. On an error nothing of it is kept and id is 0. */
	void (*on_appended)(void *context, uint64_t ticket, int error, uint64_t id,
		bool is_duplicate);
	/* The page that was asked for under ticket; empty on an error. */
	void (*on_page)(
		void *context, uint64_t ticket, int error, const struct store_page *page);
};

/* What a store is opened with. */
struct store_options {
	const char *driver; /* "sqlite" or "memory" */
	const char *path;   /* of the file; sqlite */
	bool full_sync;     /* survive a power loss, not only the end of the process */
	/* In each room; 0: all. Up to 1/128 more are kept for a while. */
	uint64_t keep_messages;
	unsigned keep_days; /* 0: for ever */
	/* Of each room's tails in memory; 0: no bound; memory driver only. The oldest
	 * messages go first, the newest one always stays. */
	size_t keep_bytes;
	struct store_callbacks callbacks;
	void *context; /* for the callbacks */
};

/* Open the store that options (copied) name. Reads whatever it needs before it returns.
 * Returns 0 and a store for store_close, or -errno with *why set to a sentence (owned by
 * the library until the next store_open): -EUCLEAN for a file that is damaged or is none
 * of ours, -EBUSY when another process has it, -ENOTSUP for a file that a newer version
 * wrote, -EINVAL for an unknown driver. Never begins a new history in place of one that
 * it cannot read. */
int store_open(
	struct store **store, const struct store_options *options, const char **why);

/* The name of this history: ids mean something only under the same epoch. Owned by the
 * store, up to STORE_EPOCH_BYTES of letters and digits. */
const char *store_epoch(const struct store *store);

/* Call on_room for each room that has a history, with its last id. Only right after
 * store_open. */
void store_each_room(const struct store *store,
	void (*on_room)(void *context, const char *name, uint64_t last_id),
	void *context);

/* Call on_state for each value that stands, by room, and in each room in the order in
 * which they were set; one that was only replaced since keeps its place. id is that of
 * the message that set the value, which may not be kept any more. Only right after
 * store_open, and on_state may not call store_flush. */
void store_each_state(const struct store *store,
	void (*on_state)(void *context, const char *room, const char *key, uint64_t id,
		const char *value, size_t value_len),
	void *context);

/* A descriptor that is readable when store_dispatch has something to do. Owned by the
 * store. */
int store_fd(const struct store *store);

/* Hand over the answers that are there, but no more entries than just reach max_bytes:
 * what is left makes store_fd readable again, so that the loop can write in between what
 * it has been given. */
void store_dispatch(struct store *store, size_t max_bytes);

/* Keep entry. What is appended in one turn of the loop goes into one transaction: it is
 * begun by store_flush. Answered by on_appended, unless -EAGAIN is returned: too much is
 * under way already, or the store is closing. An entry is never refused because of its
 * own size alone. */
int store_append(struct store *store, const struct store_entry *entry, uint64_t ticket);

/* Begin to write what was appended since the last call; does nothing if that is nothing.
 */
void store_flush(struct store *store);

/* Ask for up to limit messages of room, and up to max_bytes of tails (but one message at
 * least, if limit allows), with after < id <= up_to, oldest first. Answered by on_page,
 * unless -EAGAIN as above. */
int store_after(struct store *store, const char *room, uint64_t after, uint64_t up_to,
	unsigned limit, size_t max_bytes, uint64_t ticket);

/* Ask for the newest messages of room with id < before within the limits, oldest first.
 */
int store_before(struct store *store, const char *room, uint64_t before, unsigned limit,
	size_t max_bytes, uint64_t ticket);

/* Ask for the newest messages of room in which every word of query (UTF-8) is found,
 * newest first, within the limits. Words are whole words, regardless of case and accents;
 * what stands together without a space ("disk-full", all of a Chinese word) is found in
 * that order only. Chinese, Japanese and Korean text needs no spaces, and any part of it
 * is found. A query without a word finds nothing. Returns -E2BIG for a query of more than
 * STORE_QUERY_BYTES, else as above. */
int store_search(struct store *store, const char *room, const char *query, unsigned limit,
	size_t max_bytes, uint64_t ticket);

/* Let go of what is older than keep_days at now_ms, in small steps in the background; to
 * be called now and then. What is too many is let go of as messages come. */
void store_prune(struct store *store, int64_t now_ms);

/* Write and hand over what is under way, then close; NULL is fine. Callbacks may be
 * called until it returns. */
void store_close(struct store *store);
