#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "hooks/hooks_private.h"
#include "linnet/base/util.h"

/* Look at so many items of an array: those that say nothing become no push, but take
 * time. */
#define VALUES_MAX 1000

/* Members that programs use for the same thing, most common first. */
static const char *const texts[] = { "text", "message", "body", "content", "msg", NULL };
static const char *const titles[] = { "title", "subject", "heading", "name", "alert",
	NULL };
static const char *const links[] = { "click", "url", "link", "html_url", NULL };
static const char *const keys[] = { "key", "id" };
static const char *const services[] = { "service", "service_name", "component", "check",
	"job", NULL };
static const char *const hosts[] = { "host", "hostname", "host_name", "instance", "node",
	"server", "device", NULL };
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

/* The name of the first of members that object has, which is a text or an object with a
 * name; NULL: it has none. */
static const char *
generic_name_of(const json_t *object, const char *const *members)
{
	const char *name = NULL;

	for (; *members && !name; members++) {
		const json_t *value = json_object_get(object, *members);

		name = json_is_object(value) ? hooks_string(value, "name")
					     : hooks_string(object, *members);
	}
	return name;
}

static bool
generic_is_letter(char c)
{
	return (unsigned char)c >= 0x80 || isalnum((unsigned char)c);
}

/* True if text has word, in any case, and not as a part of a longer word. A word longer
 * than a title is not looked for: that would take long. */
static bool
generic_has_word(const char *text, const char *word)
{
	const char *at = text;
	size_t len = strlen(word);

	if (len > HOOKS_TITLE_BYTES)
		return false;
	for (; *at; at++)
		if ((at == text || !generic_is_letter(at[-1])) &&
			!strncasecmp(at, word, len) && !generic_is_letter(at[len]))
			return true;
	return false;
}

/* Append the service and the host that object is about, each behind apart, but for what
 * known (NULL: nothing) says already. */
static void
generic_say_place(
	struct buffer *text, const json_t *object, const char *apart, const char *known)
{
	const char *const places[] = { generic_name_of(object, services),
		generic_name_of(object, hosts) };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		if (places[i] && !(known && generic_has_word(known, places[i])))
			buffer_printf(text, "%s%s", text->len ? apart : "", places[i]);
}

/* Append what the alarm is known by. The name of a rule, or of what an uptime monitor
 * watches, is only known together with the place. *former_len is the length of the name
 * that an earlier version would have given it. */
static void
generic_say_key(struct buffer *text, const json_t *object, size_t *former_len)
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
	*former_len = text->len;
	if (text->len)
		return;
	hooks_say_string(text, object, "alert");
	/* Uptime monitors send no key, only the name of the service. */
	if (!text->len && status &&
		(!strcasecmp(status, "up") || !strcasecmp(status, "down")))
		hooks_say_string(text, object, "name");
	*former_len = text->len;
	if (text->len)
		generic_say_place(text, object, "-", NULL);
}

/* Append line on a line of its own, unless it is NULL or other. */
static void
generic_say_line(struct buffer *text, const char *line, const char *other)
{
	if (line && !(other && !strcmp(line, other)))
		buffer_printf(text, "%s%s", text->len ? "\n" : "", line);
}

/* Append the texts of object, the shortest kind first. Returns its title, or NULL. */
static const char *
generic_say_texts(struct buffer *text, const json_t *object)
{
	const char *title = hooks_first(object, titles);
	const char *said = hooks_first(object, texts);
	const char *summary = hooks_string(object, "summary");
	const char *description = hooks_string(object, "description");

	if (hooks_is_slack(object))
		hooks_say_slack(text, object);
	if (text->len)
		return title;
	if (!title && summary && (said || description))
		title = summary;
	generic_say_line(text, summary, title);
	generic_say_line(text, said, summary);
	if (!(said && description && !strcmp(said, description)))
		generic_say_line(text, description, summary);
	return title;
}

/* Append the title with what it belongs to. title may be NULL. */
static void
generic_say_title(struct buffer *line, const json_t *object, const char *title,
	const struct buffer *text)
{
	struct buffer known = { 0 }, place = { 0 };

	buffer_printf(&known, "%s\n%s", title ? title : "", text->len ? text->bytes : "");
	generic_say_place(&place, object, ", ", known.bytes);
	if (title && place.len)
		buffer_printf(line, "%s (%s)", hooks_line_of(title, strlen(title)).text,
			place.bytes);
	else if (title || place.len)
		buffer_printf(line, "%s", title ? title : place.bytes);
	buffer_clear(&known);
	buffer_clear(&place);
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

/* Set the keys of push, in key and former, from name. */
static void
generic_set_keys(struct hooks_push *push, char *key, char *former, struct buffer *name,
	size_t former_len)
{
	hooks_make_key(key, name->bytes, NULL);
	push->key = key;
	if (former_len == name->len)
		return;
	name->bytes[former_len] = '\0';
	hooks_make_key(former, name->bytes, NULL);
	push->former_key = former;
}

static void
generic_convert_object(struct hooks_request *request, const json_t *object)
{
	struct buffer text = { 0 }, name = { 0 }, title = { 0 };
	struct hooks_push push = {
		.severity = generic_severity(object),
		.username = hooks_string(object, "username"),
		.click = generic_link(object),
	};
	char key[HOOKS_KEY_BYTES + 1], former[HOOKS_KEY_BYTES + 1];
	const char *given = generic_say_texts(&text, object);
	size_t former_len;

	generic_say_key(&name, object, &former_len);
	if (name.len && !push.severity && generic_has_level(object)) {
		/* As a message it would be lost among others; as an alarm nothing would
		 * clear it. */
		message_refuse(request->fault, "bad_hook",
			"the severity is not a known word, such as \"critical\", "
			"\"warning\" or \"resolved\"");
	} else if (name.len && push.severity) {
		generic_set_keys(&push, key, former, &name, former_len);
	}
	/* A name is better than a key. */
	if (push.key && !given && !text.len)
		given = name.bytes;
	if (given || text.len)
		generic_say_title(&title, object, given, &text);
	push.title = title.bytes;
	push.message = text.bytes;
	push.tags = generic_tags(object, push.key != NULL);
	if (!request->fault->code && (push.title || push.message))
		hooks_add(request, &push);
	json_decref(push.tags);
	buffer_clear(&title);
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
		if (json_array_size(request->pushes) < HOOKS_MAX_PUSHES && i < VALUES_MAX)
			generic_convert_value(request, value);
		else
			left_out++;
	}
	if (!json_array_size(request->pushes) && !request->fault->code)
		message_refuse(request->fault, "bad_hook",
			"the body needs a \"text\", \"message\" or \"title\"");
	else if (left_out)
		hooks_add_left_out(request, left_out, "message", NULL);
}
