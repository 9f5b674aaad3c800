#include "linnet/server.h"

#include <ev.h>
#include <malloc.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "linnet/access.h"
#include "linnet/api.h"
#include "linnet/chat.h"
#include "linnet/conn.h"
#include "linnet/descriptors.h"
#include "linnet/echo.h"
#include "linnet/health.h"
#include "linnet/http.h"
#include "linnet/later.h"
#include "linnet/line.h"
#include "linnet/listener.h"
#include "linnet/log.h"
#include "linnet/loop_watch.h"
#include "linnet/metrics_door.h"
#include "linnet/page_door.h"
#include "linnet/refusal.h"
#include "linnet/session.h"
#include "linnet/sink.h"
#include "linnet/systemd.h"
#include "linnet/tail.h"
#include "linnet/tls.h"
#include "linnet/upgrade.h"
#include "linnet/websocket.h"
#include "linnet/ws.h"
#include "linnet/ws_peer.h"
#include "linnet/xalloc.h"

/* Deadlines and the heartbeat are kept to this. */
#define TICK_S 0.25

/* Fewer connections are not worth giving their memory back. */
#define CROWD 100

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

/* Descriptors of a connection: with TLS, the socket and a pair of others. */
#define DESCRIPTORS 1
#define TLS_DESCRIPTORS 3

/* Tables of routes: the page's, which has what is left, is the last one. */
#define ROUTE_TABLES 5

struct server {
	const struct config *config;
	const struct auth *auth;
	struct tls *tls; /* NULL: plain HTTP */
	struct ev_loop *loop;
	struct chat *chat;
	struct websocket_host *websockets;
	struct ws_drain drain;
	struct ws_door ws;
	struct echo_door echo;
	struct line_door line;
	struct api api;
	struct tail *tail;
	struct later_list later;
	struct upgrade upgrade;
	struct page page;
	struct page_door page_door;
	struct sink_drain sinks;
	struct metrics_door metrics;
	struct loop_watch watch;
	struct http_routes routes[ROUTE_TABLES];
	struct http_door http;
	struct tls_door tls_door;
	struct proxies *proxies;
	struct conn_table conns;
	size_t crowd; /* the most connections since memory was last given back */
	struct listener *listener;
	struct listener *line_listener; /* NULL: there is no line door */
	struct refusal *refusal;
	uint64_t refused; /* over a limit since the last tick */
	const char *refused_why;
	uint64_t banned; /* the same, of those that were banned */
	char banned_peer[INET6_ADDRSTRLEN];
	bool is_stopping;
	bool is_told; /* everybody, to go */
	ev_prepare prepare;
	ev_io stores[CHAT_FDS];
	ev_timer pause; /* of what the store has to say */
	ev_timer prune;
	ev_timer tick;
	ev_timer settle;
	ev_timer stop;
};

static void
log_refused(struct server *server)
{
	if (server->banned)
		log_info("refused", log_str("peer", server->banned_peer),
			log_str("why", "banned"), log_uint("count", server->banned));
	server->banned = 0;
	if (!server->refused)
		return;
	log_warn("over_limit", log_str("limit", server->refused_why),
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
		loop_watch_start(&server->watch, server->loop, &server->tick);
	}
}

/* What a crowd has used, the allocator keeps in pieces after it has gone. */
static void
give_memory_back(struct server *server)
{
	if (server->conns.count > server->crowd) {
		server->crowd = server->conns.count;
	} else if (server->crowd >= CROWD && server->conns.count <= server->crowd / 2) {
		server->crowd = server->conns.count;
		malloc_trim(0);
	}
}

static void
on_tick(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct server *server = timer->data;

	(void)revents;
	loop_watch_tick(&server->watch, loop, timer);
	log_refused(server);
	websocket_host_tick();
	conn_table_tick(&server->conns);
	chat_tick(server->chat, conn_unix_ms());
	api_tick(&server->api, conn_now_ms());
	give_memory_back(server);
	if (!server->conns.count && !server->api.polls)
		ev_timer_stop(loop, timer);
}

static void
set_socket_options(int fd)
{
	const int on = 1, unsent = UNSENT_BYTES;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
}

/* How one kind of connection is told that it is not served. */
struct refusal_texts {
	enum refusal_text full, banned;
};

/* One line in the log a tick, however many they are. */
static void
refuse(struct server *server, int fd, const struct sockaddr *address, const char *why,
	const struct refusal_texts *texts)
{
	bool is_banned = !strcmp(why, "banned");

	if (is_banned) {
		server->banned++;
		conn_format_address(address, server->banned_peer);
	} else {
		server->refused++;
		server->refused_why = why;
	}
	refusal_add(server->refusal, fd, is_banned ? texts->banned : texts->full);
}

/* A record of the connection, or NULL: it was refused. */
static struct conn *
admit(struct server *server, int fd, const struct sockaddr *address,
	enum transport transport, const struct refusal_texts *texts)
{
	const char *why;
	struct conn *conn = conn_admit(&server->conns, address, transport, &why);

	start_ticking(server);
	if (!conn) {
		refuse(server, fd, address, why, texts);
		return NULL;
	}
	set_socket_options(fd);
	return conn;
}

static void
on_accept(void *context, int fd, const struct sockaddr *address)
{
	static const struct refusal_texts texts = { REFUSAL_HTTP_FULL,
		REFUSAL_HTTP_BANNED };
	struct server *server = context;
	struct conn *conn = admit(server, fd, address, TRANSPORT_HTTP, &texts);

	if (conn)
		http_door_accept(&server->http, conn, fd);
}

static void
on_accept_tls(void *context, int fd, const struct sockaddr *address)
{
	static const struct refusal_texts texts = { REFUSAL_TLS_FULL, REFUSAL_TLS_FULL };
	struct server *server = context;
	struct conn *conn = admit(server, fd, address, TRANSPORT_HTTP, &texts);

	if (conn)
		tls_door_accept(&server->tls_door, conn, fd);
}

static void
on_open_tls(void *context, struct conn *conn, int fd)
{
	struct server *server = context;

	http_door_accept(&server->http, conn, fd);
}

static void
on_accept_line(void *context, int fd, const struct sockaddr *address)
{
	static const struct refusal_texts texts = { REFUSAL_LINE_FULL,
		REFUSAL_LINE_BANNED };
	struct server *server = context;
	struct conn *conn = admit(server, fd, address, TRANSPORT_LINE, &texts);

	if (conn)
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
	do {
		later_run(&server->later);
		chat_turn(server->chat);
	} while (!TAILQ_EMPTY(&server->later));
	if (server->is_stopping && !chat_is_waiting(server->chat))
		tell_to_go(server);
	ws_drain_run(&server->drain);
	sink_drain_run(&server->sinks);
	loop_watch_turn(&server->watch, loop);
	if (server->is_stopping && !server->conns.count &&
		tls_door_is_idle(&server->tls_door))
		ev_break(loop, EVBREAK_ALL);
}

static void
watch_stores(struct server *server, bool watch)
{
	int i;

	for (i = 0; i < CHAT_FDS; i++) {
		if (watch)
			ev_io_start(server->loop, &server->stores[i]);
		else
			ev_io_stop(server->loop, &server->stores[i]);
	}
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
	watch_stores(server, false);
	ev_timer_set(&server->pause, PAUSE_S, 0);
	ev_timer_start(loop, &server->pause);
}

static void
on_pause_over(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct server *server = timer->data;

	(void)loop;
	(void)revents;
	watch_stores(server, true);
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

/* On the sockets that the service manager has for that name, else on ones of our own. */
static int
listen_on(struct server *server, struct listener **listener, const char *name,
	const char *address, int port, listener_on_accept *on_connection)
{
	int fds[SYSTEMD_SOCKETS], r;
	size_t count = systemd_sockets(name, fds);

	if (count) {
		*listener =
			listener_adopt(server->loop, fds, count, on_connection, server);
		return 0;
	}
	r = listener_open(listener, server->loop, address, port, on_connection, server);
	if (r < 0)
		log_error("listen_failed", log_str("address", address),
			log_int("port", port), log_str("error", strerror(-r)));
	return r;
}

static int
open_listeners(struct server *server)
{
	const struct config *config = server->config;
	char http[256], line[256];
	int r = listen_on(server, &server->listener, "http", config->http.address,
		config->http.port, server->tls ? on_accept_tls : on_accept);

	if (r == 0 && config->line.enabled)
		r = listen_on(server, &server->line_listener, "line",
			config->line.address, config->line.port, on_accept_line);
	if (r < 0)
		return r;
	listener_describe(server->listener, http, sizeof(http));
	if (!server->line_listener) {
		log_info("ready", log_str("http", http));
		return 0;
	}
	listener_describe(server->line_listener, line, sizeof(line));
	log_info("ready", log_str("http", http), log_str("line", line));
	return 0;
}

static void
init_watchers(struct server *server)
{
	unsigned i;

	ev_prepare_init(&server->prepare, on_prepare);
	ev_timer_init(&server->tick, on_tick, TICK_S, TICK_S);
	ev_timer_init(&server->settle, on_settle_timeout, SETTLE_S, 0);
	ev_timer_init(&server->stop, on_stop_timeout, STOP_S, 0);
	server->prepare.data = server->tick.data = server;
	server->settle.data = server->stop.data = server;
	for (i = 0; i < CHAT_FDS; i++) {
		ev_io_init(
			&server->stores[i], on_store, chat_fd(server->chat, i), EV_READ);
		server->stores[i].data = server;
	}
	ev_timer_init(&server->prune, on_prune, 1, PRUNE_S);
	ev_timer_init(&server->pause, on_pause_over, PAUSE_S, 0);
	server->pause.data = server->prune.data = server;
	ev_prepare_start(server->loop, &server->prepare);
	watch_stores(server, true);
	ev_timer_start(server->loop, &server->prune);
}

static void
init_doors(struct server *server)
{
	const struct config *config = server->config;
	const struct access access = { config, server->auth };

	ws_door_init(&server->ws, &access, server->chat, &server->drain);
	echo_door_init(&server->echo, &server->drain);
	line_door_init(
		&server->line, &access, server->chat, &server->sinks, &server->later);
	server->conns.bans = chat_bans(server->chat);
	api_init(&server->api, &access, server->chat, &server->later);
	metrics_door_init(&server->metrics, &access, server->chat);
	page_door_init(&server->page_door, &server->page);
	server->upgrade.chat = &server->ws.service;
	server->upgrade.echo = &server->echo.service;
	server->routes[0] = upgrade_routes(&server->upgrade);
	server->routes[1] = health_routes();
	server->routes[2] = metrics_door_routes(&server->metrics);
	server->routes[3] = server->api.routes;
	server->routes[4] = page_door_routes(&server->page_door);
	http_door_init(
		&server->http, config, &server->sinks, server->routes, ROUTE_TABLES);
	tls_door_init(&server->tls_door, server->tls, server->loop, server->refusal,
		on_open_tls, server);
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
server_start(const struct config *config, const struct auth *auth, struct tls *tls,
	struct ev_loop *loop)
{
	struct server *server = xcalloc(1, sizeof(*server));

	server->config = config;
	server->auth = auth;
	server->tls = tls;
	server->loop = loop;
	server->page.directory = -1;
	server->proxies = proxies_new(&config->http.trusted_proxies);
	conn_table_init(&server->conns,
		descriptors_fit((size_t)config->limits.connections,
			tls ? TLS_DESCRIPTORS : DESCRIPTORS, tail_descriptors(config)),
		(unsigned)config->limits.per_address, server->proxies);
	TAILQ_INIT(&server->later);
	ws_drain_init(&server->drain, config->heartbeat.ping_s, config->heartbeat.pong_s);
	sink_drain_init(&server->sinks, loop);
	server->refusal = refusal_new(loop);
	if (open_page(server) == 0 && open_chat(server) == 0 && open_websockets(server)) {
		init_doors(server);
		init_watchers(server);
		server->tail = tail_new(config, server->chat, loop);
		if (open_listeners(server) == 0)
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
		server->conns.count, chat_people_count(server->chat),
		chat_room_count(server->chat));
}

void
server_reload(struct server *server)
{
	const struct config *config = server->config;

	if (server->is_stopping)
		return;
	proxies_free(server->proxies);
	server->proxies = proxies_new(&config->http.trusted_proxies);
	server->conns.proxies = server->proxies;
	limit_set_max(server->conns.by_address, (unsigned)config->limits.per_address);
	api_reload(&server->api);
	ws_drain_set_heartbeat(
		&server->drain, config->heartbeat.ping_s, config->heartbeat.pong_s);
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
	log_info("stopping", log_uint("connections", server->conns.count));
	listener_close(server->listener);
	listener_close(server->line_listener);
	tail_free(server->tail);
	server->tail = NULL;
	server->listener = server->line_listener = NULL;
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
	listener_close(server->line_listener);
	tail_free(server->tail);
	websocket_host_free(server->websockets);
	conn_table_clear(&server->conns);
	tls_door_clear(&server->tls_door);
	api_free_polls(&server->api);
	refusal_free(server->refusal);
	ev_prepare_stop(server->loop, &server->prepare);
	ev_timer_stop(server->loop, &server->tick);
	ev_timer_stop(server->loop, &server->settle);
	ev_timer_stop(server->loop, &server->stop);
	ev_timer_stop(server->loop, &server->prune);
	ev_timer_stop(server->loop, &server->pause);
	if (server->chat)
		watch_stores(server, false);
	conn_table_fini(&server->conns);
	proxies_free(server->proxies);
	ws_drain_fini(&server->drain);
	chat_free(server->chat);
	api_fini(&server->api);
	page_door_fini(&server->page_door);
	if (server->page.directory >= 0)
		page_close(&server->page);
	free(server);
}
