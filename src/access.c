#include "linnet/access.h"

#include <string.h>

#include "linnet/log.h"

struct access_caller
access_caller_of(const struct access *access, const struct http_request *request)
{
	const char *header = http_head_value(request->head, "authorization");
	struct access_caller caller = { .token = NULL };
	char argument[ACCESS_ARGUMENT_BYTES];
	const char *text;
	size_t len;

	if (header && auth_read_bearer(header, &text, &len)) {
		caller.has_shown = true;
		caller.token = auth_check(access->auth, text, len);
	} else if (http_head_query(request->head, "token", argument, sizeof(argument)) ==
		   0) {
		caller.has_shown = true;
		caller.token = auth_check(access->auth, argument, strlen(argument));
	}
	return caller;
}

bool
access_refuse(struct http_request *request, int status, const char *headers,
	const char *code, const char *text)
{
	log_info("access_refused", log_str("peer", request->conn->peer),
		log_str("code", code), log_str("route", request->route->name));
	http_answer_error(request, status, headers, code, text);
	return false;
}

bool
access_may_watch(const struct access *access, struct http_request *request)
{
	struct access_caller caller = access_caller_of(access, request);

	if (request->is_local || (caller.token && caller.token->is_admin))
		return true;
	if (!auth_has_tokens(access->auth))
		return access_refuse(request, 403, NULL, "denied",
			"without tokens only this machine itself may see that");
	if (!caller.token)
		return access_refuse(request, 401, "WWW-Authenticate: Bearer\r\n",
			caller.has_shown ? "bad_token" : "token_required",
			caller.has_shown ? "this token is not known"
					 : "that needs the token of an admin");
	return access_refuse(
		request, 403, NULL, "denied", "this token is not an admin's");
}

bool
access_may_read_tails(const struct access *access, const struct http_request *request,
	const struct access_caller *caller, const char *room)
{
	if (caller->token)
		return token_may(caller->token, room);
	/* A proxy on this machine has everybody come from it. */
	return auth_is_open(access->config, access->config->http.address) &&
	       request->is_local;
}
