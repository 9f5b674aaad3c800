#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"
#include "store/segment.h"
#include "store/sqlite/sqlite.h"

enum {
	READER_FIND_ROOM,
	READER_LIST_AFTER,
	READER_LIST_BEFORE,
	READER_SEARCH,
	READER_LIST_SAID,
	READER_STATEMENTS,
};

static const char *const reader_sql[] = {
	[READER_FIND_ROOM] =
		"SELECT id, ifnull((SELECT min(id) FROM message"
		" WHERE room = r.id AND id > r.gone_id), last_id + 1), gone_id"
		" FROM room AS r WHERE name = ?1",
	[READER_LIST_AFTER] =
		"SELECT id, ts, type, tail, kind FROM message"
		" WHERE room = ?1 AND id > ?2 AND id < ?3 ORDER BY id LIMIT ?4",
	[READER_LIST_BEFORE] = "SELECT id, ts, type, tail, kind FROM message"
			       " WHERE room = ?1 AND id > ?2 AND id < ?3 AND kind <> 1"
			       " ORDER BY id DESC LIMIT ?4",
	/* CROSS JOIN makes SQLite read the search index first, in the order of rows. */
	[READER_SEARCH] = "SELECT m.id, m.ts, m.type, m.tail, m.kind FROM search"
			  " CROSS JOIN message AS m ON m.seq = search.rowid"
			  " WHERE search MATCH ?1 AND m.room = ?2 AND m.id > ?4"
			  " ORDER BY search.rowid DESC LIMIT ?3",
	[READER_LIST_SAID] = "SELECT id, ts, type, tail, kind FROM message"
			     " WHERE room = ?1 AND id > ?2 AND id < ?3 ORDER BY id",
};

_Static_assert(STORE_CHANGE == 1, "the SQL says 1");

struct sqlite_reader {
	struct sqlite_thread thread;
	struct store *store;
	/* Only the thread uses these. */
	struct sqlite_db db; /* closed after a failure */
	struct store_read *taken;
	struct store_reads queue; /* under the thread's mutex */
};

static int
reader_open(struct sqlite_reader *reader)
{
	int rc = sqlite_db_open(
		&reader->db, reader->store->options.path, SQLITE_OPEN_READONLY);

	return rc ? rc : sqlite_db_prepare(&reader->db, reader_sql, READER_STATEMENTS);
}

/* Find the room's number and set first_id; *room is 0 if it has no history. */
static int
reader_find_room(struct sqlite_db *db, struct store_read *read, int64_t *room)
{
	sqlite3_stmt *statement = db->statements[READER_FIND_ROOM];
	int rc;

	*room = 0;
	sqlite3_bind_text(statement, 1, read->room, -1, SQLITE_STATIC);
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW) {
		*room = sqlite3_column_int64(statement, 0);
		read->page.first_id = (uint64_t)sqlite3_column_int64(statement, 1);
		if (read->low < sqlite3_column_int64(statement, 2))
			read->low = sqlite3_column_int64(statement, 2);
	}
	sqlite3_reset(statement);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int
reader_add_rows(struct store_read *read, sqlite3_stmt *statement)
{
	struct store_message message;
	int rc;

	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		message.id = (uint64_t)sqlite3_column_int64(statement, 0);
		message.ts_ms = sqlite3_column_int64(statement, 1);
		message.type = (const char *)sqlite3_column_text(statement, 2);
		message.tail = (const char *)sqlite3_column_text(statement, 3);
		message.tail_len = (size_t)sqlite3_column_bytes(statement, 3);
		message.kind = (enum store_kind)sqlite3_column_int(statement, 4);
		if (!message.type || !message.tail) {
			rc = SQLITE_CORRUPT;
			break;
		}
		if (!(read->kind == STORE_SAID_BY ? store_read_add_said(read, &message)
						  : store_read_add(read, &message))) {
			rc = SQLITE_DONE;
			break;
		}
	}
	sqlite3_reset(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int
reader_list(struct sqlite_db *db, struct store_read *read, int64_t room)
{
	static const int which[] = {
		[STORE_AFTER] = READER_LIST_AFTER,
		[STORE_BEFORE] = READER_LIST_BEFORE,
		[STORE_SAID_BY] = READER_LIST_SAID,
	};
	sqlite3_stmt *statement = db->statements[which[read->kind]];
	int rc;

	sqlite3_bind_int64(statement, 1, room);
	sqlite3_bind_int64(statement, 2, read->low);
	sqlite3_bind_int64(statement, 3, read->high);
	/* One row more than the limit tells whether to set "more". */
	if (read->kind != STORE_SAID_BY)
		sqlite3_bind_int64(statement, 4, (int64_t)read->limit + 1);
	rc = reader_add_rows(read, statement);
	if (read->kind == STORE_BEFORE)
		store_read_reverse(read);
	return rc;
}

/* Append part to *end in quotes. FTS5 then takes it as a phrase and ignores operators. */
static void
reader_quote(char **end, const struct segment_part *part)
{
	char *segmented = segment_text(part->text, part->len), *to = *end;

	*to++ = '"';
	for (const char *from = segmented; *from; from++) {
		if (*from == '"')
			*to++ = '"';
		*to++ = *from;
	}
	*to++ = '"';
	*to++ = ' ';
	*end = to;
	free(segmented);
}

/* Make the expression for FTS5's MATCH. The caller frees it. */
static char *
reader_make_expression(const char *query, int64_t room)
{
	/* One byte becomes at most five: a quotation mark that is a part of its own is
	 * doubled, stands in quotes and is followed by a space. */
	size_t size = 60 + strlen(query) * 5;
	char *text = xmalloc(size), *end;
	struct segment_part part;

	end = text +
	      snprintf(text, size, "room : \"in%lld\" AND words : (", (long long)room);
	while (segment_next_part(&query, &part))
		reader_quote(&end, &part);
	memcpy(end, ")", 2);
	return text;
}

static bool
reader_is_blank(const char *query)
{
	struct segment_part part;

	return !segment_next_part(&query, &part);
}

static int
reader_search(struct sqlite_db *db, struct store_read *read, int64_t room)
{
	sqlite3_stmt *statement = db->statements[READER_SEARCH];
	char *expression;

	if (reader_is_blank(read->query))
		return SQLITE_OK;
	expression = reader_make_expression(read->query, room);
	sqlite3_bind_text(statement, 1, expression, -1, free);
	sqlite3_bind_int64(statement, 2, room);
	sqlite3_bind_int64(statement, 3, (int64_t)read->limit + 1);
	sqlite3_bind_int64(statement, 4, read->low);
	return reader_add_rows(read, statement);
}

/* One transaction, so that first_id and the messages are of the same moment. */
static int
reader_fill(struct sqlite_reader *reader, struct store_read *read)
{
	struct sqlite_db *db = &reader->db;
	int64_t room;
	int rc;

	if (!db->handle && (rc = reader_open(reader)))
		return rc;
	if ((rc = sqlite_db_exec(db, "BEGIN")) ||
		(rc = reader_find_room(db, read, &room)))
		return rc;
	if (room && (rc = read->kind == STORE_SEARCH ? reader_search(db, read, room)
						     : reader_list(db, read, room)))
		return rc;
	return sqlite_db_exec(db, "COMMIT");
}

static bool
reader_take(void *context)
{
	struct sqlite_reader *reader = context;

	reader->taken = STAILQ_FIRST(&reader->queue);
	if (reader->taken)
		STAILQ_REMOVE_HEAD(&reader->queue, link);
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
sqlite_reader_start(struct store *store, int *error, const char **why)
{
	struct sqlite_reader *reader = xcalloc(1, sizeof(*reader));
	int rc;

	reader->store = store;
	STAILQ_INIT(&reader->queue);
	sqlite_thread_init(&reader->thread, reader_take, reader_work, reader);
	rc = reader_open(reader);
	if (rc != SQLITE_OK)
		*error = sqlite_schema_refuse(&reader->db, rc, why);
	else
		*error = sqlite_thread_start(&reader->thread, "store-read", why);
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
	sqlite_thread_wake(&reader->thread);
}

void
sqlite_reader_stop(struct sqlite_reader *reader)
{
	if (!reader)
		return;
	sqlite_thread_stop(&reader->thread);
	sqlite_thread_destroy(&reader->thread);
	sqlite_db_close(&reader->db);
	free(reader);
}
