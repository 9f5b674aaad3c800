#include <errno.h>
#include <string.h>

#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "tail/follow_private.h"

/* What is read of one source before others get their turn. */
#define TURN_BYTES (256 * 1024)

/* When a line that was not taken is offered again. */
#define RETRY_MS 20

static void
on_again(void *context)
{
	follow_lines_turn(context);
}

/* How many lines a bucket that was empty must hold before more are let through: a part
 * of the log that can be read is better than single lines of it. */
static double
batch_of(const struct follow_file *file)
{
	return file->rate < 8 ? 1 : file->rate / 4;
}

/* Returns 0, or after how many ms cost lines may be let through. */
static int64_t
take_tokens(struct follow_file *file, double cost)
{
	unsigned burst = file->rate > file->lines ? file->rate : file->lines;

	return token_bucket_take(
		&file->bucket, file->rate, burst, cost, file->follow->now_ms);
}

static void
wait_for_refill(struct follow_file *file, int64_t wait_ms)
{
	loop_timer_start(file->refill, wait_ms, 0);
}

static void
on_refill(void *context)
{
	struct follow_file *file = context;
	double batch = batch_of(file);
	int64_t wait_ms;

	file->follow->now_ms = clock_now_ms();
	wait_ms = take_tokens(file, batch);
	if (wait_ms) {
		wait_for_refill(file, wait_ms);
		return;
	}
	file->bucket.tokens += batch; /* the lines take them one by one */
	file->is_thinning = false;
	if (!loop_timer_is_running(file->again))
		follow_lines_turn(file);
}

void
follow_lines_init(struct follow_file *file)
{
	file->again = loop_timer_new(file->follow->loop, on_again, file);
	file->refill = loop_timer_new(file->follow->loop, on_refill, file);
}

void
follow_lines_fini(struct follow_file *file)
{
	loop_timer_free(file->again);
	loop_timer_free(file->refill);
}

static bool
is_let_through(struct follow_file *file, struct follow_reader *reader)
{
	if (reader->backlog) {
		reader->backlog--;
		return true;
	}
	if (file->is_thinning)
		return false;
	if (!take_tokens(file, 1))
		return true;
	file->is_thinning = true;
	wait_for_refill(file, take_tokens(file, batch_of(file)));
	return false;
}

static int
tell_skipped(struct follow_file *file)
{
	const struct follow *follow = file->follow;

	if (!file->skipped)
		return 0;
	if (follow->ops->on_skipped(follow->context, file->index, file->skipped) != 0)
		return -EAGAIN;
	file->skipped = 0;
	file->has_told = true;
	return 0;
}

/* An event stands between lines: where there were none since the last one, it is left
 * out. */
static int
tell_event(struct follow_file *file)
{
	const struct follow *follow = file->follow;

	if (file->event && file->has_told) {
		if (follow->ops->on_event(follow->context, file->index, file->event) != 0)
			return -EAGAIN;
		file->has_told = false;
	}
	file->event = 0;
	return 0;
}

/* What is to be known before the next line. Returns 0 or -EAGAIN. */
static int
tell_before(struct follow_file *file)
{
	int r = tell_skipped(file);

	return r < 0 ? r : tell_event(file);
}

/* Deliver the reader's line, which is whole, or count it as skipped. Returns 0 or
 * -EAGAIN. */
static int
offer(struct follow_file *file, struct follow_reader *reader)
{
	const struct follow *follow = file->follow;
	size_t len;

	if (!reader->has_begun)
		file->event = FOLLOW_ROTATED;
	reader->has_begun = true;
	if (!reader->is_granted && !is_let_through(file, reader)) {
		file->skipped++;
		log_line_clear(&reader->line);
		return 0;
	}
	reader->is_granted = true;
	if (tell_before(file) < 0)
		return -EAGAIN;
	len = log_line_clean(&reader->line, follow->text);
	if (follow->ops->on_line(follow->context, file->index, follow->text, len) != 0)
		return -EAGAIN;
	reader->is_granted = false;
	file->has_told = true;
	log_line_clear(&reader->line);
	return 0;
}

int
follow_lines_finish(struct follow_file *file, struct follow_reader *reader)
{
	return log_line_is_empty(&reader->line) ? 0 : offer(file, reader);
}

static int
offer_chunk(struct follow_file *file, struct follow_reader *reader)
{
	const struct follow_chunk *chunk = &file->follow->chunk;
	size_t taken = 0;
	int r = 0;

	while (taken < chunk->fresh_len && r == 0) {
		bool is_whole;

		taken += log_line_take(&reader->line, chunk->fresh + taken,
			chunk->fresh_len - taken, &is_whole);
		if (is_whole)
			r = offer(file, reader);
	}
	follow_reader_take(reader, chunk, taken);
	return r;
}

/* The file was truncated. Returns -EINPROGRESS, because how far it may be read has to be
 * looked at anew, or -EAGAIN. */
static int
begin_anew(struct follow_file *file, struct follow_reader *reader)
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
note_error(const struct follow_file *file, struct follow_reader *reader, int error)
{
	if (error && error != reader->error)
		log_warn("tail_failed", log_str("path", file->path.path),
			log_str("what", "read"), log_str("error", strerror(-error)));
	reader->error = error;
}

/* Returns 0 at the end or limit, -EINPROGRESS if budget is used up, or -EAGAIN. */
static int
read_on(struct follow_file *file, struct follow_reader *reader, size_t *budget)
{
	struct follow_chunk *chunk = &file->follow->chunk;
	int r;

	for (;;) {
		r = follow_reader_read(reader, chunk);
		if (r == -ESTALE)
			return begin_anew(file, reader);
		note_error(file, reader, r);
		if (r < 0)
			return 0; /* others can be read perhaps */
		if (chunk->fresh_len && reader->left_ms)
			reader->left_ms = file->follow->now_ms;
		r = offer_chunk(file, reader);
		if (r < 0 || chunk->fresh_len < FOLLOW_READ_BYTES)
			return r;
		if (*budget <= FOLLOW_READ_BYTES)
			return -EINPROGRESS;
		*budget -= FOLLOW_READ_BYTES;
	}
}

static int
read_one(struct follow_file *file, struct follow_reader *reader, size_t *budget)
{
	int r = reader->is_granted ? offer(file, reader) : 0;

	reader->is_read = false;
	if (r == 0)
		r = read_on(file, reader, budget);
	if (r == 0 && reader->is_over)
		r = follow_lines_finish(file, reader);
	reader->is_read = r == 0;
	return r;
}

/* A writer goes to a new file when it has written its last line to the old one. So what a
 * file holds before all older ones are read to their ends comes after what they hold. */
static void
set_limits(struct follow_file *file)
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
	set_limits(file);
	if (!file->is_thinning)
		r = tell_before(file);
	TAILQ_FOREACH (reader, &file->readers, link) {
		if (r == 0)
			r = read_one(file, reader, &budget);
	}
	if (r == 0)
		return;
	loop_timer_start(file->again, r == -EAGAIN ? RETRY_MS : 0, 0);
}
