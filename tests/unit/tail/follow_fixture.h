/* follow_fixture.h - shared by the tests of follow: a folder for log files, a real loop,
 * and what was delivered. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../folder.h"
#include "../net/loop_fixture.h"
#include "linnet/base/buffer.h"
#include "linnet/base/util.h"
#include "tail/follow.h"

/* A test fails if it waits longer. */
#define PATIENCE_MS 60000

/* The context of a file. */
struct followed {
	struct fixture *fixture;
	size_t index;
};

struct fixture {
	char folder[FOLDER_BYTES];
	struct loop_fixture loop;
	bool (*is_done)(const struct fixture *, const void *); /* NULL: it runs on */
	const void *awaited;
	struct follow *follow;
	struct followed followed[200];
	size_t count;
	struct buffer seen; /* "line|line|<3 skipped>|" */
	bool wants_events;  /* in seen, as "<rotated>|" */
	int log;            /* test_follow_rotation.c: the writer's descriptor */
	uint64_t lines, skipped;
	unsigned refusals; /* -EAGAIN so often before each item is taken */
	unsigned refused;
	void (*on_line)(
		struct fixture *fixture, size_t index, const char *text, size_t len);
	uint64_t next; /* number of the next line, if lines are numbered */
	int old_stderr;
	bool has_timed_out;
};

/* A path in the folder; valid for the next seven calls. */
static inline const char *
at(const struct fixture *fixture, const char *name)
{
	return folder_path(fixture->folder, name);
}

/* Add text and a bar to what was seen. */
__attribute__((format(printf, 2, 3))) static inline void
note(struct fixture *fixture, const char *format, ...)
{
	char text[128];
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(text, sizeof(text) - 1, format, arguments);
	va_end(arguments);
	assert_in_range(len, 0, sizeof(text) - 2);
	text[len++] = '|';
	buffer_append(&fixture->seen, text, (size_t)len);
}

static inline bool
is_refused(struct fixture *fixture)
{
	if (fixture->refused < fixture->refusals) {
		fixture->refused++;
		return true;
	}
	fixture->refused = 0;
	return false;
}

static inline int
deliver(void *context, const struct follow_item *item)
{
	const struct followed *followed = context;
	struct fixture *fixture = followed->fixture;

	if (item->kind > FOLLOW_SKIPPED && !fixture->wants_events)
		return 0;
	if (is_refused(fixture))
		return -EAGAIN;
	switch (item->kind) {
	case FOLLOW_LINE:
		fixture->lines++;
		if (fixture->on_line)
			fixture->on_line(fixture, followed->index, item->text, item->len);
		else
			note(fixture, "%.*s", (int)item->len, item->text);
		return 0;
	case FOLLOW_SKIPPED:
		fixture->skipped += item->lines;
		note(fixture, "<%" PRIu64 " skipped>", item->lines);
		return 0;
	case FOLLOW_ROTATED:
		note(fixture, "<rotated>");
		return 0;
	case FOLLOW_TRUNCATED:
		note(fixture, "<truncated>");
		return 0;
	}
	return 0;
}

static inline void
on_turn(void *context)
{
	struct fixture *fixture = context;

	if (fixture->is_done && fixture->is_done(fixture, fixture->awaited))
		loop_end(fixture->loop.loop);
}

static inline int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	int log;

	folder_make(fixture->folder);
	loop_fixture_open(&fixture->loop, on_turn, fixture);
	assert_int_equal(follow_new(&fixture->follow, fixture->loop.loop, deliver), 0);
	fixture->old_stderr = dup(STDERR_FILENO);
	log = open(at(fixture, "stderr"), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	dup2(log, STDERR_FILENO);
	close(log);
	*state = fixture;
	return 0;
}

static inline int
teardown(void **state)
{
	struct fixture *fixture = *state;

	follow_free(fixture->follow);
	loop_fixture_close(&fixture->loop);
	dup2(fixture->old_stderr, STDERR_FILENO);
	close(fixture->old_stderr);
	folder_remove(fixture->folder);
	buffer_clear(&fixture->seen);
	free(fixture);
	return 0;
}

static inline struct follow_file *
add(struct fixture *fixture, const struct follow_source *source)
{
	struct followed *followed = &fixture->followed[fixture->count];
	struct follow_source limited = *source;

	assert_true(fixture->count < ARRAY_SIZE(fixture->followed));
	followed->fixture = fixture;
	followed->index = fixture->count++;
	limited.max_line_bytes = 64;
	return follow_add(fixture->follow, &limited, followed);
}

static inline void
start_sources(struct fixture *fixture, const struct follow_source *sources, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		add(fixture, &sources[i]);
}

static inline struct follow_file *
start(struct fixture *fixture, const char *name, unsigned lines)
{
	struct follow_source source = { .path = at(fixture, name), .lines = lines };

	return add(fixture, &source);
}

/* Open the file for writing; create it if it is missing. */
static inline int
writer(struct fixture *fixture, const char *name)
{
	int fd = open(at(fixture, name), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	return fd;
}

static inline void
put(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static inline void
append(struct fixture *fixture, const char *name, const char *text)
{
	int fd = writer(fixture, name);

	put(fd, text);
	close(fd);
}

static inline void
move(struct fixture *fixture, const char *from, const char *to)
{
	assert_int_equal(rename(at(fixture, from), at(fixture, to)), 0);
}

/* Run the loop until is_done returns true. */
static inline void
run_until(struct fixture *fixture, bool (*is_done)(const struct fixture *, const void *),
	const void *what)
{
	fixture->is_done = is_done;
	fixture->awaited = what;
	loop_fixture_run(&fixture->loop, PATIENCE_MS);
	fixture->is_done = NULL;
	fixture->has_timed_out = !is_done(fixture, what);
}

static inline const char *
seen(struct fixture *fixture)
{
	buffer_append(&fixture->seen, "", 1);
	fixture->seen.len--;
	return fixture->seen.bytes;
}

static inline bool
has_seen(const struct fixture *fixture, const void *what)
{
	return fixture->seen.len >= strlen(what);
}

/* Wait for exactly this to be delivered, then clear it. */
static inline void
expect(struct fixture *fixture, const char *what)
{
	run_until(fixture, has_seen, what);
	assert_string_equal(seen(fixture), what);
	fixture->seen.len = 0;
}

static inline bool
has_skipped(const struct fixture *fixture, const void *what)
{
	return fixture->lines + fixture->skipped >= *(const uint64_t *)what;
}

/* How many lines of the log contain the word. */
static inline unsigned
logged(const struct fixture *fixture, const char *word)
{
	FILE *file = fopen(at(fixture, "stderr"), "r");
	char line[1024];
	unsigned n = 0;

	while (fgets(line, sizeof(line), file))
		n += strstr(line, word) != NULL;
	fclose(file);
	return n;
}

static inline bool
has_logged(const struct fixture *fixture, const void *word)
{
	return logged(fixture, word) > 0;
}

static inline void
expect_log(struct fixture *fixture, const char *word)
{
	run_until(fixture, has_logged, word);
	assert_int_equal(logged(fixture, word), 1);
}
