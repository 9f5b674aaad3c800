/* A transaction's way into the log, in one write instead of two for each page. SQLite
 * writes the header of a frame, and then its page; they are collected here until the
 * transaction ends, which is before SQLite tells readers of it. What is collected is
 * written before anything else is done with the log, so that nobody sees a difference. */
#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"
#include "store/sqlite/sqlite.h"

/* https://www.sqlite.org/fileformat2.html section 4.1: the header of a frame, and where
 * it says that a transaction ends with the frame: the number is not 0. */
#define FRAME_HEADER_BYTES 24
#define FRAME_END_AT 4

#define COLLECTED_BYTES ((size_t)128 * 1024)

/* The open log of a connection. */
struct log_file {
	sqlite3_io_methods methods; /* the file points to it */
	const sqlite3_io_methods *original;
	sqlite3_int64 start; /* where what is collected belongs */
	size_t len;
	bool is_end; /* the last header says so */
	unsigned char bytes[COLLECTED_BYTES];
};

static struct log_file *
log_file_of(sqlite3_file *file)
{
	return (struct log_file *)(void *)file->pMethods;
}

static int
log_file_flush(sqlite3_file *file)
{
	struct log_file *log = log_file_of(file);
	size_t len = log->len;
	sqlite3_int64 start = log->start;

	if (!len)
		return SQLITE_OK;
	/* After a failure SQLite rolls back, and begins again at an earlier place. */
	log->len = 0;
	log->start += (sqlite3_int64)len;
	return log->original->xWrite(file, log->bytes, (int)len, start);
}

/* Collect what follows the last write, until a transaction ends with a page. Elsewhere
 * SQLite changes what the open transaction has written already: headers alone, or pages
 * alone. That is written at once. */
static int
log_file_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 offset)
{
	static const unsigned char none[4];
	struct log_file *log = log_file_of(file);
	bool is_header = len == FRAME_HEADER_BYTES;
	bool follows = offset == log->start + (sqlite3_int64)log->len;
	int rc = SQLITE_OK;

	if (is_header)
		log->is_end = memcmp((const char *)bytes + FRAME_END_AT, none,
				      sizeof(none)) != 0;
	if (!follows || log->len + (size_t)len > sizeof(log->bytes))
		rc = log_file_flush(file);
	if (rc != SQLITE_OK)
		return rc;
	if (!follows || (size_t)len > sizeof(log->bytes)) {
		log->start = offset + len;
		return log->original->xWrite(file, bytes, len, offset);
	}
	memcpy(log->bytes + log->len, bytes, (size_t)len);
	log->len += (size_t)len;
	return log->is_end && !is_header ? log_file_flush(file) : SQLITE_OK;
}

static int
log_file_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 offset)
{
	int rc = log_file_flush(file);

	return rc == SQLITE_OK
		       ? log_file_of(file)->original->xRead(file, bytes, len, offset)
		       : rc;
}

static int
log_file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	int rc = log_file_flush(file);

	return rc == SQLITE_OK ? log_file_of(file)->original->xTruncate(file, size) : rc;
}

static int
log_file_sync(sqlite3_file *file, int flags)
{
	int rc = log_file_flush(file);

	return rc == SQLITE_OK ? log_file_of(file)->original->xSync(file, flags) : rc;
}

static int
log_file_size(sqlite3_file *file, sqlite3_int64 *size)
{
	int rc = log_file_flush(file);

	return rc == SQLITE_OK ? log_file_of(file)->original->xFileSize(file, size) : rc;
}

/* What is left is of a transaction that was rolled back. */
static int
log_close(sqlite3_file *file)
{
	struct log_file *log = log_file_of(file);

	file->pMethods = log->original;
	free(log);
	return file->pMethods->xClose(file);
}

void
sqlite_log_writes_join(struct sqlite_db *db)
{
	sqlite3_file *file = NULL;
	struct log_file *log;

	sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
	if (!file || !file->pMethods || file->pMethods->xWrite == log_file_write)
		return;
	log = xcalloc(1, sizeof(*log));
	log->original = file->pMethods;
	log->methods = *log->original;
	log->methods.xClose = log_close;
	log->methods.xRead = log_file_read;
	log->methods.xWrite = log_file_write;
	log->methods.xTruncate = log_file_truncate;
	log->methods.xSync = log_file_sync;
	log->methods.xFileSize = log_file_size;
	file->pMethods = &log->methods;
}
