/* A server of rooms on libwebsockets as its example minimal-ws-server-ring does it: a
 * lws_ring for each room, one message for each writable callback, and everybody is sent
 * a message, its sender too.
 *
 *     ring PING_S [CERTIFICATE KEY] */
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	RING_MESSAGES = 1024,
	MESSAGE_BYTES_MAX = 16384,
	RX_BYTES = 4096,
	NAME_BYTES = 32,
};

struct message {
	unsigned char *payload; /* LWS_PRE bytes, then the text */
	size_t n;
};

struct session {
	struct session *next;
	struct lws *wsi;
	struct room *room;
	uint32_t tail;
	unsigned char *received; /* a message in parts */
	size_t received_bytes;
};

struct room {
	struct room *next;
	char name[NAME_BYTES];
	struct lws_ring *ring;
	struct session *sessions;
};

static struct room *rooms;

static void
destroy_message(void *message)
{
	free(((struct message *)message)->payload);
}

static struct room *
find_room(struct lws *wsi)
{
	char name[NAME_BYTES] = "";
	struct room *room;

	lws_get_urlarg_by_name(wsi, "room=", name, sizeof(name));
	for (room = rooms; room; room = room->next) {
		if (strcmp(room->name, name) == 0)
			return room;
	}
	room = calloc(1, sizeof(*room));
	memcpy(room->name, name, sizeof(name));
	room->ring =
		lws_ring_create(sizeof(struct message), RING_MESSAGES, destroy_message);
	room->next = rooms;
	return rooms = room;
}

static int
receive(struct lws *wsi, struct session *session, const void *in, size_t n)
{
	struct room *room = session->room;
	struct message message;

	if (!session->received)
		session->received = malloc(LWS_PRE + MESSAGE_BYTES_MAX);
	if (session->received_bytes + n > MESSAGE_BYTES_MAX)
		return -1;
	memcpy(session->received + LWS_PRE + session->received_bytes, in, n);
	session->received_bytes += n;
	if (!lws_is_final_fragment(wsi))
		return 0;
	message.payload = session->received;
	message.n = session->received_bytes;
	session->received = NULL;
	session->received_bytes = 0;
	if (!lws_ring_insert(room->ring, &message, 1))
		return -1;
	lws_start_foreach_llp(struct session **, each, room->sessions)
	{
		lws_callback_on_writable((*each)->wsi);
	}
	lws_end_foreach_llp(each, next);
	return 0;
}

static int
write_one(struct lws *wsi, struct session *session)
{
	struct room *room = session->room;
	const struct message *message = lws_ring_get_element(room->ring, &session->tail);

	if (!message)
		return 0;
	if (lws_write(wsi, message->payload + LWS_PRE, message->n, LWS_WRITE_TEXT) <
		(int)message->n)
		return -1;
	lws_ring_consume_and_update_oldest_tail(room->ring, struct session,
		&session->tail, 1, room->sessions, tail, next);
	if (lws_ring_get_element(room->ring, &session->tail))
		lws_callback_on_writable(wsi);
	return 0;
}

static int
on_event(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	struct session *session = user;

	switch (reason) {
	case LWS_CALLBACK_ESTABLISHED:
		session->room = find_room(wsi);
		session->wsi = wsi;
		session->tail = lws_ring_get_oldest_tail(session->room->ring);
		lws_ll_fwd_insert(session, next, session->room->sessions);
		return 0;
	case LWS_CALLBACK_CLOSED:
		lws_ll_fwd_remove(struct session, next, session, session->room->sessions);
		free(session->received);
		return 0;
	case LWS_CALLBACK_RECEIVE:
		return receive(wsi, session, in, n);
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return write_one(wsi, session);
	default:
		return 0;
	}
}

int
main(int argc, char **argv)
{
	static const struct lws_protocols protocols[] = {
		{ "rooms", on_event, sizeof(struct session), RX_BYTES, 0, NULL, 0 },
		{ NULL, NULL, 0, 0, 0, NULL, 0 },
	};
	lws_retry_bo_t idle = {
		.secs_since_valid_ping = (uint16_t)atoi(argv[1]),
		.secs_since_valid_hangup = (uint16_t)(2 * atoi(argv[1])),
	};
	struct lws_context_creation_info info = {
		.iface = "127.0.0.1",
		.protocols = protocols,
		.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
		.retry_and_idle_policy = &idle,
	};
	struct lws_context *context;
	struct lws_vhost *vhost;

	if (argc > 3) {
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
		info.ssl_cert_filepath = argv[2];
		info.ssl_private_key_filepath = argv[3];
	}
	lws_set_log_level(LLL_ERR, NULL);
	context = lws_create_context(&info);
	vhost = context ? lws_create_vhost(context, &info) : NULL;
	if (!vhost)
		return 1;
	printf("ready %d\n", lws_get_vhost_listen_port(vhost));
	fflush(stdout);
	while (lws_service(context, 0) >= 0) {
	}
	return 1;
}
