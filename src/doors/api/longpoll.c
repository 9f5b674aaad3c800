/* Long polls. A poll is a session of the chat; each request gets what has come since the
 * last one. A poll with a name stays for a while after each answer, so that its person
 * does not leave and enter all the time. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doors/api/api_private.h"
#include "linnet/base/clock.h"
#include "linnet/base/hash.h"
#include "linnet/base/json_text.h"
#include "linnet/base/log.h"
#include "linnet/base/metrics.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/chat/session.h"

#define WAIT_S 25
#define WAIT_S_MAX 45

/* What a poll costs that has no name, so that it opens no session that lasts, or that
 * does not go on where the last one ended: as much as to join a room. */
#define JOIN_COST 0.5

/* How long a poll is kept without a request. */
#define AWAY_MS 30000

struct poll {
	struct session session;
	struct message_fault fault; /* sent to the client; code NULL: none */
	struct deferred deferred;
	struct api *api;
	struct http_request *request; /* NULL: the poll is idle */
	bool is_asked_since;          /* the request has "since" */
	char since[64];               /* of the last answer */
	int64_t deadline_ms;          /* monotonic: answer or, if idle, forget it then */
	char peer[INET6_ADDRSTRLEN];
	struct conn_limit_key key;
	bool is_counted;                  /* in api->away */
	char token[CHAT_TOKEN_BYTES + 1]; /* "": no request can continue it */
	char *token_and_room;             /* its key in api->polls */
	UT_hash_handle hh;
};

static struct poll *
longpoll_from_session(struct session *session)
{
	return container_of(session, struct poll, session);
}

static void
longpoll_on_wake(struct session *session)
{
	struct poll *poll = longpoll_from_session(session);

	deferred_ask(poll->api->deferred, &poll->deferred);
}

static void
longpoll_on_drop(struct session *session, uint16_t code, const char *reason)
{
	(void)code;
	(void)reason;
	chat_on_closing(longpoll_from_session(session)->api->chat, session);
	longpoll_on_wake(session);
}

/* A fault is the answer to the request. */
static void
longpoll_on_refuse(struct session *session, const struct message_fault *fault)
{
	struct poll *poll = longpoll_from_session(session);

	poll->fault = *fault;
	/* Most often it is the client's own earlier poll that has the name. */
	if (!strcmp(fault->code, "name_taken"))
		message_refuse(&poll->fault, fault->code,
			"%s; if that is you, pass session= from \"you\" of your last "
			"answer",
			fault->text);
	metrics.sent[TRANSPORT_POLL]++;
	longpoll_on_wake(session);
}

static const struct session_ops session_ops = {
	.wake = longpoll_on_wake,
	.drop = longpoll_on_drop,
	.refuse = longpoll_on_refuse,
};

static void
longpoll_free_poll(struct poll *poll)
{
	struct api *api = poll->api;

	if (*poll->token) {
		log_info("session_close", log_uint("session", poll->session.number),
			log_str("door", "poll"), log_uint("code", poll->session.closed),
			log_str("peer", poll->session.peer),
			SESSION_WHO_FIELDS(&poll->session));
		HASH_DEL(api->polls, poll);
	}
	if (poll->is_counted)
		conn_limit_release(api->away, &poll->key);
	deferred_cancel(api->deferred, &poll->deferred);
	chat_close(api->chat, &poll->session);
	session_fini(&poll->session);
	free(poll->token_and_room);
	free(poll);
}

/* The poll has no request any more: keep it if another request can continue it. */
static void
longpoll_put_by(void *state)
{
	struct poll *poll = state;

	poll->request = NULL;
	if (!*poll->token || poll->session.closed) {
		longpoll_free_poll(poll);
		return;
	}
	poll->deadline_ms = clock_now_ms() + AWAY_MS;
	poll->fault.code = NULL;
	frame_queue_clear(&poll->session.queue);
	chat_set_aside(&poll->session);
}

/* Append the frames of the queue as a JSON array, and empty the queue. */
static void
longpoll_append_waiting(struct buffer *text, struct frame_queue *queue)
{
	const char *comma = "";
	struct frame *frame;

	buffer_append(text, "[", 1);
	while ((frame = frame_queue_peek(queue))) {
		buffer_append(text, comma, strlen(comma));
		buffer_append(text, frame_bytes(frame), frame->len);
		frame_queue_pop(queue);
		comma = ",";
	}
	buffer_append(text, "]", 1);
}

/* Answer the request with everything in the queue. */
static void
longpoll_answer(struct poll *poll, const struct chat_place *place)
{
	struct buffer text = { 0 };
	json_t *you = NULL, *object;

	if (place->username)
		you = json_pack(
			"{s:s,s:s}", "username", place->username, "session", poll->token);
	snprintf(poll->since, sizeof(poll->since), "%s:%" PRIu64, place->epoch,
		place->last_id);
	object = json_pack("{s:s,s:s,s:s,s:I,s:s,s:b,s:b,s:o*}", "room", place->room,
		"topic", place->topic, "epoch", place->epoch, "last_id",
		(json_int_t)place->last_id, "since", poll->since, "recovered",
		place->recovered, "more", place->more, "you", you);
	json_text_append(&text, object);
	json_decref(object);
	text.len--; /* remove the closing brace */
	buffer_append(&text, ",\"messages\":", 12);
	longpoll_append_waiting(&text, &poll->session.queue);
	buffer_append(&text, "}", 1);
	api_answer_text(poll->request, &text);
	buffer_clear(&text);
	longpoll_put_by(poll);
}

/* Answer with the fault, if there is one. */
static bool
longpoll_answer_fault(struct poll *poll)
{
	if (!poll->fault.code)
		return false;
	http_respond_fault(poll->request, &poll->fault);
	longpoll_put_by(poll);
	return true;
}

/* Answer the request if the time has come. */
static void
longpoll_consider(void *state, int64_t now_ms)
{
	struct poll *poll = state;
	struct chat_place place;

	if (poll->request && longpoll_answer_fault(poll))
		return;
	/* The session is closing, most often because of a fault. */
	if (poll->session.closed) {
		if (poll->request)
			api_refuse(poll->request, "busy", "too much is under way");
		longpoll_put_by(poll);
		return;
	}
	if (!poll->request || !chat_where(poll->api->chat, &poll->session, &place))
		return;
	if (poll->session.queue.count || now_ms >= poll->deadline_ms ||
		(poll->is_asked_since && !place.recovered))
		longpoll_answer(poll, &place);
}

static void
longpoll_on_deferred(struct deferred *deferred)
{
	longpoll_consider(container_of(deferred, struct poll, deferred), clock_now_ms());
}

static void
longpoll_on_stop(void *state, uint16_t code, const char *reason)
{
	struct poll *poll = state;

	(void)code;
	(void)reason;
	poll->deadline_ms = 0;
	deferred_ask(poll->api->deferred, &poll->deferred);
}

static const struct http_waiter waiter = {
	.on_gone = longpoll_put_by,
	.on_stop = longpoll_on_stop,
	.on_tick = longpoll_consider,
};

/* Reserve a place for the poll while it is idle. Returns false if there is none left. */
static bool
longpoll_reserve(struct poll *poll)
{
	struct api *api = poll->api;

	if (HASH_COUNT(api->polls) >= (unsigned)api->access.config->limits.connections)
		return false;
	if (!poll->request->conn->is_loopback) {
		poll->key = poll->request->conn->key;
		if (conn_limit_acquire(api->away, &poll->key) < 0)
			return false;
		poll->is_counted = true;
	}
	return true;
}

/* The key of a poll. A client may poll several rooms with one token. No room has a "/" in
 * its name. The caller frees it. */
static char *
longpoll_make_key(const char *token, const char *room)
{
	return xasprintf("%s/%s", token, room);
}

/* Give the poll a session token, with which the next request for the room continues it.
 */
static void
longpoll_keep(struct poll *poll, const char *room)
{
	struct api *api = poll->api;

	chat_give_token(api->chat, &poll->session, poll->token);
	poll->token_and_room = longpoll_make_key(poll->token, room);
	log_info("session_open", log_uint("session", poll->session.number),
		log_str("peer", poll->request->conn->peer), log_str("door", "poll"),
		SESSION_WHO_FIELDS(&poll->session));
	HASH_ADD_KEYPTR(
		hh, api->polls, poll->token_and_room, strlen(poll->token_and_room), poll);
}

static void
longpoll_begin(struct http_request *request, struct poll *poll,
	const struct chat_wishes *wishes, unsigned wait_s)
{
	poll->request = request;
	poll->is_asked_since = wishes->since != NULL;
	poll->deadline_ms = clock_now_ms() + (int64_t)wait_s * 1000;
	http_park(request, &waiter, poll);
	deferred_ask(poll->api->deferred, &poll->deferred);
}

static void
longpoll_admit(struct poll *poll, const struct http_request *request,
	const struct permissions *permissions)
{
	snprintf(poll->peer, sizeof(poll->peer), "%s", request->conn->peer);
	session_admit(&poll->session, permissions, poll->peer,
		poll->session.since_ms ? poll->session.since_ms : clock_unix_ms());
	session_set_client(&poll->session, access_client(&poll->api->access, request));
}

static void
longpoll_open_poll(struct http_request *request, struct chat_wishes *wishes,
	unsigned wait_s, const struct permissions *permissions)
{
	struct api *api = request->context;
	struct poll *poll;

	wishes->is_silent = !wishes->name && !wishes->token && !permissions->name;
	if (!(wishes->is_silent ? api_may_spend(request, JOIN_COST)
				: api_may_connect(request)))
		return;
	poll = xcalloc(1, sizeof(*poll));
	poll->api = api;
	poll->deferred.call = longpoll_on_deferred;
	poll->request = request;
	wishes->is_strict = true;
	wishes->wants_progress = true;
	session_init(&poll->session, &session_ops, WIRE_OBJECT,
		chat_next_number(api->chat),
		(size_t)api->access.config->limits.queue_bytes);
	longpoll_admit(poll, request, permissions);
	if (!wishes->is_silent && !longpoll_reserve(poll)) {
		http_respond_error(request, 503, "Retry-After: 5\r\n", "server_full",
			"there is no place left, try later");
		longpoll_free_poll(poll);
		return;
	}
	if (!chat_open(api->chat, &poll->session, wishes)) {
		longpoll_answer_fault(poll);
		return;
	}
	if (!wishes->is_silent)
		longpoll_keep(poll, wishes->room);
	longpoll_begin(request, poll, wishes, wait_s);
}

/* The session starts a second poll: answer the first one at once. */
static void
longpoll_answer_early(struct poll *poll)
{
	struct chat_place place;

	if (longpoll_answer_fault(poll))
		return;
	if (chat_where(poll->api->chat, &poll->session, &place)) {
		longpoll_answer(poll, &place);
	} else {
		api_refuse(poll->request, "busy", "the next poll has come");
		longpoll_put_by(poll);
	}
}

/* To go on from the last answer is free: each message is read once. Otherwise the history
 * or all alarms are read again. */
static bool
longpoll_may_go_on(const struct poll *poll, struct http_request *request,
	const struct chat_wishes *wishes)
{
	return (wishes->since && !strcmp(wishes->since, poll->since)) ||
	       api_may_spend(request, JOIN_COST);
}

/* Continue a poll with the permissions of this request. Returns false if no poll
 * has this token and room. */
static bool
longpoll_go_on(struct http_request *request, const struct chat_wishes *wishes,
	unsigned wait_s, const struct permissions *permissions)
{
	struct api *api = request->context;
	struct poll *poll;
	char *key;

	if (!wishes->token)
		return false;
	key = longpoll_make_key(wishes->token, wishes->room);
	HASH_FIND_STR(api->polls, key, poll);
	free(key);
	if (!poll || poll->session.closed ||
		!permissions_may_be_same(poll->session.permissions, permissions))
		return false;
	if (!longpoll_may_go_on(poll, request, wishes))
		return true;
	if (poll->request)
		longpoll_answer_early(poll);
	longpoll_admit(poll, request, permissions);
	longpoll_begin(request, poll, wishes, wait_s);
	chat_go_on(api->chat, &poll->session, wishes->since);
	return true;
}

static bool
longpoll_read_wait(struct http_request *request, unsigned *wait_s)
{
	char text[32];
	int r = http_head_query(request->head, "wait", text, sizeof(text));
	unsigned long asked;

	*wait_s = WAIT_S;
	if (r == -ENOENT)
		return true;
	if (r < 0 || text[strspn(text, "0123456789")] || !*text) {
		http_respond_error(request, 400, NULL, "bad_query",
			"\"wait\" must be a number of seconds");
		return false;
	}
	asked = strtoul(text, NULL, 10);
	*wait_s = asked > WAIT_S_MAX ? WAIT_S_MAX : (unsigned)asked;
	return true;
}

void
api_poll(struct http_request *request)
{
	const struct permissions *permissions = api_permissions(request);
	struct api_wishes *asked = NULL;
	unsigned wait_s;

	if (permissions && longpoll_read_wait(request, &wait_s))
		asked = api_wishes_new(request);
	if (asked && api_may_enter(request, permissions, asked->wishes.room) &&
		!longpoll_go_on(request, &asked->wishes, wait_s, permissions))
		longpoll_open_poll(request, &asked->wishes, wait_s, permissions);
	permissions_unref(permissions);
	free(asked);
}

void
api_forget_polls(struct api *api, int64_t now_ms)
{
	struct poll *poll, *next;

	HASH_ITER(hh, api->polls, poll, next)
	{
		if (!poll->request && now_ms >= poll->deadline_ms)
			longpoll_free_poll(poll);
	}
}
