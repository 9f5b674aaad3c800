#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "store/limits.h"
#include "store/outbox.h"
#include "store/sqlite/writer.h"

/* Entries waiting together are committed together, up to this many. */
#define BATCH_ENTRIES 2000

/* How often to look at the files, and whether something can be stored. */
#define LOOK_MS 4000

/* Try to store something that is as long as a long message. */
#define PROBE_WRITE                                                                      \
	"INSERT OR REPLACE INTO meta(name, value) VALUES('probe', hex(zeroblob(32768)))"
#define PROBE_ERASE "DELETE FROM meta WHERE name = 'probe'"

/* The changes of a room behind ?2 and up to ?3. */
#define CHANGES " FROM change WHERE room = ?1 AND id > ?2 AND id <= ?3"

static const char *const writer_sql[] = {
	[WRITER_BEGIN] = "BEGIN IMMEDIATE",
	[WRITER_COMMIT] = "COMMIT",
	[WRITER_ROOM_FIND] = "SELECT id, last_id, gone_id, lost_id, changes, messages,"
			     " bytes, last_ts FROM room WHERE name = ?1",
	[WRITER_ROOM_ADD] = "INSERT INTO room(name, last_id) VALUES(?1, 0)",
	[WRITER_ROOM_SET] = "UPDATE room SET last_id = ?2, gone_id = ?3, lost_id = ?4,"
			    " changes = ?5, messages = ?6, bytes = ?7, last_ts = ?8"
			    " WHERE id = ?1",
	[WRITER_ROOM_NEXT] =
		"SELECT id, name FROM room WHERE id > ?1 ORDER BY id LIMIT 1",
	[WRITER_KEY_FIND] = "SELECT id, ifnull((SELECT ts FROM message"
			    " WHERE room = ?1 AND id = key.id AND id > ?3), 0) FROM key"
			    " WHERE room = ?1 AND text = ?2",
	[WRITER_KEY_ADD] = "INSERT OR IGNORE INTO key(room, text, id) VALUES(?1, ?2, ?3)",
	[WRITER_MESSAGE_ADD] =
		"INSERT INTO message(room, id, ts, type, tail, words, kind, author, seq)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[WRITER_CHANGE_ADD] = "INSERT INTO change(room, id, target, emoji)"
			      " VALUES(?1, ?2, ?3, ?4)",
	[WRITER_MESSAGE_FIND] = "SELECT seq, type, tail, words, kind, author FROM message"
				" WHERE room = ?1 AND id = ?2",
	[WRITER_MESSAGE_SET] = "UPDATE message SET tail = ?2, words = ?3, kind = ?4,"
			       " author = CASE ?4 WHEN 0 THEN author END WHERE seq = ?1",
	[WRITER_SEARCH_ADD] = "INSERT INTO search(rowid, room, words) VALUES(?1, ?2, ?3)",
	[WRITER_UNINDEXED] =
		"SELECT m.seq, m.words, 'in' || m.room,"
		" m.id <= (SELECT gone_id FROM room WHERE id = m.room)"
		" FROM message AS m WHERE m.seq > ?1 ORDER BY m.seq LIMIT ?2",
	[WRITER_INDEXED_SET] = "UPDATE meta SET value = ?1 WHERE name = 'indexed'",
	[WRITER_WORDS_CLEAR] = "UPDATE message SET words = '' WHERE seq = ?1",
	[WRITER_STATE_GET] = "SELECT value FROM state WHERE room = ?1 AND key = ?2",
	[WRITER_STATE_SET] =
		"INSERT INTO state(room, key, id, value) VALUES(?1, ?2, ?3, ?4)"
		" ON CONFLICT(room, key) DO UPDATE SET id = ?3, value = ?4",
	[WRITER_STATE_DROP] = "DELETE FROM state WHERE room = ?1 AND key = ?2",
	[WRITER_STATE_CLEAR] = "DELETE FROM state WHERE room = ?1",
	[WRITER_STATE_LIST] = "SELECT key, value FROM state WHERE room = ?1",
	[WRITER_STATE_REPLACE] =
		"UPDATE state SET value = ?3 WHERE room = ?1 AND key = ?2",
	[WRITER_EMOJI_DROP] = "UPDATE change SET emoji = NULL"
			      " WHERE room = ?1 AND id = ?2",
	[WRITER_EMOJI_DROP_OF] = "UPDATE change SET emoji = NULL"
				 " WHERE room = ?1 AND target = ?2",
	[WRITER_REACTION_FIND] =
		"SELECT id, is_on, ifnull((SELECT ts FROM message"
		" WHERE room = ?1 AND id = reaction.id), 0) FROM reaction"
		" WHERE room = ?1 AND target = ?2 AND emoji = ?3 AND name = ?4",
	[WRITER_REACTION_SET] =
		"INSERT OR REPLACE INTO reaction(room, target, emoji, name, shown, id,"
		" is_on) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[WRITER_REACTION_NAMES] =
		"SELECT shown FROM reaction"
		" WHERE room = ?1 AND target = ?2 AND emoji = ?3 AND is_on"
		" ORDER BY id LIMIT 50",
	[WRITER_REACTION_OF] = "SELECT emoji FROM reaction INDEXED BY reaction_of"
			       " WHERE room = ?1 AND target = ?2 AND name = ?3 AND is_on",
	[WRITER_REACTION_FORGET] = "DELETE FROM reaction"
				   " WHERE room = ?1 AND target = ?2 AND name = ?3",
	[WRITER_REACTIONS_DROP] = "DELETE FROM reaction"
				  " WHERE room = ?1 AND target BETWEEN ?2 AND ?3",
	[WRITER_OLDEST] = "SELECT id, ts, seq, words, kind, tail FROM message"
			  " WHERE room = ?1"
			  " ORDER BY id LIMIT ?2",
	[WRITER_OLDEST_CHANGES] =
		"SELECT c.id, length(CAST(m.tail AS BLOB)) FROM change AS c"
		" CROSS JOIN message AS m ON m.room = c.room AND m.id = c.id"
		" WHERE c.room = ?1 AND c.id > ?2 ORDER BY c.id LIMIT ?3",
	[WRITER_SEARCH_DROP] = "INSERT INTO search(search, rowid, room, words)"
			       " VALUES('delete', ?1, ?2, ?3)",
	[WRITER_KEYS_DROP] = "DELETE FROM key WHERE room = ?1 AND id <= ?2",
	[WRITER_MESSAGES_DROP] = "DELETE FROM message WHERE room = ?1 AND id <= ?2",
	[WRITER_CHANGE_KEYS_DROP] =
		"DELETE FROM key WHERE room = ?1 AND id IN (SELECT id" CHANGES ")",
	[WRITER_CHANGE_MESSAGES_DROP] =
		"DELETE FROM message WHERE room = ?1 AND id IN (SELECT id" CHANGES ")",
	[WRITER_CHANGES_DROP] = "DELETE" CHANGES,
	[WRITER_LARGEST] = "SELECT name FROM room ORDER BY bytes DESC LIMIT 1",
	[WRITER_USED_BYTES] =
		"SELECT (page_count - freelist_count) * page_size FROM"
		" pragma_page_count, pragma_freelist_count, pragma_page_size",
	[WRITER_ROOM_BYTES] = "SELECT ifnull(sum(bytes), 0) FROM room",
	/* A negative rank begins to merge all segments of the index to one. */
	[WRITER_MERGE] = "INSERT INTO search(search, rank) VALUES('merge', ?1)",
	[WRITER_ERASING_NOTE] =
		"INSERT OR IGNORE INTO meta(name, value) VALUES('erasing', '')",
	[WRITER_ERASING_DONE] = "DELETE FROM meta WHERE name = 'erasing'",
};

_Static_assert(STORE_REACTION_NAMES == 50, "the SQL says 50");
_Static_assert(STORE_SAID == 0, "the SQL says 0");
_Static_assert(
	ARRAY_SIZE(writer_sql) == WRITER_STATEMENTS, "each statement needs its SQL");

/* SQLite calls it after each commit with the number of pages in the log. */
static int
writer_on_commit(void *context, sqlite3 *db, const char *name, int pages)
{
	struct sqlite_writer *writer = context;

	(void)db;
	(void)name;
	sqlite_guard_note_log(&writer->files->guard, pages);
	sqlite_checkpointer_note(writer->checkpointer, pages);
	sqlite_trim_note_log(writer, pages);
	return SQLITE_OK;
}

static int
writer_prepare(struct sqlite_writer *writer)
{
	int rc = sqlite_db_prepare(&writer->db, writer_sql, WRITER_STATEMENTS);

	if (rc == SQLITE_OK) {
		sqlite3_wal_hook(writer->db.handle, writer_on_commit, writer);
		sqlite_log_writes_join(&writer->db);
		rc = sqlite_words_load(writer);
	}
	return rc;
}

/* Tell the -lineage of the last commit. Returns 0 or -errno. */
static int
writer_note(struct sqlite_writer *writer)
{
	struct sqlite_files *files = writer->files;

	return sqlite_lineage_note(
		&files->lineage, writer->entries, files->guard.changes);
}

/* The history is not what it was: nothing more is read from it into what we have, or
 * written to it. Only a restart can tell what it is now. */
static int
writer_lose(struct sqlite_writer *writer, const char *what)
{
	if (!writer->files->guard.is_lost)
		log_error("store_failed", log_str("path", writer->store->options.path),
			log_str("error", what),
			log_str("hint", "messages are refused until linnetd is "
					"restarted; put the right file back first"));
	writer->files->guard.is_lost = true;
	/* The next start compares it with what is there then. */
	writer_note(writer);
	return SQLITE_READONLY_DBMOVED;
}

static int
writer_open_again(struct sqlite_writer *writer)
{
	struct sqlite_guard *guard = &writer->files->guard;
	uint64_t entries = writer->entries;
	int rc;

	/* If this is the last connection, SQLite deletes the log. */
	sqlite_guard_close_log(guard);
	rc = sqlite_schema_reopen(&writer->db, writer->store, guard);
	if (rc == SQLITE_OK)
		rc = writer_prepare(writer);
	if (rc == SQLITE_OK)
		rc = sqlite_schema_count(&writer->db, &writer->entries);
	if (rc == SQLITE_OK && writer->entries < entries)
		rc = writer_lose(writer, "the newest messages are missing");
	if (rc == SQLITE_OK && sqlite_guard_open_log(guard) < 0)
		rc = SQLITE_CANTOPEN;
	writer->is_broken = rc != SQLITE_OK;
	return rc;
}

/* The log is shorter than what was committed to it. That is fine if another process has
 * copied all of it into the file; SQLite knows. */
static int
writer_ask_about_log(struct sqlite_writer *writer, const char *what)
{
	int pages = 0;
	int rc = sqlite3_wal_checkpoint_v2(
		writer->db.handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, NULL);

	if (rc == SQLITE_OK && pages <= 0)
		sqlite_guard_note_log(&writer->files->guard, 0);
	else if (rc != SQLITE_BUSY) /* else look again later */
		rc = writer_lose(writer, what);
	return rc;
}

/* See whether the files are still ours; with is_thorough their paths, too. */
static int
writer_look(struct sqlite_writer *writer, bool is_thorough)
{
	struct sqlite_files *files = writer->files;
	bool is_log = false;
	const char *what;

	if (files->guard.is_lost)
		return SQLITE_READONLY_DBMOVED;
	what = is_thorough ? sqlite_guard_check(&files->guard, &is_log)
			   : sqlite_guard_glance(&files->guard, &is_log);
	if (!what && is_thorough && !writer->is_note_due &&
		sqlite_lineage_is_foreign(&files->lineage))
		what = "another program has written the file beside it (-lineage)";
	if (!what)
		return SQLITE_OK;
	return is_log && !writer->is_broken ? writer_ask_about_log(writer, what)
					    : writer_lose(writer, what);
}

/* Make ready to write: the files are ours, the connection is open, and the -lineage knows
 * of all that anybody has seen. */
static int
writer_begin(struct sqlite_writer *writer)
{
	int rc = writer_look(writer, false);

	if (rc == SQLITE_OK && writer->is_broken)
		rc = writer_open_again(writer);
	if (rc == SQLITE_OK && writer->is_note_due) {
		writer->is_note_due = writer_note(writer) < 0;
		rc = writer->is_note_due ? SQLITE_FULL : SQLITE_OK;
	}
	return rc == SQLITE_OK ? sqlite_db_run(&writer->db, WRITER_BEGIN) : rc;
}

/* Write all of writes in one transaction. A failed one is left open. */
static int
writer_commit(struct sqlite_writer *writer, struct store_writes *writes)
{
	struct store_write *write;
	int rc;

	if ((rc = writer_begin(writer)))
		return rc;
	STAILQ_FOREACH (write, writes, link)
		if ((rc = sqlite_entry_write(writer, write)))
			return rc;
	if ((rc = sqlite_room_cache_save(writer)))
		return rc;
	return sqlite_db_run(&writer->db, WRITER_COMMIT);
}

static void
writer_refuse(struct store_writes *writes, int error)
{
	struct store_write *write;

	STAILQ_FOREACH (write, writes, link) {
		write->error = error;
		write->id = 0;
		write->is_duplicate = false;
	}
}

/* Returns the error as -errno. */
static int
writer_fail(struct sqlite_writer *writer, struct store_writes *writes, int rc)
{
	int error = sqlite_db_errno(&writer->db, rc);

	if (!writer->is_failing && error != -EBADFD) /* that was logged */
		log_error("store_write_failed",
			log_str("path", writer->store->options.path),
			log_int("errno", -error), log_str("why", sqlite3_errstr(rc)));
	writer->is_failing = true;
	writer->store->failure = error;
	sqlite_db_rollback(&writer->db);
	sqlite_room_cache_clear(writer);
	writer->is_broken |= sqlite_db_is_broken(rc);
	writer_refuse(writes, error);
	return error;
}

static void
writer_heal(struct sqlite_writer *writer)
{
	if (!writer->is_failing)
		return;
	log_info("store_write_recovered", log_str("path", writer->store->options.path));
	/* The failure has dropped what was to be trimmed. */
	sqlite_trim_sweep(writer, writer->trim.now_ms);
	writer->is_failing = false;
	writer->store->failure = 0;
	store_wake(writer->store);
}

static void
writer_succeed(struct sqlite_writer *writer)
{
	struct cached_room *room;

	writer_heal(writer);
	while ((room = TAILQ_FIRST(&writer->changed))) {
		TAILQ_REMOVE(&writer->changed, room, changed_link);
		room->is_changed = false;
		sqlite_trim_note(writer, room, room->added);
		writer->entries += (uint64_t)room->added;
		room->added = 0;
	}
	writer->is_note_due = writer_note(writer) < 0;
	sqlite_trim_consider_size(writer);
}

/* Store something, or see at least that nobody else has locked the file. */
static int
writer_probe(struct sqlite_writer *writer, bool is_real)
{
	int rc = writer_begin(writer);

	if (rc == SQLITE_OK)
		rc = sqlite_db_exec(
			&writer->db, is_real ? PROBE_WRITE "; COMMIT" : "ROLLBACK");
	return rc == SQLITE_OK && is_real ? sqlite_db_exec(&writer->db, PROBE_ERASE) : rc;
}

/* Tell the own metrics how large the files are. */
static void
writer_measure(const struct sqlite_writer *writer)
{
	uint64_t bytes, log_bytes;

	sqlite_guard_measure(&writer->files->guard, &bytes, &log_bytes);
	writer->store->bytes = bytes;
	writer->store->log_bytes = log_bytes;
}

/* See whether the files are ours, and whether something can be stored. */
static void
writer_watch(struct sqlite_writer *writer)
{
	bool is_real = writer->is_failing || sqlite_guard_is_full(&writer->files->guard);
	struct store_writes none = STAILQ_HEAD_INITIALIZER(none);
	int rc = writer_look(writer, true);

	if (rc == SQLITE_OK)
		rc = writer_probe(writer, is_real);
	if (rc == SQLITE_OK) {
		writer_heal(writer);
	} else {
		writer_fail(writer, &none, rc);
		store_wake(writer->store);
	}
	sqlite_trim_retry(writer);
	sqlite_vacuum_consider(writer);
	writer_measure(writer);
	writer->next_look_ms = clock_now_ms() + LOOK_MS;
}

/* Store writes, unless they would overtake those that have failed. */
static void
writer_try(struct sqlite_writer *writer, struct store_writes *writes)
{
	int error, rc;

	if (STAILQ_FIRST(writes)->was_held)
		writer->refusal = 0;
	if (writer->refusal) {
		writer_refuse(writes, writer->refusal);
		return;
	}
	rc = writer_commit(writer, writes);
	if (rc == SQLITE_OK) {
		writer_succeed(writer);
		return;
	}
	error = writer_fail(writer, writes, rc);
	writer->refusal = store_may_pass(error) ? error : 0;
}

/* Write and answer the next batch. It may hold the writes of several flushes. */
static void
writer_write_batch(struct sqlite_writer *writer)
{
	struct store_writes writes = STAILQ_HEAD_INITIALIZER(writes);
	struct store_write *write;
	int count;

	for (count = 0; count < BATCH_ENTRIES && (write = STAILQ_FIRST(&writer->waiting));
		count++) {
		STAILQ_REMOVE_HEAD(&writer->waiting, link);
		STAILQ_INSERT_TAIL(&writes, write, link);
	}
	writer_try(writer, &writes);
	store_answer_writes(writer->store, &writes);
}

/* The log is large. It is not cut, because it would grow again at once: the file system
 * would find each page a place anew. If this fails, the checkpointer asks again after its
 * next checkpoint.
 */
static void
writer_empty_log(struct sqlite_writer *writer)
{
	if (!writer->is_broken && !writer->files->guard.is_lost)
		sqlite_erase_log(writer, SQLITE_CHECKPOINT_RESTART);
}

/* Wake the thread in wait_ms; -1: no need. */
static void
writer_wake_in(struct sqlite_writer *writer, int64_t wait_ms)
{
	if (wait_ms > 0 && clock_now_ms() + wait_ms < writer->thread.wake_ms)
		writer->thread.wake_ms = clock_now_ms() + wait_ms;
}

/* Index some messages if the files are ours: nobody may have looked since the last
 * commit, and what is written to a log that somebody has cut hides the cut. */
static void
writer_index(struct sqlite_writer *writer)
{
	if (writer_look(writer, false) == SQLITE_OK) {
		sqlite_words_step(writer);
		return;
	}
	sqlite_words_put_off(writer);
	writer->next_look_ms = 0; /* that tells the loop */
}

/* Choose what to do beside commits: trim, then erase, then shrink the file. The index
 * takes turns with these. */
static void
writer_choose_step(struct sqlite_writer *writer, bool is_idle)
{
	int64_t erase_ms = sqlite_erase_wait_ms(writer);
	int64_t vacuum_ms = sqlite_vacuum_wait_ms(writer);
	int64_t words_ms = sqlite_words_wait_ms(writer);
	/* Text has to be gone in time, however busy the chat is. */
	bool is_turn = is_idle || writer->trim.debt || sqlite_words_are_late(writer) ||
		       ((erase_ms >= 0 || vacuum_ms >= 0 || words_ms == 0) &&
			       !writer->has_stepped);

	writer_wake_in(writer, erase_ms);
	writer_wake_in(writer, vacuum_ms);
	writer_wake_in(writer, words_ms);
	if (!is_turn)
		return;
	if (sqlite_trim_has_work(writer))
		writer->task = sqlite_trim_step;
	else if (erase_ms == 0)
		writer->task = sqlite_erase_step;
	else if (vacuum_ms == 0)
		writer->task = sqlite_vacuum_step;
	if (words_ms == 0 && !(writer->task && writer->has_indexed))
		writer->task = writer_index;
	writer->has_indexed = writer->task == writer_index;
	writer->has_stepped = writer->task != NULL;
}

/* Choose the next task: look at the files when it is time, empty the log, then trim or
 * erase if commits have to wait for it or there are none, then commit. While the store
 * closes, commit, then finish the index. */
static bool
writer_choose_task(struct sqlite_writer *writer)
{
	bool is_stopping = writer->thread.is_stopping;
	bool is_idle = STAILQ_EMPTY(&writer->waiting);
	bool is_usable = !writer->is_broken && !writer->files->guard.is_lost;

	writer->task = NULL;
	writer->thread.wake_ms = writer->next_look_ms;
	if (clock_now_ms() >= writer->next_look_ms && !is_stopping) {
		writer->task = writer_watch;
	} else if (writer->is_empty_log_wanted && !is_stopping) {
		writer->is_empty_log_wanted = false;
		writer->task = writer_empty_log;
	} else if (is_usable && !is_stopping) {
		writer_choose_step(writer, is_idle);
	} else if (is_usable && is_idle && !sqlite_words_wait_ms(writer)) {
		writer->task = writer_index;
	}
	if (!writer->task && !is_idle) {
		writer->task = writer_write_batch;
		writer->has_stepped = false;
	}
	return writer->task;
}

static bool
writer_take(void *context)
{
	struct sqlite_writer *writer = context;

	STAILQ_CONCAT(&writer->waiting, &writer->queue);
	if (writer->has_new_limits)
		sqlite_room_cache_limit(writer, writer->new_limits);
	writer->has_new_limits = false;
	if (writer->is_sweep_wanted)
		sqlite_trim_sweep(writer, writer->sweep_now_ms);
	writer->is_sweep_wanted = false;
	/* After a failure do not wait for locks again, so that closing is quick. */
	if (writer->thread.is_stopping && writer->is_failing && !writer->is_broken)
		sqlite3_busy_timeout(writer->db.handle, 0);
	return writer_choose_task(writer);
}

static void
writer_work(void *context)
{
	struct sqlite_writer *writer = context;

	writer->task(writer);
}

struct sqlite_writer *
sqlite_writer_new(struct store *store, struct sqlite_db *db, struct sqlite_files *files)
{
	struct sqlite_writer *writer = xcalloc(1, sizeof(*writer));

	writer->store = store;
	writer->files = files;
	writer->entries = files->lineage.line.entries;
	writer->next_look_ms = clock_now_ms() + LOOK_MS;
	writer->db = *db;
	memset(db, 0, sizeof(*db));
	TAILQ_INIT(&writer->changed);
	TAILQ_INIT(&writer->trim.rooms);
	STAILQ_INIT(&writer->waiting);
	STAILQ_INIT(&writer->queue);
	sqlite_thread_init(&writer->thread, writer_take, writer_work, writer);
	writer->sweep_now_ms = writer->trim.now_ms = INT64_MIN;
	return writer;
}

int
sqlite_writer_start(struct sqlite_writer *writer,
	struct sqlite_checkpointer *checkpointer, const char **why)
{
	int64_t is_erasing = 0;
	int rc = writer_prepare(writer);

	if (rc == SQLITE_OK)
		rc = sqlite_db_number(&writer->db,
			"SELECT count(*) FROM meta WHERE name = 'erasing'", &is_erasing);
	if (is_erasing)
		writer->erase.is_wanted = true;
	if (rc == SQLITE_OK)
		rc = sqlite_vacuum_init(writer);
	if (rc != SQLITE_OK)
		return sqlite_schema_refuse(&writer->db, rc, why);
	writer->checkpointer = checkpointer;
	writer_measure(writer);
	return sqlite_thread_start(&writer->thread, "store-write", why);
}

void
sqlite_writer_push(struct sqlite_writer *writer, struct store_writes *writes)
{
	sqlite_thread_lock(&writer->thread);
	STAILQ_CONCAT(&writer->queue, writes);
	sqlite_thread_wake(&writer->thread);
}

void
sqlite_writer_limit(struct sqlite_writer *writer, struct store_room_keep *limits)
{
	sqlite_thread_lock(&writer->thread);
	if (writer->has_new_limits)
		store_free_limits(writer->new_limits);
	writer->new_limits = limits;
	writer->has_new_limits = true;
	/* Limits may be smaller now, or an earlier run may have stopped before it
	 * trimmed. */
	writer->is_sweep_wanted = true;
	sqlite_thread_wake(&writer->thread);
}

void
sqlite_writer_sweep(struct sqlite_writer *writer, int64_t now_ms)
{
	sqlite_thread_lock(&writer->thread);
	writer->is_sweep_wanted = true;
	writer->sweep_now_ms = now_ms;
	sqlite_thread_wake(&writer->thread);
}

void
sqlite_writer_empty_log(void *context)
{
	struct sqlite_writer *writer = context;

	sqlite_thread_lock(&writer->thread);
	writer->is_empty_log_wanted = true;
	sqlite_thread_wake(&writer->thread);
}

void
sqlite_writer_stop(struct sqlite_writer *writer)
{
	sqlite_thread_stop(&writer->thread);
}

void
sqlite_writer_free(struct sqlite_writer *writer)
{
	if (!writer)
		return;
	sqlite_room_cache_clear(writer);
	store_free_limits(writer->limits);
	if (writer->has_new_limits)
		store_free_limits(writer->new_limits);
	/* Do not copy the log into a file to which it may not belong. */
	if (writer->files->guard.is_lost && writer->db.handle)
		sqlite3_db_config(
			writer->db.handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite_db_close(&writer->db);
	sqlite_thread_destroy(&writer->thread);
	free(writer);
}
