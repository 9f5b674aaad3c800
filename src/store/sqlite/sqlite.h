/* sqlite.h - what the store_sqlite*.c files share; no other file includes it. Three
 * threads with a connection each: the writer commits and trims, the reader fills pages,
 * the checkpointer copies the write-ahead log (WAL) to the file. Names begin with the
 * file's, without "store_". */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/driver.h"

/* db.c: a connection with its statements */

/* How long to wait for a lock that another process holds. */
#define SQLITE_DB_BUSY_MS 2000

struct sqlite_db {
	sqlite3 *handle;
	sqlite3_stmt **statements;
	size_t count; /* of statements */
};

/* Open path with flags of sqlite3_open_v2. Returns SQLITE_OK or an error; db is to be
 * closed either way. */
int sqlite_db_open(struct sqlite_db *db, const char *path, int flags);

/* Prepare count statements. Returns SQLITE_OK or an error. */
int sqlite_db_prepare(struct sqlite_db *db, const char *const *sql, size_t count);

/* Run statement i to its end and reset it. Returns SQLITE_OK or an error. */
int sqlite_db_run(struct sqlite_db *db, size_t i);

/* Run sql, which takes no values. Returns SQLITE_OK or an error. */
int sqlite_db_exec(struct sqlite_db *db, const char *sql);

/* Read the number that sql gives. Returns SQLITE_OK or an error. */
int sqlite_db_number(struct sqlite_db *db, const char *sql, int64_t *number);

/* Roll a transaction back that was left open. */
void sqlite_db_rollback(struct sqlite_db *db);

/* Close; all zero is fine, and is what it becomes. */
void sqlite_db_close(struct sqlite_db *db);

/* The -errno of the error rc, which was the last of db. */
int sqlite_db_errno(const struct sqlite_db *db, int rc);

/* True if after error rc the connection itself is not to be trusted. */
bool sqlite_db_is_broken(int rc);

/* schema.c: whose file it is and what is in it */

/* Open the writer's connection to the history at path, which is made if there is none,
 * and read its epoch. Returns 0, or -errno with *why set and db closed. */
int sqlite_schema_open(struct sqlite_db *db, const char *path, bool full_sync,
	char *epoch, const char **why);

/* Open it again, as the history of that epoch. Returns SQLITE_OK or an error. */
int sqlite_schema_reopen(
	struct sqlite_db *db, const char *path, bool full_sync, const char *epoch);

/* What a failure rc of db means where a history is opened: -errno, with *why set. */
int sqlite_schema_refuse(const struct sqlite_db *db, int rc, const char **why);

/* checkpointer.c */

struct sqlite_writer;
struct sqlite_checkpointer;

/* Start the thread. writer is told when the log needs to be emptied. Returns NULL if that
 * cannot be. */
struct sqlite_checkpointer *sqlite_checkpointer_start(
	const char *path, struct sqlite_writer *writer);

/* The log has frames pages. For the writer's thread; it does not wait. */
void sqlite_checkpointer_note(struct sqlite_checkpointer *checkpointer, int frames);

/* End the thread; NULL is fine. */
void sqlite_checkpointer_stop(struct sqlite_checkpointer *checkpointer);

/* reader.c */

struct sqlite_reader;

/* Start the thread. Returns NULL with *why set if that cannot be; *error is -errno then.
 */
struct sqlite_reader *sqlite_reader_start(
	struct store *store, const char *path, int *error, const char **why);

/* Take read and answer it. */
void sqlite_reader_push(struct sqlite_reader *reader, struct store_read *read);

/* Answer what was asked for, then end the thread; NULL is fine. */
void sqlite_reader_stop(struct sqlite_reader *reader);

/* writer.c */

/* A writer of store on db, which it takes over, without its thread. */
struct sqlite_writer *sqlite_writer_new(
	struct store *store, struct sqlite_db *db, const char *path);

/* Start its thread. Returns 0, or -errno with *why set. */
int sqlite_writer_start(struct sqlite_writer *writer,
	struct sqlite_checkpointer *checkpointer, const char **why);

/* Take writes, answer them. */
void sqlite_writer_push(struct sqlite_writer *writer, struct store_writes *writes);

/* Trim every room, of what is older than cutoff_ms as well. */
void sqlite_writer_sweep(struct sqlite_writer *writer, int64_t cutoff_ms);

/* Empty the log as soon as nothing is being written. */
void sqlite_writer_settle(struct sqlite_writer *writer);

/* Write and answer what was pushed, then end the thread. */
void sqlite_writer_stop(struct sqlite_writer *writer);

/* Close the connection; the last one to be closed copies the log to the file. NULL is
 * fine. */
void sqlite_writer_free(struct sqlite_writer *writer);

/* thread.c */

/* Start a thread that gets no signals. Returns 0 or -errno. */
int sqlite_thread_start(
	pthread_t *thread, const char *name, void *(*run)(void *), void *context);
