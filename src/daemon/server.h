/* server.h - puts the doors, the chat and the listeners together; start and stop. */
#pragma once

#include <stddef.h>

#include "linnet/config/config.h"

struct tokens;
struct loop;
struct server;
struct tls;

/* Open the page, the store and the ports, and serve on loop up to connections at once:
 * HTTP, or HTTPS if tls is not NULL. Borrows config, tokens, tls and loop. Returns a
 * server for server_free, or NULL after logging the error. */
struct server *server_start(const struct config *config, const struct tokens *tokens,
	struct tls *tls, struct loop *loop, size_t connections);

/* Stop listening, close all connections (WebSockets with 1001), and end the loop when
 * they are closed, or after 8 s. A second call ends the loop at once. */
void server_stop(struct server *server);

/* Use the changed configuration. */
void server_reload(struct server *server);

/* Write a summary for people to text: connections, people, rooms. context is the
 * server. */
void server_describe(void *context, char *text, size_t size);

/* Close everything that is left on the loop and free the server. Call this after the loop
 * has ended; NULL is fine. */
void server_free(struct server *server);
