#include "chat/charge.h"

#include "chat/reply.h"
#include "linnet/base/log.h"

static void
charge_end_flood(struct session *session, int64_t wait_ms)
{
	log_warn("flooding", log_uint("session", session->number),
		log_str("peer", session->peer), log_str("door", wire_door(session->wire)),
		log_int("refusals", GATE_PATIENCE), log_int("wait_ms", wait_ms),
		SESSION_WHO_FIELDS(session));
	session_close_as(session, ENDING_FLOODING, CLOSE_POLICY, "flooding");
}

bool
charge_input(struct input *input, double cost)
{
	const struct chat *chat = input->chat;
	struct asker *asker = input->asker;
	struct rate *rate =
		input->speaker ? &input->speaker->chat->rate : asker->call->caller->rate;
	int64_t wait_ms =
		gate_charge(chat->gate, reply_client(input), rate, cost, chat->now_ms);

	if (!wait_ms)
		return true;
	message_refuse(&input->fault, "rate_limited", "too fast, wait a moment");
	input->fault.retry_after_ms = wait_ms;
	if (gate_is_flooding(chat->gate, rate, chat->now_ms) && asker->session)
		charge_end_flood(asker->session, wait_ms);
	return false;
}
