#include "store/sqlite/writer.h"

static int
words_change(struct sqlite_writer *writer, size_t which, const struct cached_room *room,
	int64_t seq, const char *words)
{
	sqlite3_stmt *statement = writer->db.statements[which];

	if (!*words)
		return SQLITE_OK; /* the index has no row for it */
	sqlite3_bind_int64(statement, 1, seq);
	sqlite3_bind_text(statement, 2, room->token, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, words, -1, SQLITE_STATIC);
	return sqlite_db_run(&writer->db, which);
}

int
sqlite_words_add(struct sqlite_writer *writer, const struct cached_room *room,
	int64_t seq, const char *words)
{
	return words_change(writer, WRITER_SEARCH_ADD, room, seq, words);
}

int
sqlite_words_drop(struct sqlite_writer *writer, const struct cached_room *room,
	int64_t seq, const char *words)
{
	return words_change(writer, WRITER_SEARCH_DROP, room, seq, words);
}
