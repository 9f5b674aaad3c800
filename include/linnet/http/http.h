/* http.h - the HTTP door (RFC 9112): takes one request after another from each
 * connection, gives them to the handlers of its routes, and is the one way to answer
 * them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linnet/base/buffer.h"
#include "linnet/config/config.h"
#include "linnet/http/parser.h"
#include "linnet/net/conn.h"
#include "linnet/net/out_queue.h"

struct http;
struct http_route;
struct http_waiter;

/* A request under way: from its handler's call until it is answered, its stream is ended
 * or handed over, or its waiter's on_gone was called. All of it is the door's; handlers
 * read. */
struct http_request {
	struct conn *conn;
	struct http_head *head;
	struct buffer body; /* whole; empty where the route takes none */
	void *context;      /* of the routes */
	bool is_local;      /* it comes from this machine itself, and for nobody else */

	/* The door's own. */
	struct http *http;
	const struct http_route *route; /* NULL: none was found */
	const char *origin;             /* that may read the answer; NULL: none asks */
	const struct http_waiter *waiter;
	void *state; /* the waiter's */
};

/* What is asked for, and who answers. A path has one row. */
struct http_route {
	const char *name;  /* the path's first segment; NULL: every path without a row */
	unsigned segments; /* that the path has */
	unsigned methods;  /* of enum http_method; HTTP_OPTIONS is the door's */
	/* The most that the body of a POST may have. NULL: there is none. */
	size_t (*body_bytes)(const struct config *config);
	/* Answers, or lets the request wait by http_defer, http_park or http_stream. */
	void (*handle)(struct http_request *request);
	bool is_health; /* answered while the daemon stops, too */
};

struct http_routes {
	const struct http_route *rows;
	size_t count;
	void *context; /* for the handlers, in the request */
};

struct http_door {
	const struct config *config;
	struct out_queue_drain *out_queues;
	const struct http_routes *tables;
	size_t table_count;
};

struct http_response {
	int status;
	const char *type;    /* Content-Type; NULL: no body at all */
	const char *headers; /* further lines, each ending in CRLF; NULL: none */
	const void *body;    /* copied */
	size_t len;
};

/* Who answers a request later. All but on_gone may be NULL. */
struct http_waiter {
	/* The peer has gone or was cut: there is nobody to answer any more. */
	void (*on_gone)(void *state);
	/* The daemon stops: answer, or end the stream, now. */
	void (*on_stop)(void *state, uint16_t code, const char *reason);
	/* Called several times a second. May answer or end the stream. */
	void (*on_tick)(void *state, int64_t now_ms);
	/* A stream's queue is written. */
	void (*on_drained)(void *state);
};

/* Set up the door with the routes of count tables; where several have a path, the first
 * one counts. Borrows everything, until its last connection has gone. */
void http_door_init(struct http_door *door, const struct config *config,
	struct out_queue_drain *out_queues, const struct http_routes *tables,
	size_t count);

/* Serve conn, which has no door yet, on the nonblocking socket fd, which becomes the
 * door's. */
void http_door_accept(struct http_door *door, struct conn *conn, int fd);

/* Answer the request and end it: it is freed. The connection is closed behind the answer
 * where it cannot take another request. Never calls back. */
void http_respond(struct http_request *request, const struct http_response *answer);

/* The same with {"error":{"code","message"}}, and with the further header lines in
 * headers (NULL: none). A 401 gets the header WWW-Authenticate instead (RFC 9110 section
 * 15.5.2). */
void http_respond_error(struct http_request *request, int status, const char *headers,
	const char *code, const char *text);

/* The handler will answer shortly, within a minute. A peer that has said all that it
 * wants to say (a FIN) still gets the answer. */
void http_defer(
	struct http_request *request, const struct http_waiter *waiter, void *state);

/* The handler will answer when there is something to say. A peer that closes even its
 * half of the connection has gone. */
void http_park(
	struct http_request *request, const struct http_waiter *waiter, void *state);

/* Answer by 200 with the further header lines in headers, Content-Type among them, and
 * from now on with what the waiter puts into queue, until http_stream_end. The peer is
 * watched as by http_park. Of the request, head and body are gone. */
void http_stream(struct http_request *request, const char *headers,
	struct frame_queue *queue, const struct http_waiter *waiter, void *state);

/* The queue has something. Only marks: safe within a broadcast. */
void http_stream_wake(struct http_request *request);

/* End the stream and the request: it is freed. What waits in the queue is taken out of it
 * and still written. */
void http_stream_end(struct http_request *request);

/* Give the connection away: take gets its socket, which is its own from now on, and the
 * rest_len bytes that have come behind the request; conn has no door then. The request is
 * freed when take returns. */
void http_hand_over(
	struct http_request *request, void (*take)(struct http_request *request, int fd,
					      const char *rest, size_t rest_len));
