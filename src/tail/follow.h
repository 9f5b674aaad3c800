/* follow.h - follows log files as they grow, line by line. Handles rotation by rename,
 * truncation, deletion and return. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct loop;
struct follow;
struct follow_file;

/* The most descriptors one file holds: the file at its path, and older files that had
 * this path. While files are being renamed it may briefly hold twice as many. The inotify
 * descriptor is not included. */
#define FOLLOW_DESCRIPTORS 16

/* Longer lines are cut: nobody reads them to their end, and each reader pays for them. */
#define FOLLOW_LINE_BYTES 4096

/* What to follow. Copied. */
struct follow_source {
	const char *path;
	unsigned lines;        /* number of the file's last lines to deliver first */
	unsigned rate;         /* lines a second, in bursts of rate or lines, whichever is
				  larger; 0: no limit */
	size_t max_line_bytes; /* cut longer lines; from LOG_LINE_LEAST_BYTES to
				  FOLLOW_LINE_BYTES */
};

enum follow_kind {
	FOLLOW_LINE = 1,
	FOLLOW_SKIPPED,   /* lines were left out because they came faster than rate */
	FOLLOW_ROTATED,   /* the next line is the first of a new file at the path */
	FOLLOW_TRUNCATED, /* the file was truncated and is read from its beginning */
};

/* What is delivered. FOLLOW_ROTATED and FOLLOW_TRUNCATED come only after a FOLLOW_LINE or
 * FOLLOW_SKIPPED, so never first and never twice in a row. */
struct follow_item {
	enum follow_kind kind;
	const char *text; /* FOLLOW_LINE: as log_line_clean wrote it */
	size_t len;
	uint64_t lines; /* FOLLOW_SKIPPED: how many */
};

/* Make a follow without files. One inotify descriptor serves all its files. Borrows loop,
 * which must outlive the follow. Returns 0 and a follow for follow_free, or -errno if
 * inotify cannot be opened.
 *
 * deliver is called from the loop with the context of follow_add. It must not add or
 * remove files. It returns 0 if it took the item; otherwise the same item is offered
 * again soon. */
int follow_new(struct follow **follow, struct loop *loop,
	int (*deliver)(void *context, const struct follow_item *item));

/* Follow a file from now on. Nothing is delivered before this returns. A missing file is
 * waited for and then read from its beginning. What happens to the file is logged.
 * Returns a file for follow_remove. */
struct follow_file *follow_add(
	struct follow *follow, const struct follow_source *source, void *context);

/* Stop following the file. */
void follow_remove(struct follow_file *file);

/* Stop following all files; NULL is fine. */
void follow_free(struct follow *follow);
