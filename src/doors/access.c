#include "linnet/doors/access.h"

#include <errno.h>
#include <string.h>

#include "linnet/base/log.h"

/* What a request shows. len is that of something too long to be good, too. */
struct shown {
	const char *text; /* in the head, or in argument below */
	size_t len;       /* 0: nothing */
	char argument[AUTH_TOKEN_BYTES + 1];
};

static void
read_shown(const struct http_request *request, struct shown *shown)
{
	const char *header = http_head_value(request->head, "authorization");
	int r;

	shown->text = shown->argument;
	shown->len = 0;
	if (header && auth_read_bearer(header, &shown->text, &shown->len))
		return;
	r = http_head_query(
		request->head, "token", shown->argument, sizeof(shown->argument));
	if (r == -E2BIG)
		shown->len = sizeof(shown->argument);
	else if (r == 0)
		shown->len = strlen(shown->argument);
}

struct access_caller
access_caller_of(const struct access *access, const struct http_request *request)
{
	struct access_caller caller = { .token = NULL };
	struct shown shown;

	read_shown(request, &shown);
	caller.has_shown = shown.len > 0;
	if (shown.len > 0 && shown.len <= AUTH_TOKEN_BYTES)
		caller.token = auth_check(access->auth, shown.text, shown.len);
	return caller;
}

/* What a configured token is good for. Where everybody may chat its rooms are those of
 * log files alone. */
static const struct grant *
grant_of_token(const struct access *access, const struct token *token)
{
	bool is_open = access->config->auth.mode == AUTH_OPEN;
	enum grant_scope scope = token->rooms->count ? GRANT_LISTED : GRANT_ALL;
	struct grant *grant = grant_new();

	grant->rooms = is_open ? GRANT_ALL : scope;
	grant->tails = scope;
	for (size_t i = 0; i < token->rooms->count; i++)
		grant_add_room(grant, token->rooms->items[i]);
	/* The names are those of people. */
	if (!is_open)
		grant_set_person(grant, NULL, NULL);
	return grant;
}

static const struct grant *
refuse(struct access_refusal *refusal, bool has_shown, const char *why)
{
	*refusal = (struct access_refusal){
		.code = has_shown ? "bad_token" : "token_required",
		.text = has_shown ? "this token is no good" : "this needs a token",
		.why = why,
	};
	return NULL;
}

const struct grant *
access_log_in(const struct access *access, const char *text, size_t len,
	struct access_refusal *refusal)
{
	const struct auth_rules rules = {
		.now_ms = conn_unix_ms(),
		.name_max_bytes = (size_t)access->config->limits.name_bytes,
	};
	const struct token *token = NULL;
	const struct grant *grant;
	const char *why = "token_required";

	if (len <= AUTH_TOKEN_BYTES)
		token = auth_check(access->auth, text, len);
	if (token)
		return grant_of_token(access, token);
	if (len && auth_check_jwt(access->auth, text, len, &rules, &grant, &why) == 0)
		return grant;
	return refuse(refusal, len > 0, why);
}

const struct grant *
access_grant(const struct access *access, const struct http_request *request,
	const struct access_caller *caller, struct access_refusal *refusal)
{
	struct shown shown;

	if (access_needs_login(access)) {
		read_shown(request, &shown);
		return access_log_in(access, shown.text, shown.len, refusal);
	}
	if (caller->token)
		return grant_of_token(access, caller->token);
	/* A proxy on this machine has everybody come from it. */
	return request->is_local &&
			       auth_is_open(access->config, access->config->http.address)
		       ? &grant_of_all
		       : &grant_of_rooms;
}

bool
access_needs_login(const struct access *access)
{
	return access->config->auth.mode == AUTH_JWT;
}

const struct grant *
access_grant_of_line(const struct access *access)
{
	return auth_is_open(access->config, access->config->line.address)
		       ? &grant_of_all
		       : &grant_of_rooms;
}

void
access_log_refused(const char *peer, const char *why)
{
	log_info("refused", log_str("peer", peer), log_str("why", why));
}

bool
access_refuse(
	struct http_request *request, int status, const char *code, const char *text)
{
	access_log_refused(request->conn->peer, code);
	http_answer_error(request, status,
		status == 401 ? "WWW-Authenticate: Bearer\r\n" : NULL, code, text);
	return false;
}

/* True if the caller is an admin. Otherwise the request was answered. */
static bool
need_admin(const struct access *access, struct http_request *request,
	const struct access_caller *caller)
{
	if (caller->token && caller->token->is_admin)
		return true;
	if (!auth_has_tokens(access->auth))
		return access_refuse(request, 403, "denied",
			"this needs the token of an admin, and there are no tokens");
	if (!caller->has_shown)
		return access_refuse(request, 401, "token_required",
			"this needs the token of an admin");
	if (!caller->token)
		return access_refuse(
			request, 401, "bad_token", "this token is not known");
	access_log_refused(request->conn->peer, "not_admin");
	http_answer_error(request, 403, NULL, "denied", "this token is not an admin's");
	return false;
}

bool
access_may_watch(const struct access *access, struct http_request *request)
{
	struct access_caller caller = access_caller_of(access, request);

	return request->is_local || need_admin(access, request, &caller);
}

bool
access_may_moderate(const struct access *access, struct http_request *request,
	const struct access_caller *caller)
{
	return need_admin(access, request, caller);
}
