#include "linnet/tail/tail.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "linnet/base/xalloc.h"
#include "linnet/net/conn.h"
#include "tail/follow.h"

/* What is cut off of a line is of use to nobody, and costs everybody memory. */
#define LINE_BYTES 4096

/* One file. */
struct source {
	struct chat *chat;
	struct follow *follow;
	char *room, *path;
	int lines, rate;
	bool is_wanted;
	LIST_ENTRY(source) link;
};

struct tail {
	const struct config *config;
	struct chat *chat;
	struct loop *loop;
	LIST_HEAD(, source) sources;
};

static int
on_line(void *context, size_t index, const char *text, size_t len)
{
	const struct source *source = context;

	(void)index;
	return chat_log(source->chat, source->room, text, len, 0, clock_unix_ms());
}

static int
on_skipped(void *context, size_t index, uint64_t lines)
{
	const struct source *source = context;
	char text[48];
	int len = snprintf(text, sizeof(text), "%" PRIu64 " line%s skipped", lines,
		lines == 1 ? "" : "s");

	(void)index;
	return chat_log(
		source->chat, source->room, text, (size_t)len, lines, clock_unix_ms());
}

static int
on_event(void *context, size_t index, enum follow_event event)
{
	static const char *const words[] = {
		[FOLLOW_ROTATED] = "rotated",
		[FOLLOW_TRUNCATED] = "truncated",
	};
	const struct source *source = context;
	char text[48];

	(void)index;
	snprintf(text, sizeof(text), "the file was %s", words[event]);
	return chat_log_event(
		source->chat, source->room, words[event], text, clock_unix_ms());
}

static const struct follow_ops ops = {
	.on_line = on_line,
	.on_skipped = on_skipped,
	.on_event = on_event,
};

size_t
tail_descriptors(const struct config *config)
{
	return config->tails.count * (2 * FOLLOW_DESCRIPTORS + 1);
}

static size_t
line_bytes(const struct config *config)
{
	size_t max = (size_t)config->limits.message_bytes;

	return max < LINE_BYTES ? max : LINE_BYTES;
}

static void
free_source(struct source *source)
{
	LIST_REMOVE(source, link);
	follow_free(source->follow);
	free(source->room);
	free(source->path);
	free(source);
}

static void
add_source(struct tail *tail, const struct tail_config *config)
{
	const struct follow_source what = {
		.path = config->path,
		.lines = (unsigned)config->lines,
		.rate = (unsigned)config->rate,
	};
	struct source *source = xcalloc(1, sizeof(*source));
	int r;

	source->chat = tail->chat;
	source->room = xstrdup(config->room);
	source->path = xstrdup(config->path);
	source->lines = config->lines;
	source->rate = config->rate;
	source->is_wanted = true;
	LIST_INSERT_HEAD(&tail->sources, source, link);
	r = follow_new(&source->follow, tail->loop, &what, 1, line_bytes(tail->config),
		&ops, source);
	if (r == 0)
		return;
	log_error("tail_failed", log_str("path", config->path),
		log_str("error", strerror(-r)));
	free_source(source);
}

static struct source *
find_source(const struct tail *tail, const struct tail_config *config)
{
	struct source *source;

	LIST_FOREACH (source, &tail->sources, link)
		if (!strcmp(source->room, config->room) &&
			!strcmp(source->path, config->path) &&
			source->lines == config->lines && source->rate == config->rate)
			return source;
	return NULL;
}

void
tail_reload(struct tail *tail)
{
	const struct config *config = tail->config;
	struct source *source, *next;
	size_t i;

	LIST_FOREACH (source, &tail->sources, link)
		source->is_wanted = false;
	for (i = 0; i < config->tails.count; i++) {
		source = find_source(tail, &config->tails.items[i]);
		if (source)
			source->is_wanted = true;
		else
			add_source(tail, &config->tails.items[i]);
	}
	for (source = LIST_FIRST(&tail->sources); source; source = next) {
		next = LIST_NEXT(source, link);
		if (!source->is_wanted)
			free_source(source);
	}
}

struct tail *
tail_new(const struct config *config, struct chat *chat, struct loop *loop)
{
	struct tail *tail = xcalloc(1, sizeof(*tail));

	tail->config = config;
	tail->chat = chat;
	tail->loop = loop;
	LIST_INIT(&tail->sources);
	tail_reload(tail);
	return tail;
}

void
tail_free(struct tail *tail)
{
	if (!tail)
		return;
	while (!LIST_EMPTY(&tail->sources))
		free_source(LIST_FIRST(&tail->sources));
	free(tail);
}
