/* The webhooks of Sentry: those of an integration, whose header Sentry-Hook-Resource says
 * what "data" is, and those of its older webhook plugin, which have no header. */
#include <stdio.h>
#include <string.h>

#include "hooks/hooks_private.h"
#include "linnet/base/util.h"

static struct hooks_line
sentry_project(const json_t *object)
{
	static const char *const names[] = { "slug", "name", NULL };
	const char *name = hooks_first(json_object_get(object, "project"), names);

	return name ? hooks_line_of(name, strlen(name))
		    : hooks_line(object, "project", "sentry");
}

/* A message about object with its level as a tag. did: what happened to it. */
static void
sentry_add(struct hooks_request *request, const char *project, const char *did,
	const json_t *object)
{
	static const char *const links[] = { "web_url", "permalink", "issue_url", "url",
		NULL };
	struct hooks_line level = hooks_line(object, "level", "");
	struct buffer text = { 0 };
	json_t *tags = json_array();

	if (*level.text)
		json_array_append_new(tags, json_string(level.text));
	buffer_printf(&text, "%s%s", did, hooks_line(object, "title", "(no title)").text);
	hooks_quote(&text, object, "culprit");
	hooks_add(request, &(struct hooks_push){
				   .title = project,
				   .message = text.bytes,
				   .click = hooks_first(object, links),
				   .tags = tags,
			   });
	json_decref(tags);
	buffer_clear(&text);
}

static void
sentry_add_issue(struct hooks_request *request, const json_t *data, const char *action)
{
	static const struct {
		const char *action, *did;
	} actions[] = {
		{ "created", "new issue: " },
		{ "resolved", "resolved: " },
		{ "unresolved", "unresolved again: " },
	};
	const json_t *issue = json_object_get(data, "issue");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(actions); i++)
		if (!strcmp(actions[i].action, action))
			sentry_add(request, sentry_project(issue).text, actions[i].did,
				issue);
}

static void
sentry_add_event(struct hooks_request *request, const json_t *data, const char *action)
{
	const char *rule = hooks_string(data, "triggered_rule");
	struct buffer did = { 0 };

	if (strcmp(action, "triggered") != 0)
		return;
	if (rule)
		buffer_printf(&did, "%s: ", hooks_line_of(rule, strlen(rule)).text);
	sentry_add(request, rule ? rule : "sentry", did.len ? did.bytes : "",
		json_object_get(data, "event"));
	buffer_clear(&did);
}

/* The actions are "critical", "warning" and "resolved". */
static void
sentry_add_metric(struct hooks_request *request, const json_t *data, const char *action)
{
	const json_t *alert = json_object_get(data, "metric_alert");
	const json_t *rule = json_object_get(alert, "alert_rule");
	const char *id = hooks_string(rule, "id"), *severity = hooks_severity(action);
	struct buffer name = { 0 };
	char key[HOOKS_KEY_BYTES + 1];

	if (!severity)
		return;
	if (id)
		buffer_printf(&name, "sentry-metric-%s", id);
	else
		buffer_printf(&name, "sentry-metric-%" JSON_INTEGER_FORMAT,
			json_integer_value(json_object_get(rule, "id")));
	hooks_make_key(key, name.bytes, NULL);
	buffer_clear(&name);
	hooks_add(request, &(struct hooks_push){
				   .key = key,
				   .severity = severity,
				   .title = hooks_string(data, "description_title"),
				   .message = hooks_string(data, "description_text"),
				   .click = hooks_string(data, "web_url"),
			   });
}

/* Resources that are not listed are of no interest. */
static const struct {
	const char *resource, *member;
	void (*add)(
		struct hooks_request *request, const json_t *data, const char *action);
} resources[] = {
	{ "issue", "issue", sentry_add_issue },
	{ "event_alert", "event", sentry_add_event },
	{ "metric_alert", "metric_alert", sentry_add_metric },
};

void
hooks_convert_sentry(struct hooks_request *request)
{
	const json_t *data = json_object_get(request->body, "data");
	const json_t *event = json_object_get(request->body, "event");
	const char *action = hooks_string(request->body, "action");
	size_t i;

	if (json_is_object(event)) {
		sentry_add(request,
			hooks_line(request->body, "project_name", "sentry").text, "",
			event);
		return;
	}
	if (!action || !json_is_object(data) || !request->event) {
		message_refuse(request->fault, "bad_hook",
			"not a Sentry webhook: the header Sentry-Hook-Resource, "
			"\"action\" or \"data\" is missing");
		return;
	}
	for (i = 0; i < ARRAY_SIZE(resources); i++) {
		if (strcmp(resources[i].resource, request->event) != 0)
			continue;
		if (json_is_object(json_object_get(data, resources[i].member)))
			resources[i].add(request, data, action);
		else
			message_refuse(request->fault, "bad_hook",
				"not a Sentry webhook of that resource: the object "
				"\"%s\" is missing",
				resources[i].member);
	}
}
