/* conn.h - one accepted TCP connection, from accept to its end, and the table of all of
 * them with their limits. It hangs on the lws connection as its opaque user data. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "linnet/limit.h"

struct conn;
struct lws;

/* Which door a connection that has left HTTP belongs to, and how it is served. */
struct door {
	const char *name; /* for the log */
	/* A good handshake for the door has come: what it asks for besides may be
	 * refused. NULL, or the code of an error with *status its HTTP status and *text
	 * its sentence. May be NULL itself. */
	const char *(*on_check)(
		struct door *door, struct conn *conn, int *status, const char **text);
	/* The connection is open. Sets conn->state. */
	void (*on_open)(struct door *door, struct conn *conn);
	/* len bytes of the message under way have come (lws_is_first_fragment and its
	 * kin tell where they stand in it). */
	void (*on_receive)(struct conn *conn, const void *bytes, size_t len);
	/* The peer gave a sign of life other than a message. */
	void (*on_heard)(struct conn *conn);
	/* The socket can be written. Returns 0, or -1 to close. */
	int (*on_writable)(struct conn *conn);
	/* Called several times a second; may end with conn_kill. */
	void (*on_tick)(struct conn *conn, int64_t now_ms);
	/* Tell the peer to go, with a code of RFC 6455 section 7.4. */
	void (*on_stop)(struct conn *conn, uint16_t code, const char *reason);
	/* The connection is gone; frees conn->state. */
	void (*on_closed)(struct conn *conn);
};

struct conn {
	struct lws *wsi;
	struct door *door; /* NULL while HTTP is spoken */
	void *state;       /* the door's */
	char peer[INET6_ADDRSTRLEN];
	struct limit_key key;
	bool is_counted;   /* against its address's limit */
	bool is_open;      /* the door's on_open was called */
	unsigned requests; /* HTTP requests so far */
	/* HTTP: what is left of an answer that the socket did not take at once. */
	uint8_t *answer; /* NULL: none; headroom for lws included */
	size_t answer_len;
	size_t answer_done;
	bool is_answer_last; /* the connection is closed behind it */
	/* HTTP: the answer is given, the rest of the request is read only so that closing
	 * does not take the answer away from the peer. */
	bool is_draining;
	int64_t deadline_ms; /* monotonic; closed hard when it passes; 0: none */
	struct conn_table *table;
	TAILQ_ENTRY(conn) link;
};

struct conn_table {
	TAILQ_HEAD(, conn) conns;
	size_t count;
	size_t max;
	bool is_stopping; /* no further request is taken */
	struct limit_table *by_address;
};

/* Monotonic time in ms. */
int64_t conn_now_ms(void);

/* An empty table for up to max connections, up to per_address of them from one address.
 */
void conn_table_init(struct conn_table *table, size_t max, unsigned per_address);

/* Free what the table holds; it must be empty. */
void conn_table_fini(struct conn_table *table);

/* A record for a connection from address (which passed the limits), or NULL with *why set
 * to a word for the log: "connections" or "per_address". Freed by conn_free. */
struct conn *conn_admit(
	struct conn_table *table, const struct sockaddr *address, const char **why);

/* The connection is gone: tell its door and free the record. */
void conn_free(struct conn *conn);

/* Close hard, without a word to the peer, and free conn. Only from a door's on_tick, as
 * the last thing that it does. */
void conn_kill(struct conn *conn);

/* Everything is written: send what a FIN says, then read away what the peer still sends
 * for a while. Closing with unread input would make the kernel send a reset, which may
 * reach the peer before it has read the answer. */
void conn_drain(struct conn *conn);

/* The same for a connection that is closed right afterwards: reads away only what is
 * there already. */
void conn_drain_now(struct conn *conn);

/* Kill what has passed its deadline and let the doors do what is due. */
void conn_table_tick(struct conn_table *table);

/* Ask everybody to go: WebSockets are closed with code, HTTP connections soon. */
void conn_table_stop(struct conn_table *table, uint16_t code, const char *reason);
