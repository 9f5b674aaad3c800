#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "http/http_private.h"
#include "http/identity.h"
#include "http/origin.h"
#include "linnet/base/log.h"
#include "linnet/base/util.h"
#include "linnet/protocol/name.h"

/* Room for a header line with all methods. */
#define METHODS_BYTES 96

static bool
router_matches(const struct http_route *route, const struct http_head *head)
{
	unsigned segments = route->segments;

	if (!route->name)
		return true;
	/* A slash behind a room changes nothing: /push/ops/ is /push/ops. An empty room
	 * (/push/) does not mean the default room. */
	return (head->segment_count == segments ||
		       (segments > 1 && head->segment_count == segments + 1 &&
			       !*head->segments[segments])) &&
	       !strcmp(head->segments[0], route->name) && *head->segments[segments - 1];
}

static void
router_find_route(struct http_request *request)
{
	const struct http_door *door = request->http->door;
	size_t i, j;

	for (i = 0; i < door->table_count; i++) {
		const struct http_routes *table = &door->tables[i];

		for (j = 0; j < table->count; j++) {
			if (!router_matches(&table->rows[j], request->head))
				continue;
			request->route = &table->rows[j];
			request->context = table->context;
			return;
		}
	}
}

/* Write a header line of that name with the methods of route. */
static void
router_list_methods(
	const struct http_route *route, const char *name, char *out, size_t size)
{
	static const struct {
		enum http_method method;
		const char *name;
	} methods[] = { { HTTP_GET, ", GET" }, { HTTP_HEAD, ", HEAD" },
		{ HTTP_POST, ", POST" }, { HTTP_PUT, ", PUT" } };
	char list[METHODS_BYTES] = "";
	size_t i, len = 0;

	for (i = 0; i < ARRAY_SIZE(methods); i++)
		if (route->methods & methods[i].method)
			len += (size_t)snprintf(
				list + len, sizeof(list) - len, "%s", methods[i].name);
	snprintf(out, size, "%s: %s\r\n", name, list + (len ? 2 : 0));
}

const char *
http_request_door(const struct http_request *request)
{
	if (!request->route)
		return "none";
	return request->route->name ? request->route->name : "page";
}

static bool
router_reject(struct http_request *request, int status, const char *headers,
	const char *code, const char *text)
{
	http_respond_error(request, status, headers, code, text);
	return false;
}

/* A value for the log. */
static const char *
router_printable(const char *value)
{
	return name_is_line(value) ? value : "?";
}

/* Returns false if the request was answered. Every browser names the origin of a page
 * that sends a request to another one, except for an image, a form's GET and the like:
 * then it says "cross-site" (the Fetch Metadata specification). Other clients say
 * neither.
 */
static bool
router_check_origin(struct http_request *request)
{
	const struct config *config = request->http->door->config;
	const struct http_head *head = request->head;
	const char *origin = http_head_value(head, "origin");

	if (origin && !*origin)
		origin = NULL;
	if (!request->route->name ||
		(!origin && !http_head_has_word(head, "sec-fetch-site", "cross-site")))
		return true;
	if (!origin_is_allowed(origin, head->host, identity_is_https(request),
		    &config->http.allowed_origins)) {
		log_warn("origin_refused", log_str("peer", request->conn->peer),
			log_str("origin", origin ? router_printable(origin) : ""),
			log_str("host", router_printable(head->host)),
			log_str("door", http_request_door(request)));
		return router_reject(request, 403, NULL, "origin_refused",
			"this page may not connect here");
	}
	request->origin = origin;
	return true;
}

/* A browser asks this before it lets a page of another origin send more than a form could
 * send (the Fetch standard, section 3.2). */
static bool
router_is_preflight(const struct http_request *request)
{
	return request->head->method == HTTP_OPTIONS && request->route->name &&
	       http_head_value(request->head, "origin") &&
	       http_head_value(request->head, "access-control-request-method");
}

static void
router_answer_preflight(struct http_request *request)
{
	char methods[METHODS_BYTES], headers[2 * METHODS_BYTES];

	router_list_methods(
		request->route, "Access-Control-Allow-Methods", methods, sizeof(methods));
	snprintf(headers, sizeof(headers),
		"%sAccess-Control-Allow-Headers: authorization, content-type, "
		"last-event-id\r\n",
		methods);
	http_respond(
		request, &(struct http_response){ .status = 204, .headers = headers });
}

static bool
router_check_method(struct http_request *request)
{
	char headers[METHODS_BYTES];

	if (request->head->method & request->route->methods)
		return true;
	router_list_methods(request->route, "Allow", headers, sizeof(headers));
	return router_reject(request, 405, headers, "method_not_allowed",
		"this method is not allowed here");
}

static bool
router_check_length(struct http_request *request)
{
	const struct http_route *route = request->route;
	const struct http_head *head = request->head;

	if (!(head->method & (HTTP_POST | HTTP_PUT)) || !route->body_bytes)
		return (!head->content_length && !head->is_chunked) ||
		       router_reject(request, 400, NULL, "bad_request",
			       "this request takes no body");
	if (!head->has_length && !head->is_chunked)
		return router_reject(request, 411, NULL, "length_required",
			"the Content-Length is missing");
	if (head->content_length > route->body_bytes(request->http->door->config))
		return router_reject(
			request, 413, NULL, "too_large", "the body is too large");
	return true;
}

static bool
router_identify(struct http_request *request)
{
	int r = identity_find(request);

	if (r == 0)
		return true;
	if (r == -EACCES) {
		log_warn("refused", log_str("peer", request->conn->peer),
			log_str("why", "banned"),
			log_str("door", http_request_door(request)));
		http_respond_error(request, 403, NULL, "banned", "you are banned");
	} else {
		log_warn("client_refused", log_str("peer", request->conn->peer),
			log_str("door", http_request_door(request)));
		http_respond_error(request, 503, "Retry-After: 5\r\n", "server_full",
			"there is no place left, try later");
	}
	return false;
}

static bool
router_ask_door(struct http_request *request)
{
	request->is_body_due = true;
	return !request->route->admit || request->route->admit(request);
}

bool
http_route_admit(struct http_request *request)
{
	router_find_route(request);
	if (!router_identify(request))
		return false;
	if (!request->route)
		return router_reject(
			request, 404, NULL, "not_found", "there is nothing here");
	if (request->conn->table->is_stopping && !request->route->is_health)
		return router_reject(request, 503, "Retry-After: 5\r\n", "stopping",
			"the server is stopping, try later");
	if (router_is_preflight(request)) {
		if (router_check_origin(request))
			router_answer_preflight(request);
		return false;
	}
	return router_check_method(request) && router_check_length(request) &&
	       router_check_origin(request) && router_ask_door(request);
}

bool
http_route_admit_again(struct http_request *request)
{
	return router_identify(request) && router_ask_door(request);
}
