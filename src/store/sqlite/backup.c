#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "store/sqlite/sqlite.h"

static char backup_why[300]; /* *why may point to it */

static int
backup_refuse(const char *what, int error, const char **why)
{
	snprintf(backup_why, sizeof(backup_why), "%s: %s", what, strerror(error));
	*why = backup_why;
	return -error;
}

/* Open the history. It is not changed, whether a daemon has it open or not. */
static int
backup_open_source(struct sqlite_db *source, const char *path, const char **why)
{
	struct stat status;
	int64_t version = 0;
	int rc;

	memset(source, 0, sizeof(*source));
	if (stat(path, &status) < 0)
		return backup_refuse("the history cannot be read", errno, why);
	if (!S_ISREG(status.st_mode)) {
		*why = "the history cannot be read: it is not a file";
		return -EINVAL;
	}
	rc = sqlite_db_open(source, path, SQLITE_OPEN_READONLY);
	if (rc != SQLITE_OK)
		return sqlite_schema_refuse(source, rc, why);
	sqlite3_db_config(source->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	rc = sqlite_schema_check_identity(source, &version, why);
	if (rc == 0 && !version) {
		*why = "the file is no history of Linnet";
		return -EUCLEAN;
	}
	return rc;
}

/* Copy all pages as they are at one moment. Commits go on meanwhile. */
static int
backup_copy(struct sqlite_db *to, struct sqlite_db *source)
{
	sqlite3_backup *backup =
		sqlite3_backup_init(to->handle, "main", source->handle, "main");

	if (!backup)
		return sqlite3_errcode(to->handle);
	sqlite3_backup_step(backup, -1);
	return sqlite3_backup_finish(backup);
}

/* Fill the empty file path. */
static int
backup_fill(
	const char *path, struct sqlite_db *source, const char *epoch, const char **why)
{
	struct sqlite_db to;
	int error = 0, rc;

	rc = sqlite_db_open(&to, path, SQLITE_OPEN_READWRITE);
	if (rc == SQLITE_OK)
		rc = backup_copy(&to, source);
	/* SQLite writes the first page last, so gaps.c could not tell what the others
	 * are; and pages from the log have leftovers. */
	if (rc == SQLITE_OK)
		rc = sqlite_gaps_clean(&to);
	if (rc == SQLITE_OK)
		rc = sqlite_schema_set_epoch(&to, epoch);
	if (rc != SQLITE_OK)
		error = sqlite_schema_refuse(&to, rc, why);
	else
		error = sqlite_schema_check_pages(&to, why);
	sqlite_db_close(&to);
	return error;
}

static int
backup_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error = fd < 0 || fsync(fd) < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return error;
}

/* Give the finished copy its name, unless there is such a file. */
static int
backup_name(const char *path, const char *to, const char **why)
{
	int error = backup_sync(path);

	if (!error && renameat2(AT_FDCWD, path, AT_FDCWD, to, RENAME_NOREPLACE) < 0)
		error = errno;
	/* Some file systems know only this way. */
	if (error == EINVAL) {
		error = link(path, to) < 0 ? errno : 0;
		if (!error)
			unlink(path);
	}
	return error ? backup_refuse("the copy cannot be written", error, why) : 0;
}

/* Remove a copy that failed, and what SQLite may have left beside it. */
static void
backup_remove(const char *path)
{
	static const char *const endings[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		char *name = xasprintf("%s%s", path, endings[i]);

		unlink(name);
		free(name);
	}
}

int
sqlite_backup(const char *path, const char *to, const char *epoch, const char **why)
{
	char *name = xasprintf("%s.XXXXXX", to);
	struct sqlite_db source = { 0 };
	int error = 0, fd = -1;

	/* The last word is that of backup_name; this one comes before all the work. */
	if (access(to, F_OK) == 0)
		error = backup_refuse("the copy cannot be written", EEXIST, why);
	if (!error)
		error = backup_open_source(&source, path, why);
	if (!error && (fd = mkostemp(name, O_CLOEXEC)) < 0)
		error = backup_refuse("the copy cannot be written", errno, why);
	if (fd >= 0) {
		close(fd);
		error = backup_fill(name, &source, epoch, why);
		if (!error)
			error = backup_name(name, to, why);
		if (error)
			backup_remove(name);
	}
	sqlite_db_close(&source);
	free(name);
	return error;
}
