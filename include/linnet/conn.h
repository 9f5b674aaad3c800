/* conn.h - one accepted TCP connection of any kind, from accept to its end, and the table
 * of all of them with their limits. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "linnet/bans.h"
#include "linnet/limit.h"

struct conn;

/* What a connection speaks, and how it is served. A connection may go from one door to
 * another, as from HTTP to WebSocket. */
struct door {
	const char *name; /* for the log */
	/* Called several times a second; may end with conn_kill. */
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
	char peer[INET6_ADDRSTRLEN];
	struct limit_key key;
	bool is_loopback;    /* 127.0.0.0/8 or ::1: exempt from its address's limit */
	int64_t deadline_ms; /* monotonic; closed hard when it passes; 0: none */
	struct conn_table *table;
	TAILQ_ENTRY(conn) link;
};

struct conn_table {
	TAILQ_HEAD(, conn) conns;
	size_t count;
	size_t max;
	bool is_stopping; /* nothing that is asked for is done any more */
	struct limit_table *by_address;
	const struct bans *bans; /* who is not admitted; NULL: nobody */
};

/* Monotonic time in ms. */
int64_t conn_now_ms(void);

/* The wall clock in Unix ms. */
int64_t conn_unix_ms(void);

/* An empty table for up to max connections, up to per_address of them from one address.
 */
void conn_table_init(struct conn_table *table, size_t max, unsigned per_address);

/* Free what the table holds; it must be empty. */
void conn_table_fini(struct conn_table *table);

/* Write address as text, mapped IPv4 as IPv4, to out of INET6_ADDRSTRLEN bytes. */
void conn_format_address(const struct sockaddr *address, char *out);

/* A record for a connection from address (which passed the limits), or NULL with *why set
 * to a word for the log: "banned", "connections" or "per_address". Freed by conn_free.
 * Whoever admits it gives it a door. */
struct conn *conn_admit(
	struct conn_table *table, const struct sockaddr *address, const char **why);

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
