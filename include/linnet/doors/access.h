/* access.h - who may do what, by the token that is shown. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "linnet/auth/permissions.h"
#include "linnet/auth/tokens.h"
#include "linnet/config/config.h"
#include "linnet/http/http.h"

/* The longest value of an argument in a query that is good for anything. */
#define ACCESS_ARGUMENT_BYTES 1024

/* Borrows both. */
struct access {
	const struct config *config;
	const struct tokens *tokens;
};

/* Who asks. */
struct access_caller {
	const struct token *token; /* configured, shown and good; NULL: none was */
	bool has_shown;            /* one, good or not, configured or not */
};

/* Why somebody is refused who has shown no good token: what he is told. */
struct access_refusal {
	const char *code; /* "token_required", "bad_token" */
	const char *text;
	const char *why; /* a word for the log, which says more */
};

/* The token that the request shows: "Authorization: Bearer" (RFC 6750 section 2.1), or
 * the argument "token", for those who cannot send headers. */
struct access_caller access_caller_of(
	const struct access *access, const struct http_request *request);

/* Answer by an error, which a 401 has the header for, and say so in the log in the line
 * that tells of every refusal: whom, and by the word code why. Returns false. */
bool access_refuse(
	struct http_request *request, int status, const char *code, const char *text);

/* True if the request may see how the daemon does: it comes from this machine itself or
 * shows the token of an admin. Otherwise it was answered. */
bool access_may_watch(const struct access *access, struct http_request *request);

/* True if the caller may give orders: it shows the token of an admin. Otherwise the
 * request was answered. */
bool access_may_moderate(const struct access *access, struct http_request *request,
	const struct access_caller *caller);

/* What the caller may do, for permissions_unref; NULL with *refusal filled in where
 * nobody may do anything without a good token. */
const struct permissions *access_permissions(const struct access *access,
	const struct http_request *request, const struct access_caller *caller,
	struct access_refusal *refusal);

/* The same for who shows the len bytes of text beside HTTP, where that is asked for. */
const struct permissions *access_log_in(const struct access *access, const char *text,
	size_t len, struct access_refusal *refusal);

/* True if who comes by the line door has to log in. */
bool access_needs_login(const struct access *access);

/* What who comes to the line door may do where nobody has to log in. */
const struct permissions *access_permissions_of_line(const struct access *access);

/* Say in the log that peer was refused, and by which word why. */
void access_log_refused(const char *peer, const char *why);
