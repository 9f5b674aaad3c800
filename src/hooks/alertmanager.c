#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "hooks/hooks_private.h"
#include "linnet/base/util.h"
#include "linnet/protocol/clean.h"

/* Labels that tell people which of several alerts with one name this is. */
static const char *const places[] = { "instance", "host", "rulename", NULL };

/* The first 8 digits of the fingerprint, which is Alertmanager's hash of the labels.
 * Without a fingerprint, our own hash of the labels. */
static void
alertmanager_make_mark(char *mark, const json_t *alert, const json_t *labels)
{
	const char *fingerprint = hooks_string(alert, "fingerprint");
	char *text;
	size_t i;

	for (i = 0; fingerprint && isxdigit((unsigned char)fingerprint[i]); i++) {
		mark[i] = (char)tolower((unsigned char)fingerprint[i]);
		if (i + 1 == HOOKS_MARK_BYTES) {
			mark[i + 1] = '\0';
			return;
		}
	}
	text = json_is_object(labels) ? json_dumps(labels, JSON_SORT_KEYS) : NULL;
	hooks_make_mark(mark, text ? text : "");
	free(text);
}

/* name: the rule's name, or NULL. */
static struct hooks_line
alertmanager_title(const json_t *alert, const json_t *labels, const char *name)
{
	static const char *const titles[] = { "title", "summary", NULL };
	const char *place = hooks_first(labels, places);
	struct buffer text = { 0 };
	struct hooks_line line;

	if (!name)
		name = hooks_first(json_object_get(alert, "annotations"), titles);
	if (!name)
		name = place ? place : "alert";
	buffer_printf(&text, "%s", hooks_line_of(name, strlen(name)).text);
	if (place && place != name)
		buffer_printf(&text, " (%s)", hooks_line_of(place, strlen(place)).text);
	line = hooks_line_of(text.bytes, text.len);
	buffer_clear(&text);
	return line;
}

/* For alerts without annotations. */
static void
alertmanager_say_labels(struct buffer *text, json_t *labels)
{
	json_t *value;
	const char *key;

	json_object_foreach(labels, key, value)
	{
		if (text->len > HOOKS_MESSAGE_BYTES)
			break;
		if (json_is_string(value) && strcmp(key, "alertname") != 0 &&
			strncmp(key, "__", 2) != 0)
			buffer_printf(text, "%s%s=%s", text->len ? " " : "", key,
				json_string_value(value));
	}
}

/* The len bytes of text between before and after, in a copy that is one line; "" if there
 * are none. */
static struct hooks_line
alertmanager_between(const char *text, size_t len, const char *before, const char *after)
{
	const char *from = memmem(text, len, before, strlen(before)), *to = NULL;

	if (from) {
		from += strlen(before);
		to = memmem(from, (size_t)(text + len - from), after, strlen(after));
	}
	return to ? hooks_line_of(from, (size_t)(to - from)) : hooks_line_of("", 0);
}

/* Grafana's values as people say them: "[ var='B' labels={host=db1} value=97.1 ]" is
 * "B of db1 is 97.1", and a metric's name is better than that of a variable. What has
 * another form is said as it is. */
static void
alertmanager_say_values(struct buffer *text, const char *values)
{
	const char *at = values ? strstr(values, "[ ") : NULL, *end;

	while (at && text->len < HOOKS_MESSAGE_BYTES && (end = strstr(at, " ]"))) {
		size_t len = (size_t)(end + 2 - at);
		struct hooks_line name = alertmanager_between(at, len, "metric='", "'");
		struct hooks_line labels = alertmanager_between(at, len, "labels={", "}");
		struct hooks_line value = alertmanager_between(at, len, "value=", " ]");
		const char *equals = strrchr(labels.text, '=');

		if (!*name.text)
			name = alertmanager_between(at, len, "var='", "'");
		if (*name.text && *value.text)
			buffer_printf(text, "%s%s%s%s is %s", text->len ? ", " : "",
				name.text, equals ? " of " : "",
				!equals                    ? ""
				: strchr(labels.text, ',') ? labels.text
							   : equals + 1,
				value.text);
		at = strstr(end, "[ ");
	}
	if (values && !text->len)
		buffer_printf(text, "%s", values);
}

static void
alertmanager_say_alert(struct buffer *text, const json_t *alert, json_t *labels)
{
	const json_t *annotations = json_object_get(alert, "annotations");
	const char *summary = hooks_string(annotations, "summary");
	const char *description = hooks_string(annotations, "description");

	if (summary)
		buffer_printf(text, "%s\n", summary);
	if (description && !(summary && !strcmp(summary, description)))
		buffer_printf(text, "%s", description);
	if (!text->len)
		hooks_say_string(text, annotations, "message");
	if (!text->len)
		alertmanager_say_values(text, hooks_string(alert, "valueString"));
	if (!text->len)
		alertmanager_say_labels(text, labels);
}

/* The most specific link that the alert has. */
static const char *
alertmanager_link(const json_t *alert, const json_t *body)
{
	static const char *const keys[] = { "panelURL", "dashboardURL", "generatorURL" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *url = hooks_string(alert, keys[i]);

		if (url && clean_is_link(url))
			return url;
	}
	return hooks_string(body, "externalURL");
}

const char *
hooks_firing_severity(const json_t *labels)
{
	const char *severity = hooks_severity(hooks_string(labels, "severity"));

	return severity && strcmp(severity, "ok") != 0 ? severity : "warning";
}

static const char *
alertmanager_severity(const json_t *body, const json_t *alert)
{
	const char *status = hooks_string(alert, "status");

	if (!status)
		status = hooks_string(body, "status");
	if (status && !strcmp(status, "resolved"))
		return "ok";
	return hooks_firing_severity(json_object_get(alert, "labels"));
}

/* True if labels are those that Grafana's button "Test" sends. No rule stands behind
 * them that could resolve the alert. */
static bool
alertmanager_is_test(const json_t *labels)
{
	const char *name = hooks_string(labels, "alertname");
	const char *instance = hooks_string(labels, "instance");

	return name && instance && !strcmp(name, "TestAlert") &&
	       !strcmp(instance, "Grafana");
}

static void
alertmanager_add_alert(struct hooks_request *request, const json_t *alert)
{
	json_t *labels = json_object_get(alert, "labels");
	const char *name = hooks_string(labels, "alertname");
	char mark[HOOKS_MARK_BYTES + 1], key[HOOKS_KEY_BYTES + 1];
	struct buffer message = { 0 };
	struct hooks_line title;

	alertmanager_make_mark(mark, alert, labels);
	hooks_make_key(key, name ? name : "alert", mark);
	title = alertmanager_title(alert, labels, name);
	alertmanager_say_alert(&message, alert, labels);
	hooks_add(
		request, &(struct hooks_push){
				 .key = key,
				 .severity = alertmanager_severity(request->body, alert),
				 .title = title.text,
				 .message = message.bytes,
				 .click = alertmanager_link(alert, request->body),
				 .is_test = alertmanager_is_test(labels),
			 });
	buffer_clear(&message);
}

void
hooks_add_alerts(struct hooks_request *request, const json_t *alerts)
{
	json_t *truncated = json_object_get(request->body, "truncatedAlerts"), *alert;
	uint64_t left_out = 0;
	bool is_read = json_array_size(alerts) == 0;
	size_t i;

	if (json_integer_value(truncated) > 0)
		left_out = (uint64_t)json_integer_value(truncated);
	json_array_foreach(alerts, i, alert)
	{
		if (!json_is_object(alert))
			continue;
		is_read = true;
		if (json_array_size(request->pushes) < HOOKS_MAX_PUSHES)
			alertmanager_add_alert(request, alert);
		else
			left_out++;
	}
	if (!is_read)
		message_refuse(request->fault, "bad_hook",
			"\"alerts\" must be an array of objects");
	if (left_out)
		hooks_add_left_out(request, left_out, "alert",
			hooks_string(request->body, "externalURL"));
}

void
hooks_convert_alertmanager(struct hooks_request *request)
{
	const json_t *alerts = json_object_get(request->body, "alerts");

	if (!json_is_array(alerts))
		message_refuse(request->fault, "bad_hook",
			"not an Alertmanager webhook: the array \"alerts\" is missing");
	else
		hooks_add_alerts(request, alerts);
}
