/* search.c - searches of one room, newest first, within a time. Messages that are not in
 * the search index yet (words.c) are compared one by one. Then half of the time is for
 * the index. A query that costs the index more (a long phrase of common words, say) is
 * compared with one message after another, too. So it is known how far it came: the index
 * does not tell. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/clock.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "store/phrases.h"
#include "store/segment.h"
#include "store/sqlite/reader.h"

/* Look at the clock after this many steps of SQLite's virtual machine; the index makes a
 * few for each page that it reads. 32 take up to 10 ms. */
#define STEPS 32

/* A search that waits for the disk may take longer than its CPU time, but not longer than
 * so many times. */
#define WAIT_FACTOR 5

struct search {
	struct sqlite_reader *reader;
	int64_t cpu_us, now_us; /* when it began, by both clocks */
};

/* True after the part (1 or 2 halves) of the time. */
static bool
search_is_over(const struct search *search, int halves)
{
	int64_t max_us = atomic_load(&search->reader->search_ms) * INT64_C(500) * halves;

	return clock_thread_us() - search->cpu_us >= max_us ||
	       clock_now_us() - search->now_us >= max_us * WAIT_FACTOR;
}

static int
search_on_progress(void *context)
{
	return search_is_over(context, 1);
}

/* Append part to *end in quotes. FTS5 then takes it as a phrase and ignores operators. */
static void
search_quote(char **end, const struct segment_part *part)
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

/* Make the expression for FTS5's MATCH. The query has words. The caller frees it. */
static char *
search_make_expression(const char *query, int64_t room)
{
	struct segment_part parts[STORE_QUERY_WORDS];
	size_t count = segment_split(query, parts, STORE_QUERY_WORDS);
	/* One byte becomes at most five: a quotation mark that is a part of its own is
	 * doubled, stands in quotes and is followed by a space. */
	size_t size = 60 + strlen(query) * 5;
	char *text, *end;

	text = xmalloc(size);
	end = text +
	      snprintf(text, size, "room : \"in%lld\" AND words : (", (long long)room);
	for (size_t i = 0; i < count; i++)
		search_quote(&end, &parts[i]);
	memcpy(end, ")", 2);
	return text;
}

/* Returns SQLITE_OK, SQLITE_INTERRUPT if the time was over, or another error. */
static int
search_index(struct search *search, struct store_read *read, int64_t room)
{
	struct sqlite_db *db = &search->reader->db;
	sqlite3_stmt *statement = db->statements[READER_SEARCH];
	int rc;

	sqlite3_bind_text(
		statement, 1, search_make_expression(read->query, room), -1, free);
	sqlite3_bind_int64(statement, 2, room);
	sqlite3_bind_int64(statement, 3, (int64_t)(read->limit - read->page.count) + 1);
	sqlite3_bind_int64(statement, 4, read->low);
	sqlite3_bind_int64(statement, 5, read->high);
	sqlite3_progress_handler(db->handle, STEPS, search_on_progress, search);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW &&
		(rc = sqlite_db_add_row(read, statement)) == SQLITE_ROW)
		;
	sqlite3_progress_handler(db->handle, 0, NULL, NULL);
	sqlite3_reset(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static bool
search_has_phrases(const struct search *search, const struct phrases *phrases,
	sqlite3_stmt *statement)
{
	const char *words = (const char *)sqlite3_column_text(statement, 5);
	char *tokens = fts_tokenizer_run(search->reader->tokenizer, words ? words : "");
	bool found = phrases_are_in(phrases, tokens);

	free(tokens);
	return found;
}

/* Read the seq up to which messages are in the index. Returns SQLITE_OK or an error. */
static int
search_find_indexed(struct search *search, int64_t *indexed_seq)
{
	sqlite3_stmt *statement = search->reader->db.statements[READER_INDEXED];
	int rc = sqlite3_step(statement);

	*indexed_seq = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return rc == SQLITE_ROW ? SQLITE_OK : rc == SQLITE_DONE ? SQLITE_CORRUPT : rc;
}

/* Compare messages of a higher seq than after that are older than
 * read->page.searched_from. That is 0 at the end, if it was not for the time. Returns
 * SQLITE_OK or an error. */
static int
search_messages(struct search *search, struct store_read *read, int64_t room,
	const struct phrases *phrases, int64_t after)
{
	uint64_t *from = &read->page.searched_from;
	sqlite3_stmt *statement = search->reader->db.statements[READER_LIST_WORDS];
	int rc = SQLITE_ROW;

	sqlite3_bind_int64(statement, 1, room);
	sqlite3_bind_int64(statement, 2, (int64_t)*from);
	sqlite3_bind_int64(statement, 3, read->low);
	while (rc == SQLITE_ROW && !search_is_over(search, 2) &&
		(rc = sqlite3_step(statement)) == SQLITE_ROW) {
		uint64_t id = (uint64_t)sqlite3_column_int64(statement, 0);

		if (sqlite3_column_int64(statement, 6) <= after)
			rc = SQLITE_DONE;
		else if (search_has_phrases(search, phrases, statement))
			rc = sqlite_db_add_row(read, statement);
		*from = id;
	}
	sqlite3_reset(statement);
	if (rc == SQLITE_DONE)
		*from = 0;
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* Search what is not in the index yet, then the index, then what that has not reached in
 * its time. */
static int
search_all(struct search *search, struct store_read *read, int64_t room, uint64_t top,
	const struct phrases *phrases)
{
	int64_t indexed_seq = 0;
	int rc = search_find_indexed(search, &indexed_seq);

	read->page.searched_from = top;
	if (rc == SQLITE_OK)
		rc = search_messages(search, read, room, phrases, indexed_seq);
	if (rc != SQLITE_OK || read->page.more || read->page.searched_from)
		return rc;
	rc = search_index(search, read, room);
	if (rc != SQLITE_INTERRUPT)
		return rc;
	read->page.searched_from =
		read->page.count ? read->messages[read->page.count - 1].id : top;
	return search_messages(search, read, room, phrases, 0);
}

int
sqlite_search_fill(struct sqlite_reader *reader, struct store_read *read, int64_t room,
	uint64_t last_id)
{
	struct search search = {
		.reader = reader,
		.cpu_us = clock_thread_us(),
		.now_us = clock_now_us(),
	};
	struct phrases phrases;
	int rc = SQLITE_OK;

	if (!reader->tokenizer)
		reader->tokenizer = fts_tokenizer_new();
	if (!reader->tokenizer)
		return SQLITE_ERROR;
	phrases_init(&phrases, reader->tokenizer, read->query);
	if (phrases.count)
		rc = search_all(&search, read, room,
			size_min((uint64_t)read->high, last_id + 1), &phrases);
	phrases_fini(&phrases);
	return rc;
}
