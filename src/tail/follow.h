/* follow.h - follows log files as they grow: over rotation by rename, truncation,
 * deletion and return, line by line. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct ev_loop;
struct follow;
struct follow_file;

/* Descriptors that one source may hold, beside the one that all share: the file that its
 * path names, and those that were there before it. For a moment, while files are being
 * renamed, it may be twice as many. */
#define FOLLOW_DESCRIPTORS 16

/* What is followed. Copied. */
struct follow_source {
	const char *path;
	unsigned lines; /* how many of the file's last ones are delivered at the start */
	unsigned rate;  /* lines a second, in bursts of rate or of lines, whichever is
			   more; 0: no limit */
	size_t max_line_bytes; /* longer lines are cut; at least LOG_LINE_LEAST_BYTES */
};

enum follow_kind {
	FOLLOW_LINE = 1,
	FOLLOW_SKIPPED,   /* lines were left out because they came faster than rate */
	FOLLOW_ROTATED,   /* the next line is the first of a new file at the path */
	FOLLOW_TRUNCATED, /* the file was truncated and is read from its beginning */
};

/* What is delivered. At least one line or FOLLOW_SKIPPED comes between two of
 * FOLLOW_ROTATED and FOLLOW_TRUNCATED. */
struct follow_item {
	enum follow_kind kind;
	const char *text; /* FOLLOW_LINE: valid UTF-8 without control characters but tab;
			     what was not is made visible */
	size_t len;
	uint64_t lines; /* FOLLOW_SKIPPED: how many */
};

/* Make a follow without files. One inotify descriptor serves all its files. deliver is
 * called from the loop with the context of follow_add and must not change the follow. It
 * returns 0 if it took the item; otherwise the item is offered again soon, and nothing is
 * lost. Borrows loop, which must outlive the follow. Returns 0 and a follow for
 * follow_free, or -errno if inotify cannot be opened. */
int follow_new(struct follow **follow, struct ev_loop *loop,
	int (*deliver)(void *context, const struct follow_item *item));

/* Follow a file from now on; what is delivered comes from the loop. A file that does not
 * exist yet is waited for and read from its beginning. What happens to the file is
 * logged. Returns it for follow_remove. */
struct follow_file *follow_add(
	struct follow *follow, const struct follow_source *source, void *context);

/* Stop following the file. */
void follow_remove(struct follow_file *file);

/* Stop following all files; NULL is fine. */
void follow_free(struct follow *follow);
