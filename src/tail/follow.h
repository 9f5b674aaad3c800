/* follow.h - follows log files as they grow: over rotation by rename, truncation,
 * deletion and return, line by line. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct loop;
struct follow;

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
};

/* Why what follows is not what went on from the line before. */
enum follow_event {
	FOLLOW_ROTATED = 1, /* it is in another file, which has the path now */
	FOLLOW_TRUNCATED,   /* the file was cut off and begins anew */
};

/* Called from the loop, with the index of the source. They must not free the follow. */
struct follow_ops {
	/* One line: valid UTF-8 without control characters but tab, what was not is made
	 * visible. Returns 0, or -EAGAIN: not now; it is offered again soon, and nothing
	 * is lost. */
	int (*on_line)(void *context, size_t index, const char *text, size_t len);
	/* So many lines were left out here because they came faster than rate. The same
	 * return. */
	int (*on_skipped)(void *context, size_t index, uint64_t lines);
	/* That happened to the file between the lines before and those after. Between two
	 * of these there is at least one line. The same return. */
	int (*on_event)(void *context, size_t index, enum follow_event event);
};

/* Follow count sources from now on; what is delivered comes from the loop. A file that is
 * not there yet is waited for and read from its beginning. Lines longer than
 * max_line_bytes, at least LOG_LINE_LEAST_BYTES, are cut. Borrows loop and ops, which
 * must outlive it. What happens to a file is logged. Returns 0 and a follow for
 * follow_free, or -errno if inotify cannot be opened. */
int follow_new(struct follow **follow, struct loop *loop,
	const struct follow_source *sources, size_t count, size_t max_line_bytes,
	const struct follow_ops *ops, void *context);

/* Stop following; NULL is fine. */
void follow_free(struct follow *follow);
