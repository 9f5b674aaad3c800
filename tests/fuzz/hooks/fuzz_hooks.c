/* fuzz_hooks.c - converts a webhook. The first byte chooses the kind and the event; the
 * rest is the body. The result must be what hooks.h promises. */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fuzz.h"
#include "linnet/base/json_text.h"
#include "linnet/base/utf8.h"
#include "linnet/hooks/hooks.h"
#include "linnet/protocol/name.h"

static const char *const events[] = { "push", "pull_request", "pull_request_review",
	"issues", "issue_comment", "release", "workflow_run", "star", "fork", "create",
	"delete", "ping", "check_suite" };
/* Beside the events of GitHub. The order of what is there already must stay: the corpus
 * depends on it. */
static const struct {
	enum hook_kind kind;
	const char *event;
} others[] = {
	{ HOOK_GITLAB, NULL },
	{ HOOK_KUMA, NULL },
	{ HOOK_SENTRY, "issue" },
	{ HOOK_SENTRY, "event_alert" },
	{ HOOK_SENTRY, "metric_alert" },
	{ HOOK_SENTRY, NULL },
	{ HOOK_GITEA, "push" },
	{ HOOK_GITEA, "pull_request_approved" },
	{ HOOK_GITHUB, "check_run" },
	{ HOOK_GITHUB, "deployment_status" },
	{ HOOK_GITHUB, "dependabot_alert" },
	{ HOOK_GITHUB, "discussion" },
};

#define OTHERS (sizeof(others) / sizeof(others[0]))
#define FIRST_OTHER 128

static void
check_text(const char *text, size_t max_bytes, bool has_lines)
{
	size_t left = strlen(text), length;
	uint32_t c;

	require(left > 0 && left <= max_bytes, "a text of a wrong length");
	for (; left; text += length, left -= length) {
		length = utf8_next(text, left, &c);
		require(length > 0, "bad UTF-8");
		require((c >= 0x20 && (c < 0x7f || c >= 0xa0)) ||
				(has_lines && (c == '\t' || c == '\n')),
			"a control character");
	}
}

/* The string member key, or "". */
static const char *
get(const json_t *push, const char *key)
{
	const json_t *value = json_object_get(push, key);

	require(!value || json_is_string(value), "a member that is not a string");
	return value ? json_string_value(value) : "";
}

static void
check_alarm(const json_t *push)
{
	const char *severity = get(push, "severity");

	check_text(get(push, "key"), 128, false);
	check_text(get(push, "title"), 256, false);
	require(!strchr(get(push, "key"), ' '), "a key of two words");
	require(!strcmp(severity, "info") || !strcmp(severity, "warning") ||
			!strcmp(severity, "error") || !strcmp(severity, "critical") ||
			!strcmp(severity, "ok"),
		"an unknown severity");
}

static void
check_push(const json_t *push)
{
	const json_t *tags = json_object_get(push, "tags"), *tag;
	const char *click = get(push, "click");
	size_t i;

	check_text(get(push, "message"), 4096, true);
	if (*get(push, "title"))
		check_text(get(push, "title"), 256, false);
	if (!strcmp(get(push, "type"), "alarm"))
		check_alarm(push);
	else
		require(!*get(push, "key") && !*get(push, "type"),
			"an alarm with only a key or only a type");
	require(!*click || (!strncasecmp(click, "http", 4) && strlen(click) <= 2048),
		"a click that is not a URL");
	require(!*get(push, "username") || !name_fault(get(push, "username"), 32),
		"a bad username");
	require(json_array_size(tags) <= 8, "too many tags");
	json_array_foreach(tags, i, tag) check_text(json_string_value(tag), 64, false);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count = sizeof(events) / sizeof(events[0]), which, i;
	enum hook_kind kind = HOOK_GITHUB;
	const char *event = NULL;
	struct message_fault fault;
	json_error_t error;
	json_t *body, *pushes, *push;

	if (!size)
		return 0;
	which = data[0] % (3 + count);
	if (data[0] >= FIRST_OTHER) {
		kind = others[data[0] % OTHERS].kind;
		event = others[data[0] % OTHERS].event;
	} else if (which < 3) {
		kind = (enum hook_kind[]){ HOOK_ALERTMANAGER, HOOK_GRAFANA,
			HOOK_GENERIC }[which];
	} else {
		event = events[which - 3];
	}
	body = json_text_load((const char *)data + 1, size - 1, JSON_DECODE_ANY, &error);
	pushes = hook_convert(kind, event, body, 16384, &fault);
	require(pushes || (!strcmp(fault.code, "bad_hook") && *fault.text),
		"NULL without a reason");
	require(json_array_size(pushes) <= 401, "too many pushes");
	json_array_foreach(pushes, i, push) check_push(push);
	json_decref(pushes);
	json_decref(body);
	return 0;
}
