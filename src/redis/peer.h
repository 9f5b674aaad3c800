/* peer.h - one connection to Redis, in the event loop of the node's thread. */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "linnet/redis/args.h"
#include "redis/redis_uri.h"

struct redisAsyncContext;
struct redisReply;

/* A command that was not answered yet. */
struct peer_call;
TAILQ_HEAD(peer_calls, peer_call);

typedef void peer_answer(void *context, void *what, const struct redisReply *reply);

struct peer {
	struct ev_loop *loop;
	struct redisAsyncContext *hiredis; /* NULL: closed */
	struct peer_calls calls;
	ev_timer patience;
	/* The connection is lost; it is closed already. */
	void (*on_lost)(void *context, const char *why);
	void *context;
};

void peer_init(struct peer *peer, struct ev_loop *loop,
	void (*on_lost)(void *context, const char *why), void *context);

/* Begin to connect and log in; commands may follow at once. If a command is not answered
 * for patience_ms, the connection is lost. password NULL: as in the address. Returns
 * false with *why set if that fails at once; the peer is closed then. */
bool peer_open(struct peer *peer, const struct redis_address *address,
	const char *password, unsigned patience_ms, const char **why);

/* Close it, and answer all calls with NULL. on_lost is not called. */
void peer_close(struct peer *peer);

/* Send a command, the words of args. on_answer is called with its reply, or with NULL
 * when there will be none. A closed peer calls it at once. */
void peer_call(struct peer *peer, const struct redis_args *args, peer_answer *on_answer,
	void *context, void *what);

/* Subscribe to channel; on_said is called with each message of three parts. */
void peer_subscribe(struct peer *peer, const char *channel,
	void (*on_said)(void *context, const char *bytes, size_t len), void *context);
