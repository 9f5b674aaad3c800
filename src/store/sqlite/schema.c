#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linnet/base/log.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "store/fts_tokenizer.h"
#include "store/sqlite/sqlite.h"

/* "Lnnt" in the header marks the file as Linnet's, for us and for file(1). */
#define APPLICATION_ID 0x4c6e6e74
#define TEXT_OF(number) TEXT_OF_EXPANDED(number)
#define TEXT_OF_EXPANDED(number) #number

/* Up to this size (about 170,000 messages) the whole file is checked when it is opened.
 * 64 MiB take 0.08 s from the page cache and 0.3 s from a virtual disk. Damage in a
 * larger file is found when the damaged page is read. */
#define CHECK_BYTES_MAX ((int64_t)64 * 1024 * 1024)

/* migrations[n] upgrades version n to version n + 1. Never change a released one.
 *
 * message: ids are dense in each room until changes are trimmed. seq grows with time and
 * orders search results. words is the segmented text that the search index has. tail is
 * what readers are sent now; for changes see store_make_tail. author: see store_entry.
 * change: the rows of message that are one. target is of an edit or a reaction; emoji is
 * of a reaction, until its target is deleted.
 * key: finds the message of a repeated send.
 * search: each row also has its room as a word, so that FTS5 skips the rows of other
 * rooms inside the index. searchable is the view from which FTS5 could rebuild it. It has
 * the messages whose seq is no higher than the value of meta's row indexed.
 * message.kind: enum store_kind.
 * room: entries up to gone_id were deleted with the room, their rows may still be there.
 * Some of those up to lost_id are missing; one more than gone_id if no others are.
 * changes and messages: how many of the others are changes, and how many are not. bytes:
 * of tails, words and reactions. reaction: who has reacted to a message, or has taken it
 * back. name is folded, id that of the last entry that set it. state: the current values
 * of each room. id is the message that set the value; seq is the order in which the keys
 * were first set. From version 3 on a history has a -lineage beside it. An older linnetd
 * would not keep that, and refuses the file. */
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
	"ALTER TABLE message ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE room ADD COLUMN gone_id INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE room ADD COLUMN changes INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE room ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;"
	"UPDATE room SET bytes = (SELECT ifnull(sum(length(CAST(m.tail AS BLOB)) +"
	"	length(CAST(m.words AS BLOB))), 0) FROM message AS m"
	"	WHERE m.room = room.id);",
	"ALTER TABLE message ADD COLUMN author BLOB;"
	"CREATE TABLE change(room INTEGER NOT NULL, id INTEGER NOT NULL,"
	"	target INTEGER, emoji TEXT, PRIMARY KEY(room, id)) WITHOUT ROWID;"
	"CREATE INDEX change_of ON change(room, target);"
	"INSERT INTO change(room, id) SELECT room, id FROM message"
	"	WHERE room IN (SELECT r.id FROM room AS r WHERE r.changes > 0)"
	"	AND kind = 1;"
	"CREATE TABLE reaction(room INTEGER NOT NULL, target INTEGER NOT NULL,"
	"	emoji TEXT NOT NULL, name TEXT NOT NULL, shown TEXT NOT NULL,"
	"	id INTEGER NOT NULL, is_on INTEGER NOT NULL,"
	"	PRIMARY KEY(room, target, emoji, name)) WITHOUT ROWID;"
	"CREATE INDEX reaction_of ON reaction(name, room, target);"
	"ALTER TABLE room ADD COLUMN lost_id INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE room ADD COLUMN messages INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE room ADD COLUMN last_ts INTEGER NOT NULL DEFAULT 0;"
	"UPDATE room SET lost_id = ifnull((SELECT min(m.id) FROM message AS m"
	"	WHERE m.room = room.id AND m.id > gone_id) - 1, last_id),"
	"	last_ts = ifnull((SELECT m.ts FROM message AS m"
	"	WHERE m.room = room.id AND m.id = last_id), 0);"
	"UPDATE room SET messages = last_id - lost_id - changes;"
	"UPDATE room SET lost_id = gone_id + 1 WHERE lost_id = gone_id AND gone_id > 0;",
	"INSERT INTO meta SELECT 'indexed', ifnull(max(seq), 0) FROM message;",
};

#define VERSION ARRAY_SIZE(migrations)

#define LINEAGE_VERSION 3

static char schema_why[300]; /* *why may point to it */

/* Set *why to beginning and SQLite's message about the last error of db. */
static void
schema_explain(const struct sqlite_db *db, const char *beginning, const char **why)
{
	snprintf(schema_why, sizeof(schema_why), "%s: %s", beginning,
		db->handle ? sqlite3_errmsg(db->handle) : "out of memory");
	*why = schema_why;
}

int
sqlite_schema_refuse(const struct sqlite_db *db, int rc, const char **why)
{
	int error = sqlite_db_errno(db, rc);

	/* A plain SQL error means here that a table is missing. */
	if ((rc & 0xff) == SQLITE_ERROR)
		error = -EUCLEAN;
	if (error == -EUCLEAN && (rc & 0xff) == SQLITE_NOTADB)
		*why = "the file is no history of Linnet, or its beginning is damaged";
	else if (error == -EUCLEAN)
		schema_explain(db, "the file is damaged", why);
	else if (error == -EBUSY)
		*why = "another process has locked the file";
	else
		schema_explain(db, "the file cannot be opened", why);
	return error;
}

static bool
schema_has_log(const char *path)
{
	char *name = xasprintf("%s-wal", path);
	struct stat status;
	bool has_log = stat(name, &status) == 0 && status.st_size > 0;

	free(name);
	return has_log;
}

/* Create the file if there is none. SQLite would create it readable for everybody. */
static void
schema_create_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	/* On a failure SQLite will fail as well, and report it. */
	if (fd >= 0)
		close(fd);
}

int
sqlite_schema_check_file(const char *path, int64_t *bytes, const char **why)
{
	struct stat status = { 0 };

	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
		*why = S_ISDIR(status.st_mode) ? "it is a folder" : "it is not a file";
		return S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
	}
	*bytes = status.st_size;
	/* SQLite would delete the log and start an empty database. */
	if (!*bytes && schema_has_log(path)) {
		*why = "the file is missing or empty, but its log (-wal) is not";
		return -EUCLEAN;
	}
	/* SQLite takes a file of one byte for an empty one and overwrites it. */
	if (*bytes == 1) {
		*why = "the file is no history of Linnet";
		return -EUCLEAN;
	}
	return 0;
}

int
sqlite_schema_check_identity(struct sqlite_db *db, int64_t *version, const char **why)
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
		snprintf(schema_why, sizeof(schema_why),
			"a newer version of Linnet wrote the file: its format is %lld, "
			"this version reads formats up to %zu",
			(long long)*version, VERSION);
		*why = schema_why;
		return -ENOTSUP;
	}
	return 0;
}

static int
schema_set_sync(struct sqlite_db *db, bool full_sync)
{
	return sqlite_db_exec(
		db, full_sync ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
}

/* In a new file pages can be moved, so that it can be made shorter (vacuum.c). */
static int
schema_begin_wal(struct sqlite_db *db, bool is_new, const char **why)
{
	char mode[10];
	int rc =
		is_new ? sqlite_db_exec(db, "PRAGMA auto_vacuum=INCREMENTAL") : SQLITE_OK;

	if (rc == SQLITE_OK)
		rc = sqlite_db_text(db, "PRAGMA journal_mode=WAL", mode, sizeof(mode));
	if (rc != SQLITE_OK)
		return sqlite_schema_refuse(db, rc, why);
	if (strcmp(mode, "wal") != 0) {
		*why = "SQLite cannot keep a write-ahead log on this file system";
		return -ENOTSUP;
	}
	return 0;
}

/* Run the pragma check, which says "ok" if the file is. */
static int
schema_check(struct sqlite_db *db, const char *check, const char **why)
{
	char result[200];
	int rc = sqlite_db_text(db, check, result, sizeof(result));

	if (rc != SQLITE_OK)
		return sqlite_schema_refuse(db, rc, why);
	if (strcmp(result, "ok") != 0) {
		snprintf(schema_why, sizeof(schema_why), "the file is damaged: %s",
			result);
		*why = schema_why;
		return -EUCLEAN;
	}
	return 0;
}

int
sqlite_schema_check_pages(struct sqlite_db *db, const char **why)
{
	return schema_check(db, "PRAGMA quick_check(1)", why);
}

/* SQLite applies the log to the file even if one of them is from another time. Their
 * pages then contradict each other. */
static int
schema_check_mixture(struct sqlite_db *db, const char **why)
{
	int error = schema_check(db, "PRAGMA integrity_check(1)", why);
	int rc;

	if (error)
		return error;
	rc = sqlite_db_exec(db, "INSERT INTO search(search) VALUES('integrity-check')");
	return rc == SQLITE_OK ? 0 : sqlite_schema_refuse(db, rc, why);
}

int
sqlite_schema_set_epoch(struct sqlite_db *db, const char *epoch)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(db->handle,
		"INSERT OR REPLACE INTO meta(name, value) VALUES('epoch', ?1)", -1,
		&statement, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_text(statement, 1, epoch, -1, SQLITE_STATIC);
	sqlite3_step(statement);
	return sqlite3_finalize(statement);
}

/* Read the epoch to epoch, which has STORE_EPOCH_BYTES and a NUL. */
static int
schema_read_epoch(struct sqlite_db *db, char *epoch)
{
	char text[STORE_EPOCH_BYTES + 2];
	size_t len = 0;
	int rc = sqlite_db_text(
		db, "SELECT value FROM meta WHERE name = 'epoch'", text, sizeof(text));

	if (rc != SQLITE_OK)
		return rc;
	while (isalnum((unsigned char)text[len]))
		len++;
	if (!len || len > STORE_EPOCH_BYTES || text[len])
		return SQLITE_CORRUPT;
	memcpy(epoch, text, len + 1);
	return SQLITE_OK;
}

int
sqlite_schema_count(struct sqlite_db *db, uint64_t *entries)
{
	int64_t number = 0;
	int rc =
		sqlite_db_number(db, "SELECT ifnull(sum(last_id), 0) FROM room", &number);

	*entries = (uint64_t)number;
	return rc;
}

static int
schema_read_length(struct sqlite_db *db, int64_t *pages, int64_t *page_bytes)
{
	int rc = sqlite_db_number(db, "PRAGMA page_count", pages);

	return rc == SQLITE_OK ? sqlite_db_number(db, "PRAGMA page_size", page_bytes)
			       : rc;
}

/* Tell guard how long the database is. */
static int
schema_measure(struct sqlite_db *db, struct sqlite_guard *guard)
{
	int64_t pages = 0, page_bytes = 0;
	int rc = schema_read_length(db, &pages, &page_bytes);

	if (rc == SQLITE_OK)
		sqlite_guard_note_file(guard, pages * page_bytes);
	return rc;
}

/* A page that was cut off and is no tree's is not missed by SQLite: it holds a part of a
 * long text. */
static int
schema_check_length(
	struct sqlite_db *db, const struct sqlite_guard *guard, const char **why)
{
	int64_t pages = 0, page_bytes = 0, missing;
	int rc = schema_read_length(db, &pages, &page_bytes);

	if (rc != SQLITE_OK)
		return sqlite_schema_refuse(db, rc, why);
	missing = sqlite_guard_count_missing(guard, pages, page_bytes);
	if (!missing)
		return 0;
	snprintf(schema_why, sizeof(schema_why),
		"the file is damaged: %lld of its %lld pages are missing at its end",
		(long long)missing, (long long)pages);
	*why = schema_why;
	return -EUCLEAN;
}

/* Upgrade the tables in one transaction, so that a failure leaves the file as it was. */
static int
schema_migrate(struct sqlite_db *db, int64_t version, const char *new_epoch)
{
	char sql[100];
	int rc;

	if (version == VERSION)
		return SQLITE_OK;
	rc = sqlite_db_exec(db, "BEGIN IMMEDIATE");
	for (int64_t i = version; rc == SQLITE_OK && i < (int64_t)VERSION; i++)
		rc = sqlite_db_exec(db, migrations[i]);
	if (rc == SQLITE_OK && version == 0)
		rc = sqlite_schema_set_epoch(db, new_epoch);
	snprintf(sql, sizeof(sql),
		"PRAGMA application_id=" TEXT_OF(
			APPLICATION_ID) "; PRAGMA user_version=%zu; COMMIT",
		VERSION);
	if (rc == SQLITE_OK)
		rc = sqlite_db_exec(db, sql);
	return rc;
}

/* Explain why the -lineage cannot be kept. */
static int
schema_refuse_lineage(int error, const char **why)
{
	snprintf(schema_why, sizeof(schema_why),
		"the file beside it, -lineage, cannot be written: %s", strerror(-error));
	*why = schema_why;
	return error;
}

/* Find out whether the history is whole, and take over its epoch if it is. Otherwise
 * *loss says why not, and store keeps the new one. */
static int
schema_choose_epoch(struct sqlite_db *db, struct store *store, struct sqlite_files *files,
	int64_t version, const char **loss, const char **why)
{
	char found[STORE_EPOCH_BYTES + 1];
	struct lineage_facts facts = {
		.path = files->guard.real_path,
		.changes = files->guard.changes,
		.is_older = version < LINEAGE_VERSION,
	};
	bool is_synced = store->options.full_sync;
	int r, rc;

	if (version > 0) {
		if ((rc = schema_read_epoch(db, found)) ||
			(rc = sqlite_schema_count(db, &facts.entries)))
			return sqlite_schema_refuse(db, rc, why);
		facts.epoch = found;
	}
	r = sqlite_lineage_open(&files->lineage, &facts, loss);
	/* An earlier run may have left something in the memory of the system. */
	if (r == 0 && is_synced)
		r = sqlite_guard_sync(&files->guard);
	if (r == 0 && facts.epoch && !*loss)
		memcpy(store->epoch, found, sizeof(found));
	if (r == 0)
		r = sqlite_lineage_begin(
			&files->lineage, store->epoch, facts.entries, is_synced);
	return r < 0 ? schema_refuse_lineage(r, why) : 0;
}

/* The file is a history, and whole as far as pages go. The -lineage is written first: if
 * the process ends in between, the next one finds another epoch there, and changes it
 * again. */
static int
schema_open_history(struct sqlite_db *db, struct store *store, struct sqlite_files *files,
	int64_t version, const char **why)
{
	const char *loss = NULL;
	int error, rc;

	if ((rc = schema_set_sync(db, store->options.full_sync)))
		return sqlite_schema_refuse(db, rc, why);
	error = schema_choose_epoch(db, store, files, version, &loss, why);
	if (error)
		return error;
	if (version && loss && schema_has_log(files->guard.real_path) &&
		(error = schema_check_mixture(db, why)))
		return error;
	rc = schema_migrate(db, version, store->epoch);
	if (rc == SQLITE_OK && loss)
		rc = sqlite_schema_set_epoch(db, store->epoch);
	if (rc == SQLITE_OK)
		rc = schema_measure(db, &files->guard);
	if (rc != SQLITE_OK)
		return sqlite_schema_refuse(db, rc, why);
	if (loss)
		log_warn("epoch_changed", log_str("path", store->options.path),
			log_str("epoch", store->epoch), log_str("why", loss));
	return 0;
}

/* Lock the file and let SQLite open it. *bytes is its size, 0 if it is new. */
static int
schema_open_locked(struct sqlite_db *db, const struct store *store,
	struct sqlite_guard *guard, int64_t *bytes, const char **why)
{
	const char *path = store->options.path;
	int error, rc;

	if ((error = sqlite_guard_lock_path(guard, why)) ||
		(error = sqlite_schema_check_file(path, bytes, why)))
		return error;
	schema_create_file(path);
	error = sqlite_guard_lock_file(guard, why);
	if (error)
		return error;
	rc = sqlite_db_open(db, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	if (rc != SQLITE_OK)
		return sqlite_schema_refuse(db, rc, why);
	/* The file may be another program's: do not copy its log into it. */
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return 0;
}

static int
schema_open_file(struct sqlite_db *db, struct store *store, struct sqlite_files *files,
	const char **why)
{
	int64_t bytes = 0, version = 0;
	int error;

	if ((error = schema_open_locked(db, store, &files->guard, &bytes, why)) ||
		(error = sqlite_schema_check_identity(db, &version, why)))
		return error;
	if (sqlite3_db_readonly(db->handle, "main")) {
		*why = "the file is read-only: make it writable";
		return -EROFS;
	}
	if ((error = schema_begin_wal(db, !bytes, why)))
		return error;
	if (bytes <= CHECK_BYTES_MAX && (error = sqlite_schema_check_pages(db, why)))
		return error;
	if ((error = sqlite_guard_open_log(&files->guard))) {
		*why = "its log (-wal) cannot be opened";
		return error;
	}
	if ((error = schema_check_length(db, &files->guard, why)))
		return error;
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	sqlite3_db_release_memory(db->handle); /* the pages that the check has read */
	return schema_open_history(db, store, files, version, why);
}

int
sqlite_schema_open(struct sqlite_db *db, struct store *store, struct sqlite_files *files,
	const char **why)
{
	int error;

	memset(db, 0, sizeof(*db));
	error = schema_open_file(db, store, files, why);
	if (error)
		sqlite_db_close(db);
	return error;
}

int
sqlite_schema_reopen(
	struct sqlite_db *db, const struct store *store, const struct sqlite_guard *guard)
{
	char found[STORE_EPOCH_BYTES + 1];
	int rc;

	sqlite_db_close(db);
	if (!sqlite_guard_is_same(guard))
		return SQLITE_READONLY_DBMOVED;
	if ((rc = sqlite_db_open(db, store->options.path, SQLITE_OPEN_READWRITE)) ||
		(rc = schema_set_sync(db, store->options.full_sync)) ||
		(rc = schema_read_epoch(db, found)))
		return rc;
	return strcmp(found, store->epoch) != 0 ? SQLITE_CORRUPT : SQLITE_OK;
}
