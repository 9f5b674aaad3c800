/* The search index follows the messages: a commit does not wait for it, and one
 * transaction indexes many messages for less than each would cost alone. The row indexed
 * of meta, which changes in the same transaction, says how far it has come. Searches look
 * at the messages behind it one by one. A message that is changed or deleted before that
 * comes into the index as it is then, or not at all. */
#include <string.h>

#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "store/sqlite/writer.h"

/* From a message to its step. */
#define DELAY_MS 500

/* A step ends after so many messages, or when it has taken so long: a commit may wait for
 * it. Its own commit takes about as long. For each message of 100 bytes a step takes
 * 59 us if it has one, 11 if 10, 6 if 50, 3.7 if 200, and 3.1 if 2,000. */
#define STEP_ROWS 200
#define STEP_US 1000

/* Commits wait if more messages, or bytes of words, are not in the index. A search looks
 * at all that its room has of them: 7 ms for so many messages, 3 ms for so many bytes. */
#define LATE_ROWS 5000
#define LATE_BYTES (1 << 20)

/* Pause after a failure. */
#define FAILURE_MS 30000

int
sqlite_words_load(struct sqlite_writer *writer)
{
	int rc = sqlite_db_number(&writer->db,
		"SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'indexed'",
		&writer->words.indexed_seq);

	/* The index may still have a row of the number of a deleted message. */
	if (rc == SQLITE_OK)
		rc = sqlite_db_number(&writer->db,
			"SELECT max(ifnull((SELECT max(seq) FROM message), 0),"
			" (SELECT CAST(value AS INTEGER) FROM meta"
			"	WHERE name = 'indexed'))",
			&writer->words.last_seq);
	return rc;
}

int64_t
sqlite_words_note(struct sqlite_writer *writer, const char *words)
{
	if (writer->words.indexed_seq == writer->words.last_seq)
		writer->words.due_ms = clock_now_ms() + DELAY_MS;
	writer->words.bytes += (int64_t)strlen(words);
	return ++writer->words.last_seq;
}

static int
words_run(struct sqlite_writer *writer, size_t which, const char *token, int64_t seq,
	const char *words)
{
	sqlite3_stmt *statement = writer->db.statements[which];

	if (!*words)
		return SQLITE_OK; /* the index has no row for it */
	sqlite3_bind_int64(statement, 1, seq);
	sqlite3_bind_text(statement, 2, token, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, words, -1, SQLITE_STATIC);
	return sqlite_db_run(&writer->db, which);
}

int
sqlite_words_replace(struct sqlite_writer *writer, const struct cached_room *room,
	int64_t seq, const char *old_words, const char *words)
{
	int rc;

	if (seq > writer->words.indexed_seq)
		return SQLITE_OK;
	rc = words_run(writer, WRITER_SEARCH_DROP, room->token, seq, old_words);
	return rc == SQLITE_OK
		       ? words_run(writer, WRITER_SEARCH_ADD, room->token, seq, words)
		       : rc;
}

bool
sqlite_words_are_late(const struct sqlite_writer *writer)
{
	int64_t rows = writer->words.last_seq - writer->words.indexed_seq;

	return !writer->words.is_failing &&
	       (rows > LATE_ROWS || writer->words.bytes > LATE_BYTES);
}

int64_t
sqlite_words_wait_ms(const struct sqlite_writer *writer)
{
	int64_t wait_ms = writer->words.due_ms - clock_now_ms();

	if (writer->words.indexed_seq == writer->words.last_seq)
		return -1;
	if (wait_ms <= 0 || sqlite_words_are_late(writer))
		return 0;
	/* Nothing more comes while the store closes. */
	if (writer->thread.is_stopping)
		return writer->words.is_failing ? -1 : 0;
	return wait_ms;
}

/* Index the message of statement, unless it was deleted with its room: then its row only
 * waits to be deleted, and nobody may find its words. */
static int
words_index(struct sqlite_writer *writer, sqlite3_stmt *statement)
{
	int64_t seq = sqlite3_column_int64(statement, 0);
	const char *words = (const char *)sqlite3_column_text(statement, 1);
	const char *token = (const char *)sqlite3_column_text(statement, 2);

	if (!words || !token)
		return SQLITE_CORRUPT;
	writer->words.bytes -= sqlite3_column_bytes(statement, 1);
	if (!sqlite3_column_int(statement, 3))
		return words_run(writer, WRITER_SEARCH_ADD, token, seq, words);
	sqlite3_bind_int64(writer->db.statements[WRITER_WORDS_CLEAR], 1, seq);
	return sqlite_db_run(&writer->db, WRITER_WORDS_CLEAR);
}

/* Index the next messages; *indexed_seq is the last of them. */
static int
words_index_some(struct sqlite_writer *writer, int64_t *indexed_seq)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_UNINDEXED];
	int64_t end_us = clock_now_us() + STEP_US;
	int count = 0, rc;

	sqlite3_bind_int64(statement, 1, *indexed_seq);
	sqlite3_bind_int64(statement, 2, STEP_ROWS + 1);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		if (count == STEP_ROWS || (count && clock_now_us() >= end_us))
			break;
		rc = words_index(writer, statement);
		if (rc != SQLITE_OK)
			break;
		*indexed_seq = sqlite3_column_int64(statement, 0);
		count++;
	}
	sqlite3_reset(statement);
	if (rc == SQLITE_DONE) {
		*indexed_seq = writer->words.last_seq;
		writer->words.bytes = 0;
	}
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

void
sqlite_words_put_off(struct sqlite_writer *writer)
{
	writer->words.is_failing = true;
	writer->words.due_ms = clock_now_ms() + FAILURE_MS;
}

void
sqlite_words_step(struct sqlite_writer *writer)
{
	int64_t indexed_seq = writer->words.indexed_seq;
	int rc = sqlite_db_run(&writer->db, WRITER_BEGIN);

	if (rc == SQLITE_OK)
		rc = words_index_some(writer, &indexed_seq);
	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(
			writer->db.statements[WRITER_INDEXED_SET], 1, indexed_seq);
		rc = sqlite_db_run(&writer->db, WRITER_INDEXED_SET);
	}
	if (rc == SQLITE_OK)
		rc = sqlite_db_run(&writer->db, WRITER_COMMIT);
	if (rc == SQLITE_OK) {
		writer->words.indexed_seq = indexed_seq;
		writer->words.is_failing = false;
		return;
	}
	log_warn("store_index_failed", log_str("path", writer->store->options.path),
		log_str("why", sqlite3_errstr(rc)));
	sqlite_db_rollback(&writer->db);
	writer->is_broken = sqlite_db_is_broken(rc);
	sqlite_words_put_off(writer);
}
