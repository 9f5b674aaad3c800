#include "linnet/websocket/upgrade.h"

#include <string.h>
#include <strings.h>

#include "linnet/base/util.h"
#include "linnet/protocol/message.h"

/* RFC 6455 section 4.1: 16 bytes in base64. */
#define KEY_BYTES 24

#define LETTERS_AND_DIGITS                                                               \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static bool
upgrade_subprotocols_are_valid(const struct http_head *head)
{
	static const char name[] = "sec-websocket-protocol";
	const struct http_field *field = NULL;
	bool is_any_named = false;

	while ((field = http_head_next(head, name, field))) {
		if (field->value[strspn(field->value, LETTERS_AND_DIGITS "-._+, \t")])
			return false;
		is_any_named |= *field->value != '\0';
	}
	return !is_any_named || http_head_has_word(head, name, "chat");
}

static bool
upgrade_key_is_valid(const char *key)
{
	return key && strlen(key) == KEY_BYTES &&
	       strspn(key, LETTERS_AND_DIGITS "+/") == KEY_BYTES - 2 &&
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

static const struct websocket_service *
upgrade_service_of(const struct http_request *request)
{
	const struct upgrade *upgrade = request->context;

	return strcmp(request->head->segments[0], "ws") ? upgrade->echo : upgrade->chat;
}

static void
upgrade_hand_over(struct http_request *request, int fd, const char *rest, size_t rest_len)
{
	const struct upgrade *upgrade = request->context;

	websocket_open(
		upgrade->host, upgrade_service_of(request), request, fd, rest, rest_len);
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
	const struct websocket_service *service = upgrade_service_of(request);
	const char *version = http_head_value(head, "sec-websocket-version");
	struct message_fault fault = { .code = NULL };
	const char *wrong;

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
	wrong = upgrade_handshake_fault(head);
	if (wrong)
		http_respond_error(request, 400, NULL, "bad_request", wrong);
	else if (service->on_check(service, request, &fault) < 0)
		http_respond_fault(request, &fault);
	else
		http_hand_over(request, upgrade_hand_over);
}

static const struct http_route rows[] = {
	{ "ws", 1, HTTP_GET, NULL, NULL, upgrade_on_request, false },
	{ "echo", 1, HTTP_GET, NULL, NULL, upgrade_on_request, false },
};

struct http_routes
upgrade_routes(struct upgrade *upgrade)
{
	return (struct http_routes){ rows, ARRAY_SIZE(rows), upgrade };
}
