/* acceptor.h - who comes in: the listening sockets, whom the limits let pass, and what
 * the others are told. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linnet/config/config.h"
#include "linnet/net/conn.h"

struct listener;
struct loop;
struct reject;

/* Who serves those that come in. */
struct acceptor_ops {
	/* Somebody has come, and may be turned away. */
	void (*on_knock)(void *context);
	/* conn, which has no door yet, has come for HTTP (by TLS where there is that) or
	 * for lines, on the nonblocking socket fd, which belongs to the callee. */
	void (*on_http)(void *context, struct conn *conn, int fd);
	void (*on_line)(void *context, struct conn *conn, int fd);
};

struct acceptor {
	struct conn_table conns; /* of those who are in */
	struct reject *reject;   /* tells the others */

	/* Its own. */
	const struct config *config;
	bool has_tls;
	struct loop *loop;
	const struct acceptor_ops *ops;
	void *context;
	struct cidr_list *proxies;
	struct listener *http;
	struct listener *line; /* NULL: there is no line door */
	uint64_t over_limit;   /* since it was logged last */
	const char *limit;
	uint64_t banned; /* the same */
	char banned_peer[INET6_ADDRSTRLEN];
};

/* Set the limit of open files for as many connections as config allows, and for
 * descriptors that the daemon's other parts need. has_tls: HTTP is spoken by TLS. To be
 * called before the loop is made. Returns how many connections fit. */
size_t acceptor_fit_rlimit(const struct config *config, bool has_tls, size_t descriptors);

/* Set up an acceptor that nobody can come to yet, for up to max connections. Borrows
 * everything; context is that of ops. */
void acceptor_init(struct acceptor *acceptor, const struct config *config, bool has_tls,
	size_t max, struct loop *loop, const struct acceptor_ops *ops, void *context);

/* Listen, on the sockets that the service manager hands over or on ones of its own, and
 * say in the log where. Whom bans (borrowed) names is not let in. Returns 0, or -errno
 * when that was logged. */
int acceptor_open(struct acceptor *acceptor, const struct bans *bans);

/* The configuration has changed: its proxies are trusted and its limit of an address
 * counts. */
void acceptor_reload(struct acceptor *acceptor);

/* Say in the log who was turned away since the last call: a line, or one for the banned
 * and one for the others. To be called several times a second, unless it is idle. */
void acceptor_tick(struct acceptor *acceptor, int64_t now_ms);

/* True if nobody is in, and nobody is being told why not. */
bool acceptor_is_idle(const struct acceptor *acceptor);

/* Stop listening. */
void acceptor_close(struct acceptor *acceptor);

/* Stop listening and free what it holds; nobody may be in. */
void acceptor_fini(struct acceptor *acceptor);
