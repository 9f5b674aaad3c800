#include "linnet/websocket/upgrade.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "linnet/base/util.h"

/* RFC 6455 section 4.1: 16 bytes in base64. */
#define KEY_BYTES 24

/* A valid handshake, from HTTP to its service. */
struct handover {
	struct upgrade *upgrade;
	const struct websocket_service *service;
	char key[KEY_BYTES + 1];
};

static bool
upgrade_is_token_list(const char *list)
{
	for (; *list; list++)
		if (!isalnum((unsigned char)*list) && !strchr("-._+, \t", *list))
			return false;
	return true;
}

static bool
upgrade_subprotocols_are_valid(const struct http_head *head)
{
	static const char name[] = "sec-websocket-protocol";
	const struct http_field *field = NULL;
	bool upgrade_is_asked_for = false;

	while ((field = http_head_next(head, name, field))) {
		if (!upgrade_is_token_list(field->value))
			return false;
		upgrade_is_asked_for |= *field->value != '\0';
	}
	return !upgrade_is_asked_for || http_head_has_word(head, name, "chat");
}

static bool
upgrade_key_is_valid(const char *key)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return key && strlen(key) == KEY_BYTES && strspn(key, digits) == KEY_BYTES - 2 &&
	       !strcmp(key + KEY_BYTES - 2, "==");
}

/* Returns what is wrong with the handshake (RFC 6455 section 4.2.1), or NULL. */
static const char *
upgrade_handshake_fault(const struct http_head *head)
{
	if (head->is_http_1_0)
		return "a WebSocket begins with HTTP/1.1";
	if (!http_head_has_word(head, "connection", "upgrade"))
		return "the Connection header must have Upgrade";
	if (!*head->host)
		return "the Host header is missing";
	if (!upgrade_key_is_valid(http_head_value(head, "sec-websocket-key")))
		return "the Sec-WebSocket-Key header must have 16 bytes in base64";
	if (!upgrade_subprotocols_are_valid(head))
		return "the subprotocol must be chat, or none";
	return NULL;
}

static void
upgrade_hand_over(void *context, struct http_request *request, int fd, const char *rest,
	size_t rest_len)
{
	const struct handover *handover = context;

	websocket_open(handover->upgrade->host, handover->service, request, handover->key,
		http_head_has_word(request->head, "sec-websocket-protocol", "chat"), fd,
		rest, rest_len);
}

/* A server ignores an upgrade to any protocol that it does not know (RFC 9110 section
 * 7.8). */
static bool
upgrade_is_asked_for(const struct http_head *head)
{
	const char *value = http_head_value(head, "upgrade");

	return value && !strcasecmp(value, "websocket");
}

static void
upgrade_on_request(struct http_request *request)
{
	const struct http_head *head = request->head;
	struct handover handover = { .upgrade = request->context };
	const char *version = http_head_value(head, "sec-websocket-version");
	const char *code, *text;
	int status;

	if (!upgrade_is_asked_for(head)) {
		http_respond_error(request, 426,
			"Upgrade: websocket\r\nConnection: Upgrade\r\n",
			"upgrade_required", "this is a WebSocket");
		return;
	}
	if (!version || strcmp(version, "13") != 0) {
		http_respond_error(request, 426,
			"Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n"
			"Connection: Upgrade\r\n",
			"upgrade_required", "only WebSocket version 13 is spoken");
		return;
	}
	text = upgrade_handshake_fault(head);
	if (text) {
		http_respond_error(request, 400, NULL, "bad_request", text);
		return;
	}
	handover.service = !strcmp(head->segments[0], "ws") ? handover.upgrade->chat
							    : handover.upgrade->echo;
	code = handover.service->on_check ? handover.service->on_check(handover.service,
						    request, &status, &text)
					  : NULL;
	if (code) {
		http_respond_error(request, status,
			status == 401 ? "WWW-Authenticate: Bearer\r\n" : NULL, code,
			text);
		return;
	}
	memcpy(handover.key, http_head_value(head, "sec-websocket-key"), KEY_BYTES + 1);
	http_hand_over(request, upgrade_hand_over, &handover);
}

static const struct http_route rows[] = {
	{ .name = "ws",
		.segments = 1,
		.methods = HTTP_GET,
		.handle = upgrade_on_request },
	{ .name = "echo",
		.segments = 1,
		.methods = HTTP_GET,
		.handle = upgrade_on_request },
};

struct http_routes
upgrade_routes(struct upgrade *upgrade)
{
	return (struct http_routes){ rows, ARRAY_SIZE(rows), upgrade };
}
