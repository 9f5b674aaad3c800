/* acceptor.h - accepts connections: the listening sockets, the limits, and the answer to
 * those that are rejected. */
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

/* Serves conn, which has no door yet: lines of text if its transport says so, otherwise
 * HTTP (over TLS if configured). It owns fd, a nonblocking socket. */
typedef void acceptor_on_conn(void *context, struct conn *conn, int fd);

struct acceptor {
	struct conn_table conns; /* the accepted connections */
	struct reject *reject;   /* answers the rejected ones */

	/* Private. */
	const struct config *config;
	bool has_tls;
	struct loop *loop;
	acceptor_on_conn *on_conn;
	void *context;
	struct cidr_list *proxies;
	struct listener *http;
	struct listener *line;   /* NULL: no line door */
	struct listener *unused; /* the service manager's, if there is no line door */
	uint64_t over_limit;     /* rejected by a limit since the last log line */
	const char *limit;
	uint64_t banned; /* banned peers since the last log line */
	char banned_peer[INET6_ADDRSTRLEN];
};

/* Set the limit of open files to what config's connections and the given number of other
 * descriptors need. has_tls: HTTP is served over TLS. Call this before loop_new. Returns
 * how many connections fit. */
size_t acceptor_fit_rlimit(const struct config *config, bool has_tls, size_t descriptors);

/* Set up an acceptor for up to max connections. It does not listen yet. Borrows
 * everything; context is passed to on_conn. */
void acceptor_init(struct acceptor *acceptor, const struct config *config, bool has_tls,
	size_t max, struct loop *loop, acceptor_on_conn *on_conn, void *context);

/* Listen on the service manager's sockets, or on new ones, and log where. Peers in bans
 * (borrowed) are rejected. Returns 0, or -errno after logging the error. */
int acceptor_open(struct acceptor *acceptor, const struct bans *bans);

/* Use the new configuration's proxies and limits of connections. If there are more open
 * than fit now, they stay. descriptors: as for acceptor_fit_rlimit. */
void acceptor_reload(struct acceptor *acceptor, size_t descriptors);

/* Log which peers were rejected since the last call, in at most two lines, and close
 * rejected sockets that are due. Call this several times a second unless the acceptor is
 * idle. */
void acceptor_tick(struct acceptor *acceptor, int64_t now_ms);

/* True if there is neither a connection nor a rejected socket. */
bool acceptor_is_idle(const struct acceptor *acceptor);

/* Stop listening. */
void acceptor_close(struct acceptor *acceptor);

/* Stop listening and free everything. No connection may be left. */
void acceptor_fini(struct acceptor *acceptor);
