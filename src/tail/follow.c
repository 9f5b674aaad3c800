#include "tail/follow.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "linnet/base/clock.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "tail/follow_private.h"

/* Events are looked for so often at the most, however fast files grow. */
#define PAUSE_MS 10

/* How often all files are looked at, for what inotify does not tell: folders that may not
 * be watched, changes far above a path. */
#define POLL_MS 2000

/* Reads of events at a time. */
#define READS 64

/* Looks at files that change meanwhile: at a time, and in all, before what was found is
 * taken as it is. */
#define ROUNDS 8
#define LOOKS 40

static void
look_at_all(struct follow *follow)
{
	size_t i;

	for (i = 0; i < follow->count; i++) {
		follow->files[i].needs_look = true;
		follow->files[i].needs_turn = true;
	}
}

static void
on_event(struct follow *follow, const struct inotify_event *event)
{
	size_t i;

	/* Where files went to is not known any more. */
	if (event->mask & IN_Q_OVERFLOW) {
		for (i = 0; i < follow->count; i++)
			follow_path_clear_moves(&follow->files[i].path);
		look_at_all(follow);
		return;
	}
	for (i = 0; i < follow->count; i++)
		follow_file_on_event(&follow->files[i], event);
}

static void
read_events(struct follow *follow)
{
	_Alignas(struct inotify_event) char events[16 * 1024];
	int i;

	for (i = 0; i < READS; i++) {
		ssize_t n = read(follow->watches.fd, events, sizeof(events)), at = 0;

		if (n <= 0)
			return;
		while (at < n) {
			const struct inotify_event *event = (const void *)(events + at);

			on_event(follow, event);
			at += (ssize_t)(sizeof(*event) + event->len);
		}
	}
}

static void
begin_pause(struct follow *follow)
{
	loop_timer_start(follow->pause, PAUSE_MS, 0);
}

/* While files are being renamed it is better to wait than to lose track. */
static void
conclude(struct follow *follow, struct follow_file *file, bool is_patient)
{
	if (file->looks < LOOKS && !follow_file_is_steady(file)) {
		file->needs_look = true;
		if (!loop_timer_is_running(follow->pause))
			begin_pause(follow);
		return;
	}
	follow_file_settle(file, is_patient);
}

/* Look at the files that need it. What is found is true only if nothing was renamed while
 * it was looked for, which the events tell. */
static void
look(struct follow *follow, bool is_patient)
{
	bool is_changing = true;
	size_t i;
	int round;

	follow->now_ms = clock_now_ms();
	for (round = 0; round < ROUNDS && is_changing; round++) {
		is_changing = false;
		for (i = 0; i < follow->count; i++)
			if (follow->files[i].needs_look) {
				follow->files[i].needs_look = false;
				follow_file_seek(&follow->files[i]);
				is_changing = true;
			}
		if (is_changing)
			read_events(follow);
	}
	for (i = 0; i < follow->count; i++)
		if (follow->files[i].is_sought)
			conclude(follow, &follow->files[i], is_patient);
}

static void
take_turns(struct follow *follow)
{
	size_t i;

	for (i = 0; i < follow->count; i++) {
		struct follow_file *file = &follow->files[i];

		if (file->needs_turn && !loop_timer_is_running(file->again))
			follow_lines_turn(file);
	}
}

static void
go_on(struct follow *follow)
{
	read_events(follow);
	look(follow, true);
	take_turns(follow);
}

static void
on_inotify(struct loop_socket *events)
{
	struct follow *follow = container_of(events, struct follow, events);

	loop_socket_watch_input(events, false);
	begin_pause(follow);
	go_on(follow);
}

static void
on_pause_over(void *context)
{
	struct follow *follow = context;
	size_t i;

	loop_socket_watch_input(&follow->events, true);
	for (i = 0; i < follow->count; i++)
		if (follow->files[i].is_sought) {
			go_on(follow);
			return;
		}
}

static void
on_poll(void *context)
{
	struct follow *follow = context;
	size_t i;

	read_events(follow);
	look_at_all(follow);
	look(follow, false);
	take_turns(follow);
	for (i = 0; i < follow->count; i++)
		follow_file_retire(&follow->files[i]);
}

static void
start_watchers(struct follow *follow)
{
	static const struct loop_socket_ops ops = { .on_readable = on_inotify };

	loop_socket_open(&follow->events, follow->loop, follow->watches.fd, &ops);
	follow->pause = loop_timer_new(follow->loop, on_pause_over, follow);
	follow->poll = loop_timer_new(follow->loop, on_poll, follow);
	loop_timer_start(follow->poll, POLL_MS, POLL_MS);
}

static void
add_sources(struct follow *follow, const struct follow_source *sources, size_t count)
{
	follow->files = xcalloc(count, sizeof(follow->files[0]));
	for (; follow->count < count; follow->count++) {
		struct follow_file *file = &follow->files[follow->count];

		follow_file_init(file, follow, &sources[follow->count]);
		loop_timer_start(file->again, 0, 0);
	}
}

int
follow_new(struct follow **out, struct loop *loop, const struct follow_source *sources,
	size_t count, size_t max_line_bytes, const struct follow_ops *ops, void *context)
{
	struct follow *follow = xcalloc(1, sizeof(*follow));
	int r = inotify_watches_open(&follow->watches);

	if (r < 0) {
		free(follow);
		return r;
	}
	follow->loop = loop;
	follow->ops = ops;
	follow->context = context;
	follow->max_line_bytes = max_line_bytes;
	follow->text = xmalloc(max_line_bytes);
	start_watchers(follow);
	add_sources(follow, sources, count);
	look(follow, false);
	*out = follow;
	return 0;
}

void
follow_free(struct follow *follow)
{
	size_t i;

	if (!follow)
		return;
	loop_timer_free(follow->pause);
	loop_timer_free(follow->poll);
	for (i = 0; i < follow->count; i++)
		follow_file_fini(&follow->files[i]);
	loop_socket_close(&follow->events);
	inotify_watches_clear(&follow->watches);
	free(follow->files);
	free(follow->text);
	free(follow);
}
