/* follow_private.h - what the parts of follow share: follow.c (the loop, inotify),
 * follow_file.c (which files a source is read from), follow_lines.c (their lines) and
 * follow_path.c (the names that lead to a source). */
#pragma once

#include <stdbool.h>
#include <sys/inotify.h>

#include "linnet/base/token_bucket.h"
#include "linnet/net/loop.h"
#include "tail/follow.h"
#include "tail/follow_reader.h"
#include "tail/inotify.h"

/* Links that are followed from a path to its file. */
#define FOLLOW_PLACES 4

/* A name in a watched folder: the source's, that of a link on the way to it, or that of a
 * folder on the way that is not there yet. */
struct follow_place {
	char *name;
	int wd;
	bool is_folder; /* that is waited for */
};

/* A file that was the path's and was renamed since it was last looked at. */
struct follow_move {
	uint32_t cookie;
	int wd; /* the folder's; -1: it is on its way */
	char *name;
	struct follow_reader *reader; /* NULL: not opened, or not known by this name */
	TAILQ_ENTRY(follow_move) link;
};

struct follow_path {
	char *path;
	struct follow_place places[FOLLOW_PLACES];
	size_t count;
	TAILQ_HEAD(, follow_move) moves; /* oldest first */
	size_t move_count;
};

struct follow_file {
	struct follow *follow;
	size_t index;
	unsigned lines;
	unsigned rate;
	struct follow_path path;
	struct follow_readers readers; /* oldest first; what one writes, nobody reads
					  before all that is older */
	size_t reader_count;
	bool needs_look; /* at its path */
	bool needs_turn; /* to be read */
	bool is_sought;  /* follow_file_seek was called, follow_file_settle not yet */
	unsigned looks;  /* since it was settled */
	int found;       /* by it: 0 and seen, or -errno */
	struct stat seen;
	struct follow_reader *arrived; /* what is seen, if it is new */
	bool is_fresh; /* neither opened nor missed until now: a file is read from its
			  last lines on */
	bool is_known; /* the log says that it is followed */
	int problem;   /* -errno that the log says */
	int watch_problem;
	struct token_bucket bucket;
	bool is_thinning;          /* until the bucket has refilled */
	uint64_t skipped;          /* lines, and nobody knows yet */
	enum follow_event event;   /* that nobody knows yet; 0: none */
	bool has_told;             /* a line since the last event */
	struct loop_timer *again;  /* there is more to read, or somebody to take it */
	struct loop_timer *refill; /* of the bucket */
};

struct follow {
	struct loop *loop;
	const struct follow_ops *ops;
	void *context;
	size_t max_line_bytes;
	struct follow_file *files;
	size_t count;
	struct inotify_watches watches;
	int64_t now_ms;            /* of what is being handled */
	struct loop_socket events; /* of the watches */
	struct loop_timer *pause;
	struct loop_timer *poll;
	char *text; /* of max_line_bytes */
	struct follow_chunk chunk;
};

/* follow_path.c */

/* Begin with path, which is copied, and let go of everything. */
void follow_path_init(struct follow_path *path, const char *text);
void follow_path_fini(struct follow_path *path, struct inotify_watches *watches);

/* Watch the folders from which events about the path come, as they are now. Returns 0, or
 * -errno if one cannot be watched. */
int follow_path_watch(struct follow_path *path, struct inotify_watches *watches);

/* An event has come. Returns true if another file may be the path's. */
bool follow_path_on_event(struct follow_path *path, const struct inotify_event *event);

/* Open what was moved, where that is not done. */
void follow_path_open_moves(struct follow_path *path,
	const struct inotify_watches *watches, size_t max_line_bytes);

/* True if all that was moved is open. Where that is not so, events may be on their way:
 * the kernel tells of a rename a moment after it can be seen. */
bool follow_path_has_traced_moves(const struct follow_path *path);

/* Forget what was moved; readers that are still there are freed. */
void follow_path_clear_moves(struct follow_path *path);

/* follow_file.c */

void follow_file_init(struct follow_file *file, struct follow *follow,
	const struct follow_source *source);
void follow_file_fini(struct follow_file *file);

/* Look which file the path names and what was moved away. May be called again, if events
 * say that it has changed meanwhile, before follow_file_settle. */
void follow_file_seek(struct follow_file *file);

/* Take over what was found. is_patient: what is missing may be there soon, and the log
 * needs not say so yet. */
void follow_file_settle(struct follow_file *file, bool is_patient);

/* True if what was found can be true: nothing has changed meanwhile, as far as is known.
 */
bool follow_file_is_steady(const struct follow_file *file);

/* An event has come. */
void follow_file_on_event(struct follow_file *file, const struct inotify_event *event);

/* Let go of files that were rotated long ago. */
void follow_file_retire(struct follow_file *file);

/* follow_lines.c */

void follow_lines_init(struct follow_file *file);
void follow_lines_fini(struct follow_file *file);

/* Read what is new, but not too much of it, and deliver it. Called again by itself where
 * something is left. */
void follow_lines_turn(struct follow_file *file);

/* Deliver what there is of a line that has no end. Returns 0 or -EAGAIN. */
int follow_lines_finish(struct follow_file *file, struct follow_reader *reader);
