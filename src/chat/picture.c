#include "chat/picture.h"

#include "chat/alarm_state.h"
#include "chat/ban_store.h"
#include "chat/resume.h"

static bool
picture_has(const struct chat *chat, unsigned shard, const struct room *room)
{
	return store_shard(chat->store, room->name) == shard;
}

void
picture_on_epoch(struct chat *chat, unsigned shard)
{
	struct room *room, *next;

	HASH_ITER(hh, chat->rooms->by_name, room, next)
	{
		if (!picture_has(chat, shard, room))
			continue;
		alarm_doubt_all(room);
		if (room->is_tail) {
			room->other.last_id = 0;
			continue;
		}
		room->is_anew = true;
		room->last_id = room->gone_id = 0;
		room->epochs++;
		room->changes++; /* what is read now is of both: read it again */
	}
}

void
picture_on_room(struct chat *chat, const char *name, uint64_t last_id, uint64_t gone_id,
	int64_t last_ts_ms)
{
	struct room *room;

	if (ban_store_has_room(name))
		return;
	room = rooms_restore(chat->rooms, name, last_id > gone_id);
	alarm_doubt_all(room);
	if (room->is_tail) {
		room->other.last_id = last_id;
		room->other.last_ts_ms = last_ts_ms;
		return;
	}
	if (!room->is_behind && (last_id != room->last_id || gone_id != room->gone_id)) {
		room->is_behind = true;
		room->shown_id = room->last_id;
	}
	room->last_id = last_id;
	room->gone_id = gone_id;
	room->is_deleted = last_id == gone_id;
	room->last_ts_ms = last_ts_ms;
	if (last_ts_ms > room->given_ts_ms)
		room->given_ts_ms = last_ts_ms;
}

void
picture_on_state(struct chat *chat, const char *room, const char *key, uint64_t id,
	const char *value, size_t value_len)
{
	if (ban_store_has_room(room))
		ban_store_restore(chat, key, id, value, value_len);
	else
		alarm_restore(chat, room, key, id, value, value_len);
}

/* A member that is told who is here moves to the end, with a higher number. */
static void
picture_begin_anew(struct chat *chat, struct room *room)
{
	struct member *member, *next;
	uint64_t last = room->last_number;

	for (member = TAILQ_FIRST(&room->members); member && member->number <= last;
		member = next) {
		next = TAILQ_NEXT(member, room_link);
		resume_epoch(chat, member);
	}
}

static void
picture_catch_up(struct chat *chat, struct room *room)
{
	struct member *member;

	TAILQ_FOREACH (member, &room->members, room_link)
		resume_from(chat, member, room->shown_id);
}

void
picture_end(struct chat *chat, unsigned shard)
{
	struct room *room, *next;

	HASH_ITER(hh, chat->rooms->by_name, room, next)
	{
		bool is_anew = room->is_anew, is_behind = room->is_behind;

		if (!picture_has(chat, shard, room))
			continue;
		alarm_drop_doubted(room);
		room->is_anew = room->is_behind = false;
		if (is_anew)
			picture_begin_anew(chat, room);
		else if (is_behind)
			picture_catch_up(chat, room);
		rooms_release(chat->rooms, room);
	}
}
