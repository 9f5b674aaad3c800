/* sqlite.h - what the files of the SQLite driver share; no other file includes it.
 *
 * Four threads, each with its own connection to the database: the writer commits and
 * trims, one reader fills pages, another one searches, the checkpointer copies the
 * write-ahead log (WAL) into the file. sqlite.c starts them and hands them their work. */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/driver.h"
#include "store/sqlite/guard.h"
#include "store/sqlite/lineage.h"

/* What stands beside the database. */
struct sqlite_files {
	struct sqlite_guard guard;
	struct sqlite_lineage lineage; /* the writer's, once its thread runs */
};

/* The kinds of store_is_change, in SQL. */
#define SQLITE_CHANGE_KINDS "(1, 3, 4)"

_Static_assert(STORE_DELETE == 1 && STORE_EDIT == 3 && STORE_REACT == 4,
	"the SQL and the tables have these numbers");

/* db.c: a connection and its prepared statements */

/* How long to wait for a lock that another process holds. */
#define SQLITE_DB_BUSY_MS 2000

struct sqlite_db {
	sqlite3 *handle;
	sqlite3_stmt **statements;
	size_t count; /* of statements */
};

/* Open path with flags of sqlite3_open_v2. Returns SQLITE_OK or an error. Close db in
 * either case. */
int sqlite_db_open(struct sqlite_db *db, const char *path, int flags);

/* Prepare count statements. Returns SQLITE_OK or an error. */
int sqlite_db_prepare(struct sqlite_db *db, const char *const *sql, size_t count);

/* Run statement i to its end and reset it. Returns SQLITE_OK or an error. */
int sqlite_db_run(struct sqlite_db *db, size_t i);

/* Run sql, which has no parameters. Returns SQLITE_OK or an error. */
int sqlite_db_exec(struct sqlite_db *db, const char *sql);

/* Run sql and read the first column of its first row. Returns SQLITE_OK, SQLITE_CORRUPT
 * if there is no row, or another error. */
int sqlite_db_number(struct sqlite_db *db, const char *sql, int64_t *number);

/* The same for a text, which is cut to size bytes with its NUL. */
int sqlite_db_text(struct sqlite_db *db, const char *sql, char *text, size_t size);

/* Copy the row of statement (id, ts, type, tail, kind) to the page. Of STORE_AFTER there
 * is the detail for store_read_add_change, of STORE_SAID_BY whether the name has reacted.
 * Returns SQLITE_ROW, or SQLITE_DONE if the page was full, or SQLITE_CORRUPT. */
int sqlite_db_add_row(struct store_read *read, sqlite3_stmt *statement);

/* Copy the whole log into the file and begin it again: how is SQLITE_CHECKPOINT_TRUNCATE,
 * or SQLITE_CHECKPOINT_RESTART to write over what it has. Returns SQLITE_BUSY if another
 * connection still reads from the log or copies it after wait_ms. */
int sqlite_db_empty_log(struct sqlite_db *db, int how, int wait_ms);

/* Let db write no leftovers of moved rows to its file. */
void sqlite_gaps_zero(struct sqlite_db *db);

/* Remove the leftovers of moved rows that are in the file of db. Nobody else may use the
 * file. Returns SQLITE_OK or an error. */
int sqlite_gaps_clean(struct sqlite_db *db);

/* log_writes.c: let db write each transaction to its log at once. The log must be open,
 * as it is after a statement was prepared; else nothing is changed. */
void sqlite_log_writes_join(struct sqlite_db *db);

/* Roll back the open transaction, if there is one. */
void sqlite_db_rollback(struct sqlite_db *db);

/* Close db and set it to zero. A zeroed db is fine. */
void sqlite_db_close(struct sqlite_db *db);

/* The -errno for rc, which must be the last error of db. */
int sqlite_db_errno(const struct sqlite_db *db, int rc);

/* True if the connection must be opened again after error rc. */
bool sqlite_db_is_broken(int rc);

/* schema.c: checks that the file is Linnet's, and creates its tables */

/* Lock the history, open the writer's connection to it and read its epoch. A new file,
 * and one whose newest messages may be missing, gets the epoch that store has. Returns 0,
 * or -errno with *why set and db closed. */
int sqlite_schema_open(struct sqlite_db *db, struct store *store,
	struct sqlite_files *files, const char **why);

/* Open the connection again; it must still be the file that guard has, with the epoch.
 * Returns SQLITE_OK or an error. */
int sqlite_schema_reopen(struct sqlite_db *db, const struct store *store,
	const struct sqlite_guard *guard);

/* Read the number of entries that the history has ever had: the sum of the last ids of
 * all rooms. Returns SQLITE_OK or an error. */
int sqlite_schema_count(struct sqlite_db *db, uint64_t *entries);

/* Check that the open file is a history of Linnet that this version can read. *version is
 * that of its tables, 0 if it has none. Returns 0, or -errno with *why set. */
int sqlite_schema_check_identity(
	struct sqlite_db *db, int64_t *version, const char **why);

/* Read the whole file and check each page. Returns 0, or -errno with *why set. */
int sqlite_schema_check_pages(struct sqlite_db *db, const char **why);

/* Give the history another epoch. Returns SQLITE_OK or an error. */
int sqlite_schema_set_epoch(struct sqlite_db *db, const char *epoch);

/* Refuse files that SQLite would accept and overwrite. *bytes is the file's size, 0 if
 * there is none. Returns 0, or -errno with *why set. */
int sqlite_schema_check_file(const char *path, int64_t *bytes, const char **why);

/* Explain why a history could not be opened: the -errno for error rc of db, and a
 * sentence in *why. */
int sqlite_schema_refuse(const struct sqlite_db *db, int rc, const char **why);

/* thread.c: a thread that waits for work and does it */

struct sqlite_thread {
	/* Called with the mutex held: take the work that is waiting. Returns false if
	 * there is none. */
	bool (*take)(void *context);
	/* Called without the mutex: do the work that was taken. */
	void (*work)(void *context);
	void *context;
	pthread_t id;
	pthread_mutex_t mutex; /* of the queue that take reads */
	pthread_cond_t cond;
	bool is_started;
	/* Under the mutex. */
	bool is_stopping;
	int64_t wake_ms; /* take is called then at the latest (clock_now_ms); 0: never */
};

/* Set thread, which is all zero, up; it does not run yet. End it with
 * sqlite_thread_destroy. */
void sqlite_thread_init(struct sqlite_thread *thread, bool (*take)(void *context),
	void (*work)(void *context), void *context);

/* Start the thread, which gets no signals. Returns 0, or -errno with *why set. */
int sqlite_thread_start(struct sqlite_thread *thread, const char *name, const char **why);

/* Hold the mutex to add work; sqlite_thread_wake releases it and wakes the thread. */
void sqlite_thread_lock(struct sqlite_thread *thread);
void sqlite_thread_wake(struct sqlite_thread *thread);

/* Wait until the thread, if it was started, has done all its work and has ended. */
void sqlite_thread_stop(struct sqlite_thread *thread);

/* Free what sqlite_thread_init set up; the thread must not run. */
void sqlite_thread_destroy(struct sqlite_thread *thread);

/* checkpointer.c */

struct sqlite_checkpointer;

/* Start the thread. It calls on_large when the log is so large that the writer should
 * empty it. guard, which has the path, must outlive it. Returns NULL with *why set if the
 * thread cannot start. */
struct sqlite_checkpointer *sqlite_checkpointer_start(const struct sqlite_guard *guard,
	void (*on_large)(void *context), void *context, const char **why);

/* The log has this many pages after a commit. Only the writer's thread calls it; it does
 * not wait for the checkpoint. */
void sqlite_checkpointer_note(struct sqlite_checkpointer *checkpointer, int pages);

/* End the thread and free checkpointer; NULL is fine. */
void sqlite_checkpointer_stop(struct sqlite_checkpointer *checkpointer);

/* reader.c */

struct sqlite_reader;

/* Start the thread of that name. Returns NULL with *why and *error (-errno) set if it
 * cannot start. */
struct sqlite_reader *sqlite_reader_start(struct store *store,
	const struct sqlite_guard *guard, const char *thread, int *error,
	const char **why);

/* Take read and answer it. */
void sqlite_reader_push(struct sqlite_reader *reader, struct store_read *read);

/* Answer all reads, end the thread and free reader; NULL is fine. Searches stop where
 * they are. */
void sqlite_reader_stop(struct sqlite_reader *reader);

/* writer.c */

struct sqlite_writer;

/* Create a writer for store. It takes over db, and borrows files. Its thread does not run
 * yet. */
struct sqlite_writer *sqlite_writer_new(
	struct store *store, struct sqlite_db *db, struct sqlite_files *files);

/* Start its thread. Returns 0, or -errno with *why set. */
int sqlite_writer_start(struct sqlite_writer *writer,
	struct sqlite_checkpointer *checkpointer, const char **why);

/* Take writes and answer them. */
void sqlite_writer_push(struct sqlite_writer *writer, struct store_writes *writes);

/* As store_ops.limit. Every room is trimmed in the background. */
void sqlite_writer_limit(struct sqlite_writer *writer, struct store_room_keep *limits);

/* Trim every room in the background: delete what it has too much, and what is too old at
 * now_ms. */
void sqlite_writer_sweep(struct sqlite_writer *writer, int64_t now_ms);

/* Make the writer, which is context, empty the log before its next transaction. Any
 * thread may call it. */
void sqlite_writer_empty_log(void *context);

/* Write and answer everything that was pushed, then end the thread. */
void sqlite_writer_stop(struct sqlite_writer *writer);

/* Close the connection and free writer; NULL is fine. SQLite copies the log into the file
 * when the last connection closes, so free the writer last. */
void sqlite_writer_free(struct sqlite_writer *writer);

/* check.c */

/* As store_ops.check. */
int sqlite_check(const char *path, const char **why);

/* backup.c */

/* As store_ops.backup. */
int sqlite_backup(const char *path, const char *to, const char *epoch, const char **why);
