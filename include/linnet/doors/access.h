/* access.h - what a caller may do, by the token it shows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "linnet/auth/gate.h"
#include "linnet/auth/permissions.h"
#include "linnet/auth/tokens.h"
#include "linnet/config/config.h"
#include "linnet/http/http.h"
#include "linnet/protocol/message.h"

/* Room for an argument of a query, its NUL byte included. Longer values are rejected. */
#define ACCESS_ARGUMENT_BYTES 1024

/* Borrows all. */
struct access {
	const struct config *config;
	const struct tokens *tokens;
	struct gate *gate;
};

/* Who sends a request. */
struct access_caller {
	const struct token *token; /* the configured token that it shows, or NULL */
	bool has_shown;            /* it shows a token, valid or not */
};

/* The error for a caller without a valid token. */
struct access_refusal {
	struct message_fault fault; /* "token_required", "bad_token", "rate_limited" */
	const char *why; /* for the log: more precise than the code; NULL: do not log */
};

/* What was asked for, for the log. */
struct access_asked {
	const char *door; /* "line", or the name of the route */
	const char *room; /* NULL: none, or not known */
	const char
		*token; /* the name of the configured token; NULL: none, or not known */
};

/* Look up the token of the request: in the header "Authorization: Bearer" (RFC 6750
 * section 2.1), or in the argument "token" for clients that cannot send headers. */
struct access_caller access_caller_of(
	const struct access *access, const struct http_request *request);

/* Whose limits conn shares when it shows token (NULL: none): the token's, or those of the
 * client's address. Valid as gate_find_address says. */
struct gate_client *access_client_of(
	const struct access *access, const struct conn *conn, const struct token *token);

/* The same for a request. */
struct gate_client *access_client(
	const struct access *access, const struct http_request *request);

/* Charge client for a session. Every door calls this when nothing else speaks against the
 * session, and before anything is made for it. Returns 0, or -EINVAL with *fault filled
 * in if the client opens too many. */
int access_connect(const struct access *access, struct gate_client *client,
	struct message_fault *fault);

/* Charge client for a request that has no session, as much as a message costs. Returns
 * as access_connect. */
int access_charge(const struct access *access, struct gate_client *client, double cost,
	struct message_fault *fault);

/* Answer with an error, whose code decides the HTTP status, and log "refused" with the
 * peer and why. That costs as much as a message; over the limit the answer is 429, and
 * nothing is logged. Returns false. */
bool access_refuse(const struct access *access, struct http_request *request,
	const char *why, const char *code, const char *text);

/* True if the caller shows a configured token. Otherwise the request was answered; text
 * is for a caller that shows none. */
bool access_require_token(const struct access *access, struct http_request *request,
	const struct access_caller *caller, const char *text);

/* True if the request may read the metrics: it comes from this machine or shows an
 * admin's token. Otherwise it was answered. */
bool access_may_watch(const struct access *access, struct http_request *request);

/* True if the caller shows an admin's token. Otherwise the request was answered. */
bool access_may_moderate(const struct access *access, struct http_request *request,
	const struct access_caller *caller);

/* True if the request comes from this machine itself and auth.trust_loopback makes that a
 * right. */
bool access_is_local(const struct access *access, const struct http_request *request);

/* The caller's permissions, for permissions_unref. NULL with *refusal filled in if the
 * configuration demands a valid token and the caller has none. The door gives it to
 * access_note_refused. */
const struct permissions *access_permissions(const struct access *access,
	const struct http_request *request, struct access_refusal *refusal);

/* The permissions of the token that the len bytes of text are, for permissions_unref.
 * NULL with *refusal filled in if it is not valid. */
const struct permissions *access_log_in(const struct access *access, const char *text,
	size_t len, struct access_refusal *refusal);

/* True if nobody may do anything without a valid token (auth.mode = "jwt"). */
bool access_needs_login(const struct access *access);

/* The permissions of the configured token that text is, for permissions_unref, or NULL.
 */
const struct permissions *access_permissions_of_token(
	const struct access *access, const char *text);

/* Permissions of a client of the line door if nobody needs a token. */
const struct permissions *access_permissions_of_line(const struct access *access);

/* Charge the client of conn for a refused token as much as a message, count it, and log
 * "refused" with what was asked. Over the limit, *refusal becomes "rate_limited" and
 * nothing is logged. */
void access_note_refused(const struct access *access, const struct conn *conn,
	const struct access_asked *asked, struct access_refusal *refusal);

/* The same for a request. */
void access_note_refused_request(const struct access *access,
	const struct http_request *request, struct access_refusal *refusal);
