/* http.h - the HTTP door (RFC 9112): reads one request after another from each
 * connection, calls the handler of its route, and sends the answer. */
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
struct message_fault;

/* A request. It lives until it is answered, its stream is ended, its connection is handed
 * over, or its waiter's on_gone is called. Handlers only read it. */
struct http_request {
	struct conn *conn;
	struct http_head *head;
	struct buffer body; /* complete; empty if the route takes none */
	void *context;      /* of the table of routes */
	/* Sent by this machine itself. Whether that gives any rights, auth.trust_loopback
	 * decides: ask access_is_local. */
	bool is_local;
	/* Why a request from a loopback address is not local: "http_1_0", "host" or
	 * "header". NULL for any other. */
	const char *not_local;

	/* Private to the door. */
	struct http *http;
	const struct http_route *route; /* NULL: not found */
	int64_t begin_ms;               /* monotonic time when the head was complete */
	bool is_body_due;   /* the route takes the body that the head announces */
	const char *origin; /* the page's origin that may read the answer; NULL: none */
	const struct http_waiter *waiter;
	void *state; /* the waiter's */
};

/* A path and its handler. */
struct http_route {
	const char *name; /* the path's first segment; NULL: every path without a route */
	unsigned segments; /* number of the path's segments */
	unsigned methods;  /* of enum http_method; the door answers HTTP_OPTIONS */
	/* The largest body of a POST. NULL: no body. */
	size_t (*body_bytes)(const struct config *config);
	/* Decides by the head, before the body is read and before any memory is used for
	 * it, whether the request may be handled. Returns false if it was answered.
	 * Called a second time if the body came later. NULL: everybody may. */
	bool (*admit)(struct http_request *request);
	/* Answers, or calls http_defer, http_park or http_stream. */
	void (*handle)(struct http_request *request);
	bool is_health; /* is answered also while the daemon stops */
};

struct http_routes {
	const struct http_route *rows;
	size_t count;
	void *context; /* passed to the handlers in the request */
};

struct http_door {
	const struct config *config;
	struct out_queue_drain *out_queues;
	const struct http_routes *tables;
	size_t table_count;
	bool has_warned_of_proxy, has_warned_not_local;
};

struct http_response {
	int status;
	const char *type;    /* Content-Type; NULL: no body */
	const char *headers; /* further lines, each with CRLF; NULL: none */
	const void *body;    /* copied */
	size_t len;
};

/* Callbacks of a request that is answered later. All but on_gone may be NULL. */
struct http_waiter {
	/* The connection has ended; the request cannot be answered any more. */
	void (*on_gone)(void *state);
	/* The daemon stops: answer or end the stream now. */
	void (*on_stop)(void *state, uint16_t code, const char *reason);
	/* Called several times a second. May answer or end the stream. */
	void (*on_tick)(void *state, int64_t now_ms);
	/* The stream's queue is written. */
	void (*on_drained)(void *state);
};

/* Set up the door with count tables of routes. If several tables have a path, the first
 * one is used. Borrows everything until the last connection has ended. */
void http_door_init(struct http_door *door, const struct config *config,
	struct out_queue_drain *out_queues, const struct http_routes *tables,
	size_t count);

/* Serve conn, which has no door yet, on the nonblocking socket fd. The door owns fd. */
void http_door_accept(struct http_door *door, struct conn *conn, int fd);

/* The name of the request's route, "page" for the page, or "none". */
const char *http_request_door(const struct http_request *request);

/* Answer the request and free it. The connection is closed after the answer if it cannot
 * take another request. Calls no callback. */
void http_respond(struct http_request *request, const struct http_response *answer);

/* The same with the body {"error":{"code","message"}} and further header lines (NULL:
 * none). A 401 gets the header WWW-Authenticate instead (RFC 9110 section 15.5.2). */
void http_respond_error(struct http_request *request, int status, const char *headers,
	const char *code, const char *text);

/* The same for a fault: its code decides the status, and retry_after_ms, if it is given,
 * makes it 429 unless the code is "busy". */
void http_respond_fault(struct http_request *request, const struct message_fault *fault);

/* The request needs a right that only this machine itself has, and will be refused. If it
 * came from a loopback address, log why it is not taken for this machine's, once. */
void http_warn_not_local(const struct http_request *request);

/* The handler will answer within a minute. The peer may half-close meanwhile and still
 * gets the answer. */
void http_defer(
	struct http_request *request, const struct http_waiter *waiter, void *state);

/* The handler will answer at any time later. If the peer closes meanwhile, even only its
 * half, the connection ends. */
void http_park(
	struct http_request *request, const struct http_waiter *waiter, void *state);

/* True if a stream for this request is sent in chunks, so that the peer can tell its end
 * from a lost connection: then each frame of its queue is made by frame_new_chunk.
 * HTTP/1.0 has no chunks. Needs the head, so ask before http_stream. */
bool http_stream_is_chunked(const struct http_request *request);

/* Answer with 200 and the header lines in headers, Content-Type among them, then send
 * what the waiter puts into queue, until http_stream_end. The connection ends as after
 * http_park. Frees the request's head and body. */
void http_stream(struct http_request *request, const char *headers,
	struct frame_queue *queue, const struct http_waiter *waiter, void *state);

/* The queue has frames. Only marks: safe during a broadcast. */
void http_stream_wake(struct http_request *request);

/* End the stream and free the request. Frames that are left in the queue are moved out of
 * it and still sent, and then the last chunk. */
void http_stream_end(struct http_request *request);

/* Takes over a connection: owns its socket fd, and rest are the rest_len bytes received
 * after the request. */
typedef void http_take(
	struct http_request *request, int fd, const char *rest, size_t rest_len);

/* Hand over the connection to take. conn has no door then. The request is freed when take
 * returns. */
void http_hand_over(struct http_request *request, http_take *take);
