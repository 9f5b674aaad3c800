/* access.h - what a caller may do, by the token it shows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "linnet/auth/permissions.h"
#include "linnet/auth/tokens.h"
#include "linnet/config/config.h"
#include "linnet/http/http.h"

/* Room for an argument of a query, its NUL byte included. Longer values are rejected. */
#define ACCESS_ARGUMENT_BYTES 1024

/* Borrows both. */
struct access {
	const struct config *config;
	const struct tokens *tokens;
};

/* Who sends a request. */
struct access_caller {
	const struct token *token; /* the configured token that it shows, or NULL */
	bool has_shown;            /* it shows a token, valid or not */
};

/* The error for a caller without a valid token. */
struct access_refusal {
	const char *code; /* "token_required", "bad_token" */
	const char *text;
	const char *why; /* for the log: more precise than code */
};

/* Look up the token of the request: in the header "Authorization: Bearer" (RFC 6750
 * section 2.1), or in the argument "token" for clients that cannot send headers. */
struct access_caller access_caller_of(
	const struct access *access, const struct http_request *request);

/* Answer with an error, whose code decides the HTTP status, and log "refused" with the
 * peer and code. Returns false. */
bool access_refuse(struct http_request *request, const char *code, const char *text);

/* True if the caller shows a configured token. Otherwise the request was answered; text
 * is for a caller that shows none. */
bool access_require_token(struct http_request *request,
	const struct access_caller *caller, const char *text);

/* True if the request may read the metrics: it comes from this machine or shows an
 * admin's token. Otherwise it was answered. */
bool access_may_watch(const struct access *access, struct http_request *request);

/* True if the caller shows an admin's token. Otherwise the request was answered. */
bool access_may_moderate(const struct access *access, struct http_request *request,
	const struct access_caller *caller);

/* The caller's permissions, for permissions_unref. NULL with *refusal filled in if the
 * configuration demands a valid token and the caller has none. */
const struct permissions *access_permissions(const struct access *access,
	const struct http_request *request, struct access_refusal *refusal);

/* The permissions of the token that the len bytes of text are, for permissions_unref.
 * NULL with *refusal filled in if it is not valid. */
const struct permissions *access_log_in(const struct access *access, const char *text,
	size_t len, struct access_refusal *refusal);

/* True if nobody may do anything without a valid token (auth.mode = "jwt"). */
bool access_needs_login(const struct access *access);

/* Permissions of a client of the line door if nobody needs a token. */
const struct permissions *access_permissions_of_line(const struct access *access);

/* Log "refused" with the peer and why. */
void access_log_refused(const char *peer, const char *why);
