#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"
#include "store/sqlite/sqlite.h"

struct listed_room {
	STAILQ_ENTRY(listed_room) link;
	uint64_t last_id, gone_id;
	int64_t last_ts_ms;
	char *name;
};

struct listed_state {
	STAILQ_ENTRY(listed_state) link;
	uint64_t id;
	char *room, *key, *value;
	size_t value_len;
};

struct store_sqlite {
	struct store store;
	struct sqlite_files files;
	/* The history when it was opened; freed when it was told. */
	STAILQ_HEAD(, listed_room) rooms;
	STAILQ_HEAD(, listed_state) states;
	bool is_told;
	struct sqlite_writer *writer;
	struct sqlite_reader *reader, *searcher;
	struct sqlite_checkpointer *checkpointer;
};

static struct store_sqlite *
sqlite_of(struct store *store)
{
	return (struct store_sqlite *)store;
}

/* A copy of column i of the row, for free(). */
static char *
sqlite_copy_column(sqlite3_stmt *statement, int i)
{
	const char *text = (const char *)sqlite3_column_text(statement, i);
	size_t len = (size_t)sqlite3_column_bytes(statement, i);
	char *copy = xcalloc(1, len + 1);

	if (text)
		memcpy(copy, text, len);
	return copy;
}

static int
sqlite_list_rooms(struct store_sqlite *sqlite, struct sqlite_db *db)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(db->handle,
		"SELECT name, last_id, gone_id, last_ts FROM room WHERE last_id > 0", -1,
		&statement, NULL);

	if (rc != SQLITE_OK)
		return rc;
	while (sqlite3_step(statement) == SQLITE_ROW) {
		struct listed_room *room = xmalloc(sizeof(*room));
		room->name = sqlite_copy_column(statement, 0);
		room->last_id = (uint64_t)sqlite3_column_int64(statement, 1);
		room->gone_id = (uint64_t)sqlite3_column_int64(statement, 2);
		room->last_ts_ms = sqlite3_column_int64(statement, 3);
		STAILQ_INSERT_TAIL(&sqlite->rooms, room, link);
	}
	return sqlite3_finalize(statement);
}

static int
sqlite_list_states(struct store_sqlite *sqlite, struct sqlite_db *db)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(db->handle,
		"SELECT r.name, s.key, s.value, s.id FROM state AS s"
		" JOIN room AS r ON r.id = s.room ORDER BY s.room, s.seq",
		-1, &statement, NULL);

	if (rc != SQLITE_OK)
		return rc;
	while (sqlite3_step(statement) == SQLITE_ROW) {
		struct listed_state *state = xmalloc(sizeof(*state));
		state->room = sqlite_copy_column(statement, 0);
		state->key = sqlite_copy_column(statement, 1);
		state->value = sqlite_copy_column(statement, 2);
		state->value_len = (size_t)sqlite3_column_bytes(statement, 2);
		state->id = (uint64_t)sqlite3_column_int64(statement, 3);
		STAILQ_INSERT_TAIL(&sqlite->states, state, link);
	}
	return sqlite3_finalize(statement);
}

static void
sqlite_free_lists(struct store_sqlite *sqlite)
{
	struct listed_room *room;
	struct listed_state *state;

	while ((room = STAILQ_FIRST(&sqlite->rooms))) {
		STAILQ_REMOVE_HEAD(&sqlite->rooms, link);
		free(room->name);
		free(room);
	}
	while ((state = STAILQ_FIRST(&sqlite->states))) {
		STAILQ_REMOVE_HEAD(&sqlite->states, link);
		free(state->room);
		free(state->key);
		free(state->value);
		free(state);
	}
}

/* Open the file and start the threads. After an error close what is open. */
static int
sqlite_open_all(struct store_sqlite *sqlite, const char **why)
{
	struct store *store = &sqlite->store;
	struct sqlite_db db;
	int error, rc;

	error = sqlite_schema_open(&db, store, &sqlite->files, why);
	if (error < 0)
		return error;
	rc = sqlite_list_rooms(sqlite, &db);
	if (rc == SQLITE_OK)
		rc = sqlite_list_states(sqlite, &db);
	if (rc != SQLITE_OK) {
		error = sqlite_schema_refuse(&db, rc, why);
		sqlite_db_close(&db);
		return error;
	}
	sqlite->writer = sqlite_writer_new(store, &db, &sqlite->files);
	sqlite->reader = sqlite_reader_start(
		store, &sqlite->files.guard, "store-read", &error, why);
	if (!sqlite->reader)
		return error;
	sqlite->searcher = sqlite_reader_start(
		store, &sqlite->files.guard, "store-search", &error, why);
	if (!sqlite->searcher)
		return error;
	sqlite->checkpointer = sqlite_checkpointer_start(
		&sqlite->files.guard, sqlite_writer_empty_log, sqlite->writer, why);
	if (!sqlite->checkpointer)
		return -EAGAIN;
	return sqlite_writer_start(sqlite->writer, sqlite->checkpointer, why);
}

/* Close all connections; the one of the writer is the last. Its thread must have ended.
 */
static void
sqlite_close_connections(struct store_sqlite *sqlite)
{
	sqlite_reader_stop(sqlite->searcher);
	sqlite_reader_stop(sqlite->reader);
	sqlite_checkpointer_stop(sqlite->checkpointer);
	sqlite_writer_free(sqlite->writer);
	sqlite_free_lists(sqlite);
}

static void
sqlite_close_files(struct sqlite_files *files)
{
	sqlite_lineage_close(&files->lineage);
	sqlite_guard_close(&files->guard);
}

static int
sqlite_open(struct store *store, const char **why)
{
	struct store_sqlite *sqlite = sqlite_of(store);
	int error;

	STAILQ_INIT(&sqlite->rooms);
	STAILQ_INIT(&sqlite->states);
	sqlite->files.lineage.fd = -1;
	sqlite_guard_init(&sqlite->files.guard, store->options.path);
	if (!store->options.path || !*store->options.path) {
		*why = "store.path is empty";
		return -EINVAL;
	}
	error = store_make_epoch(store->epoch); /* for a new file */
	if (error < 0)
		*why = "the system has no random numbers";
	else
		error = sqlite_open_all(sqlite, why);
	if (error < 0) {
		sqlite_close_connections(sqlite);
		sqlite_close_files(&sqlite->files);
	}
	return error;
}

static bool
sqlite_news(struct store *store)
{
	struct store_sqlite *sqlite = sqlite_of(store);
	const struct store_callbacks *callbacks = &store->options.callbacks;
	void *context = store->options.context;
	const struct listed_room *room;
	const struct listed_state *state;

	if (sqlite->is_told)
		return false;
	if (callbacks->on_room)
		STAILQ_FOREACH (room, &sqlite->rooms, link)
			callbacks->on_room(context, room->name, room->last_id,
				room->gone_id, room->last_ts_ms);
	if (callbacks->on_state)
		STAILQ_FOREACH (state, &sqlite->states, link)
			callbacks->on_state(context, state->room, state->key, state->id,
				state->value, state->value_len);
	sqlite_free_lists(sqlite);
	sqlite->is_told = true;
	return true;
}

static void
sqlite_write(struct store *store, struct store_writes *writes)
{
	sqlite_writer_push(sqlite_of(store)->writer, writes);
}

static void
sqlite_read(struct store *store, struct store_read *read)
{
	struct store_sqlite *sqlite = sqlite_of(store);

	sqlite_reader_push(
		read->kind == STORE_SEARCH ? sqlite->searcher : sqlite->reader, read);
}

static void
sqlite_limit(struct store *store, struct store_room_keep *limits)
{
	sqlite_writer_limit(sqlite_of(store)->writer, limits);
}

static void
sqlite_prune(struct store *store, int64_t now_ms)
{
	sqlite_writer_sweep(sqlite_of(store)->writer, now_ms);
}

static void
sqlite_close(struct store *store)
{
	struct store_sqlite *sqlite = sqlite_of(store);
	struct sqlite_files *files = &sqlite->files;

	sqlite_writer_stop(sqlite->writer);
	sqlite_close_connections(sqlite);
	if (files->guard.is_lost) /* an older one may have been put in its place since */
		sqlite_lineage_note(&files->lineage, files->lineage.line.entries,
			files->guard.changes);
	else if (sqlite_guard_sync(&files->guard) == 0)
		sqlite_lineage_end(&files->lineage);
	sqlite_close_files(files);
}

const struct store_ops store_sqlite_ops = {
	.driver = "sqlite",
	.size = sizeof(struct store_sqlite),
	.open = sqlite_open,
	.news = sqlite_news,
	.write = sqlite_write,
	.read = sqlite_read,
	.limit = sqlite_limit,
	.prune = sqlite_prune,
	.close = sqlite_close,
	.check = sqlite_check,
	.backup = sqlite_backup,
};
