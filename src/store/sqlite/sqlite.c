#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "linnet/base/xalloc.h"
#include "store/sqlite/sqlite.h"

struct known_room {
	STAILQ_ENTRY(known_room) link;
	uint64_t last_id;
	char name[];
};

/* A value that stands. */
struct known_state {
	STAILQ_ENTRY(known_state) link;
	uint64_t id;
	const char *room, *key, *value; /* in memory, each with a NUL behind it */
	size_t value_len;
	char memory[];
};

struct store_sqlite {
	struct store store;
	char *path;
	int lock_fd;
	/* When it was opened; let go of at the first write. */
	STAILQ_HEAD(, known_room) rooms;
	STAILQ_HEAD(, known_state) states;
	struct sqlite_writer *writer;
	struct sqlite_reader *reader;
	struct sqlite_checkpointer *checkpointer;
};

static struct store_sqlite *
sqlite_of(struct store *store)
{
	return (struct store_sqlite *)store;
}

/* Held for as long as the store is open. A file of its own, because closing any
 * descriptor of the database gives SQLite's own locks up; it stays, because who removed
 * it could not know who else has just opened it. */
static int
lock(struct store_sqlite *sqlite, const char **why)
{
	size_t size = strlen(sqlite->path) + sizeof("-lock");
	char *name = xmalloc(size);
	int error = 0;

	snprintf(name, size, "%s-lock", sqlite->path);
	sqlite->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (sqlite->lock_fd < 0)
		error = errno;
	free(name);
	if (!error && flock(sqlite->lock_fd, LOCK_EX | LOCK_NB) < 0)
		error = errno;
	switch (error) {
	case 0:
		return 0;
	case EWOULDBLOCK:
		*why = "another process has it open";
		return -EBUSY;
	case ENOENT:
		*why = "the folder of the file does not exist";
		break;
	case EACCES:
	case EPERM:
		*why = "there is no permission to write in the folder of the file";
		break;
	default:
		*why = strerror(error);
		break;
	}
	return -error;
}

static int
list_rooms(struct store_sqlite *sqlite, struct sqlite_db *db)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(
		db->handle, "SELECT name, last_id FROM room", -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return rc;
	while (sqlite3_step(statement) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(statement, 0);
		size_t size = (size_t)sqlite3_column_bytes(statement, 0) + 1;
		struct known_room *room = xmalloc(sizeof(*room) + size);
		room->last_id = (uint64_t)sqlite3_column_int64(statement, 1);
		memcpy(room->name, name ? name : "", size);
		STAILQ_INSERT_TAIL(&sqlite->rooms, room, link);
	}
	return sqlite3_finalize(statement);
}

/* Copy column i of the row, and a NUL, to *end, which is moved behind it. */
static const char *
copy_column(sqlite3_stmt *statement, int i, char **end)
{
	const char *text = (const char *)sqlite3_column_text(statement, i);
	size_t len = (size_t)sqlite3_column_bytes(statement, i);
	char *copy = *end;

	if (text)
		memcpy(copy, text, len);
	copy[len] = '\0';
	*end = copy + len + 1;
	return copy;
}

static struct known_state *
read_state(sqlite3_stmt *statement)
{
	struct known_state *state;
	size_t bytes = sizeof(*state);
	char *end;

	for (int i = 0; i < 3; i++)
		bytes += (size_t)sqlite3_column_bytes(statement, i) + 1;
	state = xcalloc(1, bytes);
	end = state->memory;
	state->room = copy_column(statement, 0, &end);
	state->key = copy_column(statement, 1, &end);
	state->value = copy_column(statement, 2, &end);
	state->value_len = (size_t)sqlite3_column_bytes(statement, 2);
	state->id = (uint64_t)sqlite3_column_int64(statement, 3);
	return state;
}

static int
list_states(struct store_sqlite *sqlite, struct sqlite_db *db)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(db->handle,
		"SELECT r.name, s.key, s.value, s.id FROM state AS s"
		" JOIN room AS r ON r.id = s.room ORDER BY s.room, s.seq",
		-1, &statement, NULL);

	if (rc != SQLITE_OK)
		return rc;
	while (sqlite3_step(statement) == SQLITE_ROW) {
		struct known_state *state = read_state(statement);
		STAILQ_INSERT_TAIL(&sqlite->states, state, link);
	}
	return sqlite3_finalize(statement);
}

/* Let go of what was listed. */
static void
forget_known(struct store_sqlite *sqlite)
{
	struct known_room *room;
	struct known_state *state;

	while ((room = STAILQ_FIRST(&sqlite->rooms))) {
		STAILQ_REMOVE_HEAD(&sqlite->rooms, link);
		free(room);
	}
	while ((state = STAILQ_FIRST(&sqlite->states))) {
		STAILQ_REMOVE_HEAD(&sqlite->states, link);
		free(state);
	}
}

/* Open the file and start the threads; what is there by the time of an error stays for
 * close_all. */
static int
open_all(struct store_sqlite *sqlite, const char **why)
{
	struct store *store = &sqlite->store;
	struct sqlite_db db;
	int error, rc;

	if ((error = lock(sqlite, why)) < 0 ||
		(error = sqlite_schema_open(&db, sqlite->path, store->options.full_sync,
			 store->epoch, why)) < 0)
		return error;
	rc = list_rooms(sqlite, &db);
	if (rc == SQLITE_OK)
		rc = list_states(sqlite, &db);
	if (rc != SQLITE_OK) {
		error = sqlite_schema_refuse(&db, rc, why);
		sqlite_db_close(&db);
		return error;
	}
	sqlite->writer = sqlite_writer_new(store, &db, sqlite->path);
	sqlite->reader = sqlite_reader_start(store, sqlite->path, &error, why);
	if (!sqlite->reader)
		return error;
	sqlite->checkpointer = sqlite_checkpointer_start(sqlite->path, sqlite->writer);
	if (!sqlite->checkpointer) {
		*why = "the system lets it start no thread";
		return -EAGAIN;
	}
	return sqlite_writer_start(sqlite->writer, sqlite->checkpointer, why);
}

/* Close whatever is open; the writer's thread has ended. Its connection is the last. */
static void
close_all(struct store_sqlite *sqlite)
{
	sqlite_reader_stop(sqlite->reader);
	sqlite_checkpointer_stop(sqlite->checkpointer);
	sqlite_writer_free(sqlite->writer);
	forget_known(sqlite);
	if (sqlite->lock_fd >= 0)
		close(sqlite->lock_fd);
	free(sqlite->path);
}

static int
sqlite_open(struct store *store, const char **why)
{
	struct store_sqlite *sqlite = sqlite_of(store);
	int error;

	STAILQ_INIT(&sqlite->rooms);
	STAILQ_INIT(&sqlite->states);
	sqlite->lock_fd = -1;
	if (!store->options.path || !*store->options.path) {
		*why = "it has no file";
		return -EINVAL;
	}
	sqlite->path = xstrdup(store->options.path);
	error = store_make_epoch(store); /* in case that the history is new */
	if (error < 0)
		*why = "the system gives no random numbers";
	else
		error = open_all(sqlite, why);
	if (error < 0)
		close_all(sqlite);
	return error;
}

static void
sqlite_each_room(const struct store *store,
	void (*on_room)(void *context, const char *name, uint64_t last_id), void *context)
{
	const struct store_sqlite *sqlite = (const struct store_sqlite *)store;
	const struct known_room *room;

	STAILQ_FOREACH (room, &sqlite->rooms, link)
		on_room(context, room->name, room->last_id);
}

static void
sqlite_each_state(const struct store *store,
	void (*on_state)(void *context, const char *room, const char *key, uint64_t id,
		const char *value, size_t value_len),
	void *context)
{
	const struct store_sqlite *sqlite = (const struct store_sqlite *)store;
	const struct known_state *state;

	STAILQ_FOREACH (state, &sqlite->states, link)
		on_state(context, state->room, state->key, state->id, state->value,
			state->value_len);
}

static void
sqlite_write(struct store *store, struct store_writes *writes)
{
	/* What stood when it was opened is asked for before anything is written. */
	forget_known(sqlite_of(store));
	sqlite_writer_push(sqlite_of(store)->writer, writes);
}

static void
sqlite_read(struct store *store, struct store_read *read)
{
	sqlite_reader_push(sqlite_of(store)->reader, read);
}

static void
sqlite_prune(struct store *store, int64_t cutoff_ms)
{
	sqlite_writer_sweep(sqlite_of(store)->writer, cutoff_ms);
}

static void
sqlite_close(struct store *store)
{
	sqlite_writer_stop(sqlite_of(store)->writer);
	close_all(sqlite_of(store));
}

const struct store_ops store_sqlite_ops = {
	.driver = "sqlite",
	.size = sizeof(struct store_sqlite),
	.open = sqlite_open,
	.each_room = sqlite_each_room,
	.each_state = sqlite_each_state,
	.write = sqlite_write,
	.read = sqlite_read,
	.prune = sqlite_prune,
	.close = sqlite_close,
};
