#include "linnet/doors/access.h"

#include <errno.h>
#include <string.h>

#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "linnet/base/metrics.h"
#include "linnet/protocol/kinds.h"
#include "linnet/protocol/name.h"

/* The token text of a request. If it is too long, len says so and text is not usable. */
struct shown {
	const char *text; /* in the request's head, or argument */
	size_t len;       /* 0: the request shows no token */
	char argument[TOKEN_MAX_BYTES + 1];
};

static void
access_read_shown(const struct http_request *request, struct shown *shown)
{
	const char *header = http_head_value(request->head, "authorization");
	int r;

	shown->text = shown->argument;
	shown->len = 0;
	if (header && tokens_read_bearer(header, &shown->text, &shown->len))
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

	access_read_shown(request, &shown);
	caller.has_shown = shown.len > 0;
	if (shown.len > 0 && shown.len <= TOKEN_MAX_BYTES)
		caller.token = tokens_check(access->tokens, shown.text, shown.len);
	return caller;
}

/* Permissions of a configured token. If everybody may chat (auth.mode = "open"), its list
 * of rooms limits only the rooms of log files. */
static const struct permissions *
access_token_permissions(const struct access *access, const struct token *token)
{
	bool is_open = access->config->auth.mode == AUTH_OPEN;
	enum permissions_scope scope =
		token->rooms->count ? PERMISSIONS_LISTED : PERMISSIONS_ALL;
	struct permissions *permissions = permissions_new();

	permissions->rooms = is_open ? PERMISSIONS_ALL : scope;
	permissions->tails = scope;
	for (size_t i = 0; i < token->rooms->count; i++)
		permissions_add_room(permissions, token->rooms->items[i]);
	permissions_set_token(permissions, token->name, token->is_admin);
	/* A configured token is not a person: it may not take a name. */
	if (!is_open)
		permissions_set_person(permissions, NULL, NULL);
	return permissions;
}

const struct permissions *
access_permissions_of_token(const struct access *access, const char *text)
{
	size_t len = strlen(text);
	const struct token *token =
		len <= TOKEN_MAX_BYTES ? tokens_check(access->tokens, text, len) : NULL;

	return token ? access_token_permissions(access, token) : NULL;
}

const struct permissions *
access_log_in(const struct access *access, const char *text, size_t len,
	struct access_refusal *refusal)
{
	const struct token_rules rules = {
		.now_ms = clock_unix_ms(),
		.name_max_bytes = (size_t)access->config->limits.name_bytes,
	};
	const struct token *token = NULL;
	const struct permissions *permissions;
	const char *why = "token_required";

	if (len <= TOKEN_MAX_BYTES)
		token = tokens_check(access->tokens, text, len);
	if (token)
		return access_token_permissions(access, token);
	if (len && tokens_check_jwt(
			   access->tokens, text, len, &rules, &permissions, &why) == 0)
		return permissions;
	*refusal = (struct access_refusal){ .why = why };
	if (len)
		message_refuse(&refusal->fault, "bad_token", "this token is not valid");
	else
		message_refuse(&refusal->fault, "token_required", "this needs a token");
	return NULL;
}

bool
access_is_local(const struct access *access, const struct http_request *request)
{
	return request->is_local && access->config->auth.trust_loopback;
}

const struct permissions *
access_permissions(const struct access *access, const struct http_request *request,
	struct access_refusal *refusal)
{
	struct access_caller caller;
	struct shown shown;

	if (access_needs_login(access)) {
		access_read_shown(request, &shown);
		return access_log_in(access, shown.text, shown.len, refusal);
	}
	caller = access_caller_of(access, request);
	if (caller.token)
		return access_token_permissions(access, caller.token);
	return access_is_local(access, request) && tokens_are_optional(access->config,
							   access->config->http.address)
		       ? &permissions_of_all
		       : &permissions_of_rooms;
}

bool
access_needs_login(const struct access *access)
{
	return access->config->auth.mode == AUTH_JWT;
}

const struct permissions *
access_permissions_of_line(const struct access *access)
{
	return tokens_are_optional(access->config, access->config->line.address)
		       ? &permissions_of_all
		       : &permissions_of_rooms;
}

struct gate_client *
access_client_of(
	const struct access *access, const struct conn *conn, const struct token *token)
{
	return token ? gate_find_token(access->gate, token->name)
		     : gate_find_address(access->gate, &conn->key, conn_is_exempt(conn));
}

struct gate_client *
access_client(const struct access *access, const struct http_request *request)
{
	const struct access_caller caller = access_caller_of(access, request);

	return access_client_of(access, request->conn, caller.token);
}

int
access_connect(const struct access *access, struct gate_client *client,
	struct message_fault *fault)
{
	*fault = (struct message_fault){
		.retry_after_ms = gate_connect(access->gate, client, clock_unix_ms()),
	};
	return fault->retry_after_ms ? message_refuse(fault, "rate_limited",
					       "your address opens too many "
					       "connections, wait a moment")
				     : 0;
}

int
access_charge(const struct access *access, struct gate_client *client, double cost,
	struct message_fault *fault)
{
	*fault = (struct message_fault){
		.retry_after_ms =
			gate_charge(access->gate, client, NULL, cost, clock_unix_ms()),
	};
	return fault->retry_after_ms
		       ? message_refuse(fault, "rate_limited", "too fast, wait a moment")
		       : 0;
}

void
access_note_refused(const struct access *access, const struct conn *conn,
	const struct access_asked *asked, struct access_refusal *refusal)
{
	struct message_fault fault;

	/* "denied" is also what somebody without a token is. */
	if (asked->token || strcmp(refusal->why, "denied") != 0)
		metrics_count_refused_token(refusal->why);
	if (access_charge(access, access_client_of(access, conn, NULL), 1, &fault) < 0) {
		*refusal = (struct access_refusal){ .fault = fault };
		return;
	}
	if (asked->token)
		log_warn("refused", log_str("peer", conn->peer),
			log_str("why", refusal->why), log_str("door", asked->door),
			log_person("room", asked->room), log_str("token", asked->token));
	else
		log_warn("refused", log_str("peer", conn->peer),
			log_str("why", refusal->why), log_str("door", asked->door),
			log_person("room", asked->room));
}

/* Find the room that a request names: in its query at /ws, else in the last segment of
 * its path. argument has ACCESS_ARGUMENT_BYTES. Returns NULL if it names none, or if that
 * is not fit for the log. */
static const char *
access_room_of(const struct http_request *request, const char *door, char *argument)
{
	const struct http_head *head = request->head;
	const char *room = argument;

	if (!strcmp(door, "ws"))
		http_head_query(head, "room", argument, ACCESS_ARGUMENT_BYTES);
	else if (!strcmp(door, "hooks"))
		room = head->segments[2];
	else if (head->segment_count > 1 && strcmp(door, "admin") != 0)
		room = head->segments[1];
	else
		return NULL;
	return *room && name_is_line(room) ? room : NULL;
}

void
access_note_refused_request(const struct access *access,
	const struct http_request *request, struct access_refusal *refusal)
{
	const struct token *token = access_caller_of(access, request).token;
	const char *door = http_request_door(request);
	char argument[ACCESS_ARGUMENT_BYTES];
	const struct access_asked asked = {
		.door = door,
		.room = access_room_of(request, door, argument),
		.token = token ? token->name : NULL,
	};

	access_note_refused(access, request->conn, &asked, refusal);
}

bool
access_refuse(const struct access *access, struct http_request *request, const char *why,
	const char *code, const char *text)
{
	struct access_refusal refusal = { .why = why };

	message_refuse(&refusal.fault, code, "%s", text);
	access_note_refused_request(access, request, &refusal);
	http_respond_fault(request, &refusal.fault);
	return false;
}

bool
access_require_token(const struct access *access, struct http_request *request,
	const struct access_caller *caller, const char *text)
{
	if (caller->token)
		return true;
	return caller->has_shown ? access_refuse(access, request, "bad_token",
					   "bad_token", "this token is not known")
				 : access_refuse(access, request, "token_required",
					   "token_required", text);
}

bool
access_may_moderate(const struct access *access, struct http_request *request,
	const struct access_caller *caller)
{
	if (!tokens_exist(access->tokens))
		return access_refuse(access, request, "denied", "denied",
			"this needs the token of an admin, and there are no tokens");
	return access_require_token(
		       access, request, caller, "this needs the token of an admin") &&
	       (caller->token->is_admin ||
		       access_refuse(access, request, "not_admin", "denied",
			       "this token is not an admin's"));
}

bool
access_may_watch(const struct access *access, struct http_request *request)
{
	struct access_caller caller = access_caller_of(access, request);

	if (access_is_local(access, request))
		return true;
	if (!caller.token)
		http_warn_not_local(request);
	return access_may_moderate(access, request, &caller);
}
