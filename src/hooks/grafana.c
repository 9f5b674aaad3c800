#include <stdio.h>
#include <string.h>

#include "hooks/hooks_private.h"

static void
grafana_say_matches(struct buffer *text, const json_t *matches)
{
	json_t *match;
	size_t i;

	json_array_foreach(matches, i, match)
	{
		const json_t *value = json_object_get(match, "value");

		if (text->len > HOOKS_MESSAGE_BYTES)
			break;
		if (json_is_number(value))
			buffer_printf(text, "%s%s: %.10g", text->len ? "\n" : "",
				hooks_line(match, "metric", "value").text,
				json_number_value(value));
	}
}

/* NULL: not worth a message. */
static const char *
grafana_legacy_severity(const json_t *body, const char *state)
{
	if (!strcmp(state, "alerting"))
		return hooks_firing_severity(json_object_get(body, "tags"));
	if (!strcmp(state, "no_data"))
		return "warning";
	/* Grafana stops evaluating a paused rule, so nothing else would clear its alarm.
	 */
	if (!strcmp(state, "ok") || !strcmp(state, "paused"))
		return "ok";
	return NULL;
}

/* Grafana 8 and older: the body is one alert rule. */
static void
grafana_add_rule(struct hooks_request *request, const char *state)
{
	static const char *const titles[] = { "ruleName", "title", NULL };
	const json_t *body = request->body, *id = json_object_get(body, "ruleId");
	const char *severity = grafana_legacy_severity(body, state);
	const char *name = hooks_first(body, titles);
	char mark[24], key[HOOKS_KEY_BYTES + 1], former[HOOKS_KEY_BYTES + 1];
	struct buffer message = { 0 };

	if (!severity)
		return;
	if (!name)
		name = "alert";
	snprintf(mark, sizeof(mark), "%" JSON_INTEGER_FORMAT, json_integer_value(id));
	hooks_make_key(former, name, mark);
	hooks_make_key(key, id ? "grafana" : name, mark);
	hooks_say_string(&message, body, "message");
	grafana_say_matches(&message, json_object_get(body, "evalMatches"));
	if (!message.len && !strcmp(state, "no_data"))
		buffer_printf(&message, "no data");
	hooks_add(request, &(struct hooks_push){
				   .key = key,
				   .former_key = former,
				   .severity = severity,
				   .title = name,
				   .message = message.bytes,
				   .click = hooks_string(body, "ruleUrl"),
				   .is_test = !strcmp(name, "Test notification"),
			   });
	buffer_clear(&message);
}

void
hooks_convert_grafana(struct hooks_request *request)
{
	const json_t *alerts = json_object_get(request->body, "alerts");
	const char *state = hooks_string(request->body, "state");

	if (json_is_array(alerts))
		hooks_add_alerts(request, alerts);
	else if (state && (json_object_get(request->body, "ruleName") ||
				  json_object_get(request->body, "ruleId")))
		grafana_add_rule(request, state);
	else
		message_refuse(request->fault, "bad_hook",
			"not a Grafana webhook: it needs an array \"alerts\", or "
			"\"ruleName\" and \"state\"");
}
