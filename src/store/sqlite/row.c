#include <string.h>

#include "store/sqlite/writer.h"

int
sqlite_row_find(struct sqlite_writer *writer, const struct cached_room *room, uint64_t id,
	struct sqlite_row *row)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_MESSAGE_FIND];
	struct store_message *message = &row->message;
	int rc;

	*row = (struct sqlite_row){ .message.id = id };
	/* SQLite has no larger ids. */
	if (id > INT64_MAX || (int64_t)id <= room->gone_id)
		return SQLITE_OK;
	sqlite3_bind_int64(statement, 1, room->number);
	sqlite3_bind_int64(statement, 2, (int64_t)id);
	rc = sqlite3_step(statement);
	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? SQLITE_OK : rc;
	row->seq = sqlite3_column_int64(statement, 0);
	message->type = (const char *)sqlite3_column_text(statement, 1);
	message->tail = (const char *)sqlite3_column_text(statement, 2);
	message->tail_len = (size_t)sqlite3_column_bytes(statement, 2);
	row->words = (const char *)sqlite3_column_text(statement, 3);
	message->kind = (enum store_kind)sqlite3_column_int(statement, 4);
	row->author = sqlite3_column_bytes(statement, 5) == STORE_AUTHOR_BYTES
			      ? sqlite3_column_blob(statement, 5)
			      : NULL;
	return message->type && message->tail && row->words ? SQLITE_OK : SQLITE_CORRUPT;
}

void
sqlite_row_release(struct sqlite_writer *writer)
{
	sqlite3_reset(writer->db.statements[WRITER_MESSAGE_FIND]);
}

int
sqlite_row_set(struct sqlite_writer *writer, struct cached_room *room,
	const struct sqlite_row *row, const char *tail, const char *words)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_MESSAGE_SET];
	int rc = SQLITE_OK;

	if (strcmp(words, row->words) != 0)
		rc = sqlite_words_replace(writer, room, row->seq, row->words, words);
	if (rc != SQLITE_OK)
		return rc;
	room->bytes += (int64_t)(strlen(tail) + strlen(words)) -
		       (int64_t)(row->message.tail_len + strlen(row->words));
	sqlite_room_cache_note(writer, room);
	sqlite3_bind_int64(statement, 1, row->seq);
	sqlite3_bind_text(statement, 2, tail, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, words, -1, SQLITE_STATIC);
	sqlite3_bind_int(statement, 4, (int)row->message.kind);
	return sqlite_db_run(&writer->db, WRITER_MESSAGE_SET);
}
