/* limit.h - how many connections one address holds, and how fast one session talks. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
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

/* From now on each key may hold up to max; who holds more keeps that. */
void limit_set_max(struct limit_table *table, unsigned max);

/* Count one connection of key. Returns 0, or -EUSERS if key holds max already. */
int limit_acquire(struct limit_table *table, const struct limit_key *key);

/* Give back what limit_acquire counted. */
void limit_release(struct limit_table *table, const struct limit_key *key);

/* Free the table; NULL is fine. */
void limit_free(struct limit_table *table);

/* A token bucket: rate tokens a second, burst of them at most. Embedded; all zero is one
 * that has not begun, which is full. */
struct bucket {
	double tokens;
	int64_t filled_ms; /* the last time; 0: never */
};

/* Take cost tokens at now_ms (a clock that is set back gives nothing) from a bucket that
 * gets rate tokens a second (0: no limit) and holds burst. Returns 0, or after how many
 * ms that much will be there, at least 1; nothing is taken then. */
int64_t bucket_take(
	struct bucket *bucket, double rate, double burst, double cost, int64_t now_ms);
