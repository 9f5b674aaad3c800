/* linnet pub */
#include <string.h>

#include "client/command_list.h"
#include "client/lines_in.h"
#include "client/output.h"
#include "client/sender.h"
#include "linnet/base/utf8.h"

/* The line is taken to this buffer first. */
struct piped {
	struct lines_in *lines;
	struct buffer line;
};

static enum sender_next
publish_next_line(void *context, json_t **object, size_t max_bytes)
{
	struct piped *piped = context;

	*object = NULL;
	switch (lines_in_take(piped->lines, &piped->line, max_bytes)) {
	case LINES_IN_LINE:
		*object = json_pack("{s:o}", "message",
			json_stringn(piped->line.bytes, piped->line.len));
		return SENDER_OBJECT;
	case LINES_IN_TOO_LONG:
		return SENDER_OBJECT;
	case LINES_IN_WAIT:
		return SENDER_WAIT;
	default:
		return SENDER_END;
	}
}

enum client_status
publish_run(const struct client *client, const char *const *words)
{
	struct piped piped = { 0 };
	const struct sender_source source = {
		.next = publish_next_line,
		.context = &piped,
		.has_many = true,
	};
	enum client_status status;

	if (words[1])
		return sender_run_one(
			client, words[0], json_pack("{s:s}", "message", words[1]), true);
	piped.lines = lines_in_new(client->runner);
	if (!piped.lines)
		return CLIENT_REFUSED;
	status = sender_run(client, words[0], &source, true);
	buffer_clear(&piped.line);
	return status;
}
