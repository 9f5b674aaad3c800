/* sender.h - sends objects with refs until the server has acknowledged each. Over a
 * reconnect it sends again what was not acknowledged, with the same refs, so everything
 * arrives exactly once and in order. */
#pragma once

#include <jansson.h>

#include "client/connection.h"

enum sender_next {
	SENDER_OBJECT,
	SENDER_WAIT, /* the loop wakes up when there is more */
	SENDER_END,
};

/* Where the objects come from. */
struct sender_source {
	/* Give the next object, which the sender owns then. NULL: it is longer than
	 * max_bytes, the longest that the server accepts. */
	enum sender_next (*next)(void *context, json_t **object, size_t max_bytes);
	void *context;
	bool has_many; /* so errors say which one */
};

/* Send everything of source in room and wait for the acks. Each ack is printed with
 * --json. is_patient: try for ever to reach the server. */
enum client_status sender_run(const struct client *client, const char *room,
	const struct sender_source *source, bool is_patient);

/* The same for one object, which it frees. */
enum client_status sender_run_one(
	const struct client *client, const char *room, json_t *object, bool is_patient);
