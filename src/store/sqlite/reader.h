/* reader.h - what the files that run in a reader's thread share. reader.c fills pages;
 * search.c finds words. No other file includes it. */
#pragma once

#include <stdatomic.h>

#include "store/fts_tokenizer.h"
#include "store/sqlite/sqlite.h"

/* The prepared statements of a reader's connection. */
enum {
	READER_FIND_ROOM,
	READER_LIST_AFTER,
	READER_LIST_BEFORE,
	READER_LIST_NEWER,
	READER_LIST_SAID,
	READER_SEARCH,
	READER_LIST_WORDS,
	READER_INDEXED,
	READER_STATEMENTS,
};

struct sqlite_reader {
	struct sqlite_thread thread;
	struct store *store;
	const struct sqlite_guard *guard;
	/* CPU time that the current search may take, in ms. Any thread may shorten it. */
	atomic_int search_ms;
	/* Only the thread uses these. */
	struct sqlite_db db;             /* closed after a failure */
	struct fts_tokenizer *tokenizer; /* NULL until it is needed */
	struct store_read *taken;
	/* Under the thread's mutex. */
	struct store_reads queue;
};

/* search.c: search room within search_ms, in the open transaction. last_id is that of the
 * room. Returns SQLITE_OK or an error. */
int sqlite_search_fill(struct sqlite_reader *reader, struct store_read *read,
	int64_t room, uint64_t last_id);
