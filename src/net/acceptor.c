#include "linnet/net/acceptor.h"

#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "linnet/base/cidr.h"
#include "linnet/base/log.h"
#include "linnet/net/systemd.h"
#include "net/listener.h"
#include "net/reject.h"
#include "net/rlimit.h"

/* Beyond this the kernel holds back what a peer has not acknowledged, so that a slow
 * reader is known by its queue and not by megabytes of kernel memory. */
#define UNSENT_BYTES (128 * 1024)

/* Descriptors of a connection: with TLS, the socket and a pair of others. */
#define DESCRIPTORS 1
#define TLS_DESCRIPTORS 3

/* How one kind of connection is told that it is not served. */
struct refusal_texts {
	enum refusal_text full, banned;
};

static struct cidr_list *
trusted_proxies(const struct config *config)
{
	return cidr_list_new(
		config->http.trusted_proxies.items, config->http.trusted_proxies.count);
}

void
entrance_init(struct entrance *entrance, const struct config *config, bool has_tls,
	size_t descriptors, struct ev_loop *loop, const struct entrance_ops *ops,
	void *context)
{
	size_t max;

	memset(entrance, 0, sizeof(*entrance));
	entrance->config = config;
	entrance->has_tls = has_tls;
	entrance->loop = loop;
	entrance->ops = ops;
	entrance->context = context;
	entrance->proxies = trusted_proxies(config);
	entrance->refusal = refusal_new(loop);
	max = descriptors_fit((size_t)config->limits.connections,
		has_tls ? TLS_DESCRIPTORS : DESCRIPTORS, descriptors);
	conn_table_init(&entrance->conns, max, (unsigned)config->limits.per_address,
		entrance->proxies);
}

static void
set_socket_options(int fd)
{
	const int on = 1, unsent = UNSENT_BYTES;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
}

/* Only counted here: one line in the log a tick, however many they are. */
static void
refuse(struct entrance *entrance, int fd, const struct sockaddr *address, const char *why,
	const struct refusal_texts *texts)
{
	bool is_banned = !strcmp(why, "banned");

	if (is_banned) {
		entrance->banned++;
		conn_format_address(address, entrance->banned_peer);
	} else {
		entrance->over_limit++;
		entrance->limit = why;
	}
	refusal_add(entrance->refusal, fd, is_banned ? texts->banned : texts->full);
}

/* A record of the connection, or NULL: it was refused. */
static struct conn *
admit(struct entrance *entrance, int fd, const struct sockaddr *address,
	enum transport transport, const struct refusal_texts *texts)
{
	const char *why;
	struct conn *conn = conn_admit(&entrance->conns, address, transport, &why);

	entrance->ops->on_knock(entrance->context);
	if (conn)
		set_socket_options(fd);
	else
		refuse(entrance, fd, address, why, texts);
	return conn;
}

static void
on_accept_http(void *context, int fd, const struct sockaddr *address)
{
	static const struct refusal_texts plain = { REFUSAL_HTTP_FULL,
		REFUSAL_HTTP_BANNED };
	static const struct refusal_texts encrypted = { REFUSAL_TLS_FULL,
		REFUSAL_TLS_FULL };
	struct entrance *entrance = context;
	struct conn *conn = admit(entrance, fd, address, TRANSPORT_HTTP,
		entrance->has_tls ? &encrypted : &plain);

	if (conn)
		entrance->ops->on_http(entrance->context, conn, fd);
}

static void
on_accept_line(void *context, int fd, const struct sockaddr *address)
{
	static const struct refusal_texts texts = { REFUSAL_LINE_FULL,
		REFUSAL_LINE_BANNED };
	struct entrance *entrance = context;
	struct conn *conn = admit(entrance, fd, address, TRANSPORT_LINE, &texts);

	if (conn)
		entrance->ops->on_line(entrance->context, conn, fd);
}

/* On the sockets that the service manager has for that name, else on ones of our own. */
static int
listen_on(struct entrance *entrance, struct listener **listener, const char *name,
	const char *address, int port, listener_on_accept *on_accept)
{
	int fds[SYSTEMD_SOCKETS], r;
	size_t count = systemd_sockets(name, fds);

	if (count) {
		*listener =
			listener_adopt(entrance->loop, fds, count, on_accept, entrance);
		return 0;
	}
	r = listener_open(listener, entrance->loop, address, port, on_accept, entrance);
	if (r < 0)
		log_error("listen_failed", log_str("address", address),
			log_int("port", port), log_str("error", strerror(-r)));
	return r;
}

static void
log_ready(const struct entrance *entrance)
{
	char http[256], line[256];

	listener_describe(entrance->http, http, sizeof(http));
	if (!entrance->line) {
		log_info("ready", log_str("http", http));
		return;
	}
	listener_describe(entrance->line, line, sizeof(line));
	log_info("ready", log_str("http", http), log_str("line", line));
}

int
entrance_open(struct entrance *entrance, const struct bans *bans)
{
	const struct config *config = entrance->config;
	int r;

	entrance->conns.bans = bans;
	r = listen_on(entrance, &entrance->http, "http", config->http.address,
		config->http.port, on_accept_http);
	if (r == 0 && config->line.enabled)
		r = listen_on(entrance, &entrance->line, "line", config->line.address,
			config->line.port, on_accept_line);
	if (r == 0)
		log_ready(entrance);
	return r;
}

void
entrance_reload(struct entrance *entrance)
{
	const struct config *config = entrance->config;

	cidr_list_free(entrance->proxies);
	entrance->proxies = trusted_proxies(config);
	entrance->conns.proxies = entrance->proxies;
	conn_limit_set_max(
		entrance->conns.by_address, (unsigned)config->limits.per_address);
}

void
entrance_tick(struct entrance *entrance)
{
	if (entrance->banned)
		log_info("refused", log_str("peer", entrance->banned_peer),
			log_str("why", "banned"), log_uint("count", entrance->banned));
	if (entrance->over_limit)
		log_warn("over_limit", log_str("limit", entrance->limit),
			log_uint("count", entrance->over_limit),
			log_uint("connections", entrance->conns.count));
	entrance->banned = entrance->over_limit = 0;
}

void
entrance_close(struct entrance *entrance)
{
	listener_close(entrance->http);
	listener_close(entrance->line);
	entrance->http = entrance->line = NULL;
}

void
entrance_fini(struct entrance *entrance)
{
	entrance_close(entrance);
	refusal_free(entrance->refusal);
	conn_table_fini(&entrance->conns);
	cidr_list_free(entrance->proxies);
}
