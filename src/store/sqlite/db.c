#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "store/sqlite/sqlite.h"

/* Checkpoints are the checkpointer's. cell_size_check finds damage before it is followed;
 * secure_delete=FAST overwrites what was deleted only where that costs no writing. */
static const char setup[] = "PRAGMA wal_autocheckpoint=0;"
			    "PRAGMA cell_size_check=ON;"
			    "PRAGMA trusted_schema=OFF;"
			    "PRAGMA secure_delete=FAST;"
			    "PRAGMA temp_store=MEMORY;";

int
sqlite_db_open(struct sqlite_db *db, const char *path, int flags)
{
	/* So that no name means something special: ":memory:", "file:x". */
	size_t size = strlen(path) + 3;
	char *name = xmalloc(size);
	int rc;

	memset(db, 0, sizeof(*db));
	snprintf(name, size, "%s%s", *path == '/' ? "" : "./", path);
	rc = sqlite3_open_v2(name, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
	free(name);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, SQLITE_DB_BUSY_MS);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return sqlite_db_exec(db, setup);
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

int
sqlite_db_number(struct sqlite_db *db, const char *sql, int64_t *number)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		*number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return rc == SQLITE_ROW ? SQLITE_OK : rc == SQLITE_DONE ? SQLITE_CORRUPT : rc;
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

/* What the system said about the log or the file. sqlite3_system_errno is only good where
 * there is neither: it reads errno after SQLite has cleaned up. */
static int
last_errno(sqlite3 *db)
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
errno_of_system(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG: /* above the limit of a process or file system */
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
		return errno_of_system(last_errno(db->handle));
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
