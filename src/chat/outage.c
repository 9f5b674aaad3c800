#include "chat/outage.h"

#include <errno.h>
#include <string.h>

#include "chat/requests.h"
#include "linnet/base/log.h"

/* A shorter outage is told to nobody. */
#define QUIET_TICKS (1000 / CHAT_TICK_MS)

void
outage_init(struct chat *chat)
{
	chat->outage.shards = 1;
	chat->outage.error = -EAGAIN;
}

/* True if a room of the session is in the shards of the outage. */
static bool
outage_concerns(const struct chat *chat, const struct chat_session *own)
{
	const struct member *member;

	TAILQ_FOREACH (member, &own->members, session_link)
		if (chat->outage.told >> store_shard(chat->store, member->room->name) & 1)
			return true;
	return false;
}

static void
outage_tell(struct chat *chat, const char *code, const char *text)
{
	const struct chat_session *own;
	struct encoded encoded;

	encode_object(&encoded, json_pack("{s:s,s:s,s:s}", "type", "notice", "code", code,
					"message", text));
	TAILQ_FOREACH (own, &chat->sessions, link)
		if (own->wants_events && outage_concerns(chat, own))
			session_say(own->asker.session, &encoded);
	encode_fini(&encoded);
}

void
outage_on_up(struct chat *chat, unsigned shard, bool is_up, int error)
{
	struct outage *outage = &chat->outage;
	uint64_t bit = UINT64_C(1) << shard;

	if (!is_up) {
		requests_note_outage(chat, error);
		outage->shards |= bit;
		outage->error = error;
		outage->since = chat->ticks;
		outage->is_due = true;
		return;
	}
	outage->shards &= ~bit;
	if (outage->shards)
		return;
	requests_note_success(chat);
	if (outage->told)
		outage_tell(chat, "store_back", "The history is back.");
	outage->told = 0;
}

void
outage_tick(struct chat *chat)
{
	struct outage *outage = &chat->outage;

	if (!outage->shards || !outage->is_due ||
		chat->ticks - outage->since < QUIET_TICKS)
		return;
	outage->is_due = false;
	outage->told |= outage->shards;
	outage_tell(chat, "store_away",
		"The history cannot be written now. What you send waits for it.");
}

bool
chat_is_away(const struct chat *chat, const char **code, const char **why)
{
	if (!chat->outage.shards)
		return false;
	*code = store_may_pass(chat->outage.error) ? "store_unavailable" : "store_failed";
	*why = strerror(-chat->outage.error);
	return true;
}
