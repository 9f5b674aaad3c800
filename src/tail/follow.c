#include "tail/follow.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "linnet/base/clock.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "tail/follow_private.h"

/* Events are read at most once in this time, however fast files grow. */
#define PAUSE_MS 10

/* How often all files are looked at, because inotify does not report everything: not
 * changes in folders that may not be watched, nor changes far above a path. */
#define POLL_MS 2000

/* Maximum number of reads of events in a row. */
#define READS 64

/* If files change during a look, they are looked at again: up to ROUNDS times in a row.
 * After LOOKS times in all the result counts, although it may be out of date. */
#define ROUNDS 8
#define LOOKS 40

static void
follow_look_at_all(struct follow *follow)
{
	struct follow_file *file;

	TAILQ_FOREACH (file, &follow->files, link) {
		file->needs_look = true;
		file->needs_turn = true;
	}
}

static void
follow_on_event(struct follow *follow, const struct inotify_event *event)
{
	bool is_overflow = event->mask & IN_Q_OVERFLOW;
	struct follow_file *file;

	TAILQ_FOREACH (file, &follow->files, link) {
		if (is_overflow)
			follow_path_clear_moves(&file->path);
		else
			follow_file_on_event(file, event);
	}
	if (is_overflow)
		follow_look_at_all(follow);
}

static void
follow_read_events(struct follow *follow)
{
	_Alignas(struct inotify_event) char events[16 * 1024];
	int i;

	for (i = 0; i < READS; i++) {
		ssize_t n = read(follow->watches.fd, events, sizeof(events)), at = 0;

		if (n <= 0)
			return;
		while (at < n) {
			const struct inotify_event *event = (const void *)(events + at);

			follow_on_event(follow, event);
			at += (ssize_t)(sizeof(*event) + event->len);
		}
	}
}

static void
follow_begin_pause(struct follow *follow)
{
	if (!loop_timer_is_running(follow->pause))
		loop_timer_start(follow->pause, PAUSE_MS, 0);
}

/* While files are being renamed, wait a little: settling now could lose one of them. */
static void
follow_conclude(struct follow *follow, struct follow_file *file, bool is_patient)
{
	if (file->looks < LOOKS && !follow_file_is_steady(file)) {
		file->needs_look = true;
		follow_begin_pause(follow);
		return;
	}
	follow_file_settle(file, is_patient);
}

/* Look at the files that need it. The result counts only if no event says that something
 * was renamed meanwhile. A new file that is missing is logged at once. */
static void
follow_look(struct follow *follow, bool is_patient)
{
	struct follow_file *file;
	bool is_changing = true;
	int round;

	follow->now_ms = clock_now_ms();
	for (round = 0; round < ROUNDS && is_changing; round++) {
		is_changing = false;
		TAILQ_FOREACH (file, &follow->files, link) {
			if (!file->needs_look)
				continue;
			file->needs_look = false;
			follow_file_seek(file);
			is_changing = true;
		}
		if (is_changing)
			follow_read_events(follow);
	}
	TAILQ_FOREACH (file, &follow->files, link)
		if (file->is_sought)
			follow_conclude(follow, file, is_patient && !file->is_fresh);
}

static void
follow_go_on(struct follow *follow, bool is_patient)
{
	struct follow_file *file;

	follow_read_events(follow);
	follow_look(follow, is_patient);
	TAILQ_FOREACH (file, &follow->files, link)
		if (file->needs_turn && !loop_timer_is_running(file->again))
			follow_lines_turn(file);
}

static void
follow_on_inotify(struct loop_socket *events)
{
	struct follow *follow = container_of(events, struct follow, events);

	loop_socket_watch_input(events, false);
	follow_begin_pause(follow);
	follow_go_on(follow, true);
}

static void
follow_on_pause_over(void *context)
{
	struct follow *follow = context;
	struct follow_file *file;

	loop_socket_watch_input(&follow->events, true);
	TAILQ_FOREACH (file, &follow->files, link)
		if (file->is_sought || file->needs_turn) {
			follow_go_on(follow, true);
			return;
		}
}

static void
follow_on_poll(void *context)
{
	struct follow *follow = context;
	struct follow_file *file;

	follow_look_at_all(follow);
	follow_go_on(follow, false);
	TAILQ_FOREACH (file, &follow->files, link)
		follow_file_retire(file);
}

int
follow_new(struct follow **out, struct loop *loop,
	int (*deliver)(void *context, const struct follow_item *item))
{
	static const struct loop_socket_ops ops = { .on_readable = follow_on_inotify };
	struct follow *follow = xcalloc(1, sizeof(*follow));
	int r = inotify_watches_open(&follow->watches);

	if (r < 0) {
		free(follow);
		return r;
	}
	follow->loop = loop;
	follow->deliver = deliver;
	TAILQ_INIT(&follow->files);
	follow->pause = loop_timer_new(loop, follow_on_pause_over, follow);
	follow->poll = loop_timer_new(loop, follow_on_poll, follow);
	loop_socket_open(&follow->events, loop, follow->watches.fd, &ops);
	loop_timer_start(follow->poll, POLL_MS, POLL_MS);
	*out = follow;
	return 0;
}

struct follow_file *
follow_add(struct follow *follow, const struct follow_source *source, void *context)
{
	struct follow_file *file = follow_file_new(follow, source, context);

	follow_look(follow, true);
	/* After the pause this file is read, and every file whose events follow_look has
	 * just read. */
	follow_begin_pause(follow);
	return file;
}

void
follow_free(struct follow *follow)
{
	if (!follow)
		return;
	loop_timer_free(follow->pause);
	loop_timer_free(follow->poll);
	while (!TAILQ_EMPTY(&follow->files))
		follow_remove(TAILQ_FIRST(&follow->files));
	loop_socket_close(&follow->events);
	inotify_watches_clear(&follow->watches);
	free(follow);
}
