#include "linnet/upgrade.h"

#include <ctype.h>
#include <libwebsockets.h>
#include <string.h>

#include "linnet/log.h"
#include "linnet/origin.h"

/* lws itself takes no longer list of subprotocols. */
#define LIST_BYTES 127

/* True if the comma separated list of tokens (RFC 9110 section 5.6.1) in a header has
 * word in it, without regard to case. */
static bool
has_token(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (*list) {
		size_t n;

		list += strspn(list, ", \t");
		n = strcspn(list, ", \t");
		if (n == len && !strncasecmp(list, word, len))
			return true;
		list += n;
	}
	return false;
}

static bool
is_token_list(const char *list)
{
	for (; *list; list++)
		if (!isalnum((unsigned char)*list) && !strchr("-._+, \t", *list))
			return false;
	return true;
}

/* A missing header is an empty text, one that does not fit is NULL. */
static const char *
header(struct lws *wsi, char *buffer, int size, enum lws_token_indexes token)
{
	buffer[0] = '\0';
	if (!lws_hdr_total_length(wsi, token))
		return buffer;
	return lws_hdr_copy(wsi, buffer, size, token) < 0 ? NULL : buffer;
}

static struct door *
door_of(const struct upgrade *upgrade, struct lws *wsi)
{
	char buffer[16];
	const char *path = header(wsi, buffer, sizeof(buffer), WSI_TOKEN_GET_URI);

	if (path && !strcmp(path, "/ws"))
		return upgrade->chat;
	if (path && !strcmp(path, "/echo"))
		return upgrade->echo;
	return NULL;
}

static bool
is_own_origin(const struct upgrade *upgrade, struct lws *wsi)
{
	char origin_buffer[512], host_buffer[512];
	const char *origin =
		header(wsi, origin_buffer, sizeof(origin_buffer), WSI_TOKEN_ORIGIN);
	const char *host = header(wsi, host_buffer, sizeof(host_buffer), WSI_TOKEN_HOST);

	/* Not a browser, which always says it. */
	if (origin && !*origin)
		return true;
	return origin && host &&
	       origin_is_allowed(origin, host, &upgrade->config->http.allowed_origins);
}

/* What lws would answer by hanging up, or not check at all (RFC 6455 section 4.2.1).
 * Returns NULL if the handshake is good. */
static const char *
find_fault(struct lws *wsi)
{
	char buffer[LIST_BYTES + 1];
	const char *value;

	value = header(wsi, buffer, sizeof(buffer), WSI_TOKEN_HTTP);
	if (!value || strcmp(value, "HTTP/1.1") != 0)
		return "a WebSocket begins with HTTP/1.1";
	value = header(wsi, buffer, sizeof(buffer), WSI_TOKEN_CONNECTION);
	if (!value || !has_token(value, "upgrade"))
		return "the Connection header must have Upgrade";
	if (!lws_hdr_total_length(wsi, WSI_TOKEN_HOST))
		return "the Host header is missing";
	/* 16 bytes in base64. */
	if (lws_hdr_total_length(wsi, WSI_TOKEN_KEY) != 24)
		return "the Sec-WebSocket-Key header must have 16 bytes in base64";
	value = header(wsi, buffer, sizeof(buffer), WSI_TOKEN_PROTOCOL);
	if (!value || !is_token_list(value) || (*value && !has_token(value, "chat")))
		return "the subprotocol must be chat, or none";
	return NULL;
}

/* Always hangs up: to lws, anything else would mean that the upgrade goes on. */
static int
refuse(const struct upgrade *upgrade, struct conn *conn, int status, const char *headers,
	const char *code, const char *text)
{
	http_answer_error(upgrade->http, conn, status, headers, code, text);
	return -1;
}

int
upgrade_on_confirm(const struct upgrade *upgrade, struct conn *conn)
{
	struct lws *wsi = conn->wsi;
	char buffer[32];
	const char *value = header(wsi, buffer, sizeof(buffer), WSI_TOKEN_UPGRADE);
	const char *text;
	struct door *door;
	int r, status;

	/* lws has answered any other upgrade itself, has freed the headers, and calls
	 * here all the same; cleartext HTTP/2 it would accept. */
	if (!value || strcasecmp(value, "websocket") != 0 || conn->is_draining ||
		conn->answer || conn->table->is_stopping)
		return -1;
	conn->requests++;
	if (!lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI))
		return refuse(upgrade, conn, 405, "Allow: GET\r\n", "method_not_allowed",
			"a WebSocket begins with GET");
	if (!http_check_no_body(upgrade->http, conn, &r))
		return -1;
	door = door_of(upgrade, wsi);
	if (!door)
		return refuse(upgrade, conn, 404, NULL, "not_found",
			"there is no WebSocket here");
	value = header(wsi, buffer, sizeof(buffer), WSI_TOKEN_VERSION);
	if (!value || strcmp(value, "13") != 0)
		return refuse(upgrade, conn, 426,
			"Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n"
			"Connection: Upgrade\r\n",
			"upgrade_required", "only WebSocket version 13 is spoken");
	value = find_fault(wsi);
	if (value)
		return refuse(upgrade, conn, 400, NULL, "bad_request", value);
	if (!is_own_origin(upgrade, wsi)) {
		log_info("origin_refused", log_str("peer", conn->peer));
		return refuse(upgrade, conn, 403, NULL, "origin_refused",
			"this page may not connect here");
	}
	value = door->on_check ? door->on_check(door, conn, &status, &text) : NULL;
	if (value)
		return refuse(upgrade, conn, status, NULL, value, text);
	conn->door = door;
	conn->deadline_ms = 0;
	return 0;
}
