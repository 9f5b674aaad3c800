#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"
#include "store/change_answer.h"
#include "store/revised.h"
#include "store/segment.h"
#include "store/sqlite/writer.h"

/* Forget the messages of the room; trim.c deletes the rows. Whoever knows its last id may
 * have all of them, so what is lost ends behind it. */
static int
erasure_of_room(struct sqlite_writer *writer, struct cached_room *room)
{
	room->gone_id = room->last_id;
	room->lost_id = room->last_id + 1;
	room->changes = room->messages = room->bytes = 0;
	room->has_gone = true;
	sqlite3_bind_int64(writer->db.statements[WRITER_STATE_CLEAR], 1, room->number);
	return sqlite_db_run(&writer->db, WRITER_STATE_CLEAR);
}

/* The words of an entry begin with the name of who has said it. If that is name, returns
 * what follows. */
static const char *
erasure_skip_name(const char *words, const char *name)
{
	char *segmented = segment_text(name, strlen(name));
	size_t len = strlen(segmented);
	bool is_first = !strncasecmp(words, segmented, len) && words[len] == ' ';

	free(segmented);
	return is_first ? words + len : words;
}

/* Drop the emoji of the reaction that is entry id (WRITER_EMOJI_DROP), or of all to
 * message id (WRITER_EMOJI_DROP_OF). */
static int
erasure_of_emoji(struct sqlite_writer *writer, size_t which,
	const struct cached_room *room, uint64_t id)
{
	sqlite3_stmt *statement = writer->db.statements[which];

	sqlite3_bind_int64(statement, 1, room->number);
	sqlite3_bind_int64(statement, 2, (int64_t)id);
	return sqlite_db_run(&writer->db, which);
}

static int
erasure_of_message(struct sqlite_writer *writer, struct cached_room *room,
	struct store_write *write, struct sqlite_row *row, const char *tail)
{
	int64_t id = (int64_t)row->message.id;
	int rc;

	row->message.kind = STORE_DELETED;
	store_note_deleted(write, row->message.id);
	rc = sqlite_row_set(writer, room, row, tail, "");
	if (rc == SQLITE_OK)
		rc = sqlite_reaction_drop(writer, room, id, id);
	return rc == SQLITE_OK ? erasure_of_emoji(writer, WRITER_EMOJI_DROP_OF, room,
					 row->message.id)
			       : rc;
}

/* Take name out of an entry that somebody else has said, or that is a change. */
static int
erasure_of_name(struct sqlite_writer *writer, struct cached_room *room,
	const struct sqlite_row *row, const char *name)
{
	const struct store_message *message = &row->message;
	char *tail = revised_without_name(message->tail, message->tail_len, name);
	const char *words = row->words;
	int rc = sqlite_reaction_forget(writer, room, message->id, name, &tail);

	if (revised_has_name(message->tail, message->tail_len, name))
		words = erasure_skip_name(words, name);
	if (rc == SQLITE_OK)
		rc = sqlite_row_set(writer, room, row, tail, words);
	if (rc == SQLITE_OK && message->kind == STORE_REACT)
		rc = erasure_of_emoji(writer, WRITER_EMOJI_DROP, room, message->id);
	free(tail);
	return rc;
}

/* True if the change of write may delete the row's message. */
static bool
erasure_is_allowed(const struct store_write *write, const struct sqlite_row *row)
{
	return write->entry.change.is_admin || revised_is_by(row->author, &write->entry);
}

static int
erasure_of_id(struct sqlite_writer *writer, struct cached_room *room,
	struct store_write *write, uint64_t id, bool *is_denied)
{
	const struct store_change *change = &write->entry.change;
	struct sqlite_row row;
	char *tail = NULL;
	int rc = sqlite_row_find(writer, room, id, &row);

	if (rc == SQLITE_OK && row.seq)
		tail = revised_deleted(&row.message, change);
	if (tail && !erasure_is_allowed(write, &row))
		*is_denied = true;
	else if (tail)
		rc = erasure_of_message(writer, room, write, &row, tail);
	else if (rc == SQLITE_OK && row.seq && change->forgotten)
		rc = erasure_of_name(writer, room, &row, change->forgotten);
	free(tail);
	sqlite_row_release(writer);
	return rc;
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
	if (!value || *value != '{' || !revised_has_name(value + 1, len - 1, name))
		return SQLITE_OK;
	left = revised_without_name(value + 1, len - 1, name);
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
	const struct store_change *change = &write->entry.change;
	bool is_denied = false;
	int rc = SQLITE_OK;

	if (change->whole_room)
		rc = erasure_of_room(writer, room);
	for (size_t i = 0; i < change->count && rc == SQLITE_OK; i++)
		rc = erasure_of_id(writer, room, write, change->of[i], &is_denied);
	if (change->forgotten && rc == SQLITE_OK)
		rc = erasure_of_state(writer, room, change->forgotten);
	if (write->deleted)
		store_end_deleted(write);
	else
		store_refuse_change(write, is_denied);
	if (rc == SQLITE_OK &&
		(write->deleted || change->whole_room || change->forgotten)) {
		rc = sqlite_erase_want(writer);
		sqlite_room_cache_note(writer, room);
	}
	return rc;
}
