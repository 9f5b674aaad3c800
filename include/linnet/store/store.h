/* store.h - the history: the messages of every room, with dense ids. All drivers keep
 * this contract. Only store_open and store_close block. Everything else comes later, from
 * within store_dispatch: the entries of a room in the order of their ids, the answers to
 * its store_append in the order of the calls, pages in the order of their reads, and
 * searches apart from other reads. Rooms and reads wait for nobody: what is told of one
 * may overtake another. A page has every entry that was told before the page was asked
 * for. It may also have entries that are still to be told. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many keys an entry may have. A repeated send is recognised by its keys. */
#define STORE_KEYS 3

/* Length of an epoch's text. */
#define STORE_EPOCH_BYTES 16

/* Limits of what is under way: asked for, but not answered yet. */
#define STORE_WRITES_MAX 100000
#define STORE_WRITE_BYTES_MAX ((size_t)32 * 1024 * 1024)
#define STORE_READS_MAX 1000
#define STORE_SEARCHES_MAX 64

/* While the store is away, entries wait for it: so many bytes of them. */
#define STORE_HELD_BYTES_MAX ((size_t)8 * 1024 * 1024)

/* Longest key of a value in a room's state. */
#define STORE_STATE_KEY_BYTES 255

/* Longest query of a search. */
#define STORE_QUERY_BYTES 512

/* How many messages one deletion may name. */
#define STORE_DELETE_MAX 200

/* How many different words a query may have. */
#define STORE_QUERY_WORDS 16

/* CPU time of one search, alone and while others wait for it. */
#define STORE_SEARCH_MS 200
#define STORE_SEARCH_BUSY_MS 50

struct store;
struct redis_node; /* linnet/redis/node.h */

/* Size of the author of a message: a SHA-256. The store keeps it and never gives it out.
 */
#define STORE_AUTHOR_BYTES 32

/* Limit of the different emoji of one message. */
#define STORE_EMOJI_MAX 20

/* Limit of the names that a message lists for each emoji. */
#define STORE_REACTION_NAMES 50

/* What an entry of a room is. */
enum store_kind {
	STORE_SAID,    /* a message, an alarm, or whatever else is appended */
	STORE_DELETE,  /* deletes messages */
	STORE_DELETED, /* a message whose text is gone */
	STORE_EDIT,    /* replaces the text of a message */
	STORE_REACT,   /* sets or removes a reaction to a message */
};

/* True if an entry of that kind changes earlier ones: STORE_DELETE, STORE_EDIT and
 * STORE_REACT. Only store_after and store_said find changes. */
bool store_is_change(enum store_kind kind);

/* What an entry does to earlier ones of its room, in the same transaction. The caller
 * ends its tail before the closing brace. The store appends the rest: "of", then
 * "message" for an edit, or "on" and "emoji" for a reaction.
 *
 * The target must be a message: a STORE_SAID with a string "message" whose type is not
 * alarm, log, edit, delete or react. An admin can also delete entries without a text, but
 * no alarms and no lines of logs. */
struct store_change {
	enum store_kind kind; /* STORE_SAID: no change */
	/* Ids of the targets: up to STORE_DELETE_MAX for a deletion, otherwise one. A
	 * deletion leaves out ids that it cannot delete. */
	const uint64_t *of;
	size_t count;
	bool is_admin; /* STORE_DELETE: messages of any author */
	/* STORE_EDIT: the new text. The store also sets "edited" to the time of the
	 * entry, and updates the search index. */
	const char *text;
	/* STORE_REACT. The reaction belongs to the name, regardless of ASCII case. */
	const char *emoji, *name;
	bool is_on;
	/* STORE_DELETE: NULL, or a folded name. Targets that this name has said are
	 * deleted. In the others, and in the room's state, the name and its reactions are
	 * removed. */
	const char *forgotten;
	/* STORE_DELETE: delete every message up to now, and the room's state. The keys
	 * stay. The entry itself is not stored, and needs no type, tail or words. */
	bool whole_room;
};

/* A message to store. store_append copies everything that the pointers point to. */
struct store_entry {
	const char *room;
	const char *type;
	int64_t ts_ms;
	/* The JSON members after "id", as text from the first quote to the closing
	 * brace: "ts":1795168487123,"username":"ann","message":"hi"} */
	const char *tail;
	size_t tail_len;
	const char *words; /* the text for store_search: UTF-8, may be empty */
	/* STORE_AUTHOR_BYTES, or NULL. Only the same author can edit the message, and
	 * only the same author or an admin can delete it. For an edit or a deletion: the
	 * author who asks for it. */
	const unsigned char *author;
	/* Opaque texts, or NULL. If a stored or earlier entry of the room has one of
	 * these keys, this entry is a duplicate: neither it nor its keys are stored. A
	 * key outlives the text of a deleted message; it goes when the message is
	 * trimmed. */
	const char *keys[STORE_KEYS];
	/* Sets the value of state_key (1 to STORE_STATE_KEY_BYTES bytes) in the room's
	 * state, or removes it if state_value is NULL. Stored together with the message;
	 * a duplicate changes nothing. The value stays until it is replaced or removed,
	 * even when its message is deleted. state_key is NULL if the state does not
	 * change. */
	const char *state_key;
	const char *state_value;
	size_t state_value_len;
	/* store_version of the value that the new one was made from; 0: there was none.
	 * If the state has another one by then, nothing is stored. STORE_ANY_VERSION: it
	 * makes no difference. The driver memory, which keeps no state and whose entries
	 * never fail, does not check it. */
	uint64_t state_version;
	/* Opaque text, or NULL: whoever is told of the entry gets it, in all processes.
	 * It is not in the history. */
	const char *note;
	struct store_change change; /* all zero: none */
};

/* A stored entry as it is now. Valid until the callback that got it returns. A message
 * has the text of its last edit, with the time of that edit in "edited". "reactions" has
 * up to STORE_REACTION_NAMES names for each emoji. "reaction_counts" has the numbers of
 * the emoji with more names. */
struct store_message {
	uint64_t id;
	int64_t ts_ms;
	const char *type;
	const char *tail;
	size_t tail_len;
	enum store_kind kind;
	/* STORE_EDIT: the tail has "message", the current text of the target. False if
	 * the target is gone. A STORE_REACT to a deleted message has no "emoji". */
	bool has_text;
};

/* An entry that was stored. Valid until the callback that got it returns. */
struct store_record {
	const char *room;
	/* Its id is 0 if the history has no such entry: the room was deleted, or a name
	 * was forgotten of whom there was no message. */
	struct store_message message;
	const struct store_change *change;
	const char *state_key; /* as in the entry */
	const char *state_value;
	size_t state_value_len;
	const char *note; /* as in the entry */
};

/* A number for value that another one does not have. Neither 0 nor STORE_ANY_VERSION. */
uint64_t store_version(const char *value, size_t len);

#define STORE_ANY_VERSION UINT64_MAX

/* What has become of an entry. Valid until the callback that got it returns. */
struct store_answer {
	/* Id and time of the entry. 0 if nothing was stored. A duplicate has those of the
	 * entry that was stored first; ts_ms is 0 if that entry is gone. */
	uint64_t id;
	int64_t ts_ms;
	/* Nothing was stored, because a key is known or because a reaction changes
	 * nothing. Then id is that of the entry that set the reaction, or 0. */
	bool is_duplicate;
	size_t deleted; /* messages */
};

/* Messages of one room. */
struct store_page {
	const struct store_message *messages;
	size_t count;
	/* From this id on, no entry is missing. It is not the first id after the room was
	 * deleted, but the one behind: a client that knows the last deleted id may still
	 * show the deleted messages.
	 * 1 if the room has no history. Older messages may be there, but changes between
	 * them are missing. */
	uint64_t first_id;
	bool more;        /* the limits left out messages */
	uint64_t read_id; /* of store_said: everything up to this id was looked at */
	/* Of a search that took too long: it has looked at the messages from this id on,
	 * and not at older ones. Last id + 1 if at none. 0: the search did not stop. */
	uint64_t searched_from;
};

/* These get the news and the answers. error is 0 or -errno: -ENOSPC, -EROFS, -EBUSY
 * (locked), -EUCLEAN (corrupt), -EBADFD (the file was deleted, renamed, replaced or cut:
 * the store must be opened again), -EIO (anything else). A callback may call every
 * function here but store_dispatch and store_close. */
struct store_callbacks {
	/* The picture: what the history has besides its entries. The first store_dispatch
	 * gives it. It comes again after on_epoch, or if entries of others could not be
	 * told one by one; then all that it has is as it says, and no on_message of a
	 * room comes between its on_room and on_up. A shard is a part of the store with
	 * rooms of its own, from 0. These four may be NULL: then nobody is told. */

	/* The history of the shard is another one: no id of before is valid. Its picture
	 * follows. Pages that are answered from now on are of the new one. */
	void (*on_epoch)(void *context, unsigned shard);
	/* A room that has or had a history. last_ts_ms is the time of its last entry.
	 * Entries up to gone_id were deleted with the room; if that is last_id, it has
	 * none, and its ids go on with the next one. */
	void (*on_room)(void *context, const char *room, uint64_t last_id,
		uint64_t gone_id, int64_t last_ts_ms);
	/* A value of the state of a room that on_room has told, in the order in which the
	 * keys were first set. Replacing a value keeps its place. id is the message that
	 * set the value; it may have been deleted. */
	void (*on_state)(void *context, const char *room, const char *key, uint64_t id,
		const char *value, size_t value_len);
	/* The shard can store messages, and its picture is complete; or it cannot, and
	 * error says why. Before the first call it cannot. Told when it changes, and
	 * after each picture. That the disk is full, or the file locked or replaced, is
	 * found out within 10 s, also when nothing is appended. */
	void (*on_up)(void *context, unsigned shard, bool is_up, int error);
	/* An entry is stored, whoever has appended it: everybody may see it now. ticket
	 * is that of store_append; 0 if another process has appended it. Each entry is
	 * told once, before on_appended answers its ticket. */
	void (*on_message)(
		void *context, uint64_t ticket, const struct store_record *record);
	/* The answer to the one who has appended ticket. After an error nothing is stored
	 * and the answer is empty. An error that may pass comes only while the store
	 * closes. -ENOTCONN: it was withdrawn. -ESTALE: the state has another version;
	 * what it is now was told before. A change has three more errors: -ENOENT: the
	 * target is no message (for a deletion: none of the targets). -EACCES: the
	 * message has another author, or none. -E2BIG: the message has STORE_EMOJI_MAX
	 * other emoji. Keys are looked up before these checks. */
	void (*on_appended)(void *context, uint64_t ticket, int error,
		const struct store_answer *answer);
	/* The page that was asked for with ticket; empty after an error. */
	void (*on_page)(
		void *context, uint64_t ticket, int error, const struct store_page *page);
};

/* How much of a room's history is kept. */
struct store_keep {
	/* Messages; 0: all. As many changes are kept besides. The oldest go first. sqlite
	 * may keep 1/128 more for a while. */
	uint64_t messages;
	unsigned days; /* how long to keep a message; 0: for ever */
};

/* What one room keeps. The name is exact. */
struct store_limit {
	const char *room;
	struct store_keep keep;
};

struct store_options {
	const char *driver; /* "sqlite", "memory" or "redis" */
	/* Of the driver redis, which starts it. It is freed after store_close. */
	struct redis_node *node;
	unsigned start_ms; /* redis only: how long to wait for it */
	const char *path;  /* of the file; sqlite only */
	bool full_sync;    /* survive a power loss, not only the end of the process */
	struct store_keep keep; /* of each room without a limit of its own */
	/* Size of the history: of the file without its free pages (sqlite), or of all
	 * tails (memory); 0, and redis: no limit. The oldest messages of the largest
	 * rooms are deleted first; the newest of a room always stays. sqlite may have
	 * 1/16 more for a while. */
	uint64_t max_bytes;
	/* Bytes of tails to keep in each room; 0: no limit; memory only. The oldest
	 * messages are deleted first; the newest one always stays. */
	size_t keep_bytes;
	struct store_callbacks callbacks;
	void *context; /* for the callbacks */
};

/* Open the store that options (copied) describe. Blocks until everything needed has been
 * read. Returns 0 and a store for store_close, or -errno and a sentence in *why, which
 * the library owns until the next store_open. -EUCLEAN: the file is damaged or not
 * Linnet's; -EBUSY: another process has it open; -ENOTSUP: a newer version wrote it;
 * -EINVAL: unknown driver; -ETIMEDOUT: Redis is not there. A file that cannot be read is
 * never replaced by a new history. The history gets a new epoch if its newest messages
 * may be missing: if it was restored from a copy or taken from another place, or if the
 * system ended before everything was on the disk. */
int store_open(
	struct store **store, const struct store_options *options, const char **why);

/* Look whether the path can hold the history, and open and change nothing. Returns 0, or
 * -errno with *why set to a phrase about the path. */
int store_check(const struct store_options *options, const char **why);

/* Write a whole copy of the history that options name to a new file, which only the owner
 * can read. The copy has an epoch of its own. Another process may have the history open.
 * Blocks. Returns 0, or -errno with *why set, as store_open does, and no file left
 * behind. -EEXIST: there is a file already; -EINVAL: the driver keeps no file. */
int store_backup(const struct store_options *options, const char *to, const char **why);

/* The shard that has room. */
unsigned store_shard(const struct store *store, const char *room);

/* The name of room's history: an id is only valid together with its epoch. Up to
 * STORE_EPOCH_BYTES letters and digits, owned by the store; valid until on_epoch. */
const char *store_epoch(const struct store *store, const char *room);

/* True if other processes append to the store, too: then an entry that somebody has seen
 * may not have been told here yet. */
bool store_is_shared(const struct store *store);

/* Change the limits of the options. keep is in force after the next store_limit_rooms. */
void store_limit(struct store *store, const struct store_keep *keep, uint64_t max_bytes);

/* Bytes of the history (the file, or all tails in memory), and of the log beside it, as
 * they were a few seconds ago. Any thread may call it. */
uint64_t store_bytes(const struct store *store, uint64_t *log_bytes);

/* Set the limits of count rooms; of a room that comes twice the last one counts. All
 * other rooms, also those that had a limit, keep what the options say. What is too much
 * goes from now on. sqlite deletes nothing before the first call, so that no room loses
 * what its own limit keeps. */
void store_limit_rooms(
	struct store *store, const struct store_limit *limits, size_t count);

/* True if error may pass: the disk is full, or the file is read-only, locked or cannot be
 * read. Then the store is away: entries are not answered with such an error, but wait for
 * on_up. False for a damaged or lost history. */
bool store_may_pass(int error);

/* A descriptor, owned by the store, that is readable when store_dispatch has work. */
int store_fd(const struct store *store);

/* Call the callbacks for the news and answers that are there. Stops after the entry that
 * reaches max_bytes, so that the loop can write in between; store_fd is readable again
 * then. */
void store_dispatch(struct store *store, size_t max_bytes);

/* Add entry to the batch that the next store_flush writes in one transaction. Answered by
 * on_appended. Returns 0, -EAGAIN if too much is under way or the store is closing, or
 * -ENOTCONN if the store is away and too much waits for it. One entry alone is never too
 * large. */
int store_append(struct store *store, const struct store_entry *entry, uint64_t ticket);

/* Start writing what was appended since the last call, if there is anything and the store
 * is not away. */
void store_flush(struct store *store);

/* Nobody waits for the entry of ticket any more, nor for those with a lower one. If it
 * waits for the store, it is dropped without an answer; otherwise it may be stored, told
 * and answered. */
void store_withdraw(struct store *store, uint64_t ticket);

/* Ask for the entries of room with after < id <= up_to, oldest first: at most limit
 * entries and max_bytes of tails, but at least one entry if limit allows. Answered by
 * on_page. Returns 0, or -EAGAIN as store_append does. */
int store_after(struct store *store, const char *room, uint64_t after, uint64_t up_to,
	unsigned limit, size_t max_bytes, uint64_t ticket);

/* Of a store that is shared: ask until all entries of room that were stored before this
 * call are told, and its epoch is the present one. Answered by on_page with an empty
 * page. Returns as store_after does. */
int store_sync(struct store *store, const char *room, uint64_t ticket);

/* Ask for the newest messages of room with id < before, oldest first, within the same
 * limits. Changes are left out. */
int store_before(struct store *store, const char *room, uint64_t before, unsigned limit,
	size_t max_bytes, uint64_t ticket);

/* Ask for the oldest messages of room with id > after, oldest first, within the same
 * limits. Changes are left out. */
int store_newer(struct store *store, const char *room, uint64_t after, unsigned limit,
	size_t max_bytes, uint64_t ticket);

/* Look through a part of the entries of room with id > after for those that somebody
 * called name (folded) has said, changed or reacted to, deleted ones too. Answered by
 * on_page with at most STORE_DELETE_MAX messages without their tails, and read_id; "more"
 * is set until the end of the room is reached. Returns as store_after does. */
int store_said(struct store *store, const char *room, const char *name, uint64_t after,
	uint64_t ticket);

/* How many different words query has, at most STORE_QUERY_WORDS + 1. A word is what
 * stands between spaces; ASCII case makes no difference. */
size_t store_query_words(const char *query);

/* Ask for the newest messages of room before the id before (UINT64_MAX for all) that have
 * every word of query (UTF-8), newest first, within the same limits. Words are whole
 * words, regardless of case and accents. Words written without a space between them
 * ("disk-full") must follow each other in that order. Chinese, Japanese and Korean text
 * is found by any part of it. A query without words finds nothing. A word that comes
 * twice counts once. A search stops after STORE_SEARCH_MS and says how far it came.
 * Returns 0, -EAGAIN if STORE_SEARCHES_MAX are under way or the store is closing, or
 * -E2BIG for a query of more than STORE_QUERY_BYTES or STORE_QUERY_WORDS. */
int store_search(struct store *store, const char *room, const char *query,
	uint64_t before, unsigned limit, size_t max_bytes, uint64_t ticket);

/* Delete messages that are older than their rooms keep them at now_ms (Unix time), a part
 * of them in each step. Call it now and then. */
void store_prune(struct store *store, int64_t now_ms);

/* Write and answer everything under way, then close; NULL is fine. Calls callbacks until
 * it returns. */
void store_close(struct store *store);
