#include "client/lines_in.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "client/output.h"
#include "linnet/protocol/line_text.h"
#include "linnet/protocol/shown_line.h"

#define PIECE_BYTES 16384

struct lines_in {
	struct runner *runner;
	pthread_mutex_t lock;
	pthread_cond_t taken;
	char piece[PIECE_BYTES]; /* what was read and not taken: at to end */
	size_t at, end;
	bool is_over;

	/* Own to the loop's thread. */
	struct shown_line shown;
	bool is_too_long;
};

static void *
lines_in_read(void *context)
{
	struct lines_in *lines = context;
	char piece[PIECE_BYTES];
	ssize_t n;

	do {
		n = read(STDIN_FILENO, piece, sizeof(piece));
		if (n < 0 && errno == EINTR)
			continue;
		pthread_mutex_lock(&lines->lock);
		while (lines->at < lines->end)
			pthread_cond_wait(&lines->taken, &lines->lock);
		if (n > 0)
			memcpy(lines->piece, piece, (size_t)n);
		lines->at = 0;
		lines->end = n > 0 ? (size_t)n : 0;
		lines->is_over = n <= 0;
		pthread_mutex_unlock(&lines->lock);
		runner_wake(lines->runner);
	} while (n != 0 && !(n < 0 && errno != EINTR));
	return NULL;
}

struct lines_in *
lines_in_new(struct runner *runner)
{
	/* The thread may still read when main returns. */
	static struct lines_in lines = {
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.taken = PTHREAD_COND_INITIALIZER,
	};
	pthread_t thread;

	lines.runner = runner;
	if (pthread_create(&thread, NULL, lines_in_read, &lines) != 0) {
		output_note("cannot start a thread that reads standard input");
		return NULL;
	}
	pthread_detach(thread);
	return &lines;
}

/* The line has ended. Puts it into line, cleaned. */
static enum lines_in_state
lines_in_finish(struct lines_in *lines, struct buffer *line)
{
	bool is_too_long = lines->is_too_long;

	shown_line_end(&lines->shown);
	line->len = 0;
	if (!is_too_long)
		line_text_append_clean(
			line, lines->shown.text.bytes, lines->shown.text.len);
	shown_line_drop(&lines->shown);
	lines->is_too_long = false;
	while (line->len && strchr(" \t", line->bytes[line->len - 1]))
		line->len--;
	if (is_too_long)
		return LINES_IN_TOO_LONG;
	return line->len ? LINES_IN_LINE : LINES_IN_WAIT;
}

/* Take what was read. Returns LINES_IN_WAIT if all of it is taken without a line. */
static enum lines_in_state
lines_in_take_piece(struct lines_in *lines, struct buffer *line, size_t max_bytes)
{
	enum lines_in_state state = LINES_IN_WAIT;

	while (state == LINES_IN_WAIT && lines->at < lines->end) {
		char byte = lines->piece[lines->at++];

		if (byte == '\n')
			state = lines_in_finish(lines, line);
		else if (!lines->is_too_long &&
			 !shown_line_add(&lines->shown, byte, max_bytes)) {
			lines->is_too_long = true;
			shown_line_drop(&lines->shown);
		}
	}
	if (lines->at == lines->end)
		pthread_cond_signal(&lines->taken);
	return state;
}

enum lines_in_state
lines_in_take(struct lines_in *lines, struct buffer *line, size_t max_bytes)
{
	enum lines_in_state state;

	pthread_mutex_lock(&lines->lock);
	state = lines_in_take_piece(lines, line, max_bytes);
	if (state == LINES_IN_WAIT && lines->is_over) {
		/* The last line may lack its end. */
		state = shown_line_is_empty(&lines->shown) && !lines->is_too_long
				? LINES_IN_END
				: lines_in_finish(lines, line);
		if (state == LINES_IN_WAIT)
			state = LINES_IN_END;
	}
	pthread_mutex_unlock(&lines->lock);
	return state;
}
