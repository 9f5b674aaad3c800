/* http_private.h - what the parts of the HTTP door share: http.c the connection,
 * router.c who answers, response.c answers, suspend.c those that come later. */
#pragma once

#include "linnet/http/http.h"
#include "linnet/net/loop.h"

enum http_state {
	HTTP_READING_HEAD,
	HTTP_READING_BODY,
	HTTP_DEFERRED,  /* the handler answers shortly; input is not looked at */
	HTTP_PARKED,    /* the handler answers later; input is watched */
	HTTP_STREAMING, /* the same, while a queue is written */
	HTTP_ANSWERING, /* the answer is written; input is not looked at */
	HTTP_DRAINING,  /* everything is written; input is read away */
};

/* One connection; the state of its conn. */
struct http {
	struct conn *conn;
	struct http_door *door;
	struct loop_socket socket;
	enum http_state state;
	struct buffer in;       /* behind the request under way */
	struct frame_queue out; /* answers */
	struct out_queue out_queue;
	uint64_t seen_bytes;          /* of those written, at the last tick */
	bool is_head_begun;           /* its deadline runs */
	bool is_last;                 /* closed behind the answer */
	struct frame_queue *queue;    /* of the stream */
	struct http_request *request; /* NULL: none is under way */
};

/* Close the connection hard in ms, or sooner when the daemon stops. */
void http_set_deadline(struct http *http, int64_t ms);

/* Write len bytes behind what is written already. */
void http_push(struct http *http, const void *bytes, size_t len);

/* The whole answer was pushed: free the request; behind the answer go on to the next one,
 * or close if is_last. */
void http_finish(struct http *http, bool is_last);

/* Append the head of an answer, but for what it says about its body. */
void http_response_head(struct buffer *out, const struct http_request *request,
	const struct http_response *answer, bool is_last);

/* Find the request's route and check what can be checked before its body is there.
 * Returns false if that was answered already. */
bool http_route_admit(struct http_request *request);
