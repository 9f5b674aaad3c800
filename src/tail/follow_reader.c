#include "tail/follow_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linnet/base/xalloc.h"

/* The last lines are searched for in at most this many bytes, so that a start never takes
 * long. */
#define SEEK_BYTES (8 * 1024 * 1024)

static int
follow_reader_check_regular(const struct stat *st)
{
	if (S_ISREG(st->st_mode))
		return 0;
	return S_ISDIR(st->st_mode) ? -EISDIR : -EINVAL;
}

/* Check the kind of file before opening it, because opening a device may have effects.
 * Check again afterwards, because it may be another file by then. */
static int
follow_reader_open_regular(const char *path, struct stat *st)
{
	int fd, r;

	if (stat(path, st) < 0)
		return -errno;
	r = follow_reader_check_regular(st);
	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	r = fstat(fd, st) < 0 ? -errno : follow_reader_check_regular(st);
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

int
follow_reader_open(struct follow_reader **out, const char *path, size_t max_line_bytes)
{
	struct follow_reader *reader;
	struct stat st;
	int fd = follow_reader_open_regular(path, &st);

	if (fd < 0)
		return fd;
	reader = xcalloc(1, sizeof(*reader));
	reader->fd = fd;
	reader->wd = -1;
	reader->device = st.st_dev;
	reader->inode = st.st_ino;
	reader->line.max_bytes = max_line_bytes;
	*out = reader;
	return 0;
}

void
follow_reader_free(struct follow_reader *reader)
{
	if (!reader)
		return;
	close(reader->fd);
	buffer_clear(&reader->line.raw);
	free(reader);
}

uint64_t
follow_reader_size(const struct follow_reader *reader)
{
	struct stat st;

	return fstat(reader->fd, &st) < 0 ? 0 : (uint64_t)st.st_size;
}

bool
follow_reader_is_deleted(const struct follow_reader *reader)
{
	struct stat st;

	return fstat(reader->fd, &st) == 0 && !st.st_nlink;
}

/* Search len bytes backwards for newlines. Skips *left of them, counting it down, and
 * returns how many bytes end with the next one; 0 if there are too few. */
static size_t
follow_reader_find_line_start(const char *bytes, size_t len, uint64_t *left)
{
	while (len) {
		const char *newline = memrchr(bytes, '\n', len);

		if (!newline)
			return 0;
		len = (size_t)(newline - bytes);
		if (!*left)
			return len + 1;
		--*left;
	}
	return 0;
}

/* Go on reading at offset, and keep the bytes before it as the mark. */
static void
follow_reader_set_offset(struct follow_reader *reader, uint64_t offset)
{
	size_t len = offset < FOLLOW_MARK_BYTES ? (size_t)offset : FOLLOW_MARK_BYTES;
	ssize_t n = pread(reader->fd, reader->mark, len, (off_t)(offset - len));

	reader->offset = n == (ssize_t)len ? offset : 0;
	reader->mark_len = n == (ssize_t)len ? len : 0;
}

void
follow_reader_seek_lines(struct follow_reader *reader, uint64_t lines)
{
	uint64_t size = follow_reader_size(reader), at = size, left = lines;
	uint64_t least = size > SEEK_BYTES ? size - SEEK_BYTES : 0, last_start = size;
	char *block = xmalloc(FOLLOW_READ_BYTES);
	size_t start = 0;

	while (at > least && !start) {
		size_t n = at - least < FOLLOW_READ_BYTES ? (size_t)(at - least)
							  : FOLLOW_READ_BYTES;
		const char *first;

		at -= n;
		if (pread(reader->fd, block, n, (off_t)at) != (ssize_t)n)
			break; /* the file is being truncated */
		start = follow_reader_find_line_start(block, n, &left);
		first = memchr(block, '\n', n);
		if (first)
			last_start = at + (uint64_t)(first - block) + 1;
	}
	/* If the search reached its limit, begin with the first line that begins in the
	 * searched bytes: the line before it may be cut. */
	if (start)
		last_start = at + start;
	else if (!at)
		last_start = 0;
	free(block);
	follow_reader_set_offset(reader, last_start);
	reader->backlog = lines - left;
}

int
follow_reader_read(struct follow_reader *reader, struct follow_chunk *chunk)
{
	uint64_t room =
		reader->limit > reader->offset ? reader->limit - reader->offset : 0;
	size_t len = room < FOLLOW_READ_BYTES ? (size_t)room : FOLLOW_READ_BYTES;
	ssize_t n = pread(reader->fd, chunk->bytes, reader->mark_len + len,
		(off_t)(reader->offset - reader->mark_len));

	if (n < 0)
		return -errno;
	if ((size_t)n < reader->mark_len ||
		memcmp(chunk->bytes, reader->mark, reader->mark_len) != 0)
		return -ESTALE;
	chunk->fresh = chunk->bytes + reader->mark_len;
	chunk->fresh_len = (size_t)n - reader->mark_len;
	return 0;
}

void
follow_reader_take(
	struct follow_reader *reader, const struct follow_chunk *chunk, size_t len)
{
	size_t known = reader->mark_len + len;

	reader->offset += len;
	reader->mark_len = known < FOLLOW_MARK_BYTES ? known : FOLLOW_MARK_BYTES;
	memcpy(reader->mark, chunk->fresh + len - reader->mark_len, reader->mark_len);
}

void
follow_reader_rewind(struct follow_reader *reader)
{
	reader->offset = 0;
	reader->mark_len = 0;
	reader->backlog = 0;
}
