/* access.h - who may do what, by the token that a request shows. */
#pragma once

#include <stdbool.h>

#include "linnet/auth.h"
#include "linnet/config.h"
#include "linnet/http.h"

/* The longest value of an argument in a query that is good for anything. */
#define ACCESS_ARGUMENT_BYTES 1024

/* Borrows both. */
struct access {
	const struct config *config;
	const struct auth *auth;
};

/* Who asks. */
struct access_caller {
	const struct token *token; /* shown and good; NULL: none was */
	bool has_shown;            /* one, good or not */
};

/* The token that the request shows: "Authorization: Bearer" (RFC 6750 section 2.1), or
 * the argument "token", for those who cannot send headers. */
struct access_caller access_caller_of(
	const struct access *access, const struct http_request *request);

/* Answer by an error, with the further header lines in headers (NULL: none), and say so
 * in the log. Returns false. */
bool access_refuse(struct http_request *request, int status, const char *headers,
	const char *code, const char *text);

/* True if the request may see how the daemon does: it comes from this machine itself or
 * shows the token of an admin. Otherwise it was answered. */
bool access_may_watch(const struct access *access, struct http_request *request);

/* True if the caller may read the rooms of log files; room is the one that it names. */
bool access_may_read_tails(const struct access *access,
	const struct http_request *request, const struct access_caller *caller,
	const char *room);
