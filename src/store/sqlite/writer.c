#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/log.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "store/sqlite/writer.h"

/* Entries waiting together are committed together, up to this many. */
#define BATCH_ENTRIES 2000

static const char *const writer_sql[] = {
	[WRITER_ROOM_FIND] =
		"SELECT id, last_id, ifnull((SELECT min(id) FROM message"
		" WHERE room = r.id), last_id + 1) FROM room AS r WHERE name = ?1",
	[WRITER_ROOM_ADD] = "INSERT INTO room(name, last_id) VALUES(?1, 0)",
	[WRITER_ROOM_SET] = "UPDATE room SET last_id = ?2 WHERE id = ?1",
	[WRITER_ROOM_NEXT] =
		"SELECT id, name FROM room WHERE id > ?1 ORDER BY id LIMIT 1",
	[WRITER_KEY_FIND] = "SELECT id FROM key WHERE room = ?1 AND text = ?2",
	[WRITER_KEY_ADD] = "INSERT OR IGNORE INTO key(room, text, id) VALUES(?1, ?2, ?3)",
	[WRITER_MESSAGE_ADD] = "INSERT INTO message(room, id, ts, type, tail, words)"
			       " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[WRITER_SEARCH_ADD] = "INSERT INTO search(rowid, room, words) VALUES(?1, ?2, ?3)",
	[WRITER_STATE_SET] =
		"INSERT INTO state(room, key, id, value) VALUES(?1, ?2, ?3, ?4)"
		" ON CONFLICT(room, key) DO UPDATE SET id = ?3, value = ?4",
	[WRITER_STATE_DROP] = "DELETE FROM state WHERE room = ?1 AND key = ?2",
	[WRITER_OLDEST] = "SELECT id, ts, seq, words FROM message WHERE room = ?1"
			  " ORDER BY id LIMIT ?2",
	[WRITER_SEARCH_DROP] = "INSERT INTO search(search, rowid, room, words)"
			       " VALUES('delete', ?1, ?2, ?3)",
	[WRITER_KEYS_DROP] = "DELETE FROM key WHERE room = ?1 AND id <= ?2",
	[WRITER_MESSAGES_DROP] = "DELETE FROM message WHERE room = ?1 AND id <= ?2",
};

_Static_assert(
	ARRAY_SIZE(writer_sql) == WRITER_STATEMENTS, "each statement needs its SQL");

/* SQLite calls it after each commit with the number of pages in the log. */
static int
writer_on_commit(void *context, sqlite3 *db, const char *name, int pages)
{
	struct sqlite_writer *writer = context;

	(void)db;
	(void)name;
	sqlite_checkpointer_note(writer->checkpointer, pages);
	return SQLITE_OK;
}

static int
writer_prepare(struct sqlite_writer *writer)
{
	int rc = sqlite_db_prepare(&writer->db, writer_sql, WRITER_STATEMENTS);

	if (rc == SQLITE_OK)
		sqlite3_wal_hook(writer->db.handle, writer_on_commit, writer);
	return rc;
}

static int
writer_open_again(struct sqlite_writer *writer)
{
	int rc = sqlite_schema_reopen(&writer->db, writer->store);

	if (rc == SQLITE_OK)
		rc = writer_prepare(writer);
	writer->is_broken = rc != SQLITE_OK;
	return rc;
}

/* Write all of writes in one transaction. A failed one is left open. */
static int
writer_commit(struct sqlite_writer *writer, struct store_writes *writes)
{
	struct store_write *write;
	int rc = SQLITE_OK;

	if (writer->is_broken && (rc = writer_open_again(writer)))
		return rc;
	if ((rc = sqlite_db_exec(&writer->db, "BEGIN IMMEDIATE")))
		return rc;
	STAILQ_FOREACH (write, writes, link)
		if ((rc = sqlite_entry_write(writer, write)))
			return rc;
	if ((rc = sqlite_room_cache_save(writer)))
		return rc;
	return sqlite_db_exec(&writer->db, "COMMIT");
}

static void
writer_fail(struct sqlite_writer *writer, struct store_writes *writes, int rc)
{
	int error = sqlite_db_errno(&writer->db, rc);
	struct store_write *write;

	if (!writer->is_failing)
		log_error("store_write_failed",
			log_str("path", writer->store->options.path),
			log_int("errno", -error), log_str("why", sqlite3_errstr(rc)));
	writer->is_failing = true;
	sqlite_db_rollback(&writer->db);
	sqlite_room_cache_clear(writer);
	writer->is_broken |= sqlite_db_is_broken(rc);
	STAILQ_FOREACH (write, writes, link) {
		write->error = error;
		write->id = 0;
		write->is_duplicate = false;
	}
}

static void
writer_succeed(struct sqlite_writer *writer)
{
	struct cached_room *room;

	if (writer->is_failing)
		log_info("store_write_recovered",
			log_str("path", writer->store->options.path));
	writer->is_failing = false;
	while ((room = TAILQ_FIRST(&writer->changed))) {
		TAILQ_REMOVE(&writer->changed, room, changed_link);
		sqlite_trim_note(writer, room, room->added);
		room->added = 0;
	}
}

/* Write and answer the next batch. It may hold the writes of several flushes. */
static void
writer_write_batch(struct sqlite_writer *writer)
{
	struct store_writes writes = STAILQ_HEAD_INITIALIZER(writes);
	struct store_write *write;
	int count, rc;

	for (count = 0; count < BATCH_ENTRIES && (write = STAILQ_FIRST(&writer->waiting));
		count++) {
		STAILQ_REMOVE_HEAD(&writer->waiting, link);
		STAILQ_INSERT_TAIL(&writes, write, link);
	}
	rc = writer_commit(writer, &writes);
	if (rc == SQLITE_OK)
		writer_succeed(writer);
	else
		writer_fail(writer, &writes, rc);
	store_answer_writes(writer->store, &writes);
}

/* Copy the rest of a large log and truncate it. This fails while another connection reads
 * from the log; the checkpointer asks again after its next checkpoint. */
static void
writer_empty_log(struct sqlite_writer *writer)
{
	if (writer->is_broken)
		return;
	sqlite3_busy_timeout(writer->db.handle, 0);
	sqlite3_wal_checkpoint_v2(
		writer->db.handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(writer->db.handle, SQLITE_DB_BUSY_MS);
}

/* Choose the next task: empty the log, then trim if commits have to wait for it or there
 * are none, then commit. While the store closes, only commit. */
static bool
writer_choose_task(struct sqlite_writer *writer)
{
	bool is_stopping = writer->thread.is_stopping;
	bool is_idle = STAILQ_EMPTY(&writer->waiting);

	writer->task = NULL;
	if (writer->is_empty_log_wanted && !is_stopping) {
		writer->is_empty_log_wanted = false;
		writer->task = writer_empty_log;
	} else if (sqlite_trim_has_work(writer) && !writer->is_broken && !is_stopping &&
		   (is_idle || writer->trim.debt)) {
		writer->task = sqlite_trim_step;
	} else if (!is_idle) {
		writer->task = writer_write_batch;
	}
	return writer->task;
}

static bool
writer_take(void *context)
{
	struct sqlite_writer *writer = context;

	STAILQ_CONCAT(&writer->waiting, &writer->queue);
	if (writer->is_sweep_wanted)
		sqlite_trim_sweep(writer, writer->sweep_cutoff_ms);
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
sqlite_writer_new(struct store *store, struct sqlite_db *db)
{
	struct sqlite_writer *writer = xcalloc(1, sizeof(*writer));

	writer->store = store;
	writer->db = *db;
	memset(db, 0, sizeof(*db));
	TAILQ_INIT(&writer->changed);
	TAILQ_INIT(&writer->trim.rooms);
	STAILQ_INIT(&writer->waiting);
	STAILQ_INIT(&writer->queue);
	sqlite_thread_init(&writer->thread, writer_take, writer_work, writer);
	/* An earlier run may have stopped before it trimmed, or keep_messages may be
	 * smaller now. */
	sqlite_trim_sweep(writer, INT64_MIN);
	return writer;
}

int
sqlite_writer_start(struct sqlite_writer *writer,
	struct sqlite_checkpointer *checkpointer, const char **why)
{
	int rc = writer_prepare(writer);

	if (rc != SQLITE_OK)
		return sqlite_schema_refuse(&writer->db, rc, why);
	writer->checkpointer = checkpointer;
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
sqlite_writer_sweep(struct sqlite_writer *writer, int64_t cutoff_ms)
{
	sqlite_thread_lock(&writer->thread);
	writer->is_sweep_wanted = true;
	writer->sweep_cutoff_ms = cutoff_ms;
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
	sqlite_db_close(&writer->db);
	sqlite_thread_destroy(&writer->thread);
	free(writer);
}
