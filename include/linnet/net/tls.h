/* tls.h - TLS in front of a door (RFC 8446, RFC 5246): a relay decrypts one socket into
 * another one, and encrypts the way back. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct config;
struct config_errors;
struct conn;
struct loop;
struct reject;
struct relay;
struct tls;

/* Load the certificate of config from two PEM files: http.tls_certificate with its chain,
 * and its private key http.tls_key without a password. Returns it for tls_free, or NULL
 * after appending every error to errors. A key that everybody can read is appended to
 * warnings. */
struct tls *tls_new(const struct config *config, struct config_errors *errors,
	struct config_errors *warnings);

/* Unix time in s when the certificate expires. */
uint64_t tls_expiry_s(const struct tls *tls);

/* Use the certificate of fresh for new connections. Frees fresh. */
void tls_replace(struct tls *tls, struct tls *fresh);

/* Free it; NULL is fine. */
void tls_free(struct tls *tls);

/* The handshake is done: serve conn, which has no door, on the nonblocking socket fd.
 * The callee owns fd. Closing it ends the connection after everything written to it is
 * sent. */
typedef void tls_on_open(void *context, struct conn *conn, int fd);

/* Accepts TLS connections. */
struct tls_door {
	struct tls *tls;
	struct loop *loop;
	struct reject *reject;
	tls_on_open *on_open;
	void *context;
	LIST_HEAD(, relay) relays; /* after their handshake */
};

/* Set up the door; borrows everything. SIGPIPE must be ignored. */
void tls_door_init(struct tls_door *door, struct tls *tls, struct loop *loop,
	struct reject *reject, tls_on_open *on_open, void *context);

/* Begin the TLS handshake of conn, which has no door yet, on the nonblocking socket fd.
 * The door owns fd. A client that sends plain HTTP gets an answer saying that this port
 * is TLS. */
void tls_door_accept(struct tls_door *door, struct conn *conn, int fd);

/* Close relays that are due. Call this several times a second while there are relays. */
void tls_door_tick(struct tls_door *door, int64_t now_ms);

/* True if every peer has been sent everything. */
bool tls_door_is_idle(const struct tls_door *door);

/* Close all relays. */
void tls_door_clear(struct tls_door *door);
