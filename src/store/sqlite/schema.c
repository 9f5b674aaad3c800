#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "store/fts_tokenizer.h"
#include "store/sqlite/sqlite.h"

/* "Lnnt", in the file's header; file(1) and we tell by it whose file it is. */
#define APPLICATION_ID 0x4c6e6e74
#define TEXT_OF(number) TEXT_OF_EXPANDED(number)
#define TEXT_OF_EXPANDED(number) #number

/* Up to this size the whole file is checked when it is opened. That takes 0.08 s
 * for 64 MiB that are in the page cache and 0.3 s for those that are on a virtual disk
 * (about 170,000 messages); damage in a larger file is found when it is read. */
#define CHECK_BYTES_MAX ((int64_t)64 * 1024 * 1024)

/* migrations[n] makes version n + 1 out of version n. Never change one that was released.
 *
 * message: ids are dense in each room; words is what search indexes, segmented. seq grows
 * with time, so it orders what is found. key: by what a repeated send is known. search:
 * each row also has its room as a word, so that another room's rows are passed over in
 * the index; searchable is where FTS5 could read its rows again ('rebuild').
 *
 * state: the values that stand; id is that of the message that set the value, seq orders
 * them as they were set first. */
static const char *const migrations[] = {
	"CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE room(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
	"	last_id INTEGER NOT NULL);"
	"CREATE TABLE message(seq INTEGER PRIMARY KEY, room INTEGER NOT NULL,"
	"	id INTEGER NOT NULL, ts INTEGER NOT NULL, type TEXT NOT NULL,"
	"	tail TEXT NOT NULL, words TEXT NOT NULL, UNIQUE(room, id));"
	"CREATE TABLE key(room INTEGER NOT NULL, text TEXT NOT NULL,"
	"	id INTEGER NOT NULL, PRIMARY KEY(room, text)) WITHOUT ROWID;"
	"CREATE INDEX key_of_message ON key(room, id);"
	"CREATE VIEW searchable AS"
	"	SELECT seq, 'in' || room AS room, words FROM message;"
	"CREATE VIRTUAL TABLE search USING fts5(room, words, content='searchable',"
	"	content_rowid='seq', columnsize=0,"
	"	tokenize=\"" FTS_TOKENIZER " remove_diacritics " FTS_TOKENIZER_DIACRITICS
	" categories '" FTS_TOKENIZER_CATEGORIES "'\");",
	"CREATE TABLE state(seq INTEGER PRIMARY KEY, room INTEGER NOT NULL,"
	"	key TEXT NOT NULL, id INTEGER NOT NULL, value TEXT NOT NULL,"
	"	UNIQUE(room, key));",
};

#define VERSION ARRAY_SIZE(migrations)

static char explanation[300]; /* where *why points to */

/* Set *why to the beginning and SQLite's sentence about the last error of db. */
static void
explain(const struct sqlite_db *db, const char *beginning, const char **why)
{
	snprintf(explanation, sizeof(explanation), "%s: %s", beginning,
		db->handle ? sqlite3_errmsg(db->handle) : "out of memory");
	*why = explanation;
}

int
sqlite_schema_refuse(const struct sqlite_db *db, int rc, const char **why)
{
	int error = sqlite_db_errno(db, rc);

	/* Plain SQL errors are ours or, as here, those of tables that are not there. */
	if ((rc & 0xff) == SQLITE_ERROR)
		error = -EUCLEAN;
	if (error == -EUCLEAN && (rc & 0xff) == SQLITE_NOTADB)
		*why = "the file is no history of Linnet, or its beginning is damaged";
	else if (error == -EUCLEAN)
		explain(db, "the file is damaged", why);
	else if (error == -EBUSY)
		*why = "another process has locked the file";
	else
		explain(db, "the file cannot be opened", why);
	return error;
}

static int64_t
size_of_file(const char *path, const char *suffix)
{
	size_t size = strlen(path) + strlen(suffix) + 1;
	char *name = xmalloc(size);
	struct stat status;
	int r;

	snprintf(name, size, "%s%s", path, suffix);
	r = stat(name, &status);
	free(name);
	return r < 0 ? 0 : status.st_size;
}

/* Make the file if there is none: SQLite would let everybody read it. */
static void
create_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	/* If it fails, SQLite will, and says why. */
	if (fd >= 0)
		close(fd);
}

/* What SQLite would not mind, but we do. *bytes is the file's size. */
static int
check_file(const char *path, int64_t *bytes, const char **why)
{
	struct stat status = { 0 };

	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
		*why = S_ISDIR(status.st_mode) ? "it is a folder" : "it is not a file";
		return S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
	}
	*bytes = status.st_size;
	/* SQLite would throw the log away and begin anew. */
	if (!*bytes && size_of_file(path, "-wal")) {
		*why = "the file is missing or empty, but its log (-wal) is not";
		return -EUCLEAN;
	}
	/* SQLite takes a file of one byte for an empty one and writes over it. */
	if (*bytes == 1) {
		*why = "the file is no history of Linnet";
		return -EUCLEAN;
	}
	create_file(path);
	return 0;
}

/* Whether the file is ours to write to. *version is that of its tables; 0: there are
 * none.
 */
static int
check_identity(struct sqlite_db *db, int64_t *version, const char **why)
{
	int64_t application_id = 0, tables = 0;
	int rc;

	if ((rc = sqlite_db_number(db, "PRAGMA application_id", &application_id)) ||
		(rc = sqlite_db_number(db, "PRAGMA user_version", version)) ||
		(rc = sqlite_db_number(
			 db, "SELECT count(*) FROM sqlite_master", &tables)))
		return sqlite_schema_refuse(db, rc, why);
	if (application_id != APPLICATION_ID && (application_id || tables || *version)) {
		*why = "the file is an SQLite database of another program";
		return -EUCLEAN;
	}
	if (*version < 0 || *version > (int64_t)VERSION) {
		snprintf(explanation, sizeof(explanation),
			"a newer version of Linnet wrote the file: its format is %lld, "
			"known are those up to %zu",
			(long long)*version, VERSION);
		*why = explanation;
		return -ENOTSUP;
	}
	if (sqlite3_db_readonly(db->handle, "main")) {
		*why = "the file can only be read";
		return -EROFS;
	}
	return 0;
}

static int
set_modes(struct sqlite_db *db, bool full_sync)
{
	return sqlite_db_exec(
		db, full_sync ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
}

static int
begin_wal(struct sqlite_db *db, const char **why)
{
	sqlite3_stmt *statement;
	bool is_wal = false;
	int rc = sqlite3_prepare_v2(
		db->handle, "PRAGMA journal_mode=WAL", -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return sqlite_schema_refuse(db, rc, why);
	if (sqlite3_step(statement) == SQLITE_ROW)
		is_wal = !strcmp((const char *)sqlite3_column_text(statement, 0), "wal");
	rc = sqlite3_finalize(statement);
	if (rc != SQLITE_OK)
		return sqlite_schema_refuse(db, rc, why);
	if (!is_wal) {
		*why = "SQLite cannot keep a write-ahead log on this file system";
		return -ENOTSUP;
	}
	return 0;
}

/* Reads the whole file. */
static int
check_pages(struct sqlite_db *db, const char **why)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(
		db->handle, "PRAGMA quick_check(1)", -1, &statement, NULL);
	const char *text;
	int error = 0;

	if (rc == SQLITE_OK) {
		rc = sqlite3_step(statement);
		text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0)
					: NULL;
		if (text && strcmp(text, "ok") != 0) {
			snprintf(explanation, sizeof(explanation),
				"the file is damaged: %.200s", text);
			*why = explanation;
			error = -EUCLEAN;
		}
		sqlite3_finalize(statement);
	}
	if (error)
		return error;
	return rc == SQLITE_ROW ? 0 : sqlite_schema_refuse(db, rc, why);
}

static int
write_epoch(struct sqlite_db *db, const char *epoch)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(db->handle,
		"INSERT INTO meta(name, value) VALUES('epoch', ?1)", -1, &statement,
		NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_text(statement, 1, epoch, -1, SQLITE_STATIC);
	sqlite3_step(statement);
	return sqlite3_finalize(statement);
}

/* Read the epoch to epoch, of STORE_EPOCH_BYTES and a NUL. */
static int
read_epoch(struct sqlite_db *db, char *epoch)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(db->handle,
		"SELECT value FROM meta WHERE name = 'epoch'", -1, &statement, NULL);
	const char *text = NULL;
	size_t len = 0;

	if (rc != SQLITE_OK)
		return rc;
	if (sqlite3_step(statement) == SQLITE_ROW)
		text = (const char *)sqlite3_column_text(statement, 0);
	while (text && isalnum((unsigned char)text[len]))
		len++;
	if (len && len <= STORE_EPOCH_BYTES && !text[len])
		memcpy(epoch, text, len + 1);
	else
		rc = SQLITE_CORRUPT;
	/* An error of reading says more than that there is no epoch. */
	return sqlite3_finalize(statement) ? sqlite3_errcode(db->handle) : rc;
}

/* All in one transaction: a history is there as a whole or not at all. */
static int
migrate(struct sqlite_db *db, int64_t version, const char *new_epoch)
{
	char sql[100];
	int rc;

	if (version == VERSION)
		return SQLITE_OK;
	rc = sqlite_db_exec(db, "BEGIN IMMEDIATE");
	for (int64_t i = version; rc == SQLITE_OK && i < (int64_t)VERSION; i++)
		rc = sqlite_db_exec(db, migrations[i]);
	if (rc == SQLITE_OK && version == 0)
		rc = write_epoch(db, new_epoch);
	snprintf(sql, sizeof(sql),
		"PRAGMA application_id=" TEXT_OF(
			APPLICATION_ID) "; PRAGMA user_version=%zu; COMMIT",
		VERSION);
	if (rc == SQLITE_OK)
		rc = sqlite_db_exec(db, sql);
	return rc;
}

static int
open_file(struct sqlite_db *db, const char *path, bool full_sync, char *epoch,
	const char **why)
{
	int64_t bytes = 0, version = 0;
	int error, rc;

	error = check_file(path, &bytes, why);
	if (error)
		return error;
	rc = sqlite_db_open(db, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	if (rc != SQLITE_OK)
		return sqlite_schema_refuse(db, rc, why);
	/* As long as the file may be another program's, leave its log alone. */
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	if ((error = check_identity(db, &version, why)) || (error = begin_wal(db, why)))
		return error;
	if (bytes <= CHECK_BYTES_MAX && (error = check_pages(db, why)))
		return error;
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	sqlite3_db_release_memory(db->handle); /* the pages that were checked */
	if ((rc = set_modes(db, full_sync)) || (rc = migrate(db, version, epoch)) ||
		(rc = read_epoch(db, epoch)))
		return sqlite_schema_refuse(db, rc, why);
	return 0;
}

int
sqlite_schema_open(struct sqlite_db *db, const char *path, bool full_sync, char *epoch,
	const char **why)
{
	int error;

	memset(db, 0, sizeof(*db));
	error = open_file(db, path, full_sync, epoch, why);
	if (error)
		sqlite_db_close(db);
	return error;
}

int
sqlite_schema_reopen(
	struct sqlite_db *db, const char *path, bool full_sync, const char *epoch)
{
	char found[STORE_EPOCH_BYTES + 1];
	int rc;

	sqlite_db_close(db);
	if ((rc = sqlite_db_open(db, path, SQLITE_OPEN_READWRITE)) ||
		(rc = set_modes(db, full_sync)) || (rc = read_epoch(db, found)))
		return rc;
	return strcmp(found, epoch) != 0 ? SQLITE_CORRUPT : SQLITE_OK;
}
