/* tls.h - TLS in front of a door (RFC 8446, RFC 5246): what comes encrypted on one socket
 * goes on in plain on another one, and back. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct conn;
struct loop;
struct reject;
struct relay;
struct tls;

/* Make *tls of two PEM files: a certificate, followed by those that vouch for it, and its
 * private key, which must not be locked by a password. Returns 0, or -EINVAL with a
 * sentence in *why, which is good until the next call; then *tls is NULL. Whoever calls
 * it gives *tls to tls_free. */
int tls_new(struct tls **tls, const char *certificate, const char *key, const char **why);

/* Use the certificate of fresh for connections that come from now on. Frees fresh. */
void tls_replace(struct tls *tls, struct tls *fresh);

/* Free it; NULL is fine. */
void tls_free(struct tls *tls);

/* Hands are shaken: conn, which has no door, is to be served on the nonblocking socket
 * fd, which belongs to the callee. To close it ends the connection, once what was
 * written to it has gone out. */
typedef void tls_on_open(void *context, struct conn *conn, int fd);

/* Where connections come in. */
struct tls_door {
	struct tls *tls;
	struct loop *loop;
	struct reject *reject;
	tls_on_open *on_open;
	void *context;
	LIST_HEAD(, relay) relays; /* of connections that are open */
};

/* Set up the door; borrows everything. SIGPIPE must be ignored. */
void tls_door_init(struct tls_door *door, struct tls *tls, struct loop *loop,
	struct reject *reject, tls_on_open *on_open, void *context);

/* Shake hands with the peer of conn, which has no door yet, on the nonblocking socket fd,
 * which becomes the door's. One who speaks HTTP is told that this is TLS. */
void tls_door_accept(struct tls_door *door, struct conn *conn, int fd);

/* Cut peers that have had their time; to be called several times a second while there are
 * relays. */
void tls_door_tick(struct tls_door *door, int64_t now_ms);

/* True if no connection has anything left to be told. */
bool tls_door_is_idle(const struct tls_door *door);

/* Cut the connections that are left. */
void tls_door_clear(struct tls_door *door);
