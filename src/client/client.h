/* client.h - what every command of linnet works with. */
#pragma once

#include "client/arguments.h"
#include "client/credentials.h"
#include "client/runner.h"
#include "client/url.h"

/* How linnet ends. */
enum client_status {
	CLIENT_DONE = 0,
	CLIENT_REFUSED = 1, /* or not acknowledged */
	CLIENT_BAD_USAGE = 2,
	CLIENT_NOT_CONNECTED = 3,
};

/* How long a command other than pub and sub tries to reach the server, and how long any
 * waits for an answer. */
#define CLIENT_PATIENCE_MS 10000

struct client {
	const struct arguments *arguments;
	const char *name; /* of the person; NULL: a guest */
	struct url url;
	char *token; /* NULL: none */
	struct runner *runner;
};
