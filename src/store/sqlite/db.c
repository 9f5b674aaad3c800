#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "store/page.h"
#include "store/sqlite/sqlite.h"

/* wal_autocheckpoint=0: the checkpointer's thread runs all checkpoints.
 * journal_size_limit: a log that a reader has let grow is cut when it begins again.
 * cell_size_check=ON: report damage in a page instead of following it.
 * secure_delete=ON: overwrite deleted content, and pages that become free. */
static const char db_setup[] = "PRAGMA wal_autocheckpoint=0;"
			       "PRAGMA journal_size_limit=20971520;"
			       "PRAGMA cell_size_check=ON;"
			       "PRAGMA trusted_schema=OFF;"
			       "PRAGMA secure_delete=ON;"
			       "PRAGMA temp_store=MEMORY;";

int
sqlite_db_open(struct sqlite_db *db, const char *path, int flags)
{
	/* SQLite gives names such as ":memory:" and "file:x" a meaning; a path has none.
	 */
	char *name = xasprintf("%s%s", *path == '/' ? "" : "./", path);
	int rc;

	memset(db, 0, sizeof(*db));
	rc = sqlite3_open_v2(name, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
	free(name);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, SQLITE_DB_BUSY_MS);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite_gaps_zero(db);
	return sqlite_db_exec(db, db_setup);
}

int
sqlite_db_prepare(struct sqlite_db *db, const char *const *sql, size_t count)
{
	db->statements = xcalloc(count, sizeof(sqlite3_stmt *));
	for (db->count = 0; db->count < count; db->count++) {
		int rc = sqlite3_prepare_v3(db->handle, sql[db->count], -1,
			SQLITE_PREPARE_PERSISTENT, &db->statements[db->count], NULL);
		if (rc != SQLITE_OK)
			return rc;
	}
	return SQLITE_OK;
}

int
sqlite_db_run(struct sqlite_db *db, size_t i)
{
	int rc;

	while ((rc = sqlite3_step(db->statements[i])) == SQLITE_ROW)
		;
	sqlite3_reset(db->statements[i]);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int
sqlite_db_exec(struct sqlite_db *db, const char *sql)
{
	return sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
}

/* Prepare sql and step to its first row. Finalize *statement in either case. */
static int
db_first_row(struct sqlite_db *db, const char *sql, sqlite3_stmt **statement)
{
	int rc = sqlite3_prepare_v2(db->handle, sql, -1, statement, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(*statement);
	return rc == SQLITE_ROW ? SQLITE_OK : rc == SQLITE_DONE ? SQLITE_CORRUPT : rc;
}

int
sqlite_db_number(struct sqlite_db *db, const char *sql, int64_t *number)
{
	sqlite3_stmt *statement;
	int rc = db_first_row(db, sql, &statement);

	if (rc == SQLITE_OK)
		*number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return rc;
}

int
sqlite_db_text(struct sqlite_db *db, const char *sql, char *text, size_t size)
{
	sqlite3_stmt *statement;
	const char *value = NULL;
	int rc = db_first_row(db, sql, &statement);

	if (rc == SQLITE_OK)
		value = (const char *)sqlite3_column_text(statement, 0);
	snprintf(text, size, "%s", value ? value : "");
	sqlite3_finalize(statement);
	return rc;
}

int
sqlite_db_add_row(struct store_read *read, sqlite3_stmt *statement)
{
	const struct store_message message = {
		.id = (uint64_t)sqlite3_column_int64(statement, 0),
		.ts_ms = sqlite3_column_int64(statement, 1),
		.type = (const char *)sqlite3_column_text(statement, 2),
		.tail = (const char *)sqlite3_column_text(statement, 3),
		.tail_len = (size_t)sqlite3_column_bytes(statement, 3),
		.kind = (enum store_kind)sqlite3_column_int(statement, 4),
	};
	bool is_added;

	/* A page that somebody has cut off reads as zeros. */
	if (!message.type || !message.tail || strlen(message.tail) != message.tail_len)
		return SQLITE_CORRUPT;
	if (read->kind == STORE_SAID_BY)
		is_added = store_read_add_said(
			read, &message, sqlite3_column_int(statement, 5));
	else if (read->kind == STORE_AFTER)
		is_added = store_read_add_change(
			read, &message, (const char *)sqlite3_column_text(statement, 5));
	else
		is_added = store_read_add(read, &message);
	return is_added ? SQLITE_ROW : SQLITE_DONE;
}

int
sqlite_db_empty_log(struct sqlite_db *db, int how, int wait_ms)
{
	int rc;

	sqlite3_busy_timeout(db->handle, wait_ms);
	rc = sqlite3_wal_checkpoint_v2(db->handle, NULL, how, NULL, NULL);
	sqlite3_busy_timeout(db->handle, SQLITE_DB_BUSY_MS);
	return rc;
}

void
sqlite_db_rollback(struct sqlite_db *db)
{
	if (db->handle && !sqlite3_get_autocommit(db->handle))
		sqlite_db_exec(db, "ROLLBACK");
}

void
sqlite_db_close(struct sqlite_db *db)
{
	for (size_t i = 0; i < db->count; i++)
		sqlite3_finalize(db->statements[i]);
	free(db->statements);
	sqlite3_close(db->handle);
	memset(db, 0, sizeof(*db));
}

/* The last errno of the log or else of the file. sqlite3_system_errno is the fallback for
 * when neither is open: it returns errno as SQLite's own clean-up left it. */
static int
db_last_errno(sqlite3 *db)
{
	static const int pointers[] = { SQLITE_FCNTL_JOURNAL_POINTER,
		SQLITE_FCNTL_FILE_POINTER };
	int error = 0;

	for (size_t i = 0; i < ARRAY_SIZE(pointers) && !error; i++) {
		sqlite3_file *file = NULL;
		sqlite3_file_control(db, "main", pointers[i], &file);
		if (file && file->pMethods)
			file->pMethods->xFileControl(
				file, SQLITE_FCNTL_LAST_ERRNO, &error);
	}
	return error ? error : sqlite3_system_errno(db);
}

static int
db_map_errno(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG: /* over the size limit of the process or file system */
		return -ENOSPC;
	case EROFS:
		return -EROFS;
	default:
		return -EIO;
	}
}

int
sqlite_db_errno(const struct sqlite_db *db, int rc)
{
	if (rc == SQLITE_READONLY_DBMOVED)
		return -EBADFD;
	switch (rc & 0xff) {
	case SQLITE_OK:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_CONSTRAINT: /* the tables contradict each other */
		return -EUCLEAN;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		return db_map_errno(db_last_errno(db->handle));
	default:
		return -EIO;
	}
}

bool
sqlite_db_is_broken(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return true;
	default:
		return false;
	}
}
