#include "redis/peer.h"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"

struct peer_call {
	TAILQ_ENTRY(peer_call) link;
	struct peer *peer; /* NULL: it was answered, hiredis still knows it */
	peer_answer *on_answer;
	void *context, *what;
};

/* The watchers of one connection of hiredis. */
struct peer_io {
	struct redisAsyncContext *hiredis;
	struct ev_loop *loop;
	ev_io reading, writing;
};

/* A subscription. */
struct peer_channel {
	void (*on_said)(void *context, const char *bytes, size_t len);
	void *context;
};

static void
peer_on_readable(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct peer_io *io = watcher->data;

	(void)loop;
	(void)events;
	redisAsyncHandleRead(io->hiredis);
}

static void
peer_on_writable(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct peer_io *io = watcher->data;

	(void)loop;
	(void)events;
	redisAsyncHandleWrite(io->hiredis);
}

static void
peer_add_read(void *data)
{
	struct peer_io *io = data;

	ev_io_start(io->loop, &io->reading);
}

static void
peer_del_read(void *data)
{
	struct peer_io *io = data;

	ev_io_stop(io->loop, &io->reading);
}

static void
peer_add_write(void *data)
{
	struct peer_io *io = data;

	ev_io_start(io->loop, &io->writing);
}

static void
peer_del_write(void *data)
{
	struct peer_io *io = data;

	ev_io_stop(io->loop, &io->writing);
}

static void
peer_cleanup(void *data)
{
	peer_del_read(data);
	peer_del_write(data);
	free(data);
}

/* Let hiredis use the event loop. */
static void
peer_attach(struct peer *peer)
{
	struct redisAsyncContext *hiredis = peer->hiredis;
	struct peer_io *io = xcalloc(1, sizeof(*io));

	io->hiredis = hiredis;
	io->loop = peer->loop;
	ev_io_init(&io->reading, peer_on_readable, hiredis->c.fd, EV_READ);
	ev_io_init(&io->writing, peer_on_writable, hiredis->c.fd, EV_WRITE);
	io->reading.data = io->writing.data = io;
	hiredis->data = peer;
	hiredis->ev.data = io;
	hiredis->ev.addRead = peer_add_read;
	hiredis->ev.delRead = peer_del_read;
	hiredis->ev.addWrite = peer_add_write;
	hiredis->ev.delWrite = peer_del_write;
	hiredis->ev.cleanup = peer_cleanup;
}

/* Answer call, which hiredis may still know. */
static void
peer_finish(struct peer *peer, struct peer_call *call, const struct redisReply *reply)
{
	TAILQ_REMOVE(&peer->calls, call, link);
	call->peer = NULL;
	if (TAILQ_EMPTY(&peer->calls))
		ev_timer_stop(peer->loop, &peer->patience);
	else
		ev_timer_again(peer->loop, &peer->patience);
	if (call->on_answer)
		call->on_answer(call->context, call->what, reply);
}

/* Forget the connection of hiredis, and answer all calls with NULL. */
static struct redisAsyncContext *
peer_let_go(struct peer *peer)
{
	struct redisAsyncContext *hiredis = peer->hiredis;
	struct peer_call *call;

	peer->hiredis = NULL;
	if (hiredis)
		hiredis->data = NULL;
	while ((call = TAILQ_FIRST(&peer->calls)))
		peer_finish(peer, call, NULL);
	return hiredis;
}

void
peer_close(struct peer *peer)
{
	struct redisAsyncContext *hiredis = peer_let_go(peer);

	/* It answers all calls once more, with NULL: then they are freed. */
	if (hiredis)
		redisAsyncFree(hiredis);
}

static void
peer_lose(struct peer *peer, const char *why)
{
	char *copy = xstrdup(why);

	peer_close(peer);
	peer->on_lost(peer->context, copy);
	free(copy);
}

/* hiredis frees the connection by itself. */
static void
peer_on_end(const struct redisAsyncContext *hiredis, int status)
{
	struct peer *peer = hiredis->data;

	(void)status;
	if (!peer)
		return;
	peer_let_go(peer);
	peer->on_lost(peer->context,
		hiredis->errstr && *hiredis->errstr ? hiredis->errstr : "closed");
}

static void
peer_on_patience(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct peer *peer = timer->data;

	(void)loop;
	(void)events;
	peer_lose(peer, "Redis does not answer");
}

void
peer_init(struct peer *peer, struct ev_loop *loop,
	void (*on_lost)(void *context, const char *why), void *context)
{
	*peer = (struct peer){ .loop = loop, .on_lost = on_lost, .context = context };
	TAILQ_INIT(&peer->calls);
	ev_timer_init(&peer->patience, peer_on_patience, 0., 0.);
	peer->patience.data = peer;
}

/* The answer to AUTH or SELECT. */
static void
peer_on_login(void *context, void *what, const struct redisReply *reply)
{
	struct peer *peer = context;

	(void)what;
	if (reply && reply->type == REDIS_REPLY_ERROR)
		peer_lose(peer, reply->str);
}

static void
peer_log_in(struct peer *peer, const struct redis_address *address, const char *password)
{
	struct redis_args args = { .count = 0 };

	if (password) {
		redis_args_text(&args, "AUTH");
		if (address->user)
			redis_args_text(&args, address->user);
		redis_args_text(&args, password);
		peer_call(peer, &args, peer_on_login, peer, NULL);
		redis_args_clear(&args);
	}
	if (address->db && peer->hiredis) {
		redis_args_text(&args, "SELECT");
		redis_args_number(&args, address->db);
		peer_call(peer, &args, peer_on_login, peer, NULL);
		redis_args_clear(&args);
	}
}

bool
peer_open(struct peer *peer, const struct redis_address *address, const char *password,
	unsigned patience_ms, const char **why)
{
	struct redisAsyncContext *hiredis =
		address->host ? redisAsyncConnect(address->host, address->port)
			      : redisAsyncConnectUnix(address->path);

	*why = "no memory";
	if (!hiredis)
		return false;
	if (hiredis->err) {
		*why = "Redis does not accept connections";
		redisAsyncFree(hiredis);
		return false;
	}
	peer->hiredis = hiredis;
	peer->patience.repeat = patience_ms / 1000.;
	peer_attach(peer);
	redisAsyncSetDisconnectCallback(hiredis, peer_on_end);
	peer_log_in(peer, address, password ? password : address->password);
	return true;
}

static void
peer_on_reply(struct redisAsyncContext *hiredis, void *reply, void *context)
{
	struct peer_call *call = context;

	if (call->peer && !reply)
		peer_lose(call->peer, hiredis->errstr ? hiredis->errstr : "closed");
	else if (call->peer)
		peer_finish(call->peer, call, reply);
	free(call);
}

void
peer_call(struct peer *peer, const struct redis_args *args, peer_answer *on_answer,
	void *context, void *what)
{
	const char **words = xmalloc(args->count * sizeof(*words));
	struct peer_call *call = xcalloc(1, sizeof(*call));
	const char *at = args->bytes.bytes ? args->bytes.bytes : "";

	for (size_t i = 0; i < args->count; at += args->lens[i++])
		words[i] = at;
	*call = (struct peer_call){
		.peer = peer, .on_answer = on_answer, .context = context, .what = what
	};
	if (peer->hiredis && redisAsyncCommandArgv(peer->hiredis, peer_on_reply, call,
				     (int)args->count, words, args->lens) == REDIS_OK) {
		if (TAILQ_EMPTY(&peer->calls))
			ev_timer_again(peer->loop, &peer->patience);
		TAILQ_INSERT_TAIL(&peer->calls, call, link);
	} else {
		if (on_answer)
			on_answer(context, what, NULL);
		free(call);
	}
	free(words);
}

static void
peer_on_publication(struct redisAsyncContext *hiredis, void *reply, void *context)
{
	const struct redisReply *message = reply;
	struct peer_channel *channel = context;

	(void)hiredis;
	if (!reply) {
		free(channel);
		return;
	}
	if (message->type == REDIS_REPLY_ARRAY && message->elements == 3 &&
		message->element[2]->type == REDIS_REPLY_STRING)
		channel->on_said(channel->context, message->element[2]->str,
			(size_t)message->element[2]->len);
}

void
peer_subscribe(struct peer *peer, const char *name,
	void (*on_said)(void *context, const char *bytes, size_t len), void *context)
{
	struct peer_channel *channel = xmalloc(sizeof(*channel));

	*channel = (struct peer_channel){ on_said, context };
	if (!peer->hiredis || redisAsyncCommand(peer->hiredis, peer_on_publication,
				      channel, "SUBSCRIBE %s", name) != REDIS_OK)
		free(channel);
}
