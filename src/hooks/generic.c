#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "hooks/hooks_private.h"
#include "linnet/base/util.h"

/* Members that programs use for the same thing, most common first. */
static const char *const texts[] = { "text", "message", "body", "content", "msg",
	"description", "summary", NULL };
static const char *const titles[] = { "title", "subject", "heading", "name", NULL };
static const char *const links[] = { "click", "url", "link", "html_url", NULL };
static const char *const keys[] = { "key", "id", "alert" };
static const char *const levels[] = { "level", "severity", "status" };

/* The severity of an alarm, or NULL if no member has a known one. "ok" in any member
 * wins, because it clears the alarm. */
static const char *
generic_severity(const json_t *object)
{
	const char *found = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(levels); i++) {
		const char *level = hooks_severity(hooks_string(object, levels[i]));

		if (level && (!found || !strcmp(level, "ok")))
			found = level;
	}
	return found;
}

/* True if object is meant to be an alarm: it has a severity. A status alone is no sign,
 * because tickets and jobs have one. */
static bool
generic_has_level(const json_t *object)
{
	return hooks_string(object, "severity") || hooks_string(object, "level");
}

static void
generic_say_key(struct buffer *text, const json_t *object)
{
	const char *status = hooks_string(object, "status");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys) && !text->len; i++) {
		const json_t *id = json_object_get(object, keys[i]);

		hooks_say_string(text, object, keys[i]);
		if (json_is_integer(id))
			buffer_printf(
				text, "%" JSON_INTEGER_FORMAT, json_integer_value(id));
	}
	/* Uptime monitors send no key, only the name of the service. */
	if (!text->len && status &&
		(!strcasecmp(status, "up") || !strcasecmp(status, "down")))
		hooks_say_string(text, object, "name");
}

/* The level that a message is tagged with, or NULL. */
static const char *
generic_level(const json_t *object)
{
	const json_t *attachments = json_object_get(object, "attachments");
	const char *color = hooks_string(json_array_get(attachments, 0), "color");
	const char *level = generic_severity(object);

	if (!level)
		level = hooks_severity(hooks_string(object, "priority"));
	if (level || !color)
		return level;
	if (!strcmp(color, "good"))
		return "ok";
	return !strcmp(color, "danger") ? "error" : hooks_severity(color);
}

static const char *
generic_link(const json_t *object)
{
	const char *link = hooks_first(object, links);
	const json_t *attachments = json_object_get(object, "attachments");

	return link ? link : hooks_string(json_array_get(attachments, 0), "title_link");
}

/* The caller frees the array. */
static json_t *
generic_tags(const json_t *object, bool is_alarm)
{
	json_t *tags = json_object_get(object, "tags");
	const char *level = is_alarm ? NULL : generic_level(object);

	tags = json_is_array(tags) ? json_copy(tags) : json_array();
	if (level)
		json_array_insert_new(tags, 0, json_string(level));
	return tags;
}

static void
generic_convert_object(struct hooks_request *request, const json_t *object)
{
	struct buffer text = { 0 }, name = { 0 };
	struct hooks_push push = {
		.severity = generic_severity(object),
		.username = hooks_string(object, "username"),
		.title = hooks_first(object, titles),
		.click = generic_link(object),
	};
	char key[HOOKS_KEY_BYTES + 1];

	generic_say_key(&name, object);
	if (name.len && push.severity) {
		hooks_make_key(key, name.bytes, NULL);
		push.key = key;
	} else if (name.len && generic_has_level(object)) {
		/* As a message it would be lost among others; as an alarm nothing would
		 * clear it. */
		message_refuse(request->fault, "bad_hook",
			"the severity is not a known word, such as \"critical\", "
			"\"warning\" or \"resolved\"");
	}
	if (hooks_is_slack(object))
		hooks_say_slack(&text, object);
	if (!text.len && hooks_first(object, texts))
		buffer_printf(&text, "%s", hooks_first(object, texts));
	push.message = text.bytes;
	push.tags = generic_tags(object, push.key != NULL);
	if (!request->fault->code && (push.key || push.title || push.message))
		hooks_add(request, &push);
	json_decref(push.tags);
	buffer_clear(&text);
	buffer_clear(&name);
}

static void
generic_convert_value(struct hooks_request *request, json_t *value)
{
	json_t *object = json_is_string(value) ? json_object() : json_incref(value);

	if (object != value)
		json_object_set(object, "text", value);
	if (!hooks_add_monitor(request, object))
		generic_convert_object(request, object);
	json_decref(object);
}

void
hooks_convert_generic(struct hooks_request *request)
{
	uint64_t left_out = 0;
	json_t *value;
	size_t i;

	if (!json_is_array(request->body))
		generic_convert_value(request, request->body);
	json_array_foreach(request->body, i, value)
	{
		if (json_array_size(request->pushes) < HOOKS_MAX_PUSHES)
			generic_convert_value(request, value);
		else
			left_out++;
	}
	if (left_out)
		hooks_add_left_out(request, left_out, "message", NULL);
	if (!json_array_size(request->pushes) && !request->fault->code)
		message_refuse(request->fault, "bad_hook",
			"the body needs a \"text\", \"message\" or \"title\"");
}
