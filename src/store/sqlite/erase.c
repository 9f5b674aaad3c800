/* Deleted text leaves traces: the search index keeps its words until its segments are
 * merged, and the log keeps old pages until it is truncated. A round removes them, in
 * steps. It merges the whole index, so that rounds do not follow each other closely. */
#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "store/sqlite/writer.h"

/* The log is emptied in a moment in which nobody reads from it. After so long without
 * such a moment wait for one, for so long. */
#define LOG_PATIENCE_MS 5000
#define LOG_WAIT_MS 300

/* Pages of the index that one step writes. It takes about 3 ms. */
#define MERGE_PAGES 64

/* From the beginning of a round to that of the next: so many times as long as it took,
 * because texts may be edited all the time, but within these limits. Text has to be gone
 * within 60 s. */
#define ROUND_FACTOR 3
#define ROUND_MS 10000
#define ROUND_MAX_MS 30000

/* Pause before the log is truncated again, if a reader has used it. */
#define RETRY_MS 100

/* Pause after a failure. */
#define FAILURE_MS 30000

int
sqlite_erase_want(struct sqlite_writer *writer)
{
	writer->erase.is_wanted = true;
	/* A later run erases what this one does not get done. */
	return sqlite_db_run(&writer->db, WRITER_ERASING_NOTE);
}

void
sqlite_erase_soon(struct sqlite_writer *writer)
{
	if (writer->erase.phase != ERASE_IDLE || writer->erase.is_wanted)
		return; /* it comes, or waits after a failure */
	writer->erase.is_wanted = true;
	writer->erase.round_ms = 0;
}

int64_t
sqlite_erase_wait_ms(const struct sqlite_writer *writer)
{
	bool is_idle = writer->erase.phase == ERASE_IDLE;
	int64_t due_ms = is_idle ? writer->erase.round_ms : writer->erase.retry_ms;
	int64_t now_ms = clock_now_ms();

	if (is_idle && !writer->erase.is_wanted)
		return -1;
	return due_ms > now_ms ? due_ms - now_ms : 0;
}

static int
erase_merge(struct sqlite_writer *writer, int pages)
{
	int before = sqlite3_total_changes(writer->db.handle);
	int rc;

	sqlite3_bind_int(writer->db.statements[WRITER_MERGE], 1, pages);
	rc = sqlite_db_run(&writer->db, WRITER_MERGE);
	/* FTS5 counts the command itself; if that is all, there is nothing to merge. */
	if (rc == SQLITE_OK && pages > 0 &&
		sqlite3_total_changes(writer->db.handle) - before < 2)
		writer->erase.phase = ERASE_EMPTYING_LOG;
	return rc;
}

/* Readers that follow each other closely can leave no moment in which nobody reads from
 * the log. While this thread waits, nothing is committed: who begins to read meanwhile
 * needs the file alone, once all is copied. So it waits for a few readers, not for all
 * that come; but commits wait, too, and a backup reads for long. */
int
sqlite_erase_log(struct sqlite_writer *writer, int how)
{
	int64_t now_ms = clock_now_ms();
	bool may_wait = writer->log_wait_ms && now_ms >= writer->log_wait_ms;
	int rc = sqlite_db_empty_log(&writer->db, how, may_wait ? LOG_WAIT_MS : 0);

	if (rc == SQLITE_OK) /* else the next commit might find it cut */
		sqlite_guard_note_log(&writer->files->guard, 0);
	if (rc != SQLITE_BUSY)
		writer->log_wait_ms = 0;
	else if (may_wait || !writer->log_wait_ms)
		writer->log_wait_ms = now_ms + LOG_PATIENCE_MS;
	return rc;
}

static void
erase_end_round(struct sqlite_writer *writer)
{
	int64_t pause_ms = (clock_now_ms() - writer->erase.begin_ms) * ROUND_FACTOR;

	if (pause_ms < ROUND_MS)
		pause_ms = ROUND_MS;
	if (pause_ms > ROUND_MAX_MS)
		pause_ms = ROUND_MAX_MS;
	writer->erase.phase = ERASE_IDLE;
	writer->erase.round_ms = writer->erase.begin_ms + pause_ms;
}

static int
erase_empty_log(struct sqlite_writer *writer)
{
	int rc = sqlite_erase_log(writer, SQLITE_CHECKPOINT_TRUNCATE);

	if (rc == SQLITE_BUSY) {
		writer->erase.retry_ms = clock_now_ms() + RETRY_MS;
		return SQLITE_OK;
	}
	if (rc != SQLITE_OK)
		return rc;
	/* Pages in memory still have what gaps.c keeps out of the file. */
	sqlite3_db_release_memory(writer->db.handle);
	erase_end_round(writer);
	writer->trim.size_ratio = 0;
	return writer->erase.is_wanted ? SQLITE_OK
				       : sqlite_db_run(&writer->db, WRITER_ERASING_DONE);
}

void
sqlite_erase_step(struct sqlite_writer *writer)
{
	int rc;

	if (writer->erase.phase == ERASE_EMPTYING_LOG) {
		rc = erase_empty_log(writer);
	} else if (writer->erase.phase == ERASE_MERGING) {
		rc = erase_merge(writer, MERGE_PAGES);
	} else {
		writer->erase.is_wanted = false;
		writer->erase.phase = ERASE_MERGING;
		writer->erase.begin_ms = clock_now_ms();
		writer->trim.dropped = 0;
		rc = erase_merge(writer, -MERGE_PAGES);
	}
	if (rc == SQLITE_OK)
		return;
	log_warn("store_erase_failed", log_str("path", writer->store->options.path),
		log_str("why", sqlite3_errstr(rc)));
	sqlite_db_rollback(&writer->db);
	writer->is_broken = sqlite_db_is_broken(rc);
	writer->erase.phase = ERASE_IDLE;
	writer->erase.is_wanted = true;
	writer->erase.round_ms = clock_now_ms() + FAILURE_MS;
}
