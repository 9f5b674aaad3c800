#include <stdlib.h>

#include "linnet/base/log.h"
#include "linnet/base/xalloc.h"
#include "store/sqlite/sqlite.h"

/* Start a checkpoint each time the log has grown by this many pages of 4 KiB. */
#define STEP_PAGES 1000

/* SQLite reuses the log from its start once all of it was copied. Under load that may
 * never happen, so from this size (16 MiB) on the writer is asked to empty the log. */
#define LARGE_PAGES 4096

struct sqlite_checkpointer {
	struct sqlite_thread thread;
	const struct sqlite_guard *guard;
	void (*on_large)(void *context);
	void *context;
	struct sqlite_db db; /* only the thread uses it; closed after a failure */
	bool is_failing;     /* the failure has been logged */
	/* Only the writer's thread uses these. */
	int next_pages; /* the next checkpoint starts at this size of the log */
	int last_pages;
	bool is_wanted; /* under the thread's mutex */
};

static int
checkpointer_open(struct sqlite_checkpointer *checkpointer)
{
	struct sqlite_db *db = &checkpointer->db;
	int64_t version;
	int rc = sqlite_db_open(db, checkpointer->guard->path, SQLITE_OPEN_READWRITE);

	/* Until its first read a connection has no log open and copies nothing. */
	if (rc == SQLITE_OK)
		rc = sqlite_db_number(db, "PRAGMA user_version", &version);
	if (rc == SQLITE_OK && !sqlite_guard_is_same(checkpointer->guard))
		rc = SQLITE_READONLY_DBMOVED;
	if (rc != SQLITE_OK)
		sqlite_db_close(db);
	return rc;
}

/* A failed checkpoint loses nothing: the log keeps its pages, and grows. */
static void
checkpointer_report(struct sqlite_checkpointer *checkpointer, int rc)
{
	if (rc != SQLITE_OK && !checkpointer->is_failing)
		log_warn("store_checkpoint_failed",
			log_str("path", checkpointer->guard->path),
			log_str("why", sqlite3_errstr(rc)));
	checkpointer->is_failing = rc != SQLITE_OK;
}

static void
checkpointer_work(void *context)
{
	struct sqlite_checkpointer *checkpointer = context;
	int rc = SQLITE_OK, pages = 0;

	if (checkpointer->guard->is_lost)
		return; /* the log may not belong to what the file is now */
	if (!checkpointer->db.handle)
		rc = checkpointer_open(checkpointer);
	if (rc == SQLITE_OK)
		rc = sqlite3_wal_checkpoint_v2(checkpointer->db.handle, NULL,
			SQLITE_CHECKPOINT_PASSIVE, &pages, NULL);
	if (rc == SQLITE_BUSY)
		return; /* another process runs a checkpoint */
	checkpointer_report(checkpointer, rc);
	if (sqlite_db_is_broken(rc))
		sqlite_db_close(&checkpointer->db);
	else if (pages >= LARGE_PAGES)
		checkpointer->on_large(checkpointer->context);
}

/* A wanted checkpoint is skipped when the store closes: closing copies the whole log. */
static bool
checkpointer_take(void *context)
{
	struct sqlite_checkpointer *checkpointer = context;
	bool is_wanted = checkpointer->is_wanted && !checkpointer->thread.is_stopping;

	checkpointer->is_wanted = false;
	return is_wanted;
}

struct sqlite_checkpointer *
sqlite_checkpointer_start(const struct sqlite_guard *guard,
	void (*on_large)(void *context), void *context, const char **why)
{
	struct sqlite_checkpointer *checkpointer = xcalloc(1, sizeof(*checkpointer));

	checkpointer->guard = guard;
	checkpointer->on_large = on_large;
	checkpointer->context = context;
	checkpointer->next_pages = STEP_PAGES;
	sqlite_thread_init(&checkpointer->thread, checkpointer_take, checkpointer_work,
		checkpointer);
	if (sqlite_thread_start(&checkpointer->thread, "store-copy", why) == 0)
		return checkpointer;
	sqlite_checkpointer_stop(checkpointer);
	return NULL;
}

void
sqlite_checkpointer_note(struct sqlite_checkpointer *checkpointer, int pages)
{
	if (pages < checkpointer->last_pages) /* the log began again at its start */
		checkpointer->next_pages = STEP_PAGES;
	checkpointer->last_pages = pages;
	if (pages < checkpointer->next_pages)
		return;
	checkpointer->next_pages = pages + STEP_PAGES;
	sqlite_thread_lock(&checkpointer->thread);
	checkpointer->is_wanted = true;
	sqlite_thread_wake(&checkpointer->thread);
}

void
sqlite_checkpointer_stop(struct sqlite_checkpointer *checkpointer)
{
	if (!checkpointer)
		return;
	sqlite_thread_stop(&checkpointer->thread);
	sqlite_thread_destroy(&checkpointer->thread);
	sqlite_db_close(&checkpointer->db);
	free(checkpointer);
}
