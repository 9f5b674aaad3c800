#include "linnet/tail/tail.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "tail/follow.h"

/* One tail: a followed file and its room. */
struct tail_source {
	struct chat *chat;
	struct follow_file *file;
	char *room, *path;
	int lines, rate;
	bool is_wanted;
	LIST_ENTRY(tail_source) link;
};

struct tail {
	const struct config *config;
	struct chat *chat;
	struct loop *loop;
	struct follow *follow; /* NULL until the first tail is configured */
	LIST_HEAD(, tail_source) sources;
};

static int
tail_say_skipped(const struct tail_source *source, uint64_t lines)
{
	char text[48];
	int len = snprintf(text, sizeof(text), "%" PRIu64 " line%s skipped", lines,
		lines == 1 ? "" : "s");

	return chat_log(
		source->chat, source->room, text, (size_t)len, lines, clock_unix_ms());
}

static int
tail_deliver(void *context, const struct follow_item *item)
{
	const struct tail_source *source = context;

	switch (item->kind) {
	case FOLLOW_LINE:
		return chat_log(source->chat, source->room, item->text, item->len, 0,
			clock_unix_ms());
	case FOLLOW_SKIPPED:
		return tail_say_skipped(source, item->lines);
	case FOLLOW_ROTATED:
		return chat_log_event(source->chat, source->room, "rotated",
			"the file was rotated", clock_unix_ms());
	case FOLLOW_TRUNCATED:
		break;
	}
	return chat_log_event(source->chat, source->room, "truncated",
		"the file was truncated", clock_unix_ms());
}

size_t
tail_descriptors(const struct config *config)
{
	return config->tails.count * 2 * FOLLOW_DESCRIPTORS + 1;
}

static void
tail_free_source(struct tail_source *source)
{
	LIST_REMOVE(source, link);
	follow_remove(source->file);
	free(source->room);
	free(source->path);
	free(source);
}

static void
tail_add_source(struct tail *tail, const struct tail_config *config)
{
	const struct follow_source what = {
		.path = config->path,
		.lines = (unsigned)config->lines,
		.rate = (unsigned)config->rate,
		.max_line_bytes = size_min(
			(size_t)tail->config->limits.message_bytes, FOLLOW_LINE_BYTES),
	};
	struct tail_source *source = xcalloc(1, sizeof(*source));

	source->chat = tail->chat;
	source->room = xstrdup(config->room);
	source->path = xstrdup(config->path);
	source->lines = config->lines;
	source->rate = config->rate;
	source->is_wanted = true;
	LIST_INSERT_HEAD(&tail->sources, source, link);
	source->file = follow_add(tail->follow, &what, source);
}

static struct tail_source *
tail_find_source(const struct tail *tail, const struct tail_config *config)
{
	struct tail_source *source;

	LIST_FOREACH (source, &tail->sources, link)
		if (!strcmp(source->room, config->room) &&
			!strcmp(source->path, config->path) &&
			source->lines == config->lines && source->rate == config->rate)
			return source;
	return NULL;
}

/* Returns false after logging why; the next reload tries again. */
static bool
tail_begin_following(struct tail *tail)
{
	int r = follow_new(&tail->follow, tail->loop, tail_deliver);

	if (r < 0)
		log_error("tail_failed", log_str("what", "watch"),
			log_str("error", strerror(-r)));
	return r == 0;
}

void
tail_reload(struct tail *tail)
{
	const struct config *config = tail->config;
	struct tail_source *source, *next;
	size_t i;

	if (!tail->follow && (!config->tails.count || !tail_begin_following(tail)))
		return;
	LIST_FOREACH (source, &tail->sources, link)
		source->is_wanted = false;
	for (i = 0; i < config->tails.count; i++) {
		source = tail_find_source(tail, &config->tails.items[i]);
		if (source)
			source->is_wanted = true;
		else
			tail_add_source(tail, &config->tails.items[i]);
	}
	for (source = LIST_FIRST(&tail->sources); source; source = next) {
		next = LIST_NEXT(source, link);
		if (!source->is_wanted)
			tail_free_source(source);
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
		tail_free_source(LIST_FIRST(&tail->sources));
	follow_free(tail->follow);
	free(tail);
}
