/* writer.h - what the files that run in the writer's thread share. writer.c commits;
 * entry.c writes one entry; edit.c, reaction.c and erasure.c do what it does to earlier
 * ones, by row.c; words.c keeps the search index; trim.c deletes messages between
 * commits; erase.c removes the last traces of deleted text; room_cache.c holds the table
 * of rooms. No other file includes it. */
#pragma once

#include "linnet/base/hash.h"
#include "store/sqlite/sqlite.h"

/* The prepared statements of the writer's connection. */
enum {
	WRITER_BEGIN,
	WRITER_COMMIT,
	WRITER_ROOM_FIND,
	WRITER_ROOM_ADD,
	WRITER_ROOM_SET,
	WRITER_ROOM_NEXT,
	WRITER_KEY_FIND,
	WRITER_KEY_ADD,
	WRITER_MESSAGE_ADD,
	WRITER_CHANGE_ADD,
	WRITER_MESSAGE_FIND,
	WRITER_MESSAGE_SET,
	WRITER_SEARCH_ADD,
	WRITER_UNINDEXED,
	WRITER_INDEXED_SET,
	WRITER_WORDS_CLEAR,
	WRITER_STATE_GET,
	WRITER_STATE_SET,
	WRITER_STATE_DROP,
	WRITER_STATE_CLEAR,
	WRITER_STATE_LIST,
	WRITER_STATE_REPLACE,
	WRITER_EMOJI_DROP,
	WRITER_EMOJI_DROP_OF,
	WRITER_REACTION_FIND,
	WRITER_REACTION_SET,
	WRITER_REACTION_NAMES,
	WRITER_REACTION_OF,
	WRITER_REACTION_FORGET,
	WRITER_REACTIONS_DROP,
	WRITER_OLDEST,
	WRITER_OLDEST_CHANGES,
	WRITER_SEARCH_DROP,
	WRITER_KEYS_DROP,
	WRITER_MESSAGES_DROP,
	WRITER_CHANGE_KEYS_DROP,
	WRITER_CHANGE_MESSAGES_DROP,
	WRITER_CHANGES_DROP,
	WRITER_LARGEST,
	WRITER_USED_BYTES,
	WRITER_ROOM_BYTES,
	WRITER_MERGE,
	WRITER_ERASING_NOTE,
	WRITER_ERASING_DONE,
	WRITER_STATEMENTS,
};

/* A row of the table room. It may be cached because only the writer changes the table. */
struct cached_room {
	UT_hash_handle hh; /* by name */
	TAILQ_ENTRY(cached_room) changed_link;
	TAILQ_ENTRY(cached_room) trim_link;
	int64_t number; /* its id in the table */
	int64_t last_id;
	int64_t gone_id; /* entries up to this were deleted with the room */
	int64_t lost_id; /* of those up to this some are missing; if the room was deleted,
			  * gone_id + 1 or more */
	/* Behind gone_id: entries that are changes, all others, and bytes of tails, words
	 * and reactions. */
	int64_t changes, messages, bytes;
	int64_t last_ts;
	struct store_keep keep;
	int64_t added;   /* entries added by the open transaction */
	bool is_changed; /* changed has it */
	bool has_gone;   /* there are rows up to gone_id */
	int64_t surplus; /* bytes of its oldest messages to delete: the file is too large
			  */
	bool is_in_trim_list; /* trim.rooms has it */
	char token[24];       /* the word that stands for the room in the search index */
	char name[];
};

TAILQ_HEAD(cached_rooms, cached_room);

struct sqlite_writer {
	struct sqlite_thread thread;
	struct store *store;
	struct sqlite_checkpointer *checkpointer;
	struct sqlite_files *files;

	/* Only the thread uses these. */
	struct sqlite_db db;
	uint64_t entries;     /* the sum of all last ids, as committed */
	bool is_note_due;     /* the -lineage could not be told of the last commit */
	int64_t next_look_ms; /* when to see whether something can be stored */
	int64_t log_wait_ms;  /* when to wait for the readers of the log; 0: not needed */
	bool is_broken;       /* open db again before it is used */
	bool is_failing;      /* the failure has been logged */
	int refusal; /* of all writes until those that have failed come again; 0: none */
	void (*task)(struct sqlite_writer *writer); /* the one that take has chosen */
	bool has_stepped;                           /* the last task was not a commit */
	bool has_indexed;                           /* the last step was of the index */
	struct cached_room *rooms;
	struct store_room_keep *limits;
	struct cached_rooms changed; /* by the open transaction */
	struct store_writes waiting; /* taken from the queue */
	struct {
		int64_t last_seq;    /* that a message has got; none gets it again */
		int64_t indexed_seq; /* messages up to this one are in the index */
		int64_t bytes;       /* about so many of words are not */
		int64_t due_ms;      /* when to go on */
		bool is_failing;
	} words;
	struct {
		struct cached_rooms rooms; /* those that may have messages to delete */
		int64_t now_ms; /* what is too old then is deleted; INT64_MIN: nothing */
		bool is_sweeping;     /* through all rooms of the table */
		int64_t sweep_number; /* the last room that the sweep has reached */
		int64_t retry_ms;     /* when to sweep after a failure; 0: not */
		int64_t debt;         /* messages to delete before the next commit */
		int log_pages;        /* as of the last commit */
		int64_t new_pages;    /* written since the size was looked at */
		/* Size of the file for each byte of room->bytes, when its index had few
		 * traces of deleted messages; 0: not known. */
		double size_ratio;
		/* Bytes that were deleted since the last round of erasing began. Their
		 * traces are still there when it ends. */
		int64_t dropped;
	} trim;
	struct {
		enum {
			ERASE_IDLE,
			ERASE_MERGING,
			ERASE_EMPTYING_LOG,
		} phase;
		bool is_wanted; /* text was deleted since the last round began */
		/* clock_now_ms when the round began, when the next one may begin, and
		 * when to try again to truncate the log. */
		int64_t begin_ms, round_ms, retry_ms;
	} erase;

	struct {
		enum {
			VACUUM_IDLE,
			VACUUM_MOVING,
			VACUUM_CUTTING,
		} phase;
		bool is_possible;
		int pages;      /* that the next step moves */
		int64_t due_ms; /* when to go on after a pause */
	} vacuum;

	/* Under the thread's mutex. */
	struct store_writes queue;
	bool is_sweep_wanted, is_empty_log_wanted, has_new_limits;
	int64_t sweep_now_ms;
	struct store_room_keep *new_limits;
};

/* writer.c */

/* room_cache.c */

/* Find the room of that name; with may_add, insert it if there is none. Otherwise *room
 * is NULL then. Returns SQLITE_OK or an error. */
int sqlite_room_cache_get(struct sqlite_writer *writer, const char *name, bool may_add,
	struct cached_room **room);

/* The open transaction has changed room. */
void sqlite_room_cache_note(struct sqlite_writer *writer, struct cached_room *room);

/* Write room to the table. Returns SQLITE_OK or an error. */
int sqlite_room_cache_set(struct sqlite_writer *writer, const struct cached_room *room);

/* Write the changed rooms to the table. Returns SQLITE_OK or an error. */
int sqlite_room_cache_save(struct sqlite_writer *writer);

/* Take limits in place of those before. */
void sqlite_room_cache_limit(
	struct sqlite_writer *writer, struct store_room_keep *limits);

/* Drop all rooms from the cache and from its lists. To be called after a rollback, when
 * the cache may differ from the table. */
void sqlite_room_cache_clear(struct sqlite_writer *writer);

/* entry.c */

/* Store the entry of write in the open transaction, or find the message that has one of
 * its keys. Sets all of the answer but the error. Returns SQLITE_OK or an error. */
int sqlite_entry_write(struct sqlite_writer *writer, struct store_write *write);

/* row.c */

/* A row of the table message. Its texts are valid until sqlite_row_release. */
struct sqlite_row {
	int64_t seq; /* 0: there is none */
	struct store_message message;
	const char *words;
	const unsigned char *author; /* or NULL */
};

/* Find message id. Returns SQLITE_OK or an error; call sqlite_row_release in either case.
 */
int sqlite_row_find(struct sqlite_writer *writer, const struct cached_room *room,
	uint64_t id, struct sqlite_row *row);
void sqlite_row_release(struct sqlite_writer *writer);

/* Give the row this tail, these words and the kind of row->message. A deleted message
 * loses its author. Returns SQLITE_OK or an error. */
int sqlite_row_set(struct sqlite_writer *writer, struct cached_room *room,
	const struct sqlite_row *row, const char *tail, const char *words);

/* words.c */

/* Find out how far the search index has come. Returns SQLITE_OK or an error. */
int sqlite_words_load(struct sqlite_writer *writer);

/* The open transaction adds a message with these words: returns its seq. They come into
 * the index later. */
int64_t sqlite_words_note(struct sqlite_writer *writer, const char *words);

/* The words of message seq are others now: change the index if it has the message.
 * Returns SQLITE_OK or an error. */
int sqlite_words_replace(struct sqlite_writer *writer, const struct cached_room *room,
	int64_t seq, const char *old_words, const char *words);

/* True if so much is not in the index yet that commits have to wait. */
bool sqlite_words_are_late(const struct sqlite_writer *writer);

/* In how many ms sqlite_words_step has work; 0: now, -1: never. The thread's mutex is
 * held. */
int64_t sqlite_words_wait_ms(const struct sqlite_writer *writer);

/* Nothing can be indexed now: wait a while. */
void sqlite_words_put_off(struct sqlite_writer *writer);

/* Index some messages in a transaction of its own. */
void sqlite_words_step(struct sqlite_writer *writer);

/* edit.c, reaction.c, erasure.c: do what the change of write says in the open
 * transaction. They set the answer but for the id, and the tail if there is an entry to
 * store. Return SQLITE_OK or an error. */

int sqlite_edit_apply(struct sqlite_writer *writer, struct cached_room *room,
	struct store_write *write);
int sqlite_reaction_apply(struct sqlite_writer *writer, struct cached_room *room,
	struct store_write *write);
int sqlite_erasure_apply(struct sqlite_writer *writer, struct cached_room *room,
	struct store_write *write);

/* reaction.c */

/* Drop the reactions to the messages from first_id to last_id. These are all deleted with
 * their room, or none is. Returns SQLITE_OK or an error. */
int sqlite_reaction_drop(struct sqlite_writer *writer, struct cached_room *room,
	int64_t first_id, int64_t last_id);

/* Drop the reactions of folded to target, from its tail, too. Returns SQLITE_OK or an
 * error. */
int sqlite_reaction_forget(struct sqlite_writer *writer, struct cached_room *room,
	uint64_t target, const char *folded, char **tail);

/* erase.c */

/* The open transaction deletes text: remove its traces from the search index, the log and
 * free pages afterwards. Returns SQLITE_OK or an error. */
int sqlite_erase_want(struct sqlite_writer *writer);

/* The traces take too much of the file: remove them. */
void sqlite_erase_soon(struct sqlite_writer *writer);

/* Copy the whole log into the file and begin it again, as sqlite_db_empty_log does.
 * Returns SQLITE_OK, SQLITE_BUSY if it should be tried again, or another error. */
int sqlite_erase_log(struct sqlite_writer *writer, int how);

/* In how many ms sqlite_erase_step has work; 0: now, -1: never. */
int64_t sqlite_erase_wait_ms(const struct sqlite_writer *writer);

/* Do a part of it. */
void sqlite_erase_step(struct sqlite_writer *writer);

/* vacuum.c */

/* See whether the pages of the file can be moved. Returns SQLITE_OK or an error. */
int sqlite_vacuum_init(struct sqlite_writer *writer);

/* Begin if many pages are free. */
void sqlite_vacuum_consider(struct sqlite_writer *writer);

/* In how many ms sqlite_vacuum_step has work; 0: now, -1: never. */
int64_t sqlite_vacuum_wait_ms(const struct sqlite_writer *writer);

/* Do a part of it. */
void sqlite_vacuum_step(struct sqlite_writer *writer);

/* trim.c */

/* Start a sweep through all rooms. */
void sqlite_trim_sweep(struct sqlite_writer *writer, int64_t now_ms);

/* A commit added count messages to room: trim the room if it has too many now. */
void sqlite_trim_note(
	struct sqlite_writer *writer, struct cached_room *room, int64_t count);

/* The log has this many pages after a commit. */
void sqlite_trim_note_log(struct sqlite_writer *writer, int pages);

/* If the file may have grown: begin to trim the largest room if it is larger than
 * max_bytes. */
void sqlite_trim_consider_size(struct sqlite_writer *writer);

/* True if there may be messages to delete. */
bool sqlite_trim_has_work(const struct sqlite_writer *writer);

/* Sweep again if it is time after a failure. */
void sqlite_trim_retry(struct sqlite_writer *writer);

/* Delete some messages of one room in a transaction of its own. */
void sqlite_trim_step(struct sqlite_writer *writer);
