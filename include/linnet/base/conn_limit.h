/* conn_limit.h - limits the connections of one address. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>

/* The part of an address that connections are counted by. For IPv4 (::ffff:a.b.c.d) it is
 * the whole address. For IPv6 it is the /64, because one subscriber has a whole /64 (RFC
 * 6177 section 2). */
struct conn_limit_key {
	struct in6_addr address;
};

struct conn_limit_table;

/* The key of a peer's address. */
struct conn_limit_key conn_limit_key_of(const struct in6_addr *address);

/* True for 127.0.0.0/8, kept as ::ffff:127.0.0.0/104, and for ::1. */
bool conn_limit_is_loopback(const struct in6_addr *address);

/* An empty table. Each key may hold up to max connections. The caller gives it to
 * conn_limit_free. */
struct conn_limit_table *conn_limit_new(unsigned max);

/* Set a new limit. A key that holds more connections than the new max keeps them. */
void conn_limit_set_max(struct conn_limit_table *table, unsigned max);

/* Count one more connection of key. Returns 0, or -EUSERS if key holds max connections.
 */
int conn_limit_acquire(struct conn_limit_table *table, const struct conn_limit_key *key);

/* Count one connection of key less. It was counted by conn_limit_acquire. */
void conn_limit_release(struct conn_limit_table *table, const struct conn_limit_key *key);

/* Free the table; NULL is fine. */
void conn_limit_free(struct conn_limit_table *table);
