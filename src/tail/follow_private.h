/* follow_private.h - shared by the parts of follow: follow.c (loop and inotify),
 * follow_file.c (which open files a source is read from), follow_lines.c (reads and
 * delivers their lines) and follow_path.c (the names that lead to a source). */
#pragma once

#include <stdbool.h>
#include <sys/inotify.h>

#include "linnet/base/token_bucket.h"
#include "linnet/net/loop.h"
#include "tail/follow.h"
#include "tail/follow_reader.h"
#include "tail/inotify.h"

/* How many names are watched for one path: the path itself and the links it leads to. */
#define FOLLOW_PLACES 4

/* A name in a watched folder: the path's own, that of a link on the way to the file, or
 * that of a missing folder on the way. */
struct follow_place {
	char *name;
	int wd;
	bool is_folder; /* a missing folder that is waited for */
};

/* A file that was renamed away from the path since the last look. */
struct follow_move {
	uint32_t cookie;
	int wd; /* the folder it is in now; -1: not known yet */
	char *name;
	struct follow_reader *reader; /* NULL: not opened yet */
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
	void *context;
	struct follow_source source; /* its path is that of path */
	struct follow_path path;
	struct follow_readers readers; /* Oldest first. A newer file's lines are delivered
					  after the older files are drained. */
	size_t reader_count;
	bool needs_look; /* the path may name another file now */
	bool needs_turn; /* there may be something to read */
	bool is_sought;  /* between follow_file_seek and follow_file_settle */
	unsigned looks;  /* calls of follow_file_seek since follow_file_settle */
	int found;       /* by follow_file_seek: 0 and seen, or -errno */
	struct stat seen;
	struct follow_reader *arrived; /* the file in seen, if it is a new one */
	bool is_fresh; /* Neither opened nor found missing yet: reading begins with the
			  last lines, later files are read from their beginning. */
	bool is_known; /* tail_open was logged */
	int problem;   /* -errno of the last logged problem; 0: none */
	int watch_problem; /* the same, of its watches */
	struct token_bucket bucket;
	bool is_thinning;          /* lines are skipped until the bucket has refilled */
	uint64_t skipped;          /* lines not reported yet */
	enum follow_kind event;    /* not delivered yet; 0: none */
	bool has_told;             /* a line was delivered since the last event */
	struct loop_timer *again;  /* reads on: more is left, or an item was refused */
	struct loop_timer *refill; /* of the bucket */
	TAILQ_ENTRY(follow_file) link;
};

struct follow {
	struct loop *loop;
	int (*deliver)(void *context, const struct follow_item *item);
	TAILQ_HEAD(, follow_file) files;
	struct inotify_watches watches;
	int64_t now_ms;            /* when the current callback began */
	struct loop_socket events; /* of the watches */
	struct loop_timer *pause;
	struct loop_timer *poll;
	char text[FOLLOW_LINE_BYTES]; /* the line that is delivered */
	struct follow_chunk chunk;
};

/* follow_path.c */

/* Begin with text, which is copied. follow_path_fini frees what the path holds. */
void follow_path_init(struct follow_path *path, const char *text);
void follow_path_fini(struct follow_path *path, struct inotify_watches *watches);

/* Watch the folders that have the path's names now. Returns 0, or -errno if one cannot be
 * watched. */
int follow_path_watch(struct follow_path *path, struct inotify_watches *watches);

/* Handle an event. Returns true if the path may name another file now. */
bool follow_path_on_event(struct follow_path *path, const struct inotify_event *event);

/* Open the renamed files that are not open yet. */
void follow_path_open_moves(struct follow_path *path,
	const struct inotify_watches *watches, size_t max_line_bytes);

/* True if every renamed file is open. If not, an event may still come: the kernel reports
 * a rename a moment after it can be seen. */
bool follow_path_has_traced_moves(const struct follow_path *path);

/* Forget the renamed files, and close those that follow_file.c has not taken over. */
void follow_path_clear_moves(struct follow_path *path);

/* follow_file.c */

/* Add a file for follow_remove. */
struct follow_file *follow_file_new(
	struct follow *follow, const struct follow_source *source, void *context);

/* Find out which file the path names and which files were renamed away. If an event says
 * that this has changed, call it again before follow_file_settle. */
void follow_file_seek(struct follow_file *file);

/* Read from what follow_file_seek found from now on. is_patient: do not log a missing
 * file yet, it may be back soon. */
void follow_file_settle(struct follow_file *file, bool is_patient);

/* False if an event says that what follow_file_seek found has changed, or if a renamed
 * file was not found yet. */
bool follow_file_is_steady(const struct follow_file *file);

/* Handle an event, which may be one of another file. */
void follow_file_on_event(struct follow_file *file, const struct inotify_event *event);

/* Close files that were rotated long ago. */
void follow_file_retire(struct follow_file *file);

/* follow_lines.c */

void follow_lines_init(struct follow_file *file);

/* Read what is new and deliver it. If much is left, or an item is refused, a timer calls
 * it again. */
void follow_lines_turn(struct follow_file *file);

/* Deliver the unfinished line, if there is one. Returns 0 or -EAGAIN. */
int follow_lines_finish(struct follow_file *file, struct follow_reader *reader);
