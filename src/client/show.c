#include "client/show.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "client/output.h"
#include "linnet/base/util.h"
#include "linnet/protocol/line_text.h"

static void
show_item(const struct client *client, struct buffer *text, json_t *item,
	const struct show_form *form, const char *type)
{
	if (client->arguments->is_json) {
		if (type)
			json_object_set_new(item, "type", json_string(type));
		output_append_json(text, item);
	} else if (form->append) {
		form->append(text, item, type);
	}
}

static void
show_list(const struct client *client, struct buffer *text, const json_t *list,
	const struct show_form *form, const char *type)
{
	size_t count = json_array_size(list);

	for (size_t i = 0; i < count; i++)
		show_item(client, text,
			json_array_get(list, form->is_backwards ? count - 1 - i : i),
			form, type);
}

enum client_status
show_answer(const struct client *client, json_t *answer, const struct show_form *form,
	enum client_status status)
{
	struct buffer text = { 0 };
	int r;

	if (!answer)
		return status;
	for (size_t i = 0; i < ARRAY_SIZE(form->lists) && form->lists[i].key; i++)
		show_list(client, &text, json_object_get(answer, form->lists[i].key),
			form, form->lists[i].type);
	if (!form->lists[0].key)
		show_item(client, &text, answer, form, NULL);
	json_decref(answer);
	output_write(&text);
	buffer_clear(&text);
	r = output_flush(client->runner);
	return r == 0 || r == -EPIPE ? CLIENT_DONE : CLIENT_REFUSED;
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
