#include "linnet/server.h"

#include <errno.h>
#include <ev.h>
#include <libwebsockets.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

#include "linnet/chat.h"
#include "linnet/conn.h"
#include "linnet/echo.h"
#include "linnet/http.h"
#include "linnet/listener.h"
#include "linnet/log.h"
#include "linnet/refusal.h"
#include "linnet/session.h"
#include "linnet/upgrade.h"
#include "linnet/ws.h"
#include "linnet/ws_peer.h"
#include "linnet/xalloc.h"

/* Deadlines and the heartbeat are kept to this. */
#define TICK_S 0.25

/* A connection's first request must have come by then. */
#define FIRST_REQUEST_MS 10000

/* Everybody's time to go when the daemon stops. */
#define STOP_S 8.0

/* How long nothing more is said when readers fall behind. */
#define PAUSE_S 0.005

/* How often history that is too old is let go of. */
#define PRUNE_S 60.0

/* What the store may take to write what is under way when the daemon stops. */
#define SETTLE_S 5.0

/* Descriptors kept for what is not a connection: the loop, listeners, the store, files of
 * the page, refusals. */
#define RESERVED_DESCRIPTORS (REFUSAL_SOCKETS + 32)

/* Beyond this the kernel holds back what a peer has not acknowledged, so that a slow
 * reader is known by its queue and not by megabytes of kernel memory. */
#define UNSENT_BYTES (128 * 1024)

/* Receive buffers live as long as their connection; messages are put together elsewhere.
 */
#define RX_BYTES 512

/* Lines of libwebsockets that one tick may log: peers can provoke them. */
#define LWS_LINES_A_TICK 5

struct server {
	const struct config *config;
	const struct auth *auth;
	struct ev_loop *loop;
	struct lws_context *context;
	struct lws_vhost *vhost;
	struct chat *chat;
	struct ws_drain drain;
	struct ws_door ws;
	struct echo_door echo;
	struct http_door http;
	struct upgrade upgrade;
	struct conn_table conns;
	struct listener *listener;
	struct refusal *refusal;
	struct conn *adopting; /* while lws takes it */
	uint64_t refused;      /* since the last tick */
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

static unsigned lws_lines;

static void
on_lws_log(int level, const char *line)
{
	char text[256];
	size_t len = strcspn(line, "\n");

	if (++lws_lines > LWS_LINES_A_TICK)
		return;
	if (len >= sizeof(text))
		len = sizeof(text) - 1;
	memcpy(text, line, len);
	text[len] = '\0';
	log_write(level == LLL_ERR ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "libwebsockets",
		(const struct log_field[]){ log_str("text", text) }, 1);
}

static int
on_http_event(struct server *server, struct conn *conn, enum lws_callback_reasons reason,
	const char *path)
{
	switch (reason) {
	case LWS_CALLBACK_HTTP:
		return http_on_request(&server->http, conn, path);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return http_on_writable(conn);
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return upgrade_on_confirm(&server->upgrade, conn);
	case LWS_CALLBACK_HTTP_BODY:
		return conn->is_draining || conn->answer ? 0 : -1;
	case LWS_CALLBACK_HTTP_BODY_COMPLETION: /* lws would repeat it for ever */
	case LWS_CALLBACK_RAW_ADOPT:            /* CONNECT; there are no tunnels */
		return -1;
	default:
		return 0;
	}
}

static int
on_conn_event(struct server *server, struct conn *conn, enum lws_callback_reasons reason,
	void *in, size_t len)
{
	switch (reason) {
	case LWS_CALLBACK_ESTABLISHED:
		conn->is_open = true;
		conn->door->on_open(conn->door, conn);
		return 0;
	case LWS_CALLBACK_RECEIVE:
		conn->door->on_receive(conn, in, len);
		return 0;
	case LWS_CALLBACK_RECEIVE_PONG:
		conn->door->on_heard(conn);
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return conn->is_open ? conn->door->on_writable(conn) : 0;
	case LWS_CALLBACK_WSI_DESTROY:
		if (server->adopting == conn)
			server->adopting = NULL;
		conn_free(conn);
		return 0;
	default:
		return on_http_event(server, conn, reason, in);
	}
}

/* Every event of every connection. lws keeps no data for us: what a connection is hangs
 * on its opaque pointer from accept to LWS_CALLBACK_WSI_DESTROY, the last event there is.
 */
static int
on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
	size_t len)
{
	struct conn *conn = wsi ? lws_get_opaque_user_data(wsi) : NULL;

	(void)user;
	if (!conn)
		return 0;
	conn->wsi = wsi;
	return on_conn_event(
		lws_context_user(lws_get_context(wsi)), conn, reason, in, len);
}

/* Both rows are the same: lws puts HTTP and WebSockets without a subprotocol on the first
 * one, and those that ask for "chat" on the second. */
static const struct lws_protocols protocols[] = {
	{
         .name = "http",
         .callback = on_lws,
         .rx_buffer_size = RX_BYTES,
         .tx_packet_size = WS_WRITE_BYTES,
	 },
	{
         .name = "chat",
         .callback = on_lws,
         .rx_buffer_size = RX_BYTES,
         .tx_packet_size = WS_WRITE_BYTES,
	 },
	{ 0			 },
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
	if (lws_lines > LWS_LINES_A_TICK)
		log_warn("libwebsockets_suppressed",
			log_uint("lines", lws_lines - LWS_LINES_A_TICK));
	lws_lines = 0;
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
	lws_adopt_desc_t adoption = {
		.vh = server->vhost,
		.type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP,
		.fd.sockfd = fd,
	};

	struct conn *conn = conn_admit(&server->conns, address, &server->refused_why);

	start_ticking(server);
	if (!conn) {
		server->refused++;
		refusal_add(server->refusal, fd);
		return;
	}
	set_socket_options(fd);
	conn->deadline_ms = conn_now_ms() + FIRST_REQUEST_MS;
	adoption.opaque = server->adopting = conn;
	/* On failure lws closes fd, and either destroys its side with the usual event or
	 * never had one. */
	if (!lws_adopt_descriptor_vhost_via_info(&adoption) && server->adopting)
		conn_free(conn);
	server->adopting = NULL;
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

/* lws makes its tables as large as the limit of open files, so the limit is set to what
 * the configured connections need, up or down. Returns how many connections fit. */
static size_t
fit_descriptors(size_t connections)
{
	struct rlimit limit;
	rlim_t wanted = connections + RESERVED_DESCRIPTORS;
	size_t reserved = RESERVED_DESCRIPTORS;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return connections;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur >= wanted)
		return connections;
	if (reserved > limit.rlim_cur / 2)
		reserved = limit.rlim_cur / 2;
	log_warn("connections_capped", log_uint("wanted", connections),
		log_uint("max", limit.rlim_cur - reserved),
		log_uint("open_files", limit.rlim_cur));
	return limit.rlim_cur - reserved;
}

static int
open_lws(struct server *server)
{
	/* Our own heartbeat: that of lws sorts a list of all connections at each pong. */
	static const lws_retry_bo_t no_heartbeat;
	void *loops[] = { server->loop };
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = protocols,
		.options = LWS_SERVER_OPTION_LIBEV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
			   LWS_SERVER_OPTION_VALIDATE_UTF8,
		.foreign_loops = loops,
		.pcontext = &server->context,
		.user = server,
		.uid = (uid_t)-1,
		.gid = (gid_t)-1,
		.max_http_header_data = 8192,
		.keepalive_timeout = 30,
		.timeout_secs = FIRST_REQUEST_MS / 1000,
		.retry_and_idle_policy = &no_heartbeat,
	};

	lws_set_log_level(LLL_ERR | LLL_WARN, on_lws_log);
	server->context = lws_create_context(&info);
	if (server->context)
		server->vhost = lws_create_vhost(server->context, &info);
	if (server->vhost)
		return 0;
	log_error("libwebsockets_failed",
		log_str("hint", "is the package libwebsockets-evlib-ev installed?"));
	return -EIO;
}

static int
open_page(struct server *server)
{
	const char *root = server->config->http.root;
	int r = http_door_init(&server->http, server->config);

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
	server->upgrade = (struct upgrade){
		.config = config,
		.http = &server->http,
		.chat = &server->ws.door,
		.echo = &server->echo.door,
	};
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

struct server *
server_start(const struct config *config, const struct auth *auth, struct ev_loop *loop)
{
	struct server *server = xcalloc(1, sizeof(*server));

	server->config = config;
	server->auth = auth;
	server->loop = loop;
	server->http.page.directory = -1;
	conn_table_init(&server->conns,
		fit_descriptors((size_t)config->limits.connections),
		(unsigned)config->limits.per_address);
	init_doors(server);
	server->refusal = refusal_new(loop);
	if (open_page(server) == 0 && open_chat(server) == 0 && open_lws(server) == 0) {
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
	if (server->context)
		lws_context_destroy(server->context);
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
	if (server->http.page.directory >= 0)
		http_door_fini(&server->http);
	free(server);
}
