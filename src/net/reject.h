/* reject.h - tells connections that they are not served, without spending more on them
 * than a descriptor for a moment. */
#pragma once

struct ev_loop;
struct refusal;

/* Descriptors that refusals may hold at once. */
#define REFUSAL_SOCKETS 64

/* What they are told. */
enum refusal_text {
	REFUSAL_HTTP_FULL,   /* there is no place left: 503 with Retry-After */
	REFUSAL_LINE_FULL,   /* the same as a line */
	REFUSAL_TLS_FULL,    /* the same as an alert (RFC 8446 section 6.2) */
	REFUSAL_HTTP_BANNED, /* they are banned: 403 */
	REFUSAL_LINE_BANNED, /* the same as a line */
	REFUSAL_HTTP_IS_TLS, /* 400: what was asked by HTTP speaks TLS */
	REFUSAL_SAID,        /* nothing: they have been told */
};

/* Freed by refusal_free. */
struct refusal *refusal_new(struct ev_loop *loop);

/* Tell the connection fd so, whose bytes nobody reads, and close it once the peer had
 * time to read that. Closes at once when too many are being told already. Takes fd. */
void refusal_add(struct refusal *refusal, int fd, enum refusal_text text);

/* Close what is left; NULL is fine. */
void refusal_free(struct refusal *refusal);
