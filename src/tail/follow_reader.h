/* follow_reader.h - one open log file and how far it was read. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/stat.h>

#include "tail/log_line.h"

/* The last bytes before the offset are kept, to notice that the file was truncated. */
#define FOLLOW_MARK_BYTES 256

/* The most bytes of one read. */
#define FOLLOW_READ_BYTES (64 * 1024)

struct follow_reader {
	int fd;
	int wd; /* -1: not watched */
	dev_t device;
	ino_t inode;
	uint64_t offset; /* reading goes on here */
	char mark[FOLLOW_MARK_BYTES];
	size_t mark_len;
	struct log_line line;
	bool has_begun;   /* it has had a whole line */
	bool is_granted;  /* line passed the rate limit but was refused; offer it again */
	uint64_t backlog; /* old lines that do not count against the rate */
	uint64_t limit;   /* do not read beyond this offset */
	bool is_over;     /* a newer file has lines: deliver the unfinished line */
	bool is_read;     /* the last turn read it to its end or limit */
	int error;        /* the last logged read error */
	int64_t left_ms;  /* when it lost the path, or when it last grew after that; 0: it
			     has the path */
	TAILQ_ENTRY(follow_reader) link;
};

TAILQ_HEAD(follow_readers, follow_reader);

/* What one read returns; follow_reader_read and follow_reader_take share it. */
struct follow_chunk {
	char bytes[FOLLOW_MARK_BYTES + FOLLOW_READ_BYTES]; /* the mark, then fresh */
	const char *fresh;                                 /* new bytes */
	size_t fresh_len;
};

/* Open the regular file at path, at its beginning. Never blocks. Returns 0 and a reader
 * for follow_reader_free, or -errno: -EISDIR for a folder, -EINVAL for any other file
 * that is not regular. */
int follow_reader_open(
	struct follow_reader **reader, const char *path, size_t max_line_bytes);

/* Close the file; NULL is fine. The caller releases its watch. */
void follow_reader_free(struct follow_reader *reader);

/* Go to the beginning of the last lines, but at most some megabytes back. An unfinished
 * line is not counted. Sets backlog to the number of lines found. */
void follow_reader_seek_lines(struct follow_reader *reader, uint64_t lines);

/* The file's size now. */
uint64_t follow_reader_size(const struct follow_reader *reader);

/* True if the file has no name any more. */
bool follow_reader_is_deleted(const struct follow_reader *reader);

/* Read new bytes, up to limit, into chunk. Returns 0 or -errno: -ESTALE if the bytes
 * before the offset have changed, because the file was truncated and may have grown
 * again. */
int follow_reader_read(struct follow_reader *reader, struct follow_chunk *chunk);

/* Move the offset forward: the first len fresh bytes of chunk are handled. */
void follow_reader_take(
	struct follow_reader *reader, const struct follow_chunk *chunk, size_t len);

/* Go to the file's beginning. */
void follow_reader_rewind(struct follow_reader *reader);
