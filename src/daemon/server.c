#include "daemon/server.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/loop_watch.h"
#include "daemon/store_pump.h"
#include "linnet/base/clock.h"
#include "linnet/base/deferred.h"
#include "linnet/base/log.h"
#include "linnet/base/xalloc.h"
#include "linnet/chat/chat.h"
#include "linnet/chat/session.h"
#include "linnet/doors/access.h"
#include "linnet/doors/api/api.h"
#include "linnet/doors/line.h"
#include "linnet/doors/prometheus.h"
#include "linnet/doors/ws.h"
#include "linnet/http/health.h"
#include "linnet/http/http.h"
#include "linnet/http/static/static.h"
#include "linnet/net/acceptor.h"
#include "linnet/net/conn.h"
#include "linnet/net/loop.h"
#include "linnet/net/out_queue.h"
#include "linnet/net/tls.h"
#include "linnet/tail/tail.h"
#include "linnet/websocket/upgrade.h"
#include "linnet/websocket/websocket.h"

/* Precision of deadlines and heartbeats. */
#define TICK_MS CHAT_TICK_MS

/* With fewer connections memory is not given back to the system. */
#define CROWD 100

/* Time for all connections to close when the daemon stops. */
#define STOP_MS 8000

/* Time for the store to write pending messages when the daemon stops. */
#define SETTLE_MS 5000

/* Tables of routes. The page's is the last one: it takes all other paths. */
#define ROUTE_TABLES 5

struct server {
	const struct config *config;
	const struct tokens *tokens;
	struct tls *tls; /* NULL: plain HTTP */
	struct loop *loop;
	struct chat *chat;
	struct websocket_host *websockets;
	struct ws_door ws;
	struct line_door line;
	struct api api;
	struct tail *tail;
	struct deferred_list deferred;
	struct upgrade upgrade;
	struct static_root page;
	struct static_door static_door;
	struct out_queue_drain out_queues;
	struct prometheus_door metrics;
	struct loop_watch watch;
	struct http_routes routes[ROUTE_TABLES];
	struct http_door http;
	struct tls_door tls_door;
	struct acceptor acceptor;
	struct store_pump pump;
	size_t crowd; /* most connections since memory was given back */
	bool is_stopping;
	bool is_told; /* all connections were told to close */
	struct loop_timer *tick;
	struct loop_timer *settle;
	struct loop_timer *stop;
};

/* glibc keeps the fragmented heap after many connections close; give it back. */
static void
server_give_memory_back(struct server *server)
{
	size_t count = server->acceptor.conns.count;

	if (count > server->crowd) {
		server->crowd = count;
	} else if (server->crowd >= CROWD && count <= server->crowd / 2) {
		server->crowd = count;
		malloc_trim(0);
	}
}

/* Nothing needs the tick. */
static bool
server_is_idle(const struct server *server)
{
	return acceptor_is_idle(&server->acceptor) &&
	       LIST_EMPTY(&server->tls_door.relays) && !server->api.polls;
}

static void
server_on_tick(void *context)
{
	struct server *server = context;
	int64_t now_ms = clock_now_ms();

	loop_watch_tick(&server->watch, server->loop, server->tick);
	loop_log_suppressed();
	acceptor_tick(&server->acceptor, now_ms);
	conn_table_tick(&server->acceptor.conns);
	tls_door_tick(&server->tls_door, now_ms);
	chat_tick(server->chat, clock_unix_ms());
	gate_tick(chat_gate(server->chat));
	api_forget_polls(&server->api, now_ms);
	server_give_memory_back(server);
	if (server_is_idle(server))
		loop_timer_stop(server->tick);
}

static void
server_on_open_tls(void *context, struct conn *conn, int fd)
{
	struct server *server = context;

	http_door_accept(&server->http, conn, fd);
}

static void
server_on_conn(void *context, struct conn *conn, int fd)
{
	struct server *server = context;

	if (conn->transport == TRANSPORT_LINE)
		line_door_accept(&server->line, conn, fd);
	else if (server->tls)
		tls_door_accept(&server->tls_door, conn, fd);
	else
		http_door_accept(&server->http, conn, fd);
}

/* All messages are stored and acknowledged: begin to close. */
static void
server_tell_to_go(struct server *server)
{
	if (server->is_told)
		return;
	server->is_told = true;
	loop_timer_stop(server->settle);
	conn_table_stop(&server->acceptor.conns, CLOSE_GOING_AWAY, "server stopping");
}

static void
server_on_settle_timeout(void *context)
{
	log_warn("store_is_slow", log_str("while", "stopping"));
	server_tell_to_go(context);
}

static void
server_on_turn(void *context)
{
	struct server *server = context;

	do {
		deferred_run(&server->deferred);
		chat_turn(server->chat);
	} while (!TAILQ_EMPTY(&server->deferred));
	if (server->is_stopping && !chat_is_waiting(server->chat))
		server_tell_to_go(server);
	websocket_host_write(server->websockets);
	out_queue_drain_run(&server->out_queues);
	if (!loop_timer_is_running(server->tick) && !server_is_idle(server)) {
		loop_timer_start(server->tick, TICK_MS, TICK_MS);
		loop_watch_start(&server->watch, server->loop, server->tick);
	}
	loop_watch_turn(&server->watch, server->loop, server->websockets);
	if (server->is_stopping && !server->acceptor.conns.count &&
		tls_door_is_idle(&server->tls_door))
		loop_end(server->loop);
}

static void
server_on_stop_timeout(void *context)
{
	struct server *server = context;

	log_warn("stop_timeout", log_uint("connections", server->acceptor.conns.count));
	loop_end(server->loop);
}

static int
server_open_page(struct server *server)
{
	const char *root = server->config->http.root;
	int r = static_root_open(&server->page, root);

	if (r < 0)
		log_error("page_failed", log_str("root", root),
			log_str("error", strerror(-r)));
	return r;
}

static int
server_open_pump(struct server *server)
{
	int r = store_pump_start(
		&server->pump, server->loop, server->chat, server->websockets);

	if (r < 0)
		log_error("loop_failed", log_str("error", strerror(-r)));
	return r;
}

static void
server_init_doors(struct server *server)
{
	const struct config *config = server->config;
	const struct access access = { config, server->tokens, chat_gate(server->chat) };

	ws_door_init(&server->ws, &access, server->chat);
	line_door_init(&server->line, &access, server->chat, &server->out_queues,
		&server->deferred);
	api_init(&server->api, &access, server->chat, &server->deferred);
	prometheus_door_init(&server->metrics, &access, server->chat);
	static_door_init(&server->static_door, &server->page);
	server->upgrade = (struct upgrade){ server->websockets, &server->ws.service,
		&server->ws.echo };
	server->routes[0] = upgrade_routes(&server->upgrade);
	server->routes[1] = health_routes(server->chat);
	server->routes[2] = prometheus_door_routes(&server->metrics);
	server->routes[3] = server->api.routes;
	server->routes[4] = static_door_routes(&server->static_door);
	http_door_init(
		&server->http, config, &server->out_queues, server->routes, ROUTE_TABLES);
	tls_door_init(&server->tls_door, server->tls, server->loop,
		server->acceptor.reject, server_on_open_tls, server);
}

static void
server_fill_random(void *out, size_t len)
{
	/* So few bytes are always there, unless a sandbox forbids the call. */
	if (getrandom(out, len, 0) != (ssize_t)len) {
		log_error("random_failed", log_str("error", strerror(errno)));
		abort();
	}
}

static int
server_open_chat(struct server *server)
{
	const char *why = "";
	int r = chat_new(&server->chat, server->config, server_fill_random, &why);

	if (r == -EUCLEAN)
		log_error("store_failed", log_str("path", server->config->store.path),
			log_str("error", why),
			log_str("hint",
				"restore a backup, or move the file, its -wal and "
				"its -shm away to begin anew"));
	else if (r < 0)
		log_error("store_failed", log_str("path", server->config->store.path),
			log_str("error", why));
	return r;
}

struct server *
server_start(const struct config *config, const struct tokens *tokens, struct tls *tls,
	struct loop *loop, size_t connections)
{
	struct server *server = xcalloc(1, sizeof(*server));

	server->config = config;
	server->tokens = tokens;
	server->tls = tls;
	server->loop = loop;
	server->page.directory = -1;
	server->tick = loop_timer_new(loop, server_on_tick, server);
	server->settle = loop_timer_new(loop, server_on_settle_timeout, server);
	server->stop = loop_timer_new(loop, server_on_stop_timeout, server);
	acceptor_init(&server->acceptor, config, tls != NULL, connections, loop,
		server_on_conn, server);
	TAILQ_INIT(&server->deferred);
	out_queue_drain_init(&server->out_queues, loop);
	server->websockets = websocket_host_new(loop, config);
	if (server->websockets && server_open_page(server) == 0 &&
		server_open_chat(server) == 0 && server_open_pump(server) == 0) {
		server_init_doors(server);
		loop_on_turn(loop, server_on_turn, server);
		server->tail = tail_new(config, server->chat, loop);
		if (acceptor_open(&server->acceptor, chat_bans(server->chat)) == 0)
			return server;
	}
	server_free(server);
	return NULL;
}

void
server_describe(void *context, char *text, size_t size)
{
	const struct server *server = context;

	snprintf(text, size, "connections: %zu, people: %zu, rooms: %zu",
		server->acceptor.conns.count, chat_people_count(server->chat),
		chat_room_count(server->chat));
}

void
server_reload(struct server *server)
{
	if (server->is_stopping)
		return;
	acceptor_reload(&server->acceptor, tail_descriptors(server->config));
	api_reload(&server->api);
	chat_reload(server->chat);
	tail_reload(server->tail);
}

void
server_stop(struct server *server)
{
	if (server->is_stopping) {
		loop_end(server->loop);
		return;
	}
	server->is_stopping = true;
	log_info("stopping", log_uint("connections", server->acceptor.conns.count));
	acceptor_close(&server->acceptor);
	tail_free(server->tail);
	server->tail = NULL;
	/* Input is ignored from now on. */
	server->acceptor.conns.is_stopping = true;
	loop_timer_start(server->settle, SETTLE_MS, 0);
	loop_timer_start(server->stop, STOP_MS, 0);
}

void
server_free(struct server *server)
{
	if (!server)
		return;
	acceptor_close(&server->acceptor);
	tail_free(server->tail);
	loop_close_all(server->loop);
	websocket_host_free(server->websockets);
	conn_table_clear(&server->acceptor.conns);
	tls_door_clear(&server->tls_door);
	api_fini(&server->api);
	loop_timer_free(server->tick);
	loop_timer_free(server->settle);
	loop_timer_free(server->stop);
	store_pump_stop(&server->pump);
	acceptor_fini(&server->acceptor);
	chat_free(server->chat);
	static_door_fini(&server->static_door);
	if (server->page.directory >= 0)
		static_root_close(&server->page);
	free(server);
}
