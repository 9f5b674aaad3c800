#include "linnet/net/acceptor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "linnet/base/cidr.h"
#include "linnet/base/log.h"
#include "linnet/net/systemd.h"
#include "net/listener.h"
#include "net/reject.h"
#include "net/rlimit.h"

/* Descriptors of a connection. With TLS: the socket and a pair of sockets. */
#define DESCRIPTORS 1
#define TLS_DESCRIPTORS 3

/* Space for the addresses of a listener in the log. */
#define ADDRESS_BYTES 256

/* What rejected connections of one kind are sent. */
struct reject_texts {
	enum reject_text full, banned;
};

/* Trust the proxies of the configuration. */
static void
acceptor_set_proxies(struct acceptor *acceptor)
{
	const struct string_list *list = &acceptor->config->http.trusted_proxies;
	struct cidr_list *old = acceptor->proxies;
	bool trusts_unix = false;

	for (size_t i = 0; i < list->count; i++)
		trusts_unix |= !strcmp(list->items[i], "unix");
	acceptor->proxies = cidr_list_new(list->items, list->count);
	conn_table_set_proxies(&acceptor->conns, acceptor->proxies, trusts_unix);
	cidr_list_free(old);
}

static struct rlimit_need
acceptor_need(const struct config *config, bool has_tls, size_t descriptors)
{
	return (struct rlimit_need){
		.connections = (size_t)config->limits.connections,
		.each = has_tls ? TLS_DESCRIPTORS : DESCRIPTORS,
		.others = descriptors,
	};
}

size_t
acceptor_fit_rlimit(const struct config *config, bool has_tls, size_t descriptors)
{
	const struct rlimit_need need = acceptor_need(config, has_tls, descriptors);

	rlimit_set(&need);
	return rlimit_fit(&need);
}

void
acceptor_init(struct acceptor *acceptor, const struct config *config, bool has_tls,
	size_t max, struct loop *loop, acceptor_on_conn *on_conn, void *context)
{
	memset(acceptor, 0, sizeof(*acceptor));
	acceptor->config = config;
	acceptor->has_tls = has_tls;
	acceptor->loop = loop;
	acceptor->on_conn = on_conn;
	acceptor->context = context;
	acceptor->reject = reject_new(loop);
	conn_table_init(
		&acceptor->conns, max, (unsigned)config->limits.per_address, NULL);
	acceptor_set_proxies(acceptor);
}

/* A peer that vanishes while something is sent is noticed by the kernel, whatever the
 * door: with TLS the doors see only a pair of sockets. The kernel's default is a quarter
 * of an hour. */
static void
acceptor_set_gone_ms(const struct acceptor *acceptor)
{
	const struct config *config = acceptor->config;
	const unsigned gone_ms =
		(unsigned)(config->heartbeat.ping_s + config->heartbeat.pong_s) * 1000;

	listener_set_gone_ms(acceptor->http, gone_ms);
	if (acceptor->line)
		listener_set_gone_ms(acceptor->line, gone_ms);
}

/* Only counts: acceptor_tick logs one line, however many there are. */
static void
acceptor_reject(struct acceptor *acceptor, int fd, const struct sockaddr *address,
	const char *why, const struct reject_texts *texts)
{
	bool is_banned = !strcmp(why, "banned");

	if (is_banned) {
		acceptor->banned++;
		conn_format_address(address, acceptor->banned_peer);
	} else {
		acceptor->over_limit++;
		acceptor->limit = why;
	}
	reject_add(acceptor->reject, fd, is_banned ? texts->banned : texts->full);
}

/* Returns a record of the connection, or NULL if it is rejected. */
static struct conn *
acceptor_admit(struct acceptor *acceptor, int fd, const struct sockaddr *address,
	uint16_t port, enum transport transport, const struct reject_texts *texts)
{
	const char *why;
	struct conn *conn = conn_admit(&acceptor->conns, address, transport, &why);

	if (!conn) {
		acceptor_reject(acceptor, fd, address, why, texts);
		return NULL;
	}
	conn->port = port;
	return conn;
}

static void
acceptor_on_accept_http(
	void *context, int fd, const struct sockaddr *address, uint16_t port)
{
	static const struct reject_texts plain = { REJECT_HTTP_FULL, REJECT_HTTP_BANNED };
	static const struct reject_texts encrypted = { REJECT_TLS_FULL, REJECT_TLS_FULL };
	struct acceptor *acceptor = context;
	struct conn *conn = acceptor_admit(acceptor, fd, address, port, TRANSPORT_HTTP,
		acceptor->has_tls ? &encrypted : &plain);

	if (conn)
		acceptor->on_conn(acceptor->context, conn, fd);
}

static void
acceptor_on_accept_line(
	void *context, int fd, const struct sockaddr *address, uint16_t port)
{
	static const struct reject_texts texts = { REJECT_LINE_FULL, REJECT_LINE_BANNED };
	struct acceptor *acceptor = context;
	struct conn *conn =
		acceptor_admit(acceptor, fd, address, port, TRANSPORT_LINE, &texts);

	if (conn)
		acceptor->on_conn(acceptor->context, conn, fd);
}

/* An inherited socket of a door that is turned off. The service manager goes on
 * listening, so without this its peers would wait for ever. */
static void
acceptor_on_accept_unused(
	void *context, int fd, const struct sockaddr *address, uint16_t port)
{
	(void)context;
	(void)address;
	(void)port;
	close(fd);
}

static void
acceptor_log_unused(const struct acceptor *acceptor)
{
	char address[ADDRESS_BYTES];

	listener_describe(acceptor->unused, address, sizeof(address));
	log_warn("socket_not_used", log_str("socket", "line"),
		log_str("address", address),
		log_str("hint",
			"line.enabled is false: connections are closed at once; to free "
			"the port, run systemctl disable --now linnetd-line.socket, and "
			"then systemctl restart linnetd"));
}

static void
acceptor_log_inherited(const struct listener *listener, const char *name)
{
	char address[ADDRESS_BYTES], keys[64];

	listener_describe(listener, address, sizeof(address));
	snprintf(keys, sizeof(keys), "%s.address, %s.port", name, name);
	log_info("address_from_socket", log_str("socket", name),
		log_str("address", address), log_str("without_effect", keys),
		log_str("hint", "the socket unit's ListenStream= decides the address"));
}

/* Use the inherited sockets of that name. Returns NULL if there are none. */
static struct listener *
acceptor_inherit(
	struct acceptor *acceptor, const char *name, listener_on_accept *on_accept)
{
	int fds[SYSTEMD_SOCKETS];
	size_t count = systemd_sockets(name, fds);

	return count ? listener_adopt(acceptor->loop, fds, count, on_accept, acceptor)
		     : NULL;
}

static const char *
acceptor_listen_error(int error)
{
	return error == EADDRINUSE ? "the address is in use: stop the other program, or "
				     "set another address or port"
				   : strerror(error);
}

/* Listen on the inherited sockets of that name, or on new ones if there are none. */
static int
acceptor_listen_on(struct acceptor *acceptor, struct listener **listener,
	const char *name, const char *address, int port, listener_on_accept *on_accept)
{
	const char *path = config_unix_path(address);
	int r;

	*listener = acceptor_inherit(acceptor, name, on_accept);
	if (*listener) {
		acceptor_log_inherited(*listener, name);
		return 0;
	}
	if (path)
		r = listener_open_unix(
			listener, acceptor->loop, path, on_accept, acceptor);
	else
		r = listener_open(
			listener, acceptor->loop, address, port, on_accept, acceptor);
	if (r < 0 && path)
		log_error("listen_failed", log_str("address", address),
			log_str("error", acceptor_listen_error(-r)));
	else if (r < 0)
		log_error("listen_failed", log_str("address", address),
			log_int("port", port),
			log_str("error", acceptor_listen_error(-r)));
	return r;
}

static void
acceptor_log_ready(const struct acceptor *acceptor)
{
	char http[ADDRESS_BYTES], line[ADDRESS_BYTES];

	listener_describe(acceptor->http, http, sizeof(http));
	if (!acceptor->line) {
		log_info("ready", log_str("http", http));
		return;
	}
	listener_describe(acceptor->line, line, sizeof(line));
	log_info("ready", log_str("http", http), log_str("line", line));
}

/* Warn if anybody on the network may read and write. */
static void
acceptor_warn_if_open(const struct acceptor *acceptor)
{
	bool is_http = listener_is_public(acceptor->http);
	bool is_line = acceptor->line && listener_is_public(acceptor->line);
	char where[256];

	if (acceptor->config->auth.mode != AUTH_OPEN || (!is_http && !is_line))
		return;
	listener_describe(
		is_http ? acceptor->http : acceptor->line, where, sizeof(where));
	log_warn("open_to_everybody", log_str(is_http ? "http" : "line", where),
		log_str("hint",
			"everybody who can reach this address may read and write; to "
			"prevent that, set auth.mode to jwt or listen on 127.0.0.1"));
}

int
acceptor_open(struct acceptor *acceptor, const struct bans *bans)
{
	const struct config *config = acceptor->config;
	int r;

	acceptor->conns.bans = bans;
	r = acceptor_listen_on(acceptor, &acceptor->http, "http", config->http.address,
		config->http.port, acceptor_on_accept_http);
	if (r < 0)
		return r;
	if (config->line.enabled)
		r = acceptor_listen_on(acceptor, &acceptor->line, "line",
			config->line.address, config->line.port, acceptor_on_accept_line);
	else
		acceptor->unused =
			acceptor_inherit(acceptor, "line", acceptor_on_accept_unused);
	if (acceptor->unused)
		acceptor_log_unused(acceptor);
	if (r == 0) {
		acceptor_set_gone_ms(acceptor);
		acceptor_warn_if_open(acceptor);
		acceptor_log_ready(acceptor);
	}
	return r;
}

void
acceptor_reload(struct acceptor *acceptor, size_t descriptors)
{
	const struct config *config = acceptor->config;
	const struct rlimit_need need =
		acceptor_need(config, acceptor->has_tls, descriptors);

	acceptor->conns.max = rlimit_fit(&need);
	conn_limit_set_max(
		acceptor->conns.by_address, (unsigned)config->limits.per_address);
	acceptor_set_proxies(acceptor);
	acceptor_set_gone_ms(acceptor);
}

void
acceptor_tick(struct acceptor *acceptor, int64_t now_ms)
{
	if (acceptor->banned)
		log_warn("refused", log_str("peer", acceptor->banned_peer),
			log_str("why", "banned"), log_uint("count", acceptor->banned));
	if (acceptor->over_limit)
		log_warn("over_limit", log_str("limit", acceptor->limit),
			log_uint("count", acceptor->over_limit),
			log_uint("connections", acceptor->conns.count));
	acceptor->banned = acceptor->over_limit = 0;
	reject_tick(acceptor->reject, now_ms);
}

bool
acceptor_is_idle(const struct acceptor *acceptor)
{
	return !acceptor->conns.count && reject_is_idle(acceptor->reject);
}

void
acceptor_close(struct acceptor *acceptor)
{
	listener_close(acceptor->http);
	listener_close(acceptor->line);
	listener_close(acceptor->unused);
	acceptor->http = acceptor->line = acceptor->unused = NULL;
}

void
acceptor_fini(struct acceptor *acceptor)
{
	acceptor_close(acceptor);
	reject_free(acceptor->reject);
	conn_table_fini(&acceptor->conns);
	cidr_list_free(acceptor->proxies);
}
