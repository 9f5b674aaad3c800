/* Gives pages back to the disk that deletions have left free. SQLite moves the last pages
 * of the file to free ones (PRAGMA incremental_vacuum), in steps between commits. A
 * checkpoint cuts the file then. Histories that were made before this have no
 * auto-vacuum: they keep their free pages and use them again. */
#include <stdio.h>

#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "store/sqlite/writer.h"

/* What PRAGMA auto_vacuum says of a file whose pages can be moved. */
#define INCREMENTAL 2

/* It begins at so many free pages, if they are also this part of the file. Some are left,
 * because new messages need them again. */
#define BEGIN_PAGES 64
#define BEGIN_DIVISOR 8
#define END_DIVISOR 32

/* A commit may wait for a step. So the next one moves half as many pages if a step takes
 * longer, or twice as many. */
#define STEP_US 2000
#define STEP_PAGES_MAX 64

/* Pause before the log is truncated again, if somebody reads from it. */
#define RETRY_MS 1000

/* Pause after a failure. */
#define FAILURE_MS 30000

int
sqlite_vacuum_init(struct sqlite_writer *writer)
{
	int64_t mode = 0;
	int rc = sqlite_db_number(&writer->db, "PRAGMA auto_vacuum", &mode);

	writer->vacuum.is_possible = mode == INCREMENTAL;
	writer->vacuum.pages = 1;
	return rc;
}

/* True if at least so many pages are free, and more than that part of the file. False
 * also after an error, which is in *rc. */
static bool
vacuum_has_free(struct sqlite_writer *writer, int64_t pages, int64_t divisor, int *rc)
{
	int64_t free_pages = 0, all = 0;

	*rc = sqlite_db_number(&writer->db, "PRAGMA freelist_count", &free_pages);
	if (*rc == SQLITE_OK)
		*rc = sqlite_db_number(&writer->db, "PRAGMA page_count", &all);
	return *rc == SQLITE_OK && free_pages >= pages && free_pages > all / divisor;
}

/* Texts that are to be erased come first. */
static bool
vacuum_has_to_wait(const struct sqlite_writer *writer)
{
	return writer->erase.phase != ERASE_IDLE || writer->erase.is_wanted ||
	       sqlite_trim_has_work(writer);
}

void
sqlite_vacuum_consider(struct sqlite_writer *writer)
{
	int rc;

	if (writer->vacuum.phase == VACUUM_IDLE && writer->vacuum.is_possible &&
		!writer->is_broken && !vacuum_has_to_wait(writer) &&
		vacuum_has_free(writer, BEGIN_PAGES, BEGIN_DIVISOR, &rc))
		writer->vacuum.phase = VACUUM_MOVING;
}

int64_t
sqlite_vacuum_wait_ms(const struct sqlite_writer *writer)
{
	int64_t now_ms = clock_now_ms();

	if (writer->vacuum.phase == VACUUM_IDLE || vacuum_has_to_wait(writer))
		return -1;
	return writer->vacuum.due_ms > now_ms ? writer->vacuum.due_ms - now_ms : 0;
}

/* The database is shorter than the file now, until a checkpoint. */
static int
vacuum_note_length(struct sqlite_writer *writer)
{
	int64_t bytes = 0;
	int rc = sqlite_db_number(&writer->db,
		"SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
		&bytes);

	if (rc == SQLITE_OK)
		sqlite_guard_note_shrinking(&writer->files->guard, bytes);
	return rc;
}

static int
vacuum_move(struct sqlite_writer *writer)
{
	int64_t begin_us = clock_now_us();
	char sql[60];
	int rc;

	snprintf(sql, sizeof(sql), "PRAGMA incremental_vacuum(%d)", writer->vacuum.pages);
	rc = sqlite_db_exec(&writer->db, sql);
	if (rc == SQLITE_OK)
		rc = vacuum_note_length(writer);
	if (clock_now_us() - begin_us > STEP_US)
		writer->vacuum.pages = (writer->vacuum.pages + 1) / 2;
	else if (writer->vacuum.pages < STEP_PAGES_MAX)
		writer->vacuum.pages *= 2;
	if (rc == SQLITE_OK && !vacuum_has_free(writer, 1, END_DIVISOR, &rc))
		writer->vacuum.phase = VACUUM_CUTTING;
	return rc;
}

/* The checkpoint that truncates the log cuts the file, too. Unlike an erasure it does not
 * wait for readers, because commits would wait, too. */
static int
vacuum_cut(struct sqlite_writer *writer)
{
	int rc = sqlite_db_empty_log(&writer->db, SQLITE_CHECKPOINT_TRUNCATE, 0);

	if (rc == SQLITE_BUSY) {
		writer->vacuum.due_ms = clock_now_ms() + RETRY_MS;
		return SQLITE_OK;
	}
	if (rc == SQLITE_OK) {
		sqlite_guard_note_log(&writer->files->guard, 0);
		sqlite_guard_note_shrunk(&writer->files->guard);
		writer->vacuum.phase = VACUUM_IDLE;
	}
	return rc;
}

void
sqlite_vacuum_step(struct sqlite_writer *writer)
{
	int rc = writer->vacuum.phase == VACUUM_MOVING ? vacuum_move(writer)
						       : vacuum_cut(writer);

	if (rc == SQLITE_OK)
		return;
	log_warn("store_shrink_failed", log_str("path", writer->store->options.path),
		log_str("why", sqlite3_errstr(rc)));
	sqlite_db_rollback(&writer->db);
	writer->is_broken = sqlite_db_is_broken(rc);
	writer->vacuum.due_ms = clock_now_ms() + FAILURE_MS;
}
