#include "linnet/http/health.h"

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

	if (request->conn->table->is_stopping)
		http_respond_error(
			request, 503, NULL, "stopping", "the server is stopping");
	else if (!chat_can_keep(chat))
		http_respond_error(request, 503, NULL, "store_failed",
			"messages cannot be kept now");
	else
		health_answer_ok(request);
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
