/* nodes_fixture.h - several nodes of the driver redis in this process, a Redis of their
 * own, and what each node was told. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "../redis_server.h"
#include "linnet/base/buffer.h"
#include "linnet/base/clock.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/cluster/cluster.h"
#include "linnet/redis/node.h"
#include "linnet/store/store.h"

#define NODES 3
#define PATIENCE_MS 60000
#define LEASE_MS 3000

/* What a node is told is a text: a line for each event. */
struct peer_node {
	struct redis_node *node; /* NULL: it does not run */
	struct store *store;
	struct cluster cluster;
	struct buffer told; /* a NUL follows it */
	uint64_t ticket;
	int result; /* of the last claim */
	char name[64];
	unsigned answers;
	uint64_t appended; /* ticket of the last entry that was stored */
};

static struct redis_server server;
static struct peer_node nodes[NODES];

__attribute__((format(printf, 2, 3))) static inline void
note(struct peer_node *peer, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = xvasprintf(format, arguments);
	va_end(arguments);
	buffer_printf(&peer->told, "%s\n", text);
	free(text);
}

static inline void
on_claimed(void *context, uint64_t ticket, const char *name, int result)
{
	struct peer_node *peer = context;

	peer->ticket = ticket;
	peer->result = result;
	snprintf(peer->name, sizeof(peer->name), "%s", name);
	peer->answers++;
}

static inline void
on_people(void *context, const struct cluster_event *event)
{
	struct peer_node *peer = context;

	switch (event->kind) {
	case CLUSTER_HERE:
		note(peer, "%u here %s %s %u %s", event->node, event->key, event->name,
			event->sessions, event->proofs->token);
		break;
	case CLUSTER_LEFT:
		note(peer, "%u left %s", event->node, event->name);
		break;
	case CLUSTER_ENTER:
		note(peer, "%u enter %s %s %s", event->node, event->name, event->room,
			event->via);
		break;
	case CLUSTER_LEAVE:
		note(peer, "%u leave %s %s %s", event->node, event->name, event->room,
			event->via);
		break;
	case CLUSTER_RENAME:
		note(peer, "%u rename %s %s", event->node, event->was, event->name);
		break;
	case CLUSTER_SILENT:
		note(peer, "%u silent %llu", event->node,
			(unsigned long long)event->number);
		break;
	case CLUSTER_GONE:
		note(peer, "%u gone", event->node);
		break;
	case CLUSTER_ANEW:
		note(peer, "anew");
		break;
	case CLUSTER_WHOLE:
		note(peer, "whole");
		break;
	case CLUSTER_FORGOTTEN:
		note(peer, "forgotten");
		break;
	}
}

static inline void
on_order(void *context, const char *order, size_t len)
{
	note(context, "order %.*s", (int)len, order);
}

static inline void
on_said(void *context, const char *room, unsigned audience, const char *text, size_t len)
{
	note(context, "said %s %u %.*s", room, audience, (int)len, text);
}

static inline void
on_message(void *context, uint64_t ticket, const struct store_record *record)
{
	(void)ticket;
	note(context, "message %s %llu", record->room,
		(unsigned long long)record->message.id);
}

static inline void
on_appended(void *context, uint64_t ticket, int error, const struct store_answer *answer)
{
	struct peer_node *peer = context;

	(void)answer;
	assert_int_equal(error, 0);
	peer->appended = ticket;
}

static inline void
on_page(void *context, uint64_t ticket, int error, const struct store_page *page)
{
	(void)context;
	(void)ticket;
	(void)error;
	(void)page;
}

/* Deliver what there is to all nodes; wait for it at most ms. */
static inline void
pump(int ms)
{
	struct pollfd fds[NODES];
	nfds_t count = 0;

	for (unsigned i = 0; i < NODES; i++)
		if (nodes[i].node)
			fds[count++] =
				(struct pollfd){ store_fd(nodes[i].store), POLLIN, 0 };
	poll(fds, count, ms);
	for (unsigned i = 0; i < NODES; i++)
		if (nodes[i].node)
			store_dispatch(nodes[i].store, 1000);
}

#define AWAIT(condition)                                                                 \
	do {                                                                             \
		int64_t until_ms = clock_now_ms() + PATIENCE_MS;                         \
		while (!(condition)) {                                                   \
			if (clock_now_ms() > until_ms)                                   \
				fail_msg("never: %s", #condition);                       \
			pump(20);                                                        \
		}                                                                        \
	} while (0)

static inline void
start(unsigned i)
{
	static const struct cluster_callbacks callbacks = { on_claimed, on_people,
		on_order, on_said };
	static const char *const names[NODES] = { "a", "b", "c" };
	const struct redis_options options = {
		.uri = server.uri,
		.prefix = "test",
		.name = names[i],
		.layout = "1",
		.lease_ms = LEASE_MS,
		.timeout_ms = 1500,
		.log_ms = 60000,
	};
	struct peer_node *peer = &nodes[i];
	const char *why;

	*peer = (struct peer_node){ .result = 1000 };
	buffer_printf(&peer->told, "\n");
	assert_int_equal(redis_node_new(&peer->node, &options, &why), 0);
	cluster_init(&peer->cluster, &callbacks, peer);
	cluster_share(&peer->cluster, peer->node, LEASE_MS);
	assert_int_equal(store_open(&peer->store,
				 &(struct store_options){
					 .driver = "redis",
					 .node = peer->node,
					 .start_ms = PATIENCE_MS,
					 .callbacks = { .on_message = on_message,
						 .on_appended = on_appended,
						 .on_page = on_page },
					 .context = peer,
				 },
				 &why),
		0);
	assert_int_equal(cluster_await(&peer->cluster, PATIENCE_MS), 0);
}

static inline void
stop(unsigned i)
{
	/* The order makes no difference. */
	if (i)
		cluster_fini(&nodes[i].cluster);
	store_close(nodes[i].store);
	if (!i)
		cluster_fini(&nodes[i].cluster);
	redis_node_free(nodes[i].node);
	nodes[i].node = NULL;
	buffer_clear(&nodes[i].told);
}

static inline bool
was_told(const struct peer_node *peer, const char *line)
{
	char *text = xasprintf("\n%s\n", line);
	bool was = strstr(peer->told.bytes, text);

	free(text);
	return was;
}

/* Forget what node i was told so far. */
static inline void
clear_told(unsigned i)
{
	pump(0);
	buffer_clear(&nodes[i].told);
	buffer_printf(&nodes[i].told, "\n");
}

static inline const struct cluster_proofs *
proofs_of(const char *token)
{
	static struct cluster_proofs proofs;

	snprintf(proofs.token, sizeof(proofs.token), "%s", token);
	return &proofs;
}

static inline void
begin_claim(unsigned i, const char *name, const char *token)
{
	const struct cluster_claim claim = { name, name, proofs_of(token) };
	static uint64_t ticket;

	AWAIT(cluster_claim(&nodes[i].cluster, &claim, ++ticket) == -EINPROGRESS);
}

static inline int
claim(unsigned i, const char *name, const char *token)
{
	unsigned before = nodes[i].answers;

	begin_claim(i, name, token);
	AWAIT(nodes[i].answers > before);
	return nodes[i].result;
}

static inline void
tell(unsigned i, enum cluster_event_kind kind, const char *name, const char *room)
{
	cluster_tell(&nodes[i].cluster, &(struct cluster_event){
						.kind = kind,
						.key = name,
						.name = name,
						.room = room,
						.via = "ws",
						.sessions = 1,
						.proofs = proofs_of("t"),
					});
}

/* Somebody comes and is in a room. */
static inline void
come(unsigned i, const char *name, const char *room)
{
	assert_int_equal(claim(i, name, "t"), CLUSTER_FREE);
	tell(i, CLUSTER_HERE, name, NULL);
	tell(i, CLUSTER_ENTER, name, room);
}

static inline int
set_up(void **state)
{
	(void)state;
	redis_server_init(&server);
	snprintf(server.options[0], sizeof(server.options[0]), "--appendonly");
	snprintf(server.options[1], sizeof(server.options[1]), "yes");
	redis_server_start(&server);
	start(0);
	start(1);
	return 0;
}

static inline int
tear_down(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NODES; i++)
		if (nodes[i].node)
			stop(i);
	redis_server_fini(&server);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
