/* server.h - the loop's tenants: libwebsockets, the listener, the doors; start and stop.
 */
#pragma once

#include <stddef.h>

#include "linnet/config/config.h"

struct tokens;
struct loop;
struct server;
struct tls;

/* Open the page and the port and start to serve on loop, up to connections at once: by
 * HTTP, or where tls is not NULL by HTTPS. Borrows config, auth, tls and loop, which must
 * outlive the server. What fails is logged. Returns a server for server_free, or NULL. */
struct server *server_start(const struct config *config, const struct tokens *tokens,
	struct tls *tls, struct loop *loop, size_t connections);

/* Take no more connections, tell everybody to go (1001) and break the loop when they have
 * gone or have had their time (8 s). Called again, break the loop at once. */
void server_stop(struct server *server);

/* The configuration has changed: what is in use follows it. */
void server_reload(struct server *server);

/* Write how much is going on, as text for people, to text; context is the server. */
void server_describe(void *context, char *text, size_t size);

/* Close what is left, everything on the loop included, and free the server. For when the
 * loop has ended; NULL is fine. */
void server_free(struct server *server);
