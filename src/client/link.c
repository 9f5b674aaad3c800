#include "client/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "client/lws_peer.h"
#include "linnet/base/buffer.h"
#include "linnet/base/json_text.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"

/* A longer message ends the link. The server's longest has twice limits.message_bytes,
 * which is at most 16 MiB, and its own members. */
#define MESSAGE_MAX_BYTES (33 * 1024 * 1024)

#define GOODBYE_CODE 1000

/* A message to send, with LWS_PRE bytes before its text. */
struct outgoing {
	STAILQ_ENTRY(outgoing) next;
	struct buffer bytes;
};

struct link {
	link_on_object *on_object;
	void *context;
	const struct client *client;
	struct lws_peer peer;
	bool is_open, is_leaving;
	struct buffer partial; /* the pieces of a message that is not whole yet */
	STAILQ_HEAD(, outgoing) outgoing;
	struct link_end end;
};

static void
link_fail(struct link *link, const char *why)
{
	if (*link->end.why)
		return;
	link->end.is_invalid = true;
	snprintf(link->end.why, sizeof(link->end.why), "%s", why);
}

/* A whole message. Returns -1 if it is not one of Linnet's. */
static int
link_take(struct link *link, const char *bytes, size_t len)
{
	json_error_t error;
	json_t *object = json_text_load(bytes, len, JSON_ALLOW_NUL, &error);

	if (!json_is_object(object)) {
		json_decref(object);
		link_fail(link, "the server sent what is not a JSON object");
		return -1;
	}
	link->on_object(link->context, object);
	json_decref(object);
	return 0;
}

static int
link_receive(struct link *link, const char *bytes, size_t len)
{
	int r = 0;

	if (link->is_leaving)
		return 0;
	if (lws_frame_is_binary(link->peer.wsi)) {
		link_fail(link, "the server sent a binary message");
		return -1;
	}
	if (len > MESSAGE_MAX_BYTES || link->partial.len + len > MESSAGE_MAX_BYTES) {
		link_fail(link, "the server sent a message that is too long");
		return -1;
	}
	buffer_append(&link->partial, bytes, len);
	if (lws_is_final_fragment(link->peer.wsi)) {
		r = link_take(link, link->partial.len ? link->partial.bytes : "",
			link->partial.len);
		link->partial.len = 0;
	}
	return r;
}

static int
link_write(struct link *link)
{
	struct lws *wsi = link->peer.wsi;
	struct outgoing *first = STAILQ_FIRST(&link->outgoing);
	int r;

	if (!first && link->is_leaving) {
		lws_close_reason(wsi, GOODBYE_CODE, NULL, 0);
		return -1;
	}
	if (!first)
		return 0;
	STAILQ_REMOVE_HEAD(&link->outgoing, next);
	r = lws_write(wsi, (unsigned char *)first->bytes.bytes + LWS_PRE,
		first->bytes.len - LWS_PRE, LWS_WRITE_TEXT);
	buffer_clear(&first->bytes);
	free(first);
	lws_callback_on_writable(wsi);
	return r < 0 ? -1 : 0;
}

/* The payload of a close frame: a code in network order, and a reason (RFC 6455 section
 * 5.5.1). */
static void
link_note_close(struct link *link, const unsigned char *payload, size_t len)
{
	if (len < 2)
		return;
	link->end.close_code = payload[0] << 8 | payload[1];
	if (!*link->end.why)
		snprintf(link->end.why, sizeof(link->end.why), "%.*s", (int)(len - 2),
			(const char *)payload + 2);
}

static int
link_on_event(
	struct lws_peer *peer, enum lws_callback_reasons reason, void *in, size_t len)
{
	struct link *link = container_of(peer, struct link, peer);

	switch (reason) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		return lws_peer_add_token(peer, link->client, in, len);
	case LWS_CALLBACK_CLIENT_HTTP_REDIRECT:
		link->end.status = (int)len;
		return -1;
	case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
		link->end.status = lws_peer_read_status(peer, &link->end.retry_after_s);
		return 0;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		if (!*link->end.why)
			lws_peer_copy_reason(
				peer, link->end.why, sizeof(link->end.why), in, len);
		link->end.is_untrusted = peer->certificate_fault;
		return 0;
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		link->is_open = true;
		lws_callback_on_writable(peer->wsi);
		return 0;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		return link_receive(link, in, len);
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return link_write(link);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		link_note_close(link, in, len);
		return 0;
	default:
		return 0;
	}
}

struct link *
link_new(const struct client *client, const char *path, link_on_object *on_object,
	void *context)
{
	struct link *link = xcalloc(1, sizeof(*link));

	link->client = client;
	link->on_object = on_object;
	link->context = context;
	link->end.retry_after_s = -1;
	STAILQ_INIT(&link->outgoing);
	link->peer.on_event = link_on_event;
	lws_peer_connect(&link->peer, client, NULL, path);
	return link;
}

void
link_send(struct link *link, json_t *object)
{
	static const char room[LWS_PRE];
	struct outgoing *outgoing = xcalloc(1, sizeof(*outgoing));

	buffer_append(&outgoing->bytes, room, LWS_PRE);
	json_text_append(&outgoing->bytes, object);
	STAILQ_INSERT_TAIL(&link->outgoing, outgoing, next);
	if (link->peer.wsi && link->is_open)
		lws_callback_on_writable(link->peer.wsi);
}

void
link_leave(struct link *link)
{
	link->is_leaving = true;
	if (link->peer.wsi && link->is_open)
		lws_callback_on_writable(link->peer.wsi);
}

const struct link_end *
link_has_ended(const struct link *link)
{
	return link->peer.is_over ? &link->end : NULL;
}

void
link_free(struct link *link)
{
	struct outgoing *outgoing;

	if (!link)
		return;
	lws_peer_kill(&link->peer);
	while ((outgoing = STAILQ_FIRST(&link->outgoing))) {
		STAILQ_REMOVE_HEAD(&link->outgoing, next);
		buffer_clear(&outgoing->bytes);
		free(outgoing);
	}
	buffer_clear(&link->partial);
	free(link);
}
