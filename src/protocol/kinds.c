#include "linnet/protocol/kinds.h"

#include <string.h>

#include "linnet/base/util.h"

enum transport
wire_transport(enum wire wire)
{
	static const enum transport transports[WIRE_COUNT] = {
		[WIRE_WS] = TRANSPORT_WS,
		[WIRE_WS_OLD] = TRANSPORT_WS,
		[WIRE_WS_LINE] = TRANSPORT_WS,
		[WIRE_LINE] = TRANSPORT_LINE,
		[WIRE_SSE] = TRANSPORT_SSE,
		[WIRE_SSE_CHUNKED] = TRANSPORT_SSE,
		[WIRE_OBJECT] = TRANSPORT_POLL,
	};

	return transports[wire];
}

const char *
wire_door(enum wire wire)
{
	return metrics_transport_name(wire_transport(wire));
}

enum ending
close_code_ending(enum close_code code)
{
	switch (code) {
	case CLOSE_NONE:
	case CLOSE_NORMAL:
		return ENDING_NORMAL;
	case CLOSE_GOING_AWAY:
		return ENDING_STOPPING;
	case CLOSE_PROTOCOL:
	case CLOSE_UNSUPPORTED:
		return ENDING_PROTOCOL;
	case CLOSE_BAD_UTF8:
		return ENDING_BAD_UTF8;
	case CLOSE_POLICY:
		return ENDING_SENT_AWAY;
	case CLOSE_TOO_BIG:
		return ENDING_TOO_BIG;
	default:
		return ENDING_ERROR;
	}
}

/* Every other error is the client's (400). */
static const struct {
	const char *code;
	int status;
} fault_statuses[] = {
	{ "bad_token", 401 },
	{ "bad_signature", 401 },
	{ "token_expired", 401 },
	{ "token_required", 401 },
	{ "denied", 403 },
	{ "banned", 403 },
	{ "kicked", 403 },
	{ "muted", 403 },
	{ "read_only", 403 },
	{ "no_such_room", 404 },
	{ "no_such_alarm", 404 },
	{ "no_such_ban", 404 },
	{ "no_such_message", 404 },
	{ "no_such_metric", 404 },
	{ "no_such_session", 404 },
	{ "not_joined", 404 },
	{ "name_taken", 409 },
	{ "too_many_alarms", 409 },
	{ "too_many_bans", 409 },
	{ "too_many_metrics", 409 },
	{ "too_many_reactions", 409 },
	{ "rate_limited", 429 },
	{ "too_many_rooms", 503 },
	{ "busy", 503 },
	{ "store_failed", 503 },
	{ "store_unavailable", 503 },
};

int
fault_http_status(const char *code)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fault_statuses); i++)
		if (!strcmp(code, fault_statuses[i].code))
			return fault_statuses[i].status;
	return 400;
}
