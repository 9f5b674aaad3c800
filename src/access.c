#include "linnet/access.h"

#include <string.h>

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
access_may_read_tails(const struct access *access, const struct http_request *request,
	const struct access_caller *caller, const char *room)
{
	if (caller->token)
		return token_may(caller->token, room);
	/* A proxy on this machine has everybody come from it. */
	return auth_is_open(access->config, access->config->http.address) &&
	       request->is_local;
}
