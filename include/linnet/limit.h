/* limit.h - how many connections one address holds. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

/* An address as limits see it: IPv4 whole (also when it comes as ::ffff:a.b.c.d), IPv6 by
 * its /64, because that is what one subscriber gets (RFC 6177 section 2). */
struct limit_key {
	uint8_t bytes[16];
};

struct limit_table;

/* The key of a peer's address (AF_INET or AF_INET6). */
struct limit_key limit_key_of(const struct sockaddr *address);

/* True for 127.0.0.0/8 (also mapped) and ::1. */
bool limit_is_loopback(const struct sockaddr *address);

/* An empty table that lets each key hold up to max connections. Freed by limit_free. */
struct limit_table *limit_new(unsigned max);

/* Count one connection of key. Returns 0, or -EUSERS if key holds max already. */
int limit_acquire(struct limit_table *table, const struct limit_key *key);

/* Give back what limit_acquire counted. */
void limit_release(struct limit_table *table, const struct limit_key *key);

/* Free the table; NULL is fine. */
void limit_free(struct limit_table *table);
