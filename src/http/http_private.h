/* http_private.h - shared by the parts of the HTTP door: http.c (connections), router.c
 * (routes), response.c (answers), suspend.c (answers that come later). */
#pragma once

#include "http/chunked.h"
#include "linnet/http/http.h"
#include "linnet/net/loop.h"

enum http_state {
	HTTP_READING_HEAD,
	HTTP_READING_BODY,
	HTTP_DEFERRED,  /* the handler answers shortly; input is not read */
	HTTP_PARKED,    /* the handler answers later; input is watched */
	HTTP_STREAMING, /* the same, while a queue is written */
	HTTP_ANSWERING, /* the answer is being written; input is not read */
	HTTP_DRAINING,  /* everything is written; input is discarded */
};

/* One connection; the state of its conn. */
struct http {
	struct conn *conn;
	struct http_door *door;
	struct loop_socket socket;
	enum http_state state;
	struct buffer in;       /* received after the current request */
	struct frame_queue out; /* answers */
	struct out_queue out_queue;
	uint64_t seen_bytes;          /* sent_bytes at the last tick */
	bool is_head_begun;           /* the deadline of HEAD_MS is set */
	bool is_last;                 /* close after the answer */
	struct chunked chunked;       /* of the request's body, if it comes in chunks */
	struct frame_queue *queue;    /* the stream's */
	bool has_last_chunk;          /* the stream ends with one */
	struct http_request *request; /* NULL: none */
};

/* Kill the connection in ms, or sooner if the daemon stops. */
void http_set_deadline(struct http *http, int64_t ms);

/* Append len bytes to the output. */
void http_push(struct http *http, const void *bytes, size_t len);

/* Drop the rest of the request's body if it was received already. Returns false if it was
 * not: then no other request can be read. */
bool http_skip_body(struct http *http);

/* The answer is complete: free the request. After the answer is written, read the next
 * request, or close if is_last. */
void http_finish(struct http *http, bool is_last);

/* Count an answer and log it at level debug. len is the length of its body, 0 for a
 * stream. */
void http_note_answer(const struct http_request *request, int status, size_t len);

/* Append the head of an answer, except for the lines about its body. */
void http_response_head(struct buffer *out, const struct http_request *request,
	const struct http_response *answer, bool is_last);

/* Find the request's route and check everything that needs no body. Returns false if the
 * request was answered. */
bool http_route_admit(struct http_request *request);

/* The body came later: check again what a reload, or another client, may have changed
 * meanwhile. Returns false if the request was answered. */
bool http_route_admit_again(struct http_request *request);
