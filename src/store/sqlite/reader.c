#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "store/segment.h"
#include "store/sqlite/sqlite.h"

enum {
	FIND_ROOM,
	LIST_AFTER,
	LIST_BEFORE,
	SEARCH,
};

static const char *const statements[] = {
	[FIND_ROOM] = "SELECT id, ifnull((SELECT min(id) FROM message WHERE room = r.id),"
		      " last_id + 1) FROM room AS r WHERE name = ?1",
	[LIST_AFTER] = "SELECT id, ts, type, tail FROM message"
		       " WHERE room = ?1 AND id > ?2 AND id < ?3 ORDER BY id LIMIT ?4",
	[LIST_BEFORE] = "SELECT id, ts, type, tail FROM message"
			" WHERE room = ?1 AND id > ?2 AND id < ?3"
			" ORDER BY id DESC LIMIT ?4",
	/* CROSS JOIN: the index decides the order. */
	[SEARCH] = "SELECT m.id, m.ts, m.type, m.tail FROM search"
		   " CROSS JOIN message AS m ON m.seq = search.rowid"
		   " WHERE search MATCH ?1 AND m.room = ?2"
		   " ORDER BY search.rowid DESC LIMIT ?3",
};

#define STATEMENTS ARRAY_SIZE(statements)

struct sqlite_reader {
	struct sqlite_db db; /* the thread's own; without handle after a failure */
	struct store *store;
	char *path;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	struct store_reads queue; /* under the mutex, as the next */
	bool closing;
};

static int
open_db(struct sqlite_reader *reader)
{
	int rc = sqlite_db_open(&reader->db, reader->path, SQLITE_OPEN_READONLY);

	return rc ? rc : sqlite_db_prepare(&reader->db, statements, STATEMENTS);
}

/* Find the room's number; 0 if it has no history. */
static int
find_room(struct sqlite_db *db, struct store_read *read, int64_t *room)
{
	sqlite3_stmt *statement = db->statements[FIND_ROOM];
	int rc;

	*room = 0;
	sqlite3_bind_text(statement, 1, read->room, -1, SQLITE_STATIC);
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW) {
		*room = sqlite3_column_int64(statement, 0);
		read->page.first_id = (uint64_t)sqlite3_column_int64(statement, 1);
	}
	sqlite3_reset(statement);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Add what the statement finds to the page. */
static int
add_rows(struct store_read *read, sqlite3_stmt *statement)
{
	struct store_message message;
	int rc;

	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		message.id = (uint64_t)sqlite3_column_int64(statement, 0);
		message.ts_ms = sqlite3_column_int64(statement, 1);
		message.type = (const char *)sqlite3_column_text(statement, 2);
		message.tail = (const char *)sqlite3_column_text(statement, 3);
		message.tail_len = (size_t)sqlite3_column_bytes(statement, 3);
		if (!message.type || !message.tail) {
			rc = SQLITE_CORRUPT;
			break;
		}
		if (!store_read_add(read, &message)) {
			rc = SQLITE_DONE;
			break;
		}
	}
	sqlite3_reset(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int
list(struct sqlite_db *db, struct store_read *read, int64_t room)
{
	sqlite3_stmt *statement =
		db->statements[read->kind == STORE_AFTER ? LIST_AFTER : LIST_BEFORE];
	int rc;

	sqlite3_bind_int64(statement, 1, room);
	sqlite3_bind_int64(statement, 2, read->low);
	sqlite3_bind_int64(statement, 3, read->high);
	/* One more, which tells that there is more. */
	sqlite3_bind_int64(statement, 4, (int64_t)read->limit + 1);
	rc = add_rows(read, statement);
	if (read->kind == STORE_BEFORE)
		store_read_reverse(read);
	return rc;
}

/* Append part to *end as a string of FTS5: a phrase of its words, whatever else is in it,
 * or nothing if it has none. */
static void
quote(char **end, const struct segment_part *part)
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

/* The expression for FTS5's MATCH. The caller frees it. */
static char *
expression_of(const char *query, int64_t room)
{
	/* A byte gives five at most: one that is a part, in quotes, behind which there is
	 * a space, or a quotation mark, which is doubled as well. */
	size_t size = 60 + strlen(query) * 5;
	char *text = xmalloc(size), *end;
	struct segment_part part;

	end = text +
	      snprintf(text, size, "room : \"in%lld\" AND words : (", (long long)room);
	while (segment_next_part(&query, &part))
		quote(&end, &part);
	memcpy(end, ")", 2);
	return text;
}

static bool
is_blank(const char *query)
{
	struct segment_part part;

	return !segment_next_part(&query, &part);
}

static int
search(struct sqlite_db *db, struct store_read *read, int64_t room)
{
	sqlite3_stmt *statement = db->statements[SEARCH];
	char *expression;

	if (is_blank(read->query))
		return SQLITE_OK;
	expression = expression_of(read->query, room);
	sqlite3_bind_text(statement, 1, expression, -1, free);
	sqlite3_bind_int64(statement, 2, room);
	sqlite3_bind_int64(statement, 3, (int64_t)read->limit + 1);
	return add_rows(read, statement);
}

/* All in one transaction, so that first_id fits the page. */
static int
fill(struct sqlite_reader *reader, struct store_read *read)
{
	struct sqlite_db *db = &reader->db;
	int64_t room;
	int rc;

	if (!db->handle && (rc = open_db(reader)))
		return rc;
	if ((rc = sqlite_db_exec(db, "BEGIN")) || (rc = find_room(db, read, &room)))
		return rc;
	if (room && (rc = read->kind == STORE_SEARCH ? search(db, read, room)
						     : list(db, read, room)))
		return rc;
	return sqlite_db_exec(db, "COMMIT");
}

static void
answer(struct sqlite_reader *reader, struct store_read *read)
{
	int rc = fill(reader, read);

	if (rc != SQLITE_OK) {
		read->error = sqlite_db_errno(&reader->db, rc);
		sqlite_db_rollback(&reader->db);
		/* Opened anew for the next page. */
		if (sqlite_db_is_broken(rc) || reader->db.count < STATEMENTS)
			sqlite_db_close(&reader->db);
	}
	store_answer_read(reader->store, read);
}

/* Wait for what was asked for. Returns false if that was all. */
static bool
wait_for_work(struct sqlite_reader *reader, struct store_reads *reads)
{
	pthread_mutex_lock(&reader->mutex);
	while (STAILQ_EMPTY(&reader->queue) && !reader->closing)
		pthread_cond_wait(&reader->cond, &reader->mutex);
	STAILQ_CONCAT(reads, &reader->queue);
	pthread_mutex_unlock(&reader->mutex);
	return !STAILQ_EMPTY(reads);
}

static void *
run(void *context)
{
	struct sqlite_reader *reader = context;
	struct store_reads reads = STAILQ_HEAD_INITIALIZER(reads);
	struct store_read *read;

	while (wait_for_work(reader, &reads)) {
		while ((read = STAILQ_FIRST(&reads))) {
			STAILQ_REMOVE_HEAD(&reads, link);
			answer(reader, read);
		}
	}
	return NULL;
}

static void
free_reader(struct sqlite_reader *reader)
{
	sqlite_db_close(&reader->db);
	pthread_mutex_destroy(&reader->mutex);
	pthread_cond_destroy(&reader->cond);
	free(reader->path);
	free(reader);
}

struct sqlite_reader *
sqlite_reader_start(struct store *store, const char *path, int *error, const char **why)
{
	struct sqlite_reader *reader = xcalloc(1, sizeof(*reader));
	int rc;

	reader->store = store;
	reader->path = xstrdup(path);
	STAILQ_INIT(&reader->queue);
	pthread_mutex_init(&reader->mutex, NULL);
	pthread_cond_init(&reader->cond, NULL);
	rc = open_db(reader);
	if (rc != SQLITE_OK) {
		*error = sqlite_schema_refuse(&reader->db, rc, why);
		free_reader(reader);
		return NULL;
	}
	*error = sqlite_thread_start(&reader->thread, "store-read", run, reader);
	if (*error) {
		*why = "the system lets it start no thread";
		free_reader(reader);
		return NULL;
	}
	return reader;
}

void
sqlite_reader_push(struct sqlite_reader *reader, struct store_read *read)
{
	pthread_mutex_lock(&reader->mutex);
	STAILQ_INSERT_TAIL(&reader->queue, read, link);
	pthread_cond_signal(&reader->cond);
	pthread_mutex_unlock(&reader->mutex);
}

void
sqlite_reader_stop(struct sqlite_reader *reader)
{
	if (!reader)
		return;
	pthread_mutex_lock(&reader->mutex);
	reader->closing = true;
	pthread_cond_signal(&reader->cond);
	pthread_mutex_unlock(&reader->mutex);
	pthread_join(reader->thread, NULL);
	free_reader(reader);
}
