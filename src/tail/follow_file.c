#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/log.h"
#include "linnet/base/xalloc.h"
#include "tail/follow_private.h"

#define FILE_EVENTS (IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF)

/* An unfinished line is delivered when a deleted file has not grown for LINE_END_MS, or a
 * rotated file for GRACE_MS. A file that has not grown for GRACE_MS is closed. */
#define LINE_END_MS 2000
#define GRACE_MS 60000

struct follow_file *
follow_file_new(struct follow *follow, const struct follow_source *source, void *context)
{
	struct follow_file *file = xmalloc(sizeof(*file));

	assert(source->max_line_bytes >= LOG_LINE_LEAST_BYTES &&
		source->max_line_bytes <= FOLLOW_LINE_BYTES);
	*file = (struct follow_file){
		.follow = follow,
		.context = context,
		.source = *source,
		.is_fresh = true,
		.needs_look = true,
	};
	follow_path_init(&file->path, source->path);
	file->source.path = file->path.path;
	TAILQ_INIT(&file->readers);
	follow_lines_init(file);
	TAILQ_INSERT_TAIL(&follow->files, file, link);
	return file;
}

static void
follow_file_drop_reader(struct follow_file *file, struct follow_reader *reader)
{
	TAILQ_REMOVE(&file->readers, reader, link);
	file->reader_count--;
	inotify_watch_release(&file->follow->watches, reader->wd);
	follow_reader_free(reader);
}

void
follow_remove(struct follow_file *file)
{
	TAILQ_REMOVE(&file->follow->files, file, link);
	loop_timer_free(file->again);
	loop_timer_free(file->refill);
	while (!TAILQ_EMPTY(&file->readers))
		follow_file_drop_reader(file, TAILQ_FIRST(&file->readers));
	follow_reader_free(file->arrived);
	follow_path_fini(&file->path, &file->follow->watches);
	free(file);
}

static void
follow_file_log_failure(const struct follow_file *file, const char *what, int error)
{
	log_warn("tail_failed", log_str("path", file->path.path), log_str("what", what),
		log_str("error",
			error == -EINVAL ? "not a regular file" : strerror(-error)));
}

static struct follow_reader *
follow_file_find_reader(const struct follow_file *file, const struct stat *st)
{
	struct follow_reader *reader;

	TAILQ_FOREACH (reader, &file->readers, link)
		if (reader->device == st->st_dev && reader->inode == st->st_ino)
			return reader;
	return NULL;
}

/* Watch the open file itself, so that a rename does not matter. */
static void
follow_file_watch_reader(struct follow_file *file, struct follow_reader *reader)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", reader->fd);
	reader->wd = inotify_watch_hold(&file->follow->watches, path, FILE_EVENTS);
	if (reader->wd < 0 && reader->wd != file->watch_problem) {
		file->watch_problem = reader->wd;
		follow_file_log_failure(file, "watch", reader->wd);
	}
}

/* Read from reader too, as the newest file. Frees it if its file is open already. */
static void
follow_file_take_over(struct follow_file *file, struct follow_reader *reader)
{
	struct follow_reader *oldest = TAILQ_FIRST(&file->readers);
	struct stat st = { .st_dev = reader->device, .st_ino = reader->inode };

	if (follow_file_find_reader(file, &st)) {
		follow_reader_free(reader);
		return;
	}
	if (file->reader_count == FOLLOW_DESCRIPTORS) {
		if (!oldest->is_read || oldest->line.raw.len)
			log_warn("tail_failed", log_str("path", file->path.path),
				log_str("what", "rotate"),
				log_str("error", "rotated faster than it is read"));
		follow_file_drop_reader(file, oldest);
	}
	TAILQ_INSERT_TAIL(&file->readers, reader, link);
	file->reader_count++;
	follow_file_watch_reader(file, reader);
}

void
follow_file_seek(struct follow_file *file)
{
	struct follow *follow = file->follow;
	int r = follow_path_watch(&file->path, &follow->watches);

	if (r < 0 && r != file->watch_problem)
		follow_file_log_failure(file, "watch", r);
	file->watch_problem = r;
	follow_path_open_moves(
		&file->path, &follow->watches, file->source.max_line_bytes);
	follow_reader_free(file->arrived);
	file->arrived = NULL;
	file->is_sought = true;
	file->looks++;
	file->found = 0;
	if (stat(file->path.path, &file->seen) < 0) {
		file->found = -errno;
	} else if (!follow_file_find_reader(file, &file->seen)) {
		file->found = follow_reader_open(
			&file->arrived, file->path.path, file->source.max_line_bytes);
		if (file->found == 0) {
			file->seen.st_dev = file->arrived->device;
			file->seen.st_ino = file->arrived->inode;
		}
	}
}

/* True if the file exists but we cannot open it. */
static bool
follow_file_is_unreadable(int error)
{
	return error == -EACCES || error == -EPERM || error == -EMFILE ||
	       error == -ENFILE;
}

static void
follow_file_log_missing(struct follow_file *file)
{
	if (file->problem == file->found)
		return;
	file->problem = file->found;
	if (file->found == -ENOENT || file->found == -ENOTDIR)
		log_warn("tail_missing", log_str("path", file->path.path));
	else
		follow_file_log_failure(file, "open", file->found);
}

static void
follow_file_log_found(
	struct follow_file *file, const struct follow_reader *current, bool is_new)
{
	if (!file->is_known || file->problem)
		log_info("tail_open", log_str("path", file->path.path),
			log_uint("bytes", follow_reader_size(current)),
			log_uint("from", current->offset));
	else if (is_new)
		log_info("tail_rotated", log_str("path", file->path.path),
			log_uint("bytes", follow_reader_size(current)),
			log_uint("files", file->reader_count));
	file->is_known = true;
	file->problem = 0;
}

/* Note when every other file than current lost the path. */
static void
follow_file_mark_left(struct follow_file *file, const struct follow_reader *current)
{
	struct follow_reader *reader;

	TAILQ_FOREACH (reader, &file->readers, link)
		if (reader != current && !reader->left_ms)
			reader->left_ms = file->follow->now_ms;
}

static void
follow_file_settle_found(struct follow_file *file)
{
	struct follow_reader *arrived = file->arrived, *current;

	file->arrived = NULL;
	if (arrived && file->is_fresh)
		follow_reader_seek_lines(arrived, file->source.lines);
	if (arrived)
		follow_file_take_over(file, arrived);
	current = follow_file_find_reader(file, &file->seen);
	if (!current)
		return; /* there were too many files; the next look finds it again */
	/* An older file may have come back: it is the newest again. */
	TAILQ_REMOVE(&file->readers, current, link);
	TAILQ_INSERT_TAIL(&file->readers, current, link);
	follow_file_log_found(file, current, arrived);
	current->left_ms = 0;
	follow_file_mark_left(file, current);
	file->is_fresh = false;
}

bool
follow_file_is_steady(const struct follow_file *file)
{
	return !file->needs_look &&
	       (file->is_fresh || follow_path_has_traced_moves(&file->path));
}

void
follow_file_settle(struct follow_file *file, bool is_patient)
{
	struct follow_move *move;

	file->is_sought = false;
	file->looks = 0;
	file->needs_turn = true;
	TAILQ_FOREACH (move, &file->path.moves, link) {
		/* Files that were renamed before following began are not read. */
		if (!move->reader || file->is_fresh)
			continue;
		follow_file_take_over(file, move->reader);
		move->reader = NULL;
	}
	follow_path_clear_moves(&file->path);
	if (file->found == 0) {
		follow_file_settle_found(file);
		return;
	}
	follow_file_mark_left(file, NULL);
	if (!follow_file_is_unreadable(file->found))
		file->is_fresh = false;
	if (!is_patient)
		follow_file_log_missing(file);
}

void
follow_file_on_event(struct follow_file *file, const struct inotify_event *event)
{
	struct follow_reader *reader;

	if (follow_path_on_event(&file->path, event))
		file->needs_look = true;
	TAILQ_FOREACH (reader, &file->readers, link) {
		if (reader->wd != event->wd)
			continue;
		file->needs_turn = true;
		if (event->mask & ~(uint32_t)IN_MODIFY)
			file->needs_look = true;
	}
}

static bool
follow_file_is_finished(struct follow_file *file, struct follow_reader *reader)
{
	int64_t quiet_ms = file->follow->now_ms - reader->left_ms;
	bool is_deleted = follow_reader_is_deleted(reader);

	if (!reader->left_ms || !reader->is_read)
		return false;
	if (quiet_ms < (is_deleted ? LINE_END_MS : GRACE_MS))
		return false;
	if (follow_lines_finish(file, reader) < 0)
		return false;
	return quiet_ms >= GRACE_MS && (is_deleted || TAILQ_NEXT(reader, link));
}

void
follow_file_retire(struct follow_file *file)
{
	struct follow_reader *reader, *next;

	if (loop_timer_is_running(file->again))
		return; /* older files still have lines to deliver */
	for (reader = TAILQ_FIRST(&file->readers); reader; reader = next) {
		next = TAILQ_NEXT(reader, link);
		if (follow_file_is_finished(file, reader))
			follow_file_drop_reader(file, reader);
	}
}
