#include <stdlib.h>

#include "linnet/base/log.h"
#include "linnet/base/xalloc.h"
#include "store/sqlite/sqlite.h"

/* Copy the log to the file each time it has grown by this many pages of 4 KiB. */
#define STEP_FRAMES 1000

/* The writer begins the log anew when all of it was copied, which under load may never
 * be: from this size, 16 MiB, on it is told to see to it. */
#define LARGE_FRAMES 4096

struct sqlite_checkpointer {
	struct sqlite_db db; /* the thread's own */
	char *path;
	struct sqlite_writer *writer;
	pthread_t thread;
	bool failing;    /* was said in the log */
	int next_frames; /* the writer's thread's own */
	int last_frames;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	bool wanted, closing; /* under the mutex */
};

/* A connection does not know of the log, and would copy nothing, before it has read. */
static int
open_again(struct sqlite_checkpointer *checkpointer)
{
	struct sqlite_db *db = &checkpointer->db;
	int64_t version;
	int rc;

	sqlite_db_close(db);
	rc = sqlite_db_open(db, checkpointer->path, SQLITE_OPEN_READWRITE);
	if (rc == SQLITE_OK)
		rc = sqlite_db_number(db, "PRAGMA user_version", &version);
	if (rc != SQLITE_OK)
		sqlite_db_close(db);
	return rc;
}

/* Nothing is lost by a failure: the log keeps what it has, and grows. */
static void
report(struct sqlite_checkpointer *checkpointer, int rc)
{
	if (rc != SQLITE_OK && !checkpointer->failing)
		log_warn("store_checkpoint_failed", log_str("path", checkpointer->path),
			log_str("why", sqlite3_errstr(rc)));
	checkpointer->failing = rc != SQLITE_OK;
}

static void
checkpoint(struct sqlite_checkpointer *checkpointer)
{
	int rc = SQLITE_OK, frames = 0;

	if (!checkpointer->db.handle)
		rc = open_again(checkpointer);
	if (rc == SQLITE_OK)
		rc = sqlite3_wal_checkpoint_v2(checkpointer->db.handle, NULL,
			SQLITE_CHECKPOINT_PASSIVE, &frames, NULL);
	if (rc == SQLITE_BUSY)
		return; /* another program is at it */
	report(checkpointer, rc);
	if (sqlite_db_is_broken(rc))
		sqlite_db_close(&checkpointer->db);
	else if (frames >= LARGE_FRAMES)
		sqlite_writer_settle(checkpointer->writer);
}

/* Wait until there is something to do. Returns false if that is to end. */
static bool
wait_for_work(struct sqlite_checkpointer *checkpointer)
{
	bool closing;

	pthread_mutex_lock(&checkpointer->mutex);
	while (!checkpointer->wanted && !checkpointer->closing)
		pthread_cond_wait(&checkpointer->cond, &checkpointer->mutex);
	checkpointer->wanted = false;
	closing = checkpointer->closing;
	pthread_mutex_unlock(&checkpointer->mutex);
	return !closing;
}

static void *
run(void *context)
{
	struct sqlite_checkpointer *checkpointer = context;

	while (wait_for_work(checkpointer))
		checkpoint(checkpointer);
	return NULL;
}

static void
free_checkpointer(struct sqlite_checkpointer *checkpointer)
{
	sqlite_db_close(&checkpointer->db);
	pthread_mutex_destroy(&checkpointer->mutex);
	pthread_cond_destroy(&checkpointer->cond);
	free(checkpointer->path);
	free(checkpointer);
}

struct sqlite_checkpointer *
sqlite_checkpointer_start(const char *path, struct sqlite_writer *writer)
{
	struct sqlite_checkpointer *checkpointer = xcalloc(1, sizeof(*checkpointer));

	checkpointer->path = xstrdup(path);
	checkpointer->writer = writer;
	checkpointer->next_frames = STEP_FRAMES;
	pthread_mutex_init(&checkpointer->mutex, NULL);
	pthread_cond_init(&checkpointer->cond, NULL);
	if (sqlite_thread_start(&checkpointer->thread, "store-copy", run, checkpointer) ==
		0)
		return checkpointer;
	free_checkpointer(checkpointer);
	return NULL;
}

void
sqlite_checkpointer_note(struct sqlite_checkpointer *checkpointer, int frames)
{
	if (frames < checkpointer->last_frames) /* begun anew */
		checkpointer->next_frames = STEP_FRAMES;
	checkpointer->last_frames = frames;
	if (frames < checkpointer->next_frames)
		return;
	checkpointer->next_frames = frames + STEP_FRAMES;
	pthread_mutex_lock(&checkpointer->mutex);
	checkpointer->wanted = true;
	pthread_cond_signal(&checkpointer->cond);
	pthread_mutex_unlock(&checkpointer->mutex);
}

void
sqlite_checkpointer_stop(struct sqlite_checkpointer *checkpointer)
{
	if (!checkpointer)
		return;
	pthread_mutex_lock(&checkpointer->mutex);
	checkpointer->closing = true;
	pthread_cond_signal(&checkpointer->cond);
	pthread_mutex_unlock(&checkpointer->mutex);
	pthread_join(checkpointer->thread, NULL);
	free_checkpointer(checkpointer);
}
