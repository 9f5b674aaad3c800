/* Deleted text leaves traces: the search index keeps its words until its segments are
 * merged, and the log keeps old pages until it is truncated. A round removes them, in
 * steps. It merges the whole index, so that rounds do not follow each other closely. */
#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "store/sqlite/writer.h"

/* Pages of the index that one step writes. It takes about 3 ms. */
#define MERGE_PAGES 64

/* From the beginning of a round to that of the next. */
#define ROUND_MS 10000

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

static int
erase_empty_log(struct sqlite_writer *writer)
{
	int rc = sqlite_writer_truncate_log(writer);

	if (rc == SQLITE_BUSY) {
		writer->erase.retry_ms = clock_now_ms() + RETRY_MS;
		return SQLITE_OK;
	}
	if (rc != SQLITE_OK)
		return rc;
	writer->erase.phase = ERASE_IDLE;
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
		writer->erase.round_ms = clock_now_ms() + ROUND_MS;
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
