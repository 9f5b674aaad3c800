#include "chat/outage.h"

#include <errno.h>
#include <string.h>

#include "chat/requests.h"
#include "linnet/base/log.h"
#include "linnet/base/util.h"

/* A shorter outage is told to nobody. */
#define QUIET_TICKS (1000 / CHAT_TICK_MS)

void
outage_init(struct chat *chat)
{
	chat->outage.shards = 1;
	chat->outage.error = -EAGAIN;
}

/* True if a room of the session is in one of shards. */
static bool
outage_concerns(const struct chat *chat, const struct chat_session *own, uint64_t shards)
{
	const struct member *member;

	TAILQ_FOREACH (member, &own->members, session_link)
		if (shards >> store_shard(chat->store, member->room->name) & 1)
			return true;
	return false;
}

/* Tell the sessions with a room in one of shards, and with none in those that were told
 * of. */
static void
outage_tell(struct chat *chat, uint64_t shards, const char *code, const char *text)
{
	const struct chat_session *own;
	struct encoded encoded;

	encode_object(&encoded, json_pack("{s:s,s:s,s:s}", "type", "notice", "code", code,
					"message", text));
	TAILQ_FOREACH (own, &chat->sessions, link)
		if (own->wants_events && outage_concerns(chat, own, shards) &&
			!outage_concerns(chat, own, chat->outage.told))
			session_say(own->asker.session, &encoded);
	encode_fini(&encoded);
}

void
outage_on_up(struct chat *chat, unsigned shard, bool is_up, int error)
{
	struct outage *outage = &chat->outage;
	uint64_t bit = UINT64_C(1) << shard;
	bool was_told;

	if (!is_up) {
		requests_note_outage(chat, error);
		outage->shards |= bit;
		outage->error = error;
		outage->since[shard] = chat->ticks;
		return;
	}
	was_told = outage->told & bit;
	outage->shards &= ~bit;
	outage->told &= ~bit;
	if (was_told)
		outage_tell(chat, bit, "store_back", "The history is back.");
	if (!outage->shards)
		requests_note_success(chat);
}

void
outage_tick(struct chat *chat)
{
	struct outage *outage = &chat->outage;
	uint64_t due = 0;

	for (unsigned shard = 0; shard < ARRAY_SIZE(outage->since); shard++)
		if (outage->shards >> shard & 1 &&
			chat->ticks - outage->since[shard] >= QUIET_TICKS)
			due |= UINT64_C(1) << shard;
	due &= ~outage->told;
	if (due)
		outage_tell(chat, due, "store_away",
			"The history cannot be written now. What you send waits for it.");
	outage->told |= due;
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
