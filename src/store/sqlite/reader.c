#include <stdlib.h>

#include "linnet/base/xalloc.h"
#include "store/outbox.h"
#include "store/page.h"
#include "store/sqlite/reader.h"

#define BETWEEN " WHERE room = ?1 AND id > ?2 AND id < ?3"

static const char *const reader_sql[] = {
	[READER_FIND_ROOM] =
		"SELECT id, lost_id + 1, last_id, gone_id FROM room WHERE name = ?1",
	[READER_LIST_AFTER] =
		("SELECT id, ts, type, tail, kind, CASE kind"
		 " WHEN 3 THEN (SELECT t.tail FROM change AS c"
		 "  CROSS JOIN message AS t ON t.room = c.room AND t.id = c.target"
		 "  WHERE c.room = ?1 AND c.id = m.id AND t.kind = 0)"
		 " WHEN 4 THEN (SELECT emoji FROM change"
		 "  WHERE room = ?1 AND id = m.id) END FROM message AS m" BETWEEN
		 " ORDER BY id LIMIT ?4"),
	[READER_LIST_BEFORE] =
		("SELECT id, ts, type, tail, kind FROM message" BETWEEN
		 " AND kind NOT IN " SQLITE_CHANGE_KINDS " ORDER BY id DESC LIMIT ?4"),
	[READER_LIST_NEWER] =
		("SELECT id, ts, type, tail, kind FROM message" BETWEEN
		 " AND kind NOT IN " SQLITE_CHANGE_KINDS " ORDER BY id LIMIT ?4"),
	[READER_LIST_SAID] =
		("SELECT id, ts, type, tail, kind, EXISTS(SELECT 1 FROM reaction"
		 " WHERE room = ?1 AND name = ?4 AND target = m.id)"
		 " FROM message AS m" BETWEEN " ORDER BY id"),
	/* CROSS JOIN makes SQLite read the search index first, in the order of rows. */
	[READER_SEARCH] = "SELECT m.id, m.ts, m.type, m.tail, m.kind FROM search"
			  " CROSS JOIN message AS m ON m.seq = search.rowid"
			  " WHERE search MATCH ?1 AND m.room = ?2 AND m.id > ?4"
			  " AND search.rowid < ifnull((SELECT seq FROM message"
			  " WHERE room = ?2 AND id >= ?5 ORDER BY id LIMIT 1),"
			  " 9223372036854775807)"
			  " ORDER BY search.rowid DESC LIMIT ?3",
	[READER_LIST_WORDS] = "SELECT id, ts, type, tail, kind, words, seq FROM message"
			      " WHERE room = ?1 AND id < ?2 AND id > ?3 ORDER BY id DESC",
	[READER_INDEXED] =
		"SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'indexed'",
};

static int
reader_open(struct sqlite_reader *reader)
{
	int rc = sqlite_db_open(
		&reader->db, reader->store->options.path, SQLITE_OPEN_READONLY);

	if (rc == SQLITE_OK && !sqlite_guard_is_same(reader->guard))
		rc = SQLITE_READONLY_DBMOVED;
	return rc ? rc : sqlite_db_prepare(&reader->db, reader_sql, READER_STATEMENTS);
}

/* Find the room's number and last id, and set first_id; *room is 0 if it has no history.
 */
static int
reader_find_room(
	struct sqlite_db *db, struct store_read *read, int64_t *room, uint64_t *last_id)
{
	sqlite3_stmt *statement = db->statements[READER_FIND_ROOM];
	int rc;

	*room = 0;
	*last_id = 0;
	sqlite3_bind_text(statement, 1, read->room, -1, SQLITE_STATIC);
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW) {
		*room = sqlite3_column_int64(statement, 0);
		read->page.first_id = (uint64_t)sqlite3_column_int64(statement, 1);
		*last_id = (uint64_t)sqlite3_column_int64(statement, 2);
		if (read->low < sqlite3_column_int64(statement, 3))
			read->low = sqlite3_column_int64(statement, 3);
	}
	sqlite3_reset(statement);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int
reader_list(struct sqlite_db *db, struct store_read *read, int64_t room)
{
	static const int which[] = {
		[STORE_AFTER] = READER_LIST_AFTER,
		[STORE_BEFORE] = READER_LIST_BEFORE,
		[STORE_NEWER] = READER_LIST_NEWER,
		[STORE_SAID_BY] = READER_LIST_SAID,
	};
	sqlite3_stmt *statement = db->statements[which[read->kind]];
	int rc;

	sqlite3_bind_int64(statement, 1, room);
	sqlite3_bind_int64(statement, 2, read->low);
	sqlite3_bind_int64(statement, 3, read->high);
	/* One row more than the limit tells whether to set "more". */
	if (read->kind == STORE_SAID_BY)
		sqlite3_bind_text(statement, 4, read->query, -1, SQLITE_STATIC);
	else
		sqlite3_bind_int64(statement, 4, (int64_t)read->limit + 1);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW &&
		(rc = sqlite_db_add_row(read, statement)) == SQLITE_ROW)
		;
	sqlite3_reset(statement);
	if (read->kind == STORE_BEFORE)
		store_read_reverse(read);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* One transaction, so that first_id and the messages are of the same moment. */
static int
reader_fill(struct sqlite_reader *reader, struct store_read *read)
{
	struct sqlite_db *db = &reader->db;
	uint64_t last_id;
	int64_t room;
	int rc;

	if (!db->handle && (rc = reader_open(reader)))
		return rc;
	if ((rc = sqlite_db_exec(db, "BEGIN")) ||
		(rc = reader_find_room(db, read, &room, &last_id)))
		return rc;
	if (room && (rc = read->kind == STORE_SEARCH
				    ? sqlite_search_fill(reader, read, room, last_id)
				    : reader_list(db, read, room)))
		return rc;
	return sqlite_db_exec(db, "COMMIT");
}

/* Set how long the current search may take: while others wait for it, it is short, and
 * when the store closes, it ends. The mutex is held. */
static void
reader_set_time(struct sqlite_reader *reader)
{
	atomic_store(&reader->search_ms, reader->thread.is_stopping ? 0
					 : STAILQ_EMPTY(&reader->queue)
						 ? STORE_SEARCH_MS
						 : STORE_SEARCH_BUSY_MS);
}

static bool
reader_take(void *context)
{
	struct sqlite_reader *reader = context;

	reader->taken = STAILQ_FIRST(&reader->queue);
	if (reader->taken)
		STAILQ_REMOVE_HEAD(&reader->queue, link);
	reader_set_time(reader);
	return reader->taken;
}

static void
reader_work(void *context)
{
	struct sqlite_reader *reader = context;
	int rc = reader_fill(reader, reader->taken);

	if (rc != SQLITE_OK) {
		reader->taken->error = sqlite_db_errno(&reader->db, rc);
		sqlite_db_rollback(&reader->db);
		/* The next read opens it again. */
		if (sqlite_db_is_broken(rc) || reader->db.count < READER_STATEMENTS)
			sqlite_db_close(&reader->db);
	}
	store_answer_read(reader->store, reader->taken);
}

struct sqlite_reader *
sqlite_reader_start(struct store *store, const struct sqlite_guard *guard,
	const char *thread, int *error, const char **why)
{
	struct sqlite_reader *reader = xcalloc(1, sizeof(*reader));
	int rc;

	reader->store = store;
	reader->guard = guard;
	STAILQ_INIT(&reader->queue);
	sqlite_thread_init(&reader->thread, reader_take, reader_work, reader);
	rc = reader_open(reader);
	if (rc != SQLITE_OK)
		*error = sqlite_schema_refuse(&reader->db, rc, why);
	else
		*error = sqlite_thread_start(&reader->thread, thread, why);
	if (!*error)
		return reader;
	sqlite_reader_stop(reader);
	return NULL;
}

void
sqlite_reader_push(struct sqlite_reader *reader, struct store_read *read)
{
	sqlite_thread_lock(&reader->thread);
	STAILQ_INSERT_TAIL(&reader->queue, read, link);
	reader_set_time(reader);
	sqlite_thread_wake(&reader->thread);
}

void
sqlite_reader_stop(struct sqlite_reader *reader)
{
	if (!reader)
		return;
	atomic_store(&reader->search_ms, 0);
	sqlite_thread_stop(&reader->thread);
	sqlite_thread_destroy(&reader->thread);
	sqlite_db_close(&reader->db);
	fts_tokenizer_free(reader->tokenizer);
	free(reader);
}
