#include "linnet/http/health.h"

#include <stdio.h>

#include "linnet/base/util.h"

static void
health_answer_ok(struct http_request *request)
{
	http_respond(request, &(struct http_response){ .status = 200,
				      .type = "text/plain; charset=utf-8",
				      .body = "ok\n",
				      .len = 3 });
}

static void
health_on_ready(struct http_request *request)
{
	const struct chat *chat = request->context;
	const char *code, *why;
	char text[200];

	if (request->conn->table->is_stopping) {
		http_respond_error(
			request, 503, NULL, "stopping", "the server is stopping");
		return;
	}
	if (!chat_is_away(chat, &code, &why)) {
		health_answer_ok(request);
		return;
	}
	snprintf(text, sizeof(text), "messages cannot be kept now: %s", why);
	http_respond_error(request, 503, NULL, code, text);
}

static const struct http_route rows[] = {
	{ .name = "healthz",
		.segments = 1,
		.methods = HTTP_GET | HTTP_HEAD,
		.handle = health_answer_ok,
		.is_health = true },
	{ .name = "readyz",
		.segments = 1,
		.methods = HTTP_GET | HTTP_HEAD,
		.handle = health_on_ready,
		.is_health = true },
};

struct http_routes
health_routes(struct chat *chat)
{
	return (struct http_routes){ rows, ARRAY_SIZE(rows), chat };
}
