#include <errno.h>
#include <string.h>

#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "tail/follow_private.h"

/* The most that is read of one source in a row, so that others get their turn. */
#define TURN_BYTES (256 * 1024)

/* A refused item is offered again after this time. */
#define RETRY_MS 20

static void
follow_lines_on_again(void *context)
{
	follow_lines_turn(context);
}

/* An empty bucket must refill to this many lines before lines pass again. So readers get
 * stretches of the log instead of single lines. */
static double
follow_lines_batch(const struct follow_file *file)
{
	return file->source.rate < 8 ? 1 : file->source.rate / 4;
}

/* Returns 0 if cost lines may pass now, or in how many ms they may. */
static int64_t
follow_lines_take_tokens(struct follow_file *file, double cost)
{
	unsigned burst = file->source.rate > file->source.lines ? file->source.rate
								: file->source.lines;

	return token_bucket_take(
		&file->bucket, file->source.rate, burst, cost, file->follow->now_ms);
}

static void
follow_lines_on_refill(void *context)
{
	struct follow_file *file = context;
	double batch = follow_lines_batch(file);
	int64_t wait_ms;

	file->follow->now_ms = clock_now_ms();
	wait_ms = follow_lines_take_tokens(file, batch);
	if (wait_ms) {
		loop_timer_start(file->refill, wait_ms, 0);
		return;
	}
	file->bucket.tokens += batch; /* each line takes its own */
	file->is_thinning = false;
	if (!loop_timer_is_running(file->again))
		follow_lines_turn(file);
}

void
follow_lines_init(struct follow_file *file)
{
	file->again = loop_timer_new(file->follow->loop, follow_lines_on_again, file);
	file->refill = loop_timer_new(file->follow->loop, follow_lines_on_refill, file);
}

static bool
follow_lines_may_pass(struct follow_file *file, struct follow_reader *reader)
{
	if (reader->backlog) {
		reader->backlog--;
		return true;
	}
	if (file->is_thinning)
		return false;
	if (!follow_lines_take_tokens(file, 1))
		return true;
	file->is_thinning = true;
	loop_timer_start(file->refill,
		follow_lines_take_tokens(file, follow_lines_batch(file)), 0);
	return false;
}

/* Returns 0 or -EAGAIN. */
static int
follow_lines_deliver(struct follow_file *file, const struct follow_item *item)
{
	if (file->follow->deliver(file->context, item) != 0)
		return -EAGAIN;
	file->has_told = item->kind == FOLLOW_LINE || item->kind == FOLLOW_SKIPPED;
	return 0;
}

/* Deliver what comes before the next line. An event without a line since the last event
 * is dropped. Returns 0 or -EAGAIN. */
static int
follow_lines_deliver_before(struct follow_file *file)
{
	struct follow_item skipped = { .kind = FOLLOW_SKIPPED, .lines = file->skipped };
	struct follow_item event = { .kind = file->event };

	if (file->skipped && follow_lines_deliver(file, &skipped) < 0)
		return -EAGAIN;
	file->skipped = 0;
	if (file->event && file->has_told && follow_lines_deliver(file, &event) < 0)
		return -EAGAIN;
	file->event = 0;
	return 0;
}

/* Deliver the reader's whole line, or count it as skipped. Returns 0 or -EAGAIN. */
static int
follow_lines_offer(struct follow_file *file, struct follow_reader *reader)
{
	struct follow_item item = { .kind = FOLLOW_LINE, .text = file->follow->text };

	if (!reader->has_begun)
		file->event = FOLLOW_ROTATED;
	reader->has_begun = true;
	if (!reader->is_granted && !follow_lines_may_pass(file, reader)) {
		file->skipped++;
		log_line_clear(&reader->line);
		return 0;
	}
	reader->is_granted = true;
	if (follow_lines_deliver_before(file) < 0)
		return -EAGAIN;
	item.len = log_line_clean(&reader->line, file->follow->text);
	if (follow_lines_deliver(file, &item) < 0)
		return -EAGAIN;
	reader->is_granted = false;
	log_line_clear(&reader->line);
	return 0;
}

int
follow_lines_finish(struct follow_file *file, struct follow_reader *reader)
{
	return reader->line.raw.len ? follow_lines_offer(file, reader) : 0;
}

static int
follow_lines_offer_chunk(struct follow_file *file, struct follow_reader *reader)
{
	const struct follow_chunk *chunk = &file->follow->chunk;
	size_t taken = 0;
	int r = 0;

	while (taken < chunk->fresh_len && r == 0) {
		bool is_whole;

		taken += log_line_take(&reader->line, chunk->fresh + taken,
			chunk->fresh_len - taken, &is_whole);
		if (is_whole)
			r = follow_lines_offer(file, reader);
	}
	follow_reader_take(reader, chunk, taken);
	return r;
}

/* The file was truncated. Returns -EAGAIN, or -EINPROGRESS because the limits of reading
 * must be set again. */
static int
follow_lines_restart(struct follow_file *file, struct follow_reader *reader)
{
	if (follow_lines_finish(file, reader) < 0)
		return -EAGAIN;
	log_info("tail_truncated", log_str("path", file->path.path),
		log_uint("offset", reader->offset),
		log_uint("bytes", follow_reader_size(reader)));
	follow_reader_rewind(reader);
	file->event = FOLLOW_TRUNCATED;
	return -EINPROGRESS;
}

static void
follow_lines_log_error(
	const struct follow_file *file, struct follow_reader *reader, int error)
{
	if (error && error != reader->error)
		log_warn("tail_failed", log_str("path", file->path.path),
			log_str("what", "read"), log_str("error", strerror(-error)));
	reader->error = error;
}

/* Returns 0 at the file's end or limit, -EINPROGRESS if budget is used up, or -EAGAIN. */
static int
follow_lines_read_reader(
	struct follow_file *file, struct follow_reader *reader, size_t *budget)
{
	struct follow_chunk *chunk = &file->follow->chunk;
	int r;

	for (;;) {
		r = follow_reader_read(reader, chunk);
		if (r == -ESTALE)
			return follow_lines_restart(file, reader);
		follow_lines_log_error(file, reader, r);
		if (r < 0)
			return 0; /* other files may be readable */
		if (chunk->fresh_len && reader->left_ms)
			reader->left_ms = file->follow->now_ms;
		r = follow_lines_offer_chunk(file, reader);
		if (r < 0 || chunk->fresh_len < FOLLOW_READ_BYTES)
			return r;
		if (*budget <= FOLLOW_READ_BYTES)
			return -EINPROGRESS;
		*budget -= FOLLOW_READ_BYTES;
	}
}

static int
follow_lines_turn_reader(
	struct follow_file *file, struct follow_reader *reader, size_t *budget)
{
	int r = reader->is_granted ? follow_lines_offer(file, reader) : 0;

	reader->is_read = false;
	if (r == 0)
		r = follow_lines_read_reader(file, reader, budget);
	if (r == 0 && reader->is_over)
		r = follow_lines_finish(file, reader);
	reader->is_read = r == 0;
	return r;
}

/* Decide how far each file may be read in this turn. A writer opens the new file only
 * after its last line to the old one. So each newer file is read only as far as it
 * reaches now, before the older files are read to their ends: what it gets later may be
 * newer than lines of the old file that are not read yet. */
static void
follow_lines_set_limits(struct follow_file *file)
{
	struct follow_reader *reader;
	bool has_begun = false;

	TAILQ_FOREACH_REVERSE(reader, &file->readers, follow_readers, link)
	{
		reader->is_over = has_begun;
		reader->limit = reader == TAILQ_FIRST(&file->readers)
					? UINT64_MAX
					: follow_reader_size(reader);
		if (!reader->offset && reader->limit)
			has_begun = true;
	}
}

void
follow_lines_turn(struct follow_file *file)
{
	struct follow *follow = file->follow;
	struct follow_reader *reader;
	size_t budget = TURN_BYTES;
	int r = 0;

	file->needs_turn = false;
	follow->now_ms = clock_now_ms();
	follow_lines_set_limits(file);
	if (!file->is_thinning)
		r = follow_lines_deliver_before(file);
	TAILQ_FOREACH (reader, &file->readers, link) {
		if (r == 0)
			r = follow_lines_turn_reader(file, reader, &budget);
	}
	if (r == 0)
		return;
	loop_timer_start(file->again, r == -EAGAIN ? RETRY_MS : 0, 0);
}
