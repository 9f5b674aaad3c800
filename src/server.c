#include "linnet/server.h"

#include <ev.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "linnet/chat.h"
#include "linnet/conn.h"
#include "linnet/descriptors.h"
#include "linnet/echo.h"
#include "linnet/health.h"
#include "linnet/http.h"
#include "linnet/listener.h"
#include "linnet/log.h"
#include "linnet/page_door.h"
#include "linnet/refusal.h"
#include "linnet/session.h"
#include "linnet/sink.h"
#include "linnet/upgrade.h"
#include "linnet/websocket.h"
#include "linnet/ws.h"
#include "linnet/ws_peer.h"
#include "linnet/xalloc.h"

/* Deadlines and the heartbeat are kept to this. */
#define TICK_S 0.25

/* Everybody's time to go when the daemon stops. */
#define STOP_S 8.0

/* How long nothing more is said when readers fall behind. */
#define PAUSE_S 0.005

/* How often history that is too old is let go of. */
#define PRUNE_S 60.0

/* What the store may take to write what is under way when the daemon stops. */
#define SETTLE_S 5.0

/* Beyond this the kernel holds back what a peer has not acknowledged, so that a slow
 * reader is known by its queue and not by megabytes of kernel memory. */
#define UNSENT_BYTES (128 * 1024)

/* Tables of routes: the page's, which has what is left, is the last one. */
#define ROUTE_TABLES 3

struct server {
	const struct config *config;
	struct ev_loop *loop;
	struct chat *chat;
	struct websocket_host *websockets;
	struct ws_drain drain;
	struct ws_door ws;
	struct echo_door echo;
	struct upgrade upgrade;
	struct page page;
	struct sink_drain sinks;
	struct http_routes routes[ROUTE_TABLES];
	struct http_door http;
	struct conn_table conns;
	struct listener *listener;
	struct refusal *refusal;
	uint64_t refused; /* since the last tick */
	const char *refused_why;
	bool is_stopping;
	bool is_told; /* everybody, to go */
	ev_prepare prepare;
	ev_io store;
	ev_timer pause; /* of what the store has to say */
	ev_timer prune;
	ev_timer tick;
	ev_timer settle;
	ev_timer stop;
};

static void
log_refused(struct server *server)
{
	if (!server->refused)
		return;
	log_warn("refused", log_str("limit", server->refused_why),
		log_uint("count", server->refused),
		log_uint("connections", server->conns.count));
	server->refused = 0;
}

static void
start_ticking(struct server *server)
{
	if (!ev_is_active(&server->tick)) {
		ev_timer_set(&server->tick, TICK_S, TICK_S);
		ev_timer_start(server->loop, &server->tick);
	}
}

static void
on_tick(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct server *server = timer->data;

	(void)revents;
	log_refused(server);
	websocket_host_tick();
	conn_table_tick(&server->conns);
	if (!server->conns.count)
		ev_timer_stop(loop, timer);
}

static void
set_socket_options(int fd)
{
	const int on = 1, unsent = UNSENT_BYTES;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
}

static void
on_accept(void *context, int fd, const struct sockaddr *address)
{
	struct server *server = context;
	struct conn *conn = conn_admit(&server->conns, address, &server->refused_why);

	start_ticking(server);
	if (!conn) {
		server->refused++;
		refusal_add(server->refusal, fd);
		return;
	}
	set_socket_options(fd);
	http_door_accept(&server->http, conn, fd);
}

/* Whoever said something has learned that it is kept. */
static void
tell_to_go(struct server *server)
{
	if (server->is_told)
		return;
	server->is_told = true;
	ev_timer_stop(server->loop, &server->settle);
	conn_table_stop(&server->conns, CLOSE_GOING_AWAY, "server stopping");
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
	chat_turn(server->chat);
	if (server->is_stopping && !chat_is_waiting(server->chat))
		tell_to_go(server);
	ws_drain_run(&server->drain);
	sink_drain_run(&server->sinks);
	if (server->is_stopping && !server->conns.count)
		ev_break(loop, EVBREAK_ALL);
}

static void
on_store(struct ev_loop *loop, ev_io *io, int revents)
{
	struct server *server = io->data;

	(void)revents;
	if (!server->drain.is_pressed) {
		chat_dispatch(server->chat);
		return;
	}
	server->drain.is_pressed = false;
	ev_io_stop(loop, io);
	ev_timer_set(&server->pause, PAUSE_S, 0);
	ev_timer_start(loop, &server->pause);
}

static void
on_pause_over(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct server *server = timer->data;

	(void)revents;
	ev_io_start(loop, &server->store);
}

static void
on_prune(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct server *server = timer->data;

	(void)revents;
	chat_prune(server->chat, (int64_t)(ev_now(loop) * 1000));
}

static void
on_stop_timeout(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct server *server = timer->data;

	(void)revents;
	log_warn("stop_timeout", log_uint("connections", server->conns.count));
	ev_break(loop, EVBREAK_ALL);
}

static int
open_page(struct server *server)
{
	const char *root = server->config->http.root;
	int r = page_open(&server->page, root);

	if (r < 0)
		log_error("page_failed", log_str("root", root),
			log_str("error", strerror(-r)));
	return r;
}

static int
open_listener(struct server *server)
{
	const struct config *config = server->config;
	char where[256];
	int r = listener_open(&server->listener, server->loop, config->http.address,
		config->http.port, on_accept, server);

	if (r < 0) {
		log_error("listen_failed", log_str("address", config->http.address),
			log_int("port", config->http.port),
			log_str("error", strerror(-r)));
		return r;
	}
	listener_describe(server->listener, where, sizeof(where));
	log_info("ready", log_str("http", where));
	return 0;
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
	ev_io_init(&server->store, on_store, chat_fd(server->chat), EV_READ);
	ev_timer_init(&server->prune, on_prune, 1, PRUNE_S);
	ev_timer_init(&server->pause, on_pause_over, PAUSE_S, 0);
	server->store.data = server->pause.data = server->prune.data = server;
	ev_prepare_start(server->loop, &server->prepare);
	ev_io_start(server->loop, &server->store);
	ev_timer_start(server->loop, &server->prune);
}

static void
init_doors(struct server *server)
{
	const struct config *config = server->config;

	ws_drain_init(&server->drain, config->heartbeat.ping_s, config->heartbeat.pong_s);
	ws_door_init(&server->ws, config, server->chat, &server->drain);
	echo_door_init(&server->echo, &server->drain);
	sink_drain_init(&server->sinks, server->loop);
	server->upgrade = (struct upgrade){
		.chat = &server->ws.service,
		.echo = &server->echo.service,
	};
	server->routes[0] = upgrade_routes(&server->upgrade);
	server->routes[1] = health_routes();
	server->routes[2] = page_door_routes(&server->page);
	http_door_init(
		&server->http, config, &server->sinks, server->routes, ROUTE_TABLES);
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

static bool
open_websockets(struct server *server)
{
	server->upgrade.host = server->websockets = websocket_host_new(server->loop);
	return server->websockets != NULL;
}

struct server *
server_start(const struct config *config, struct ev_loop *loop)
{
	struct server *server = xcalloc(1, sizeof(*server));

	server->config = config;
	server->loop = loop;
	server->page.directory = -1;
	conn_table_init(&server->conns,
		descriptors_fit((size_t)config->limits.connections),
		(unsigned)config->limits.per_address);
	init_doors(server);
	server->refusal = refusal_new(loop);
	if (open_page(server) == 0 && open_chat(server) == 0 && open_websockets(server)) {
		server->ws.chat = server->chat;
		init_watchers(server);
		if (open_listener(server) == 0)
			return server;
	}
	server_free(server);
	return NULL;
}

void
server_stop(struct server *server)
{
	if (server->is_stopping) {
		ev_break(server->loop, EVBREAK_ALL);
		return;
	}
	server->is_stopping = true;
	log_info("stopping", log_uint("connections", server->conns.count));
	listener_close(server->listener);
	server->listener = NULL;
	/* What everybody says from now on is not heard any more. */
	server->conns.is_stopping = true;
	ev_timer_start(server->loop, &server->settle);
	ev_timer_start(server->loop, &server->stop);
}

void
server_free(struct server *server)
{
	if (!server)
		return;
	listener_close(server->listener);
	websocket_host_free(server->websockets);
	conn_table_clear(&server->conns);
	refusal_free(server->refusal);
	ev_prepare_stop(server->loop, &server->prepare);
	ev_timer_stop(server->loop, &server->tick);
	ev_timer_stop(server->loop, &server->settle);
	ev_timer_stop(server->loop, &server->stop);
	ev_timer_stop(server->loop, &server->prune);
	ev_timer_stop(server->loop, &server->pause);
	ev_io_stop(server->loop, &server->store);
	conn_table_fini(&server->conns);
	ws_drain_fini(&server->drain);
	chat_free(server->chat);
	if (server->page.directory >= 0)
		page_close(&server->page);
	free(server);
}
