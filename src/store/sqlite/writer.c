#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/log.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "store/sqlite/writer.h"

/* What waits is committed together, up to this many entries. */
#define BATCH_ENTRIES 2000

static const char *const statements[] = {
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

_Static_assert(ARRAY_SIZE(statements) == WRITER_STATEMENTS, "count");

static struct writer_room *
remember_room(struct sqlite_writer *writer, const char *name, int64_t number)
{
	size_t len = strlen(name);
	struct writer_room *room = xcalloc(1, sizeof(*room) + len + 1);

	memcpy(room->name, name, len);
	room->number = number;
	room->first_id = 1;
	snprintf(room->token, sizeof(room->token), "in%lld", (long long)number);
	HASH_ADD_KEYPTR(hh, writer->rooms, room->name, len, room);
	STAILQ_INSERT_TAIL(&writer->all, room, link);
	return room;
}

static int
load_room(struct sqlite_writer *writer, const char *name, struct writer_room **room)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_ROOM_FIND];
	int rc;

	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW) {
		*room = remember_room(writer, name, sqlite3_column_int64(statement, 0));
		(*room)->last_id = sqlite3_column_int64(statement, 1);
		(*room)->first_id = sqlite3_column_int64(statement, 2);
	}
	sqlite3_reset(statement);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int
sqlite_writer_room(struct sqlite_writer *writer, const char *name, bool may_add,
	struct writer_room **room)
{
	int rc;

	HASH_FIND_STR(writer->rooms, name, *room);
	if (*room)
		return SQLITE_OK;
	rc = load_room(writer, name, room);
	if (rc != SQLITE_OK || *room || !may_add)
		return rc;
	sqlite3_bind_text(
		writer->db.statements[WRITER_ROOM_ADD], 1, name, -1, SQLITE_STATIC);
	rc = sqlite_db_run(&writer->db, WRITER_ROOM_ADD);
	if (rc == SQLITE_OK)
		*room = remember_room(
			writer, name, sqlite3_last_insert_rowid(writer->db.handle));
	return rc;
}

void
sqlite_writer_forget(struct sqlite_writer *writer)
{
	struct writer_room *room;

	sqlite_trim_forget(writer);
	TAILQ_INIT(&writer->changed);
	HASH_CLEAR(hh, writer->rooms);
	while ((room = STAILQ_FIRST(&writer->all))) {
		STAILQ_REMOVE_HEAD(&writer->all, link);
		free(room);
	}
}

static int
write_rooms(struct sqlite_writer *writer)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_ROOM_SET];
	struct writer_room *room;
	int rc = SQLITE_OK;

	TAILQ_FOREACH (room, &writer->changed, changed_link) {
		sqlite3_bind_int64(statement, 1, room->number);
		sqlite3_bind_int64(statement, 2, room->last_id);
		rc = sqlite_db_run(&writer->db, WRITER_ROOM_SET);
		if (rc != SQLITE_OK)
			break;
	}
	return rc;
}

static int on_commit(void *context, sqlite3 *db, const char *name, int frames);

static int
open_again(struct sqlite_writer *writer)
{
	struct store *store = writer->store;
	int rc = sqlite_schema_reopen(
		&writer->db, writer->path, store->options.full_sync, store->epoch);

	if (rc == SQLITE_OK)
		rc = sqlite_db_prepare(&writer->db, statements, WRITER_STATEMENTS);
	if (rc == SQLITE_OK)
		sqlite3_wal_hook(writer->db.handle, on_commit, writer);
	writer->broken = rc != SQLITE_OK;
	return rc;
}

static int
write_all(struct sqlite_writer *writer, struct store_writes *writes)
{
	struct store_write *write;
	int rc = SQLITE_OK;

	if (writer->broken && (rc = open_again(writer)))
		return rc;
	if ((rc = sqlite_db_exec(&writer->db, "BEGIN IMMEDIATE")))
		return rc;
	STAILQ_FOREACH (write, writes, link)
		if ((rc = sqlite_entry_write(writer, write)))
			return rc;
	if ((rc = write_rooms(writer)))
		return rc;
	return sqlite_db_exec(&writer->db, "COMMIT");
}

static void
fail(struct sqlite_writer *writer, struct store_writes *writes, int rc)
{
	int error = sqlite_db_errno(&writer->db, rc);
	struct store_write *write;

	if (!writer->failing)
		log_error("store_write_failed", log_str("path", writer->path),
			log_int("errno", -error), log_str("why", sqlite3_errstr(rc)));
	writer->failing = true;
	sqlite_db_rollback(&writer->db);
	sqlite_writer_forget(writer);
	writer->broken |= sqlite_db_is_broken(rc);
	STAILQ_FOREACH (write, writes, link) {
		write->error = error;
		write->id = 0;
		write->is_duplicate = false;
	}
}

static void
succeed(struct sqlite_writer *writer)
{
	struct writer_room *room;

	if (writer->failing)
		log_info("store_write_recovered", log_str("path", writer->path));
	writer->failing = false;
	while ((room = TAILQ_FIRST(&writer->changed))) {
		TAILQ_REMOVE(&writer->changed, room, changed_link);
		sqlite_trim_note(writer, room, room->added);
		room->added = 0;
	}
}

/* Write the next batch, which may hold several flushes, and answer it. */
static void
write_batch(struct sqlite_writer *writer)
{
	struct store_writes writes = STAILQ_HEAD_INITIALIZER(writes);
	struct store_write *write;
	int count, rc;

	for (count = 0; count < BATCH_ENTRIES && (write = STAILQ_FIRST(&writer->waiting));
		count++) {
		STAILQ_REMOVE_HEAD(&writer->waiting, link);
		STAILQ_INSERT_TAIL(&writes, write, link);
	}
	rc = write_all(writer, &writes);
	if (rc == SQLITE_OK)
		succeed(writer);
	else
		fail(writer, &writes, rc);
	store_answer_writes(writer->store, &writes);
}

/* The log is large and was copied but for its end: copy that and cut the log. Nothing is
 * lost if another connection is reading and it cannot be: it is tried again. */
static void
settle(struct sqlite_writer *writer)
{
	if (writer->broken)
		return;
	sqlite3_busy_timeout(writer->db.handle, 0);
	sqlite3_wal_checkpoint_v2(
		writer->db.handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(writer->db.handle, SQLITE_DB_BUSY_MS);
}

enum work {
	WORK_STOP,
	WORK_SETTLE,
	WORK_WRITE,
	WORK_TRIM,
};

/* What to do next; called with the mutex held. */
static bool
find_work(struct sqlite_writer *writer, enum work *work)
{
	bool idle, may_trim;

	STAILQ_CONCAT(&writer->waiting, &writer->queue);
	if (writer->sweep_wanted)
		sqlite_trim_sweep(writer, writer->sweep_cutoff_ms);
	writer->sweep_wanted = false;
	idle = STAILQ_EMPTY(&writer->waiting);
	may_trim = sqlite_trim_has_work(writer) && !writer->broken && !writer->closing;
	if (writer->settle_wanted && !writer->closing)
		*work = WORK_SETTLE;
	else if (may_trim && (idle || writer->trim.debt))
		*work = WORK_TRIM;
	else if (!idle)
		*work = WORK_WRITE;
	else if (writer->closing)
		*work = WORK_STOP;
	else
		return false;
	writer->settle_wanted = false;
	return true;
}

static enum work
wait_for_work(struct sqlite_writer *writer)
{
	enum work work;

	pthread_mutex_lock(&writer->mutex);
	while (!find_work(writer, &work))
		pthread_cond_wait(&writer->cond, &writer->mutex);
	/* Whoever holds a lock has had its time. */
	if (writer->closing && writer->failing && !writer->broken)
		sqlite3_busy_timeout(writer->db.handle, 0);
	pthread_mutex_unlock(&writer->mutex);
	return work;
}

static void *
run(void *context)
{
	struct sqlite_writer *writer = context;
	enum work work;

	while ((work = wait_for_work(writer)) != WORK_STOP) {
		if (work == WORK_WRITE)
			write_batch(writer);
		else if (work == WORK_TRIM)
			sqlite_trim_step(writer);
		else
			settle(writer);
	}
	return NULL;
}

static int
on_commit(void *context, sqlite3 *db, const char *name, int frames)
{
	struct sqlite_writer *writer = context;

	(void)db;
	(void)name;
	sqlite_checkpointer_note(writer->checkpointer, frames);
	return SQLITE_OK;
}

struct sqlite_writer *
sqlite_writer_new(struct store *store, struct sqlite_db *db, const char *path)
{
	struct sqlite_writer *writer = xcalloc(1, sizeof(*writer));

	writer->store = store;
	writer->path = xstrdup(path);
	writer->db = *db;
	memset(db, 0, sizeof(*db));
	STAILQ_INIT(&writer->all);
	TAILQ_INIT(&writer->changed);
	TAILQ_INIT(&writer->trim.rooms);
	STAILQ_INIT(&writer->waiting);
	STAILQ_INIT(&writer->queue);
	pthread_mutex_init(&writer->mutex, NULL);
	pthread_cond_init(&writer->cond, NULL);
	/* What an earlier run or another keep_messages left. */
	sqlite_trim_sweep(writer, INT64_MIN);
	return writer;
}

int
sqlite_writer_start(struct sqlite_writer *writer,
	struct sqlite_checkpointer *checkpointer, const char **why)
{
	int rc = sqlite_db_prepare(&writer->db, statements, WRITER_STATEMENTS), r;

	if (rc != SQLITE_OK)
		return sqlite_schema_refuse(&writer->db, rc, why);
	writer->checkpointer = checkpointer;
	sqlite3_wal_hook(writer->db.handle, on_commit, writer);
	r = sqlite_thread_start(&writer->thread, "store-write", run, writer);
	if (r < 0)
		*why = "the system lets it start no thread";
	return r;
}

void
sqlite_writer_push(struct sqlite_writer *writer, struct store_writes *writes)
{
	pthread_mutex_lock(&writer->mutex);
	STAILQ_CONCAT(&writer->queue, writes);
	pthread_cond_signal(&writer->cond);
	pthread_mutex_unlock(&writer->mutex);
}

void
sqlite_writer_sweep(struct sqlite_writer *writer, int64_t cutoff_ms)
{
	pthread_mutex_lock(&writer->mutex);
	writer->sweep_wanted = true;
	writer->sweep_cutoff_ms = cutoff_ms;
	pthread_cond_signal(&writer->cond);
	pthread_mutex_unlock(&writer->mutex);
}

void
sqlite_writer_settle(struct sqlite_writer *writer)
{
	pthread_mutex_lock(&writer->mutex);
	writer->settle_wanted = true;
	pthread_cond_signal(&writer->cond);
	pthread_mutex_unlock(&writer->mutex);
}

void
sqlite_writer_stop(struct sqlite_writer *writer)
{
	pthread_mutex_lock(&writer->mutex);
	writer->closing = true;
	pthread_cond_signal(&writer->cond);
	pthread_mutex_unlock(&writer->mutex);
	pthread_join(writer->thread, NULL);
}

void
sqlite_writer_free(struct sqlite_writer *writer)
{
	if (!writer)
		return;
	sqlite_writer_forget(writer);
	sqlite_db_close(&writer->db);
	pthread_mutex_destroy(&writer->mutex);
	pthread_cond_destroy(&writer->cond);
	free(writer->path);
	free(writer);
}
