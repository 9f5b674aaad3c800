#include "linnet/hooks/hooks.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "hooks/hooks_private.h"
#include "linnet/base/hex.h"
#include "linnet/base/utf8.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/protocol/clean.h"
#include "linnet/protocol/name.h"

/* Indexed by enum hook_kind. */
static const struct {
	const char *name;
	const char *username;
	const char *event_header;
	void (*convert)(struct hooks_request *request);
} kinds[] = {
	{ "alertmanager", "alertmanager", NULL, hooks_convert_alertmanager },
	{ "grafana", "grafana", NULL, hooks_convert_grafana },
	{ "github", "github", "x-github-event", hooks_convert_github },
	{ "gitea", "gitea", "x-gitea-event", hooks_convert_gitea },
	{ "gitlab", "gitlab", NULL, hooks_convert_gitlab },
	{ "kuma", "kuma", NULL, hooks_convert_kuma },
	{ "sentry", "sentry", "sentry-hook-resource", hooks_convert_sentry },
	{ "generic", NULL, NULL, hooks_convert_generic },
};

/* Linnet's severities, and the words of other programs for each. */
static const struct {
	const char *severity;
	const char *words[16];
} severities[] = {
	{ "critical", { "critical", "crit", "page", "emergency", "fatal", "high",
			      "disaster", NULL } },
	{ "error", { "error", "err", "major", "down", "failed", "failure", "failing",
			   "unreachable", "offline", "unhealthy", NULL } },
	{ "warning",
		{ "warning", "warn", "medium", "moderate", "minor", "firing", "alerting",
			"alarm", "triggered", "problem", "degraded", "average", NULL } },
	{ "info", { "info", "information", "informational", "none", "low", "debug",
			  "notice", NULL } },
	{ "ok", { "ok", "up", "resolved", "recovered", "recovery", "healthy", "cleared",
			"clear", "normal", "closed", "success", "successful", "passed",
			"online", NULL } },
};

enum hook_kind
hook_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			break;
	return (enum hook_kind)i;
}

const char *
hook_event_header(enum hook_kind kind)
{
	return kinds[kind].event_header;
}

json_t *
hook_convert(enum hook_kind kind, const char *event, json_t *body, size_t max_text_bytes,
	struct message_fault *fault)
{
	struct hooks_request request = {
		.event = event,
		.body = body,
		.max_text_bytes = size_min(max_text_bytes, HOOKS_MESSAGE_BYTES),
		.fault = fault,
	};

	assert(kind < HOOK_UNKNOWN);
	memset(fault, 0, sizeof(*fault));
	request.username = kinds[kind].username;
	request.pushes = json_array();
	kinds[kind].convert(&request);
	if (!fault->code)
		return request.pushes;
	json_decref(request.pushes);
	return NULL;
}

const char *
hooks_severity(const char *word)
{
	const char *const *known;
	size_t i;

	for (i = 0; word && i < ARRAY_SIZE(severities); i++)
		for (known = severities[i].words; *known; known++)
			if (!strcasecmp(*known, word))
				return severities[i].severity;
	return NULL;
}

/* Looks at the first HOOKS_MESSAGE_BYTES only. A body can hold a huge blank text that is
 * checked again for each of its alerts. */
static bool
hooks_is_all_blank(const char *text)
{
	size_t left = strnlen(text, HOOKS_MESSAGE_BYTES), size;
	uint32_t c;

	for (; left; text += size, left -= size) {
		size = utf8_next(text, left, &c);
		if (size && !clean_is_blank(c))
			return false;
		size = size ? size : 1;
	}
	return true;
}

/* As clean_line, but keeps tabs, line breaks and blanks inside of the text. */
static bool
hooks_copy_text(char *out, size_t max_bytes, const char *text)
{
	size_t left = strlen(text), used = 0, end = 0, size;
	bool is_whole = true;
	uint32_t c;

	for (; left; text += size, left -= size) {
		size = utf8_next(text, left, &c);
		if (!size || (clean_is_control(c) && c != '\t' && c != '\n')) {
			size = size ? size : 1;
		} else if (used + size <= max_bytes) {
			memcpy(out + used, text, size);
			used += used || !clean_is_blank(c) ? size : 0;
			end = clean_is_blank(c) ? end : used;
		} else {
			/* Dropping only blanks is no cut. */
			is_whole = hooks_is_all_blank(text);
			break;
		}
	}
	out[end] = '\0';
	return is_whole;
}

struct hooks_line
hooks_line_of(const char *text, size_t len)
{
	struct hooks_line line = { "" };

	if (!clean_line(line.text, HOOKS_TITLE_BYTES, text, len, ' '))
		clean_add_ellipsis(line.text, HOOKS_TITLE_BYTES);
	return line;
}

const char *
hooks_string(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && !hooks_is_all_blank(text) ? text : NULL;
}

const char *
hooks_first(const json_t *object, const char *const *keys)
{
	const char *text = NULL;

	for (; *keys && !text; keys++)
		text = hooks_string(object, *keys);
	return text;
}

struct hooks_line
hooks_line(const json_t *object, const char *key, const char *otherwise)
{
	const char *text = hooks_string(object, key);

	if (!text)
		text = otherwise;
	return hooks_line_of(text, strlen(text));
}

void
hooks_say_string(struct buffer *text, const json_t *object, const char *key)
{
	const char *string = hooks_string(object, key);

	if (string)
		buffer_printf(text, "%s", string);
}

void
hooks_quote(struct buffer *text, const json_t *object, const char *key)
{
	const char *from = hooks_string(object, key);
	char quote[HOOKS_QUOTE_BYTES + 1] = "";

	if (!from)
		return;
	if (!hooks_copy_text(quote, HOOKS_QUOTE_BYTES, from))
		clean_add_ellipsis(quote, HOOKS_QUOTE_BYTES);
	buffer_printf(text, "%s%s", text->len ? "\n" : "", quote);
}

void
hooks_make_mark(char *mark, const char *text)
{
	char hash[HEX_SHA256_BYTES + 1];

	hex_sha256(hash, text, strlen(text));
	memcpy(mark, hash, HOOKS_MARK_BYTES);
	mark[HOOKS_MARK_BYTES] = '\0';
}

void
hooks_make_key(char *key, const char *name, const char *mark)
{
	size_t len = strlen(name), most = HOOKS_KEY_BYTES;
	char hash[HOOKS_MARK_BYTES + 1];

	if (!mark && !clean_line(key, most, name, len, '-')) {
		hooks_make_mark(hash, name);
		mark = hash;
	}
	if (mark) {
		most -= strlen(mark) + 1;
		clean_line(key, most, name, len, '-');
		len = strlen(key);
		snprintf(key + len, HOOKS_KEY_BYTES + 1 - len, "-%s", mark);
	}
}

/* The tags that are valid, or NULL if there is none. */
static json_t *
hooks_clean_tags(const json_t *tags)
{
	json_t *out = NULL, *tag;
	size_t i;

	json_array_foreach(tags, i, tag)
	{
		char text[HOOKS_TAG_BYTES + 1];

		if (json_is_string(tag) && json_array_size(out) < HOOKS_MAX_TAGS &&
			clean_line(text, HOOKS_TAG_BYTES, json_string_value(tag),
				json_string_length(tag), '-') &&
			*text) {
			out = out ? out : json_array();
			json_array_append_new(out, json_string(text));
		}
	}
	return out;
}

void
hooks_add(struct hooks_request *request, const struct hooks_push *push)
{
	const char *username = request->username ? request->username : push->username;
	const char *click =
		push->click && clean_is_link(push->click) ? push->click : NULL;
	const char *title = push->title ? push->title : "";
	const char *message = push->message ? push->message : "";
	char text[HOOKS_MESSAGE_BYTES + 1] = "";
	struct hooks_line line;

	if (push->key && hooks_is_all_blank(title))
		title = push->key;
	if (hooks_is_all_blank(message)) {
		message = title;
		title = push->key ? title : "";
	}
	line = hooks_line_of(title, strlen(title));
	if (!hooks_copy_text(text, request->max_text_bytes, message))
		clean_add_ellipsis(text, request->max_text_bytes);
	if (username && name_fault(username, HOOKS_NAME_BYTES))
		username = NULL;
	/* "*" leaves out what is NULL. */
	json_array_append_new(request->pushes,
		json_pack("{s:s*, s:s*, s:s*, s:s*, s:s, s:s*, s:s*, s:o*, s:o*}", "type",
			push->key ? "alarm" : NULL, "key", push->key, "severity",
			push->key ? push->severity : NULL, "title",
			*line.text ? line.text : NULL, "message", text, "click", click,
			"username", username, "tags", hooks_clean_tags(push->tags),
			"lasts_s", push->is_test ? json_integer(HOOKS_TEST_S) : NULL));
	if (push->key && push->former_key && strcmp(push->former_key, push->key) != 0 &&
		!strcmp(push->severity, "ok")) {
		struct hooks_push former = *push;

		former.key = push->former_key;
		former.former_key = NULL;
		hooks_add(request, &former);
	}
}

void
hooks_add_left_out(struct hooks_request *request, uint64_t count, const char *thing,
	const char *click)
{
	char text[100];

	snprintf(text, sizeof(text), "%" PRIu64 " more %s%s left out", count, thing,
		count == 1 ? " was" : "s were");
	hooks_add(request, &(struct hooks_push){ .message = text, .click = click });
}
