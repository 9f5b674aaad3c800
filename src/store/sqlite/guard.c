#include "store/sqlite/guard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "linnet/base/xalloc.h"

/* The byte of the file that a daemon locks. It is far behind the longest database (2^48
 * bytes) and behind all that SQLite locks. */
#define LOCKED_BYTE (INT64_C(1) << 62)

/* Where the header of a database counts its changes. In a database with a log the count
 * grows with each commit that changes the first page. */
#define CHANGES_AT 24

/* A page in the log has at least so many bytes. */
#define LOG_PAGE_BYTES 4096

/* SQLite locks bytes from here on. It keeps nothing in their page, and never writes it.
 */
#define LOCKS_AT INT64_C(0x40000000)

/* The log as SQLite's file format describes it ("WAL-mode file format"): a header, then
 * frames of a header and a page. A frame counts if it has the two salts of the log. */
#define LOG_HEADER_BYTES 32
#define LOG_FRAME_HEADER_BYTES 24
#define LOG_SALTS_AT 16
#define FRAME_SALTS_AT 8
#define SALTS_BYTES 8

static char guard_why[300]; /* *why may point to it */

void
sqlite_guard_init(struct sqlite_guard *guard, const char *path)
{
	memset(guard, 0, sizeof(*guard));
	guard->path = path;
	guard->lock_fd = guard->file_fd = guard->log_fd = -1;
	guard->db_bytes = INT64_MAX;
}

int
sqlite_guard_lock_path(struct sqlite_guard *guard, const char **why)
{
	char *name = xasprintf("%s-lock", guard->path);
	int error = 0;

	/* It is never deleted, because another process may have just opened it. */
	guard->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (guard->lock_fd < 0)
		error = errno;
	free(name);
	if (!error && flock(guard->lock_fd, LOCK_EX | LOCK_NB) < 0)
		error = errno;
	switch (error) {
	case 0:
		return 0;
	case EWOULDBLOCK:
		*why = "another process has the file open: stop it, or set another "
		       "store.path";
		return -EBUSY;
	case ENOENT:
		*why = "the folder of the file does not exist";
		break;
	case EACCES:
	case EPERM:
		*why = "there is no permission to write in the folder of the file";
		break;
	default:
		*why = strerror(error);
		break;
	}
	return -error;
}

/* Explain why the file cannot be opened. */
static int
guard_refuse(int error, const char **why)
{
	if (error == EACCES || error == EROFS) {
		*why = "the file is read-only: make it writable";
		return -EROFS;
	}
	snprintf(guard_why, sizeof(guard_why), "the file cannot be opened: %s",
		strerror(error));
	*why = guard_why;
	return -error;
}

/* An older content has a smaller count. */
static bool
guard_is_older(struct sqlite_guard *guard)
{
	uint32_t changes;

	if (pread(guard->file_fd, &changes, sizeof(changes), CHANGES_AT) !=
		sizeof(changes))
		return false;
	changes = ntohl(changes);
	if (changes < guard->changes)
		return true;
	guard->changes = changes;
	return false;
}

int
sqlite_guard_lock_file(struct sqlite_guard *guard, const char **why)
{
	/* A lock of the open file description: it conflicts with those of other
	 * processes, over NFS as well, and closing another descriptor does not release
	 * it. */
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = LOCKED_BYTE,
		.l_len = 1,
	};

	guard->file_fd = open(guard->path, O_RDWR | O_CLOEXEC);
	if (guard->file_fd < 0)
		return guard_refuse(errno, why);
	if (fcntl(guard->file_fd, F_OFD_SETLK, &lock) < 0) {
		if (errno != EAGAIN && errno != EACCES)
			return guard_refuse(errno, why);
		*why = "another process has the file open, by this or another path: stop "
		       "it, or set another store.path";
		return -EBUSY;
	}
	guard_is_older(guard); /* reads the count */
	guard->real_path = realpath(guard->path, NULL);
	return guard->real_path ? 0 : guard_refuse(errno, why);
}

int
sqlite_guard_open_log(struct sqlite_guard *guard)
{
	char *name = xasprintf("%s-wal", guard->real_path);

	guard->log_fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	free(name);
	return guard->log_fd < 0 ? -errno : 0;
}

int64_t
sqlite_guard_count_missing(
	const struct sqlite_guard *guard, int64_t pages, int64_t page_bytes)
{
	unsigned char log[LOG_HEADER_BYTES], frame[LOG_FRAME_HEADER_BYTES];
	off_t at = LOG_HEADER_BYTES;
	int64_t lock_page = LOCKS_AT / page_bytes + 1, in_file, missing;
	struct stat file, log_file;
	bool *is_in_log;

	if (fstat(guard->file_fd, &file) < 0 || fstat(guard->log_fd, &log_file) < 0)
		return 0;
	in_file = file.st_size / page_bytes;
	missing = pages - in_file - (lock_page > in_file && lock_page <= pages);
	/* The log has no room for so many: its frames need not be read. */
	if (missing <= 0 || missing > log_file.st_size / page_bytes ||
		pread(guard->log_fd, log, sizeof(log), 0) != sizeof(log))
		return missing > 0 ? missing : 0;
	is_in_log = xcalloc((size_t)(pages - in_file), sizeof(*is_in_log));
	for (; missing && pread(guard->log_fd, frame, sizeof(frame), at) == sizeof(frame);
		at += LOG_FRAME_HEADER_BYTES + page_bytes) {
		uint32_t page;
		memcpy(&page, frame, sizeof(page));
		page = ntohl(page);
		if (page <= in_file || page > pages || is_in_log[page - 1 - in_file] ||
			memcmp(frame + FRAME_SALTS_AT, log + LOG_SALTS_AT, SALTS_BYTES) !=
				0)
			continue;
		is_in_log[page - 1 - in_file] = true;
		missing--;
	}
	free(is_in_log);
	return missing;
}

void
sqlite_guard_close_log(struct sqlite_guard *guard)
{
	if (guard->log_fd >= 0)
		close(guard->log_fd);
	guard->log_fd = -1;
	guard->log_bytes = 0;
}

void
sqlite_guard_note_log(struct sqlite_guard *guard, int pages)
{
	guard->log_bytes = (int64_t)pages * LOG_PAGE_BYTES;
}

/* True if path leads to the open file fd. An error other than that there is nothing says
 * nothing about the file. */
static bool
guard_leads_to(const char *path, int fd)
{
	struct stat here, ours;

	if (fstat(fd, &ours) < 0)
		return true;
	if (stat(path, &here) < 0)
		return errno != ENOENT && errno != ENOTDIR && errno != ESTALE;
	return here.st_ino == ours.st_ino && here.st_dev == ours.st_dev;
}

bool
sqlite_guard_is_same(const struct sqlite_guard *guard)
{
	return !guard->is_lost && guard_leads_to(guard->path, guard->file_fd);
}

static int64_t
guard_min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

void
sqlite_guard_note_file(struct sqlite_guard *guard, int64_t bytes)
{
	struct stat file;

	if (fstat(guard->file_fd, &file) < 0)
		return;
	guard->first_bytes = file.st_size;
	guard->file_bytes = guard_min(file.st_size, bytes);
}

void
sqlite_guard_note_shrinking(struct sqlite_guard *guard, int64_t bytes)
{
	guard->db_bytes = bytes;
	guard->file_bytes = guard_min(guard->file_bytes, bytes);
}

void
sqlite_guard_note_shrunk(struct sqlite_guard *guard)
{
	guard->db_bytes = INT64_MAX;
}

const char *
sqlite_guard_glance(struct sqlite_guard *guard, bool *is_log)
{
	struct stat file, log;

	*is_log = false;
	if (fstat(guard->file_fd, &file) < 0)
		return NULL;
	if (!file.st_nlink)
		return "the file was deleted";
	if (file.st_size < guard->file_bytes)
		return "the file was cut";
	if (file.st_size != guard->first_bytes)
		guard->file_bytes = guard_min(file.st_size, guard->db_bytes);
	if (guard_is_older(guard))
		return "the file was replaced by an older one";
	if (guard->log_fd < 0 || fstat(guard->log_fd, &log) < 0)
		return NULL;
	if (!log.st_nlink)
		return "the log of the file (-wal) was deleted";
	*is_log = log.st_size < guard->log_bytes;
	return *is_log ? "the log of the file (-wal) was cut" : NULL;
}

const char *
sqlite_guard_check(struct sqlite_guard *guard, bool *is_log)
{
	const char *what = sqlite_guard_glance(guard, is_log);
	char *log;

	if (what)
		return what;
	if (!guard_leads_to(guard->path, guard->file_fd))
		return "the file was renamed or replaced";
	log = xasprintf("%s-wal", guard->real_path);
	if (guard->log_fd >= 0 && !guard_leads_to(log, guard->log_fd))
		what = "the log of the file (-wal) was renamed or replaced";
	free(log);
	return what;
}

void
sqlite_guard_measure(
	const struct sqlite_guard *guard, uint64_t *bytes, uint64_t *log_bytes)
{
	struct stat file = { .st_size = 0 }, log = { .st_size = 0 };

	fstat(guard->file_fd, &file);
	if (guard->log_fd >= 0)
		fstat(guard->log_fd, &log);
	*bytes = (uint64_t)file.st_size;
	*log_bytes = (uint64_t)log.st_size;
}

bool
sqlite_guard_is_full(const struct sqlite_guard *guard)
{
	struct statvfs status;

	return fstatvfs(guard->file_fd, &status) == 0 &&
	       (!status.f_bavail || (status.f_flag & ST_RDONLY));
}

int
sqlite_guard_sync(const struct sqlite_guard *guard)
{
	if (fsync(guard->file_fd) < 0 || (guard->log_fd >= 0 && fsync(guard->log_fd) < 0))
		return -errno;
	return 0;
}

void
sqlite_guard_close(struct sqlite_guard *guard)
{
	sqlite_guard_close_log(guard);
	if (guard->file_fd >= 0)
		close(guard->file_fd);
	if (guard->lock_fd >= 0)
		close(guard->lock_fd);
	free(guard->real_path);
}
