/* conn.h - one accepted TCP connection of any kind, from accept to its end, and the table
 * of all of them with their limits. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "linnet/auth/bans.h"
#include "linnet/base/cidr.h"
#include "linnet/base/clock.h"
#include "linnet/base/conn_limit.h"
#include "linnet/base/metrics.h"

struct conn;

/* What a connection speaks, and how it is served. A connection may go from one door to
 * another, as from HTTP to WebSocket. */
struct door {
	const char *name; /* for the log */
	/* Called several times a second; may end with conn_kill. NULL: nothing is due. */
	void (*on_tick)(struct conn *conn, int64_t now_ms);
	/* Tell the peer to go, with a code of RFC 6455 section 7.4 where the protocol has
	 * such; ends within a deadline. Only marks. */
	void (*on_stop)(struct conn *conn, uint16_t code, const char *reason);
	/* Close hard, without a word to the peer, and conn_free. */
	void (*kill)(struct conn *conn);
	/* The connection is gone: close what is open of it, free conn->state. */
	void (*on_closed)(struct conn *conn);
};

struct conn {
	const struct door *door; /* NULL right after conn_admit */
	void *state;             /* the door's */
	/* Who is served: the peer, or the client for whom a trusted proxy speaks. */
	char peer[INET6_ADDRSTRLEN];
	struct conn_limit_key key;
	bool is_loopback;        /* 127.0.0.0/8 or ::1: exempt from its address's limit */
	bool is_counted;         /* for that limit */
	bool is_forwarded;       /* a proxy speaks for the client */
	struct in6_addr address; /* the peer's own */
	int64_t deadline_ms;     /* monotonic; closed hard when it passes; 0: none */
	int64_t opened_ms;       /* monotonic */
	uint64_t sent_bytes;     /* but for what libwebsockets says by itself */
	uint64_t received_bytes;
	enum transport transport;
	bool is_ending; /* and it is known why */
	enum ending ending;
	struct conn_table *table;
	TAILQ_ENTRY(conn) link;
};

struct conn_table {
	TAILQ_HEAD(, conn) conns;
	size_t count;
	size_t max;
	bool is_stopping; /* nothing that is asked for is done any more */
	struct conn_limit_table *by_address;
	const struct bans *bans;         /* who is not admitted; NULL: nobody */
	const struct cidr_list *proxies; /* that are trusted; NULL: none */
};

/* What the log says when a connection, or what it carried, has ended. */
#define CONN_END_FIELDS(conn)                                                            \
	log_str("peer", (conn)->peer),                                                   \
		log_str("reason", metrics_ending_name((conn)->ending)),                  \
		log_uint("sent_bytes", (conn)->sent_bytes),                              \
		log_uint("received_bytes", (conn)->received_bytes),                      \
		log_int("duration_ms", clock_now_ms() - (conn)->opened_ms)

/* An empty table for up to max connections, up to per_address of them from one address.
 * Borrows proxies. */
void conn_table_init(struct conn_table *table, size_t max, unsigned per_address,
	const struct cidr_list *proxies);

/* Free what the table holds; it must be empty. */
void conn_table_fini(struct conn_table *table);

/* Write address as text, mapped IPv4 as IPv4, to out of INET6_ADDRSTRLEN bytes. */
void conn_format_address(const struct sockaddr *address, char *out);

/* A record for a connection from address (which passed the limits), or NULL with *why set
 * to a word for the log: "banned", "connections" or "per_address". Freed by conn_free.
 * Whoever admits it gives it a door. */
struct conn *conn_admit(struct conn_table *table, const struct sockaddr *address,
	enum transport transport, const char **why);

/* From now on it is one of transport, for as long as it lasts. */
void conn_become(struct conn *conn, enum transport transport);

/* An HTTP connection counts as a poll's until conn_end_poll is called. */
void conn_begin_poll(struct conn *conn);
void conn_end_poll(struct conn *conn);

/* It ends, or is about to, for that reason. The first call counts; without any it is the
 * normal end. */
void conn_note_ending(struct conn *conn, enum ending ending);

/* So many bytes were given to its socket. */
static inline void
conn_count_sent(struct conn *conn, size_t bytes)
{
	conn->sent_bytes += bytes;
	metrics.bytes_sent += bytes;
}

/* True if the peer is a proxy that is trusted by now. Proxies are exempt from bans and
 * from the limit of an address. */
bool conn_is_proxy(const struct conn *conn);

/* The connection serves client from now on, for whom a proxy speaks, or its own peer,
 * which was a proxy until now. It counts for the limit of the client's address. Returns
 * 0, -EUSERS if that address has as many connections as it may, or -EACCES if it is
 * banned. */
int conn_set_client(struct conn *conn, const struct in6_addr *client);

/* The proxy, if conn is from one, speaks for itself again. */
void conn_unset_client(struct conn *conn);

/* True if the one who is served is banned by now. */
bool conn_is_banned(const struct conn *conn);

/* The connection is gone: tell its door, if it has one, and free the record. */
void conn_free(struct conn *conn);

/* Close hard, without a word to the peer, and free conn. */
void conn_kill(struct conn *conn);

/* Kill what has passed its deadline and let the doors do what is due. */
void conn_table_tick(struct conn_table *table);

/* Ask everybody to go: WebSockets are closed with code, HTTP connections soon. */
void conn_table_stop(struct conn_table *table, uint16_t code, const char *reason);

/* Kill everybody that is left. */
void conn_table_clear(struct conn_table *table);
