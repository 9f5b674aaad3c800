#include "daemon/server.h"

#include <ev.h>
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
#include "linnet/net/out_queue.h"
#include "linnet/net/tls.h"
#include "linnet/tail/tail.h"
#include "linnet/websocket/echo.h"
#include "linnet/websocket/upgrade.h"
#include "linnet/websocket/websocket.h"

/* Deadlines and the heartbeat are kept to this. */
#define TICK_S 0.25

/* Fewer connections are not worth giving their memory back. */
#define CROWD 100

/* Everybody's time to go when the daemon stops. */
#define STOP_S 8.0

/* What the store may take to write what is under way when the daemon stops. */
#define SETTLE_S 5.0

/* Tables of routes: the page's, which has what is left, is the last one. */
#define ROUTE_TABLES 5

struct server {
	const struct config *config;
	const struct tokens *tokens;
	struct tls *tls; /* NULL: plain HTTP */
	struct ev_loop *loop;
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
	size_t crowd; /* the most connections since memory was last given back */
	bool is_stopping;
	bool is_told; /* everybody, to go */
	ev_prepare prepare;
	ev_timer tick;
	ev_timer settle;
	ev_timer stop;
};

/* Nothing is due while nobody is there. */
static void
on_knock(void *context)
{
	struct server *server = context;

	if (!ev_is_active(&server->tick)) {
		ev_timer_set(&server->tick, TICK_S, TICK_S);
		ev_timer_start(server->loop, &server->tick);
		loop_watch_start(&server->watch, server->loop, &server->tick);
	}
}

/* What a crowd has used, the allocator keeps in pieces after it has gone. */
static void
give_memory_back(struct server *server)
{
	size_t count = server->acceptor.conns.count;

	if (count > server->crowd) {
		server->crowd = count;
	} else if (server->crowd >= CROWD && count <= server->crowd / 2) {
		server->crowd = count;
		malloc_trim(0);
	}
}

static void
on_tick(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct server *server = timer->data;

	(void)revents;
	loop_watch_tick(&server->watch, loop, timer);
	acceptor_tick(&server->acceptor);
	websocket_host_tick();
	conn_table_tick(&server->acceptor.conns);
	chat_tick(server->chat, clock_unix_ms());
	api_tick(&server->api, clock_now_ms());
	give_memory_back(server);
	if (!server->acceptor.conns.count && !server->api.polls)
		ev_timer_stop(loop, timer);
}

static void
on_http(void *context, struct conn *conn, int fd)
{
	struct server *server = context;

	if (server->tls)
		tls_door_accept(&server->tls_door, conn, fd);
	else
		http_door_accept(&server->http, conn, fd);
}

static void
on_open_tls(void *context, struct conn *conn, int fd)
{
	struct server *server = context;

	http_door_accept(&server->http, conn, fd);
}

static void
on_line(void *context, struct conn *conn, int fd)
{
	struct server *server = context;

	line_door_accept(&server->line, conn, fd);
}

/* Whoever said something has learned that it is kept. */
static void
tell_to_go(struct server *server)
{
	if (server->is_told)
		return;
	server->is_told = true;
	ev_timer_stop(server->loop, &server->settle);
	conn_table_stop(&server->acceptor.conns, CLOSE_GOING_AWAY, "server stopping");
}

static void
on_settle_timeout(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct server *server = timer->data;

	(void)loop;
	(void)revents;
	log_warn("store_is_slow", log_str("while", "stopping"));
	tell_to_go(server);
}

static void
on_prepare(struct ev_loop *loop, ev_prepare *prepare, int revents)
{
	struct server *server = prepare->data;

	(void)revents;
	do {
		deferred_run(&server->deferred);
		chat_turn(server->chat);
	} while (!TAILQ_EMPTY(&server->deferred));
	if (server->is_stopping && !chat_is_waiting(server->chat))
		tell_to_go(server);
	websocket_host_write(server->websockets);
	out_queue_drain_run(&server->out_queues);
	loop_watch_turn(&server->watch, loop);
	if (server->is_stopping && !server->acceptor.conns.count &&
		tls_door_is_idle(&server->tls_door))
		ev_break(loop, EVBREAK_ALL);
}

static void
on_stop_timeout(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct server *server = timer->data;

	(void)revents;
	log_warn("stop_timeout", log_uint("connections", server->acceptor.conns.count));
	ev_break(loop, EVBREAK_ALL);
}

static int
open_page(struct server *server)
{
	const char *root = server->config->http.root;
	int r = static_root_open(&server->page, root);

	if (r < 0)
		log_error("page_failed", log_str("root", root),
			log_str("error", strerror(-r)));
	return r;
}

static void
init_watchers(struct server *server)
{
	ev_prepare_init(&server->prepare, on_prepare);
	ev_timer_init(&server->tick, on_tick, TICK_S, TICK_S);
	ev_timer_init(&server->settle, on_settle_timeout, SETTLE_S, 0);
	ev_timer_init(&server->stop, on_stop_timeout, STOP_S, 0);
	server->prepare.data = server->tick.data = server;
	server->settle.data = server->stop.data = server;
	ev_prepare_start(server->loop, &server->prepare);
	store_pump_start(&server->pump, server->loop, server->chat, server->websockets);
}

static void
init_doors(struct server *server)
{
	const struct config *config = server->config;
	const struct access access = { config, server->tokens };

	ws_door_init(&server->ws, &access, server->chat);
	line_door_init(&server->line, &access, server->chat, &server->out_queues,
		&server->deferred);
	api_init(&server->api, &access, server->chat, &server->deferred);
	prometheus_door_init(&server->metrics, &access, server->chat);
	static_door_init(&server->static_door, &server->page);
	server->upgrade.chat = &server->ws.service;
	server->upgrade.echo = &echo_service;
	server->routes[0] = upgrade_routes(&server->upgrade);
	server->routes[1] = health_routes();
	server->routes[2] = prometheus_door_routes(&server->metrics);
	server->routes[3] = server->api.routes;
	server->routes[4] = static_door_routes(&server->static_door);
	http_door_init(
		&server->http, config, &server->out_queues, server->routes, ROUTE_TABLES);
	tls_door_init(&server->tls_door, server->tls, server->loop,
		server->acceptor.reject, on_open_tls, server);
}

static void
fill_random(void *out, size_t len)
{
	if (getrandom(out, len, 0) != (ssize_t)len)
		abort(); /* not before Linux 3.17, nor for so few bytes */
}

static int
open_chat(struct server *server)
{
	const char *why = "";
	int r = chat_new(&server->chat, server->config, fill_random, &why);

	if (r < 0)
		log_error("store_failed", log_str("path", server->config->store.path),
			log_str("error", why));
	return r;
}

static void
set_heartbeat(struct server *server)
{
	const struct config *config = server->config;

	websocket_host_set_heartbeat(
		server->websockets, config->heartbeat.ping_s, config->heartbeat.pong_s);
}

static bool
open_websockets(struct server *server)
{
	server->upgrade.host = server->websockets = websocket_host_new(server->loop);
	if (!server->websockets)
		return false;
	set_heartbeat(server);
	return true;
}

struct server *
server_start(const struct config *config, const struct tokens *tokens, struct tls *tls,
	struct ev_loop *loop)
{
	static const struct acceptor_ops ops = { on_knock, on_http, on_line };
	struct server *server = xcalloc(1, sizeof(*server));

	server->config = config;
	server->tokens = tokens;
	server->tls = tls;
	server->loop = loop;
	server->page.directory = -1;
	acceptor_init(&server->acceptor, config, tls != NULL, tail_descriptors(config),
		loop, &ops, server);
	TAILQ_INIT(&server->deferred);
	out_queue_drain_init(&server->out_queues, loop);
	if (open_page(server) == 0 && open_chat(server) == 0 && open_websockets(server)) {
		init_doors(server);
		init_watchers(server);
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

	snprintf(text, size, "%zu connections, %zu people in %zu rooms",
		server->acceptor.conns.count, chat_people_count(server->chat),
		chat_room_count(server->chat));
}

void
server_reload(struct server *server)
{
	if (server->is_stopping)
		return;
	acceptor_reload(&server->acceptor);
	api_reload(&server->api);
	set_heartbeat(server);
	chat_reload(server->chat);
	tail_reload(server->tail);
}

void
server_stop(struct server *server)
{
	if (server->is_stopping) {
		ev_break(server->loop, EVBREAK_ALL);
		return;
	}
	server->is_stopping = true;
	log_info("stopping", log_uint("connections", server->acceptor.conns.count));
	acceptor_close(&server->acceptor);
	tail_free(server->tail);
	server->tail = NULL;
	/* What everybody says from now on is not heard any more. */
	server->acceptor.conns.is_stopping = true;
	ev_timer_start(server->loop, &server->settle);
	ev_timer_start(server->loop, &server->stop);
}

void
server_free(struct server *server)
{
	if (!server)
		return;
	acceptor_close(&server->acceptor);
	tail_free(server->tail);
	websocket_host_free(server->websockets);
	conn_table_clear(&server->acceptor.conns);
	tls_door_clear(&server->tls_door);
	api_free_polls(&server->api);
	ev_prepare_stop(server->loop, &server->prepare);
	ev_timer_stop(server->loop, &server->tick);
	ev_timer_stop(server->loop, &server->settle);
	ev_timer_stop(server->loop, &server->stop);
	store_pump_stop(&server->pump);
	acceptor_fini(&server->acceptor);
	chat_free(server->chat);
	api_fini(&server->api);
	static_door_fini(&server->static_door);
	if (server->page.directory >= 0)
		static_root_close(&server->page);
	free(server);
}
