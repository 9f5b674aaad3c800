/* The webhooks of Uptime Kuma: {"monitor":{…}, "heartbeat":{"status":…, …}, "msg"}. */
#include <stdio.h>

#include "hooks/hooks_private.h"

/* heartbeat.status; 2 is pending, 3 is maintenance */
enum { KUMA_DOWN, KUMA_UP };

bool
hooks_add_monitor(struct hooks_request *request, const json_t *body)
{
	const json_t *monitor = json_object_get(body, "monitor");
	const json_t *id = json_object_get(monitor, "id");
	const json_t *beat = json_object_get(body, "heartbeat");
	const json_t *status = json_object_get(beat, "status");
	const char *name = hooks_string(monitor, "name");
	const char *said = hooks_string(beat, "msg");
	char mark[24], key[HOOKS_KEY_BYTES + 1], former[HOOKS_KEY_BYTES + 1];

	if (!name || !json_is_integer(id) || !json_is_integer(status) ||
		json_integer_value(status) < KUMA_DOWN ||
		json_integer_value(status) > KUMA_UP)
		return false;
	snprintf(mark, sizeof(mark), "%" JSON_INTEGER_FORMAT, json_integer_value(id));
	hooks_make_key(key, "kuma", mark);
	hooks_make_key(former, name, mark);
	hooks_add(request,
		&(struct hooks_push){
			.key = key,
			.former_key = former,
			.severity =
				json_integer_value(status) == KUMA_UP ? "ok" : "error",
			.title = name,
			.message = said ? said : hooks_string(body, "msg"),
			.click = hooks_string(monitor, "url"),
		});
	return true;
}

/* A test of the webhook has no monitor, or no heartbeat. What else has no alarm, such as
 * the end of a certificate, has a text too. */
void
hooks_convert_kuma(struct hooks_request *request)
{
	const json_t *body = request->body;
	const char *said = hooks_string(body, "msg");

	if (hooks_add_monitor(request, body))
		return;
	if (!said || !json_object_get(body, "heartbeat"))
		message_refuse(request->fault, "bad_hook",
			"not an Uptime Kuma webhook: \"heartbeat\" or \"msg\" is "
			"missing; its content type must be application/json");
	else
		hooks_add(request, &(struct hooks_push){ .message = said });
}
