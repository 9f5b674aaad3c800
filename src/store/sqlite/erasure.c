#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"
#include "store/erased.h"
#include "store/segment.h"
#include "store/sqlite/writer.h"

/* A row of the table message. Its texts are valid until the statement is reset. */
struct erasure_row {
	int64_t seq;
	struct store_message message;
	const char *words;
};

/* Forget the messages of the room; trim.c deletes the rows. */
static int
erasure_of_room(struct sqlite_writer *writer, struct cached_room *room)
{
	room->gone_id = room->last_id;
	room->first_id = room->last_id + 1;
	room->changes = room->bytes = 0;
	room->has_gone = true;
	sqlite3_bind_int64(writer->db.statements[WRITER_STATE_CLEAR], 1, room->number);
	return sqlite_db_run(&writer->db, WRITER_STATE_CLEAR);
}

static int
erasure_store_row(struct sqlite_writer *writer, struct cached_room *room,
	const struct erasure_row *row, const char *tail, const char *words)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_MESSAGE_SET];
	int rc = sqlite_words_drop(writer, room, row->seq, row->words);

	if (rc == SQLITE_OK)
		rc = sqlite_words_add(writer, room, row->seq, words);
	if (rc != SQLITE_OK)
		return rc;
	room->bytes += (int64_t)(strlen(tail) + strlen(words)) -
		       (int64_t)(row->message.tail_len + strlen(row->words));
	sqlite3_bind_int64(statement, 1, row->seq);
	sqlite3_bind_text(statement, 2, tail, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, words, -1, SQLITE_STATIC);
	sqlite3_bind_int(statement, 4, (int)row->message.kind);
	return sqlite_db_run(&writer->db, WRITER_MESSAGE_SET);
}

/* The words of an entry begin with the name of who has said it. Returns what follows. */
static const char *
erasure_skip_name(const char *words, const char *name)
{
	char *segmented = segment_text(name, strlen(name));
	size_t len = strlen(segmented);
	bool is_first = !strncasecmp(words, segmented, len);

	free(segmented);
	return is_first ? words + len : words;
}

static int
erasure_of_row(struct sqlite_writer *writer, struct cached_room *room,
	struct store_write *write, struct erasure_row *row)
{
	const char *name = write->entry.change.forgotten;
	const struct store_message *message = &row->message;
	char *tail = erased_tail(message, name);
	const char *words = "";
	int rc = SQLITE_OK;

	if (tail) {
		row->message.kind = STORE_DELETED;
		store_note_deleted(write, message->id);
	} else if (name) {
		tail = erased_without_name(message->tail, message->tail_len, name);
		words = erasure_skip_name(row->words, name);
	}
	if (tail)
		rc = erasure_store_row(writer, room, row, tail, words);
	free(tail);
	return rc;
}

static int
erasure_of_id(struct sqlite_writer *writer, struct cached_room *room,
	struct store_write *write, uint64_t id)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_MESSAGE_FIND];
	struct erasure_row row = { .message.id = id };
	int rc;

	/* SQLite has no larger ids. */
	if (id > INT64_MAX || (int64_t)id <= room->gone_id)
		return SQLITE_OK;
	sqlite3_bind_int64(statement, 1, room->number);
	sqlite3_bind_int64(statement, 2, (int64_t)id);
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW) {
		row.seq = sqlite3_column_int64(statement, 0);
		row.message.type = (const char *)sqlite3_column_text(statement, 1);
		row.message.tail = (const char *)sqlite3_column_text(statement, 2);
		row.message.tail_len = (size_t)sqlite3_column_bytes(statement, 2);
		row.words = (const char *)sqlite3_column_text(statement, 3);
		row.message.kind = (enum store_kind)sqlite3_column_int(statement, 4);
		rc = row.message.type && row.message.tail && row.words
			     ? erasure_of_row(writer, room, write, &row)
			     : SQLITE_CORRUPT;
	}
	sqlite3_reset(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int
erasure_replace_value(struct sqlite_writer *writer, const struct cached_room *room,
	sqlite3_stmt *row, const char *name)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_STATE_REPLACE];
	const char *value = (const char *)sqlite3_column_text(row, 1);
	size_t len = (size_t)sqlite3_column_bytes(row, 1);
	char *left, *whole;
	int rc;

	/* Behind its brace, the object is like a tail. */
	if (!value || *value != '{' || !erased_has_name(value + 1, len - 1, name))
		return SQLITE_OK;
	left = erased_without_name(value + 1, len - 1, name);
	whole = xasprintf("{%s", left);
	free(left);
	sqlite3_bind_int64(statement, 1, room->number);
	sqlite3_bind_text(statement, 2, (const char *)sqlite3_column_text(row, 0), -1,
		SQLITE_TRANSIENT);
	sqlite3_bind_text(statement, 3, whole, -1, free);
	rc = sqlite_db_run(&writer->db, WRITER_STATE_REPLACE);
	sqlite3_clear_bindings(statement);
	return rc;
}

static int
erasure_of_state(
	struct sqlite_writer *writer, const struct cached_room *room, const char *name)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_STATE_LIST];
	int rc;

	sqlite3_bind_int64(statement, 1, room->number);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		rc = erasure_replace_value(writer, room, statement, name);
		if (rc != SQLITE_OK)
			break;
	}
	sqlite3_reset(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int
sqlite_erasure_apply(
	struct sqlite_writer *writer, struct cached_room *room, struct store_write *write)
{
	const struct store_change *erasure = &write->entry.change;
	int rc = SQLITE_OK;

	if (erasure->whole_room)
		rc = erasure_of_room(writer, room);
	for (size_t i = 0; i < erasure->count && rc == SQLITE_OK; i++)
		rc = erasure_of_id(writer, room, write, erasure->of[i]);
	if (erasure->forgotten && rc == SQLITE_OK)
		rc = erasure_of_state(writer, room, erasure->forgotten);
	if (write->deleted)
		store_end_deleted(write);
	if (rc == SQLITE_OK &&
		(write->deleted || erasure->whole_room || erasure->forgotten)) {
		rc = sqlite_erase_want(writer);
		sqlite_room_cache_note(writer, room);
	}
	return rc;
}
