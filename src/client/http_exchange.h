/* http_exchange.h - one HTTP request and its response. */
#pragma once

#include <stdbool.h>

#include "client/client.h"
#include "client/lws_peer.h"
#include "linnet/base/buffer.h"

/* The request to make. Embedded in its owner. */
struct http_exchange {
	const struct client *client;
	const char *method;
	const char
		*path; /* of the API, with its query: the URL's own path goes before it */
	const struct buffer *body; /* JSON; NULL: none */

	/* What became of it. */
	int status;             /* 0: no response */
	int retry_after_s;      /* -1: not said */
	struct buffer response; /* the body; http_exchange_clear frees it */
	bool is_sent;           /* the server may have got the request */
	bool is_whole;          /* the response has ended */
	char why[128];          /* it failed; "" if it did not */

	struct lws_peer peer; /* own to http_exchange.c */
};

/* Make the request and wait for the response, at most until deadline_ms (monotonic). */
void http_exchange_run(struct http_exchange *exchange, int64_t deadline_ms);

/* Print the error of the server that the response is. Returns false if it is none. */
bool http_exchange_print_error(const struct http_exchange *exchange);

/* Free the response. */
void http_exchange_clear(struct http_exchange *exchange);
