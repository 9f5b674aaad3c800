#include "client/show.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "client/output.h"
#include "linnet/protocol/line_text.h"

enum client_status
show_answer(const struct client *client, json_t *answer, show_lines *lines,
	enum client_status status)
{
	struct buffer text = { 0 };
	int r;

	if (!answer)
		return status;
	if (client->arguments->is_json)
		output_append_json(&text, answer);
	else if (lines)
		lines(&text, answer);
	json_decref(answer);
	output_write(&text);
	buffer_clear(&text);
	r = output_flush();
	if (r == 0 || r == -EPIPE)
		return CLIENT_DONE;
	output_note("standard output: %s", strerror(-r));
	return CLIENT_REFUSED;
}

void
show_append(struct buffer *text, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (json_is_string(value))
		line_text_append_clean(
			text, json_string_value(value), json_string_length(value));
	else if (json_is_integer(value))
		buffer_printf(text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
}

void
show_append_time(struct buffer *text, const json_t *object, const char *key)
{
	json_int_t ms = json_integer_value(json_object_get(object, key));
	time_t seconds = (time_t)(ms / 1000);
	struct tm local;
	char out[64];

	if (ms <= 0 || !localtime_r(&seconds, &local) ||
		!strftime(out, sizeof(out), "%Y-%m-%d %H:%M:%S", &local))
		buffer_append(text, "-", 1);
	else
		buffer_append(text, out, strlen(out));
}
