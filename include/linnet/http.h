/* http.h - the HTTP door: the static page, and the one way to answer a request. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "linnet/config.h"
#include "linnet/conn.h"
#include "linnet/page.h"

struct http_door {
	const struct config *config;
	struct page page;
};

/* An answer to a request. */
struct http_answer {
	int status;
	const char *type;    /* Content-Type; NULL: no body at all */
	const char *headers; /* further lines, each ending in CRLF; NULL: none */
	const void *body;
	size_t len;
};

/* Set up the door; borrows config and opens its page folder. Returns 0 or -errno. */
int http_door_init(struct http_door *door, const struct config *config);

/* Close the page's folder. */
void http_door_fini(struct http_door *door);

/* The head of a request for path has come. Returns what the lws callback is to return. */
int http_on_request(struct http_door *door, struct conn *conn, const char *path);

/* Give answer, and close the connection if it cannot take another request: the request
 * has a body, which is not looked at, or asked for an upgrade. Returns what the lws
 * callback is to return. */
int http_answer(const struct http_door *door, struct conn *conn,
	const struct http_answer *answer);

/* The socket takes more of an answer. Returns what the lws callback is to return. */
int http_on_writable(struct conn *conn);

/* Give an error as {"error":{"code","message"}} with the further header lines in headers
 * (NULL: none). Returns what the lws callback is
 * to return. */
int http_answer_error(const struct http_door *door, struct conn *conn, int status,
	const char *headers, const char *code, const char *text);

/* True if the request is one that a handler without a body may take: no Transfer-Encoding
 * and no, or a zero, Content-Length. Otherwise the error was given, and *returned is
 * what the lws callback is to return. */
bool http_check_no_body(const struct http_door *door, struct conn *conn, int *returned);
