/* node_private.h - what node.c (the thread), node_link.c (the states of the
 * connection) and node_call.c (calls) share. */
#pragma once

#include <pthread.h>

#include "linnet/redis/node.h"
#include "redis/handover.h"
#include "redis/log_reader.h"

#define RUN_ID_BYTES 40
#define BOOT_BYTES 16

enum node_state {
	NODE_AWAY,    /* no connection */
	NODE_HELLO,   /* connecting */
	NODE_PICTURE, /* the consumers read what there is */
	NODE_READING, /* the log is read up to the top that hello has named */
	NODE_REFUSED, /* calls can read, but not write */
	NODE_UP,
};

/* A call of a script that was not answered yet. */
struct node_call {
	TAILQ_ENTRY(node_call) link;
	struct redis_node *node;
	const struct redis_script *script;
	struct redis_args rest; /* the arguments of the script */
	void (*on_answer)(void *context, void *what, const struct redisReply *reply);
	void *context, *what;
	bool is_whole; /* the text was sent with it */
};

/* Somebody waits until the log was read up to top. */
struct node_sync {
	STAILQ_ENTRY(node_sync) link;
	struct redis_node *node;
	struct log_position top;
	bool has_top;
	void (*on_told)(void *context, void *what, int error);
	void *context, *what;
};

struct redis_node {
	/* Set by redis_node_new. */
	char *prefix, *name, *layout, *password;
	struct redis_address address;
	unsigned lease_ms, timeout_ms, log_ms;
	/* Of the thread. */
	enum node_state state;
	unsigned pictures; /* that are not there yet */
	unsigned failures; /* since the node was up */
	int down_error;    /* that the consumers know; 0: it is up */
	int refusal;       /* for good; shared with other threads */
	struct ev_loop *loop;
	ev_async waker;
	ev_prepare before_sleep;
	ev_timer retry, renewal, deadline;
	/* A script has answered with an error. */
	void (*on_error)(struct redis_node *node, const char *reply);
	SLIST_HEAD(, redis_consumer) consumers;
	TAILQ_HEAD(, node_call) calls;
	STAILQ_HEAD(node_syncs, node_sync) syncs;
	struct peer peer, channel;
	struct log_reader reader;
	struct log_position top; /* that hello has named */
	uint64_t generation, first_generation;
	char *others; /* names of other nodes, one behind the other, each with a NUL */
	size_t others_len;
	int64_t behind_ms; /* since when the log is ahead of the reader; 0: it is not */
	uint64_t behind_count;
	/* Shared with other threads. */
	struct handover handover;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	struct redis_consumer *leaving;
	bool is_overdue; /* the one that is leaving */
	bool is_started, is_stopping, is_stopped, was_up;
	char why[200];
	/* Of the thread. */
	bool has_aof;
	bool knows_position;
	bool is_open; /* the roll call is over */
	char boot[BOOT_BYTES + 1];
	char epoch[REDIS_EPOCH_BYTES + 1];
	char run[RUN_ID_BYTES + 1], seen_run[RUN_ID_BYTES + 1];
};

/* node_call.c. All in the node's thread. */

/* What was waited for may have been told. */
void node_call_end_syncs(struct redis_node *node);

/* It cannot be told. The connection is closed. */
void node_call_drop_syncs(struct redis_node *node);

/* node_link.c. All in the node's thread. */

/* Connect, and do what leads to NODE_UP. */
void node_link_open(struct redis_node *node);

/* Set up the timers and connections. */
void node_link_init(struct redis_node *node);
void node_link_fini(struct redis_node *node);
