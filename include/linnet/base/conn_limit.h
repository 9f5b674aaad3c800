/* conn_limit.h - how many connections one address holds. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* An address as limits see it: IPv4 whole (also when it comes as ::ffff:a.b.c.d), IPv6 by
 * its /64, because that is what one subscriber gets (RFC 6177 section 2). */
struct conn_limit_key {
	uint8_t bytes[16];
};

struct conn_limit_table;

/* The key of a peer's address (AF_INET or AF_INET6). */
struct conn_limit_key conn_limit_key_of(const struct sockaddr *address);

/* True for 127.0.0.0/8 (also mapped) and ::1. */
bool conn_limit_is_loopback(const struct sockaddr *address);

/* An empty table that lets each key hold up to max connections. Freed by conn_limit_free.
 */
struct conn_limit_table *conn_limit_new(unsigned max);

/* From now on each key may hold up to max; who holds more keeps that. */
void conn_limit_set_max(struct conn_limit_table *table, unsigned max);

/* Count one connection of key. Returns 0, or -EUSERS if key holds max already. */
int conn_limit_acquire(struct conn_limit_table *table, const struct conn_limit_key *key);

/* Give back what conn_limit_acquire counted. */
void conn_limit_release(struct conn_limit_table *table, const struct conn_limit_key *key);

/* Free the table; NULL is fine. */
void conn_limit_free(struct conn_limit_table *table);
