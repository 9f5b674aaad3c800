/* reject.h - sends connections a reason why they are not served, and closes them. A
 * rejected connection costs one descriptor for two seconds. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_socket;
struct reject;

/* Most rejected connections at a time. */
#define REJECT_SOCKETS 64

/* The reasons. */
enum reject_text {
	REJECT_HTTP_FULL,   /* no room: 503 with Retry-After */
	REJECT_LINE_FULL,   /* the same, as a line of text */
	REJECT_TLS_FULL,    /* the same, as an alert (RFC 8446 section 6.2) */
	REJECT_HTTP_BANNED, /* banned: 403 */
	REJECT_LINE_BANNED, /* the same, as a line of text */
	REJECT_HTTP_IS_TLS, /* plain HTTP on a TLS port: 400 */
	REJECT_SAID,        /* nothing: the reason was sent already */
};

/* Free the result with reject_free. */
struct reject *reject_new(struct loop *loop);

/* Send text to the connection fd and close it after the peer had time to read it. Its
 * input is discarded. Closes it at once if there are too many already. Takes fd. */
void reject_add(struct reject *reject, int fd, enum reject_text text);

/* The same for a socket that the loop watches already. Takes socket. */
void reject_take(
	struct reject *reject, struct loop_socket *socket, enum reject_text text);

/* Close the connections that are due. Call this several times a second unless idle. */
void reject_tick(struct reject *reject, int64_t now_ms);

/* True if there is no rejected connection. */
bool reject_is_idle(const struct reject *reject);

/* Close all and free; NULL is fine. */
void reject_free(struct reject *reject);
