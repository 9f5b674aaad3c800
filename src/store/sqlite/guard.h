/* guard.h - the files of the history: they are open in this process alone, and are still
 * those that it has opened. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct sqlite_guard {
	const char *path;    /* as configured; borrowed */
	char *real_path;     /* without links: SQLite keeps the -wal beside it */
	int lock_fd;         /* of the -lock */
	int file_fd;         /* of the database */
	int log_fd;          /* of the -wal; -1: not watched */
	int64_t first_bytes; /* of the file, when it was opened */
	int64_t file_bytes;  /* the file has at least these */
	int64_t db_bytes;    /* a checkpoint may cut the file down to these */
	uint32_t changes;    /* the counter in the file's header */
	int64_t log_bytes;   /* the -wal has at least these */
	atomic_bool is_lost;
};

/* Set guard up; it has nothing open. path must outlive it. */
void sqlite_guard_init(struct sqlite_guard *guard, const char *path);

/* Lock a file beside the database, so that two processes never share a path, even if the
 * database was replaced under one of them. Returns 0, or -errno with *why set. */
int sqlite_guard_lock_path(struct sqlite_guard *guard, const char **why);

/* Lock the database, which exists, whatever its path: two names of one file would have
 * two logs. Call it before SQLite opens the file. Returns 0, or -errno with *why set. */
int sqlite_guard_lock_file(struct sqlite_guard *guard, const char **why);

/* SQLite has opened the log: watch it from now on. Returns 0 or -errno. */
int sqlite_guard_open_log(struct sqlite_guard *guard);

/* Count the pages of the database that neither the file nor its log has: somebody has cut
 * the file, and SQLite would read zeros there. pages is the length that SQLite gives the
 * database. Call it before anything is copied from the log into the file. */
int64_t sqlite_guard_count_missing(
	const struct sqlite_guard *guard, int64_t pages, int64_t page_bytes);

/* SQLite is about to close the log, and may delete it: do not watch it any more. */
void sqlite_guard_close_log(struct sqlite_guard *guard);

/* The log has this many pages after a commit. */
void sqlite_guard_note_log(struct sqlite_guard *guard, int pages);

/* True if the path still leads to the file that is locked, and the history was not lost.
 * Any thread may call it. */
bool sqlite_guard_is_same(const struct sqlite_guard *guard);

/* SQLite says that the database has so many bytes. Its first checkpoint cuts a file that
 * is longer. */
void sqlite_guard_note_file(struct sqlite_guard *guard, int64_t bytes);

/* The database has so many bytes now. Checkpoints may cut the file down to that, until
 * sqlite_guard_note_shrunk is called: then one has. Call it before the next look. */
void sqlite_guard_note_shrinking(struct sqlite_guard *guard, int64_t bytes);
void sqlite_guard_note_shrunk(struct sqlite_guard *guard);

/* Look at the open files only, which is cheap: a sentence if they were deleted or cut, or
 * NULL. The log may look cut because another process has emptied it: *is_log is true
 * then, and the caller has to ask SQLite. */
const char *sqlite_guard_glance(struct sqlite_guard *guard, bool *is_log);

/* The same, and look at their paths, too. */
const char *sqlite_guard_check(struct sqlite_guard *guard, bool *is_log);

/* The sizes of the file and of its log. */
void sqlite_guard_measure(
	const struct sqlite_guard *guard, uint64_t *bytes, uint64_t *log_bytes);

/* True if the file system is read-only or full. */
bool sqlite_guard_is_full(const struct sqlite_guard *guard);

/* Wait until the files are on the disk. Returns 0 or -errno. */
int sqlite_guard_sync(const struct sqlite_guard *guard);

/* Release everything. Call it when SQLite has closed the file: closing any descriptor of
 * a file releases the locks that SQLite has on it. */
void sqlite_guard_close(struct sqlite_guard *guard);
