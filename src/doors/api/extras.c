/* What a push has beside its text: members that may also come in headers or the query, by
 * the names that clients of ntfy have for them, too. A bad title, priority, tag or link
 * is mended or dropped, and the text is still sent. */
#include <stdlib.h>
#include <string.h>

#include "doors/api/api_private.h"
#include "linnet/base/util.h"
#include "linnet/http/header_text.h"
#include "linnet/protocol/clean.h"
#include "linnet/protocol/name.h"

#define TITLE_BYTES 256
#define TAGS_MAX 16
#define TAG_BYTES 64

static json_t *
extras_clean_title(json_t *value)
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);
	char line[TITLE_BYTES + 1];

	if (text && len && len <= TITLE_BYTES && strlen(text) == len &&
		name_is_line(text))
		return json_incref(value);
	if (text && !clean_line(line, TITLE_BYTES, text, len, ' '))
		clean_add_ellipsis(line, TITLE_BYTES);
	return text && *line ? json_string(line) : NULL;
}

/* Set *priority to what text says, by a name of ntfy or as a number. Returns false if it
 * is neither. */
static bool
extras_read_priority(const char *text, double *priority)
{
	static const char *const names[] = { "min", "low", "default", "high", "max" };
	char *end;
	size_t i;

	*priority = 5;
	if (!strcasecmp(text, "urgent"))
		return true;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		*priority = (double)(i + 1);
		if (!strcasecmp(text, names[i]))
			return true;
	}
	/* strtod() also knows "nan". */
	if (text[strspn(text, "+-.0123456789 \t")])
		return false;
	*priority = strtod(text, &end);
	return end != text && !end[strspn(end, " \t")];
}

static json_t *
extras_clean_priority(json_t *value)
{
	double priority = json_number_value(value);

	if (!json_is_number(value) &&
		!(json_is_string(value) &&
			extras_read_priority(json_string_value(value), &priority)))
		return NULL;
	if (priority < 1)
		priority = 1;
	return json_integer(priority > 5 ? 5 : (json_int_t)(priority + 0.5));
}

/* Make "a, b" the array ["a","b"]. */
static json_t *
extras_split_tags(const char *tags)
{
	json_t *list = json_array();

	while (*tags) {
		size_t len;

		tags += strspn(tags, ", \t");
		len = strcspn(tags, ",");
		while (len && (tags[len - 1] == ' ' || tags[len - 1] == '\t'))
			len--;
		if (len)
			json_array_append_new(list, json_stringn(tags, len));
		tags += len + strspn(tags + len, " \t");
	}
	return list;
}

static bool
extras_is_tag(const json_t *tag)
{
	const char *text = json_string_value(tag);
	size_t len = json_string_length(tag);

	return len && len <= TAG_BYTES && strlen(text) == len && name_is_line(text);
}

static json_t *
extras_clean_tags(json_t *value)
{
	json_t *tags = json_is_string(value) ? extras_split_tags(json_string_value(value))
					     : json_incref(value);
	json_t *good = json_array(), *tag;
	size_t i;

	json_array_foreach(tags, i, tag)
	{
		if (json_array_size(good) < TAGS_MAX && extras_is_tag(tag))
			json_array_append(good, tag);
	}
	json_decref(tags);
	if (json_array_size(good))
		return good;
	json_decref(good);
	return NULL;
}

static json_t *
extras_clean_click(json_t *value)
{
	const char *url = json_string_value(value);

	return url && clean_is_link(url) && name_is_line(url) ? json_incref(value) : NULL;
}

static json_t *
extras_clean_username(json_t *value)
{
	return json_string_length(value) ? json_incref(value) : NULL;
}

static const struct extra {
	const char *member;
	const char *names[5]; /* in headers and the query */
	/* Returns a new reference to what is good of the value, or NULL. */
	json_t *(*clean)(json_t *value);
} extras[] = {
	{ "title", { "x-title", "title", "ti", "t", NULL }, extras_clean_title },
	{ "priority", { "x-priority", "priority", "prio", "p", NULL },
		extras_clean_priority },
	{ "tags", { "x-tags", "tags", "tag", "ta", NULL }, extras_clean_tags },
	{ "click", { "x-click", "click", NULL }, extras_clean_click },
	{ "username", { "username", NULL }, extras_clean_username },
	{ "message", { "x-message", "message", "m", NULL }, NULL },
	{ "ref", { "ref", NULL }, NULL },
};

/* The good part of a value from outside, or NULL. */
static json_t *
extras_value(const struct extra *extra, const char *text, size_t len)
{
	json_t *value = len ? json_stringn(text, len) : NULL, *good;

	if (!value || !extra->clean)
		return value;
	good = extra->clean(value);
	json_decref(value);
	return good;
}

/* The first good value: of the headers, else of the query. NULL: there is none. */
static json_t *
extras_find(const struct http_request *request, const struct extra *extra)
{
	char argument[HTTP_HEAD_BYTES]; /* of which any argument is a part */
	const char *const *name, *header;
	json_t *value = NULL;

	for (name = extra->names; *name && !value; name++) {
		struct buffer text = { 0 };

		header = http_head_value(request->head, *name);
		if (header)
			header_text_append(&text, header);
		value = extras_value(extra, text.bytes, text.len);
		buffer_clear(&text);
	}
	for (name = extra->names; *name && !value; name++)
		if (http_head_query(request->head, *name, argument, sizeof(argument)) ==
			0)
			value = extras_value(extra, argument, strlen(argument));
	return value;
}

json_t *
api_find_extra(const struct http_request *request, const char *member)
{
	size_t i = 0;

	while (strcmp(extras[i].member, member) != 0)
		i++;
	return extras_find(request, &extras[i]);
}

json_t *
api_find_extras(const struct http_request *request)
{
	json_t *found = json_object();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(extras); i++) {
		json_t *value = extras_find(request, &extras[i]);

		if (value)
			json_object_set_new(found, extras[i].member, value);
	}
	return found;
}

void
api_add_extras(json_t *object, const json_t *found)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(extras); i++) {
		const struct extra *extra = &extras[i];
		json_t *own = json_object_get(object, extra->member), *good;

		if (own && extra->clean) {
			good = extra->clean(own);
			if (good)
				json_object_set_new(object, extra->member, good);
			else
				json_object_del(object, extra->member);
			own = good;
		}
		good = own ? NULL : json_object_get(found, extra->member);
		if (good)
			json_object_set(object, extra->member, good);
	}
}
