/* link.h - a client connection to a server under measurement, plain or TLS, and the
 * loop that serves all of them. Any failure ends the program. */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct link;

/* Handle the complete units at the start of bytes, which were received at now_ns.
 * Returns how many bytes they have; the rest is passed again with what follows. */
typedef size_t link_take(struct link *link, const char *bytes, size_t n, uint64_t now_ns);

/* Waiting bytes: an unfinished unit on input, unsent bytes on output. */
struct link_bytes {
	char *at;
	size_t n;
	size_t room;
};

/* Embedded as the first member of what it belongs to. */
struct link {
	int fd;
	SSL *ssl; /* NULL without TLS */
	unsigned number;
	link_take *take;
	bool is_idle; /* if the server closes it, it is opened anew */
	struct link_bytes in;
	struct link_bytes out;
};

/* The server of all links. tls is NULL for plain connections. */
void link_init(uint16_t port, SSL_CTX *tls);

/* Connect, with the TLS handshake; the caller has set number and take. */
void link_open(struct link *link);

/* Send at once; what the socket does not accept is sent by link_turn. */
void link_send(struct link *link, const char *bytes, size_t n);

/* Reset the connection, so that it does not linger in TIME_WAIT, and free it. */
void link_close(struct link *link);

/* One turn of the loop: wait until a link is ready, until_ns at most, and serve the
 * links that are. Returns how many. */
int link_turn(uint64_t until_ns);

/* Serve all links, which may be sent pings, until fd is readable or at its end. */
void link_serve_until_readable(int fd);

/* CLOCK_MONOTONIC. */
uint64_t link_now_ns(void);
