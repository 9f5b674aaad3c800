/* reject.h - tells connections that they are not served, without spending more on them
 * than a descriptor for a moment. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_socket;
struct reject;

/* Descriptors that refusals may hold at once. */
#define REJECT_SOCKETS 64

/* What they are told. */
enum reject_text {
	REJECT_HTTP_FULL,   /* there is no place left: 503 with Retry-After */
	REJECT_LINE_FULL,   /* the same as a line */
	REJECT_TLS_FULL,    /* the same as an alert (RFC 8446 section 6.2) */
	REJECT_HTTP_BANNED, /* they are banned: 403 */
	REJECT_LINE_BANNED, /* the same as a line */
	REJECT_HTTP_IS_TLS, /* 400: what was asked by HTTP speaks TLS */
	REJECT_SAID,        /* nothing: they have been told */
};

/* Freed by reject_free. */
struct reject *reject_new(struct loop *loop);

/* Tell the connection fd so, whose bytes nobody reads, and close it once the peer had
 * time to read that. Closes at once when too many are being told already. Takes fd. */
void reject_add(struct reject *reject, int fd, enum reject_text text);

/* The same of a connection that the loop watches already. Takes socket. */
void reject_take(
	struct reject *reject, struct loop_socket *socket, enum reject_text text);

/* Close those that have had their time; to be called several times a second, unless
 * nobody is being told. */
void reject_tick(struct reject *reject, int64_t now_ms);

/* True if nobody is being told. */
bool reject_is_idle(const struct reject *reject);

/* Close what is left; NULL is fine. */
void reject_free(struct reject *reject);
