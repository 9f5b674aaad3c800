/* http_call.h - a question or order to the server's HTTP API, repeated until it is
 * answered. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "client/client.h"

struct http_call {
	const char *method;
	const char *path; /* with its query */
	json_t *body;     /* borrowed; NULL: none */
	/* The server may get it twice, so it is sent again if the connection was lost
	 * while it was under way. */
	bool may_repeat;
};

/* Make the call. The server's refusals for pace are waited out. Returns the answer, which
 * the caller frees, or NULL with *status after printing why. */
json_t *http_call_make(const struct client *client, const struct http_call *call,
	enum client_status *status);
