/* writer.h - what the writer's thread has: commits (writer.c)
 * of entries (entry.c) and, in the gaps between them, trimming
 * (trim.c). No other file includes it. */
#pragma once

#include "linnet/base/hash.h"
#include "store/sqlite/sqlite.h"

enum {
	WRITER_ROOM_FIND,
	WRITER_ROOM_ADD,
	WRITER_ROOM_SET,
	WRITER_ROOM_NEXT,
	WRITER_KEY_FIND,
	WRITER_KEY_ADD,
	WRITER_MESSAGE_ADD,
	WRITER_SEARCH_ADD,
	WRITER_STATE_SET,
	WRITER_STATE_DROP,
	WRITER_OLDEST,
	WRITER_SEARCH_DROP,
	WRITER_KEYS_DROP,
	WRITER_MESSAGES_DROP,
	WRITER_STATEMENTS,
};

/* A row of the table room, kept in memory: the writer alone changes it. */
struct writer_room {
	UT_hash_handle hh; /* by name */
	STAILQ_ENTRY(writer_room) link;
	TAILQ_ENTRY(writer_room) changed_link;
	TAILQ_ENTRY(writer_room) trim_link;
	int64_t number;
	int64_t last_id, first_id;
	int64_t added;   /* messages, by the transaction under way */
	bool is_trimmed; /* stands in the list of rooms to trim */
	char token[24];  /* the room as a word of the search */
	char name[];
};

TAILQ_HEAD(writer_rooms, writer_room);

struct sqlite_writer {
	struct store *store;
	char *path;
	struct sqlite_checkpointer *checkpointer;
	pthread_t thread;

	/* The thread's own. */
	struct sqlite_db db;
	bool broken;  /* db is to be opened anew */
	bool failing; /* was said in the log */
	struct writer_room *rooms;
	STAILQ_HEAD(, writer_room) all; /* the same */
	struct writer_rooms changed;
	struct store_writes waiting; /* taken from the queue */
	struct {
		struct writer_rooms rooms; /* have too much, or may have */
		int64_t cutoff_ms;         /* what is older is too old */
		bool sweeping;
		int64_t sweep_number; /* of the room where the sweep is */
		int64_t debt;         /* messages to trim before the next commit */
	} trim;

	pthread_mutex_t mutex;
	pthread_cond_t cond;
	/* Under the mutex. */
	struct store_writes queue;
	bool sweep_wanted, settle_wanted, closing;
	int64_t sweep_cutoff_ms;
};

/* writer.c */

/* Find the room of that name; if may_add, add it where there is none. *room is NULL if
 * there is none. Returns SQLITE_OK or an error. */
int sqlite_writer_room(struct sqlite_writer *writer, const char *name, bool may_add,
	struct writer_room **room);

/* Forget every room: after a rollback what is in memory may be wrong. */
void sqlite_writer_forget(struct sqlite_writer *writer);

/* entry.c */

/* Keep the entry of write in the transaction under way, unless it is known, and set the
 * answer but for its error. Returns SQLITE_OK or an error. */
int sqlite_entry_write(struct sqlite_writer *writer, struct store_write *write);

/* trim.c */

/* Begin to go through all rooms. */
void sqlite_trim_sweep(struct sqlite_writer *writer, int64_t cutoff_ms);

/* count messages were added to room: trim it if it has too many now. */
void sqlite_trim_note(
	struct sqlite_writer *writer, struct writer_room *room, int64_t count);

/* True if there may be something to trim. */
bool sqlite_trim_has_work(const struct sqlite_writer *writer);

/* Trim a little, in one transaction. */
void sqlite_trim_step(struct sqlite_writer *writer);

/* The rooms are being forgotten. */
void sqlite_trim_forget(struct sqlite_writer *writer);
