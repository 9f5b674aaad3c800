/* kinds.h - facts that several doors share: the forms in which clients read, close codes,
 * and the HTTP status of an error. */
#pragma once

#include <stdbool.h>

#include "linnet/base/metrics.h"

/* The form in which a client reads. It says by which door the client came. */
enum wire {
	WIRE_WS,          /* a JSON object in a WebSocket text message */
	WIRE_WS_OLD,      /* the same, always with "username", "email" and "message" */
	WIRE_WS_LINE,     /* lines in a WebSocket text message */
	WIRE_LINE,        /* lines, each ending in a line feed */
	WIRE_SSE,         /* an event of a stream (HTML Living Standard, section 9.2) */
	WIRE_SSE_CHUNKED, /* the same as a chunk of the response */
	WIRE_OBJECT,      /* the JSON object itself, for the answer to a poll */
	WIRE_COUNT,
};

/* True for people at a terminal. */
static inline bool
wire_is_line(enum wire wire)
{
	return wire == WIRE_LINE || wire == WIRE_WS_LINE;
}

/* The transport that is counted, and the name of the door: "ws", "line", "sse", "poll".
 */
enum transport wire_transport(enum wire wire);
const char *wire_door(enum wire wire);

/* Close codes that a peer is sent (RFC 6455 section 7.4.1 and the IANA registry). */
enum close_code {
	CLOSE_NONE = 0, /* it is not closed */
	CLOSE_NORMAL = 1000,
	CLOSE_GOING_AWAY = 1001,
	CLOSE_PROTOCOL = 1002,
	CLOSE_UNSUPPORTED = 1003,
	CLOSE_BAD_UTF8 = 1007,
	CLOSE_POLICY = 1008,
	CLOSE_TOO_BIG = 1009,
	CLOSE_TRY_AGAIN = 1013,
};

/* The ending to count and log for a code, if nothing more precise is known. */
enum ending close_code_ending(enum close_code code);

/* The HTTP status of an error of the chat with this code. */
int fault_http_status(const char *code);
