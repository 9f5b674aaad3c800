/* conn.h - an accepted TCP connection of any kind, and the table of all connections with
 * its limits. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "linnet/auth/bans.h"
#include "linnet/base/cidr.h"
#include "linnet/base/clock.h"
#include "linnet/base/conn_limit.h"
#include "linnet/base/metrics.h"

struct conn;
struct iovec;

/* A door serves the connections of one protocol. A connection may move to another door,
 * for instance from HTTP to WebSocket. */
struct door {
	const char *name; /* for the log */
	/* Called several times a second, or less often if it sets conn->tick_ms; may call
	 * conn_kill. May be NULL. */
	void (*on_tick)(struct conn *conn, int64_t now_ms);
	/* Begin to close, within a deadline. code is one of RFC 6455 section 7.4, for
	 * protocols that have it. Only marks: closes nothing at once. */
	void (*on_stop)(struct conn *conn, uint16_t code, const char *reason);
	/* Close at once, without telling the peer, and call conn_free. */
	void (*kill)(struct conn *conn);
	/* The connection has ended: close its descriptor, free conn->state. */
	void (*on_closed)(struct conn *conn);
};

/* A way to the peer past the door's socket. Embedded in its owner, who unsets the
 * connection's pointer when the way ends. */
struct conn_shortcut {
	struct conn *conn; /* NULL: freed */
	bool is_behind;    /* the door's socket may hold what must reach the peer first */
	/* Take the bytes of count pieces as far as the peer takes them now. Returns how
	 * many, or 0 if the next bytes must go by the door's socket. */
	size_t (*write)(
		struct conn_shortcut *shortcut, const struct iovec *pieces, size_t count);
};

struct conn {
	/* What a tick reads of every connection is together: it is a cache miss each. */
	TAILQ_ENTRY(conn) link;
	int64_t deadline_ms;     /* monotonic; the connection is killed then; 0: none */
	int64_t tick_ms;         /* monotonic; on_tick of door is not called before */
	const struct door *door; /* NULL right after conn_admit */
	void *state;             /* the door's */
	/* The client: the peer, or the client that a trusted proxy forwards for. A
	 * stranger is a client without an address. All strangers count as one address,
	 * which is "::", and their text is "unknown". */
	char peer[INET6_ADDRSTRLEN];
	struct in6_addr client;
	struct conn_limit_key key;
	bool is_loopback;        /* 127.0.0.0/8 or ::1: has no limit per address */
	bool is_counted;         /* for the limit per address */
	bool is_forwarded;       /* by a proxy, for the client */
	bool is_unix;            /* the peer is on a UNIX socket and has no address */
	struct in6_addr address; /* the peer's own; "::" if is_unix */
	uint16_t port;           /* of this machine; 0 on a UNIX socket */
	int64_t opened_ms;       /* monotonic */
	uint64_t sent_bytes;     /* without what libwebsockets sends by itself */
	uint64_t received_bytes;
	enum transport transport;
	struct conn_shortcut *shortcut; /* NULL: none */
	bool is_ending;                 /* the reason is known */
	enum ending ending;
	struct conn_table *table;
};

struct conn_table {
	TAILQ_HEAD(, conn) conns;
	size_t count;
	size_t max;
	bool is_stopping; /* requests are not carried out any more */
	struct conn_limit_table *by_address;
	const struct bans *bans;         /* rejected peers; NULL: none */
	const struct cidr_list *proxies; /* trusted; NULL: none */
	bool trusts_unix;                /* peers on UNIX sockets are proxies, too */
};

/* Log fields for the end of a connection or of its session. */
#define CONN_END_FIELDS(conn)                                                            \
	log_str("peer", (conn)->peer),                                                   \
		log_str("reason", metrics_ending_name((conn)->ending)),                  \
		log_uint("sent_bytes", (conn)->sent_bytes),                              \
		log_uint("received_bytes", (conn)->received_bytes),                      \
		log_int("duration_ms", clock_now_ms() - (conn)->opened_ms)

/* Set up an empty table for up to max connections, up to per_address of them from one
 * address. Borrows proxies. */
void conn_table_init(struct conn_table *table, size_t max, unsigned per_address,
	const struct cidr_list *proxies);

/* Trust proxies (borrowed; NULL: none) from now on and, if trusts_unix, peers on UNIX
 * sockets. What a proxy that is not trusted any more has said about its clients is void:
 * connections that serve such a client are closed, and its other connections count for
 * its own address. */
void conn_table_set_proxies(
	struct conn_table *table, const struct cidr_list *proxies, bool trusts_unix);

/* Free the table's memory; it must be empty. */
void conn_table_fini(struct conn_table *table);

/* Write address as text to out, which has INET6_ADDRSTRLEN bytes. Mapped IPv4 is written
 * as IPv4. */
void conn_format_address(const struct sockaddr *address, char *out);

/* Check the limits and make a record for a connection from address. The caller sets its
 * door; conn_free frees it. Returns NULL if it is rejected, with *why set for the log:
 * "banned", "connections" or "per_address". */
struct conn *conn_admit(struct conn_table *table, const struct sockaddr *address,
	enum transport transport, const char **why);

/* Count the connection under transport for the rest of its life. */
void conn_become(struct conn *conn, enum transport transport);

/* Count an HTTP connection as a poll until conn_end_poll. */
void conn_begin_poll(struct conn *conn);
void conn_end_poll(struct conn *conn);

/* Note why the connection ends. Only the first call has an effect; the default is a
 * normal end. */
void conn_note_ending(struct conn *conn, enum ending ending);

/* Count bytes written to the socket. */
static inline void
conn_count_sent(struct conn *conn, size_t bytes)
{
	conn->sent_bytes += bytes;
	metrics.bytes_sent += bytes;
}

/* Write the bytes of count pieces to the peer: by the shortcut, or else by a nonblocking
 * sendmsg to fd, the door's socket. Returns how many bytes are taken, or -1 with errno
 * set as sendmsg does. The rest may be written to fd itself, or again by this when fd is
 * writable. Anything else written to fd itself must be whole frames, and this may
 * overtake them. */
ssize_t conn_write(struct conn *conn, int fd, const struct iovec *pieces, size_t count);

/* From now on something else writes to the door's socket, too. What it has written before
 * the next conn_write reaches the peer first. */
static inline void
conn_note_other_writer(struct conn *conn)
{
	if (conn->shortcut)
		conn->shortcut->is_behind = true;
}

/* True if the current configuration trusts the peer as a proxy. Bans and the limit per
 * address do not apply to proxies themselves. */
bool conn_is_proxy(const struct conn *conn);

/* Serve client, for which the peer forwards a request, and count the connection for its
 * address; "::" is a stranger. Returns 0, -EUSERS if the address is at its limit, or
 * -EACCES if it is banned. */
int conn_set_client(struct conn *conn, const struct in6_addr *client);

/* Serve the peer itself again, if it is a proxy that has forwarded a request. */
void conn_unset_client(struct conn *conn);

/* True if the limits that all connections of an address share do not apply: the client is
 * this machine, or a trusted proxy asks for itself. */
bool conn_is_exempt(const struct conn *conn);

/* True if the client is banned now. */
bool conn_is_banned(const struct conn *conn);

/* Tell the door, if any, that the connection has ended, and free the record. Do not call
 * this during a broadcast: session_close is safe there. */
void conn_free(struct conn *conn);

/* Close at once, without telling the peer, and free conn. */
void conn_kill(struct conn *conn);

/* Kill connections past their deadline and call the doors' on_tick. */
void conn_table_tick(struct conn_table *table);

/* Begin to close all connections, WebSockets with code. */
void conn_table_stop(struct conn_table *table, uint16_t code, const char *reason);

/* Kill all connections. */
void conn_table_clear(struct conn_table *table);
