#include "redis/log_reader.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"

/* Redis answers at the latest after this time, with nothing. */
#define BLOCK_MS 3000

/* How many entries one read takes. */
#define READ_ENTRIES "100"

/* After a read that has brought something, the next one waits so long: each wakes Redis.
 */
#define PAUSE_S 0.002

/* An entry has at least the fields n, g, q, t and d, in this order. */
enum {
	FIELD_NODE = 1,
	FIELD_GENERATION = 3,
	FIELD_COUNT = 5,
	FIELD_KIND = 7,
	FIELD_DATA = 9
};

void
log_position_read(struct log_position *position, const char *id)
{
	char *dash;

	position->ms = strtoull(id, &dash, 10);
	position->sequence = *dash == '-' ? strtoull(dash + 1, NULL, 10) : 0;
}

bool
log_position_has_passed(const struct log_position *a, const struct log_position *b)
{
	return a->ms > b->ms || (a->ms == b->ms && a->sequence >= b->sequence);
}

/* Tell of one entry. Returns false if the reading is over. */
static bool
log_reader_take(struct log_reader *reader, const struct redisReply *reply)
{
	const struct redisReply *fields = reply->elements == 2 ? reply->element[1] : NULL;
	struct redis_entry entry = { .kind = NULL };
	uint64_t count;

	if (!fields || fields->type != REDIS_REPLY_ARRAY ||
		fields->elements <= FIELD_DATA) {
		reader->on_lost(reader->context, "the log has something else", true);
		return false;
	}
	count = strtoull(fields->element[FIELD_COUNT]->str, NULL, 10);
	if (count != reader->position.count + 1) {
		reader->on_lost(reader->context, "entries of the log are missing", true);
		return false;
	}
	log_position_read(&reader->position, reply->element[0]->str);
	reader->position.count = count;
	entry.node = fields->element[FIELD_NODE]->str;
	entry.generation = strtoull(fields->element[FIELD_GENERATION]->str, NULL, 10);
	entry.kind = fields->element[FIELD_KIND]->str;
	entry.data = fields->element[FIELD_DATA]->str;
	entry.len = (size_t)fields->element[FIELD_DATA]->len;
	reader->on_entry(reader->context, &entry);
	return reader->is_reading;
}

static void log_reader_next(struct log_reader *reader);

/* reply: [[KEY, [[ID, FIELDS], ...]]], or nothing after BLOCK_MS. */
static void
log_reader_on_reply(void *context, void *what, const struct redisReply *reply)
{
	struct log_reader *reader = context;
	const struct redisReply *entries = NULL;

	(void)what;
	if (!reply || !reader->is_reading)
		return;
	if (reply->type == REDIS_REPLY_ERROR) {
		reader->on_lost(reader->context, reply->str, false);
		return;
	}
	if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 1 &&
		reply->element[0]->elements == 2)
		entries = reply->element[0]->element[1];
	for (size_t i = 0; entries && i < entries->elements; i++)
		if (!log_reader_take(reader, entries->element[i]))
			return;
	reader->on_read(reader->context);
	if (!reader->is_reading)
		return;
	if (entries)
		ev_timer_again(reader->peer.loop, &reader->pause);
	else
		log_reader_next(reader);
}

static void
log_reader_next(struct log_reader *reader)
{
	struct redis_args args = { .count = 0 };
	char id[48];

	snprintf(id, sizeof(id), "%" PRIu64 "-%" PRIu64, reader->position.ms,
		reader->position.sequence);
	redis_args_text(&args, "XREAD");
	redis_args_text(&args, "COUNT");
	redis_args_text(&args, READ_ENTRIES);
	redis_args_text(&args, "BLOCK");
	redis_args_number(&args, BLOCK_MS);
	redis_args_text(&args, "STREAMS");
	redis_args_text(&args, reader->key);
	redis_args_text(&args, id);
	peer_call(&reader->peer, &args, log_reader_on_reply, reader, NULL);
	redis_args_clear(&args);
}

static void
log_reader_on_pause(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)events;
	ev_timer_stop(loop, timer);
	log_reader_next(timer->data);
}

static void
log_reader_on_peer_lost(void *context, const char *why)
{
	struct log_reader *reader = context;

	log_reader_stop(reader);
	reader->on_lost(reader->context, why, false);
}

void
log_reader_init(struct log_reader *reader, struct ev_loop *loop, const char *prefix)
{
	peer_init(&reader->peer, loop, log_reader_on_peer_lost, reader);
	ev_timer_init(&reader->pause, log_reader_on_pause, 0., PAUSE_S);
	reader->pause.data = reader;
	reader->key = xasprintf("%slog", prefix);
}

void
log_reader_fini(struct log_reader *reader)
{
	log_reader_stop(reader);
	free(reader->key);
}

bool
log_reader_start(struct log_reader *reader, const struct redis_address *address,
	const char *password, unsigned timeout_ms, const char **why)
{
	if (!peer_open(&reader->peer, address, password, BLOCK_MS + timeout_ms, why))
		return false;
	reader->is_reading = true;
	log_reader_next(reader);
	return true;
}

void
log_reader_stop(struct log_reader *reader)
{
	reader->is_reading = false;
	ev_timer_stop(reader->peer.loop, &reader->pause);
	peer_close(&reader->peer);
}
