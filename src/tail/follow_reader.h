/* follow_reader.h - one open log file, read from where reading stopped. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/stat.h>

#include "tail/log_line.h"

/* Bytes before the offset that are remembered, to know the file again. */
#define FOLLOW_MARK_BYTES 256

/* Bytes that one read takes at the most. */
#define FOLLOW_READ_BYTES (64 * 1024)

struct follow_reader {
	int fd;
	int wd; /* -1: not watched */
	dev_t device;
	ino_t inode;
	uint64_t offset; /* what comes before has been taken */
	char mark[FOLLOW_MARK_BYTES];
	size_t mark_len;
	struct log_line line;
	bool has_begun;   /* a line of it was whole */
	bool is_granted;  /* the line is whole and on its way, but was not accepted yet */
	uint64_t backlog; /* lines that were there at the start and are not counted */
	uint64_t limit;   /* how far it may be read this time */
	bool is_over;     /* something younger has begun: what is there is all */
	bool is_read;     /* to its end or limit, the last time */
	int error;        /* why it could not be read, which the log has said */
	int64_t left_ms;  /* since when the path is another file's, or when the file last
			     grew since then; 0: it is the path's */
	TAILQ_ENTRY(follow_reader) link;
};

TAILQ_HEAD(follow_readers, follow_reader);

/* What one read gets; follow_reader_read and follow_reader_take share it. */
struct follow_chunk {
	char bytes[FOLLOW_MARK_BYTES +
		   FOLLOW_READ_BYTES]; /* the mark, then what is new */
	const char *fresh;
	size_t fresh_len;
};

/* Open the regular file at path, at its beginning. Never blocks. Returns 0 and a reader
 * for follow_reader_free, or -errno; -EISDIR for a folder, -EINVAL for anything else that
 * is no regular file. */
int follow_reader_open(
	struct follow_reader **reader, const char *path, size_t max_line_bytes);

/* Close the file; NULL is fine. Its watch is the caller's. */
void follow_reader_free(struct follow_reader *reader);

/* Go to where the last lines begin, an unfinished one not counted, but at the most some
 * megabytes back. Sets backlog to how many they are. */
void follow_reader_seek_lines(struct follow_reader *reader, uint64_t lines);

/* The file's size now, and whether it has no name any more. */
uint64_t follow_reader_size(const struct follow_reader *reader);
bool follow_reader_is_deleted(const struct follow_reader *reader);

/* True if the file is the one that st describes. */
bool follow_reader_is(const struct follow_reader *reader, const struct stat *st);

/* Read what is new, up to limit, to chunk. Returns 0, -ESTALE if the file is not what it
 * was up to the offset (it was truncated, and may have grown again), or -errno. */
int follow_reader_read(struct follow_reader *reader, struct follow_chunk *chunk);

/* The first len bytes of chunk's fresh ones have been dealt with. */
void follow_reader_take(
	struct follow_reader *reader, const struct follow_chunk *chunk, size_t len);

/* Begin anew, at the file's beginning. */
void follow_reader_rewind(struct follow_reader *reader);
