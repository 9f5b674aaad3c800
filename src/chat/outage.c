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

static void
outage_encode(struct encoded *encoded, bool is_away)
{
	encode_object(encoded,
		json_pack("{s:s,s:s,s:s}", "type", "notice", "code",
			is_away ? "store_away" : "store_back", "message",
			is_away ? "The history cannot be written now. What you send "
				  "waits for it."
				: "The history is back."));
}

/* Tell each session that asked for events and has a room in a shard that is away, or has
 * none any more, unless it knows. */
static void
outage_tell(struct chat *chat, bool is_away)
{
	struct chat_session *own;
	struct encoded encoded;

	outage_encode(&encoded, is_away);
	TAILQ_FOREACH (own, &chat->sessions, link) {
		if (own->is_told_away == is_away || !own->wants_events ||
			outage_concerns(chat, own, chat->outage.told) != is_away)
			continue;
		own->is_told_away = is_away;
		session_say(own->asker.session, &encoded);
	}
	encode_fini(&encoded);
}

void
outage_tell_newcomer(const struct chat *chat, struct session *session)
{
	struct chat_session *own = session->chat;
	struct encoded encoded;

	if (!chat->outage.told || own->is_told_away || !own->wants_events ||
		!outage_concerns(chat, own, chat->outage.told))
		return;
	own->is_told_away = true;
	outage_encode(&encoded, true);
	session_say(session, &encoded);
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
		outage_tell(chat, false);
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
	outage->told |= due;
	if (due)
		outage_tell(chat, true);
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
