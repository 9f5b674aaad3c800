/* Orders of moderators, who show an admin's token. */
#include <string.h>

#include "doors/api/api_private.h"
#include "linnet/base/util.h"

static const struct {
	const char *word;
	enum http_method method;
	const char *allow;
} orders[] = {
	{ "sessions", HTTP_GET, "Allow: GET\r\n" },
	{ "bans", HTTP_GET, "Allow: GET\r\n" },
	{ "kick", HTTP_POST, "Allow: POST\r\n" },
	{ "ban", HTTP_POST, "Allow: POST\r\n" },
	{ "unban", HTTP_POST, "Allow: POST\r\n" },
	{ "mute", HTTP_POST, "Allow: POST\r\n" },
	{ "unmute", HTTP_POST, "Allow: POST\r\n" },
	{ "delete", HTTP_POST, "Allow: POST\r\n" },
	{ "forget", HTTP_POST, "Allow: POST\r\n" },
};

/* Returns the name of the order. NULL: the request was answered. */
static const char *
api_admin_find_order(struct http_request *request)
{
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		if (strcmp(orders[i].word, request->head->segments[1]) != 0)
			continue;
		if (request->head->method == orders[i].method)
			return orders[i].word;
		http_respond_error(request, 405, orders[i].allow, "method_not_allowed",
			"this method is not allowed here");
		return NULL;
	}
	http_respond_error(request, 404, NULL, "not_found", "there is nothing here");
	return NULL;
}

/* Also closes connections that are not sessions of the chat. */
static void
api_admin_close_banned(struct conn_table *table)
{
	struct conn *conn;

	TAILQ_FOREACH (conn, &table->conns, link)
		if (conn_is_banned(conn)) {
			conn_note_ending(conn, ENDING_SENT_AWAY);
			conn->door->on_stop(conn, CLOSE_POLICY, "banned");
		}
}

bool
api_admit_admin(struct http_request *request)
{
	const struct api *api = request->context;
	struct access_caller caller = access_caller_of(&api->access, request);

	return access_may_moderate(&api->access, request, &caller) &&
	       api_admin_find_order(request);
}

void
api_admin(struct http_request *request)
{
	struct api *api = request->context;
	struct access_caller caller = access_caller_of(&api->access, request);
	struct conn *conn = request->conn;
	struct chat_caller moderator;
	const char *order = api_admin_find_order(request);
	json_t *object = request->head->method == HTTP_GET ? json_object()
							   : api_read_json(request, 0);

	if (!object)
		return;
	moderator = api_caller(request, &caller, &permissions_of_all);
	api_call(request, &moderator,
		(struct chat_call){
			.kind = CHAT_ORDER,
			.order = order,
			.object = object,
		});
	if (!strcmp(order, "ban"))
		api_admin_close_banned(conn->table);
}
