#include "linnet/tail.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "linnet/conn.h"
#include "linnet/follow.h"
#include "linnet/xalloc.h"

/* What is cut off of a line is of use to nobody, and costs everybody memory. */
#define LINE_BYTES 4096

struct tail {
	const struct config *config;
	struct chat *chat;
	struct follow *follow;
};

static int
on_line(void *context, size_t index, const char *text, size_t len)
{
	const struct tail *tail = context;

	return chat_log(tail->chat, tail->config->tails.items[index].room, text, len, 0,
		conn_unix_ms());
}

static int
on_skipped(void *context, size_t index, uint64_t lines)
{
	const struct tail *tail = context;
	char text[48];
	int len = snprintf(text, sizeof(text), "%" PRIu64 " line%s skipped", lines,
		lines == 1 ? "" : "s");

	return chat_log(tail->chat, tail->config->tails.items[index].room, text,
		(size_t)len, lines, conn_unix_ms());
}

static const struct follow_ops ops = { .on_line = on_line, .on_skipped = on_skipped };

size_t
tail_descriptors(const struct config *config)
{
	return config->tails.count * 2 * FOLLOW_DESCRIPTORS;
}

static size_t
line_bytes(const struct config *config)
{
	size_t max = (size_t)config->limits.message_bytes;

	return max < LINE_BYTES ? max : LINE_BYTES;
}

int
tail_new(struct tail **out, const struct config *config, struct chat *chat,
	struct ev_loop *loop)
{
	size_t count = config->tails.count, i;
	struct follow_source *sources;
	struct tail *tail;
	int r;

	*out = NULL;
	if (!count)
		return 0;
	tail = xcalloc(1, sizeof(*tail));
	tail->config = config;
	tail->chat = chat;
	sources = xcalloc(count, sizeof(*sources));
	for (i = 0; i < count; i++)
		sources[i] = (struct follow_source){
			.path = config->tails.items[i].path,
			.lines = (unsigned)config->tails.items[i].lines,
			.rate = (unsigned)config->tails.items[i].rate,
		};
	r = follow_new(
		&tail->follow, loop, sources, count, line_bytes(config), &ops, tail);
	free(sources);
	if (r < 0)
		free(tail);
	else
		*out = tail;
	return r;
}

void
tail_free(struct tail *tail)
{
	if (!tail)
		return;
	follow_free(tail->follow);
	free(tail);
}
