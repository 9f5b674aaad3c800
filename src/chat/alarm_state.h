/* alarm_state.h - the alarms of a room as they are, and as they will be after all pending
 * changes. */
#pragma once

#include "chat/chat_private.h"

/* The alarms of the room's chat, also while it is a log room and they are hidden. */
struct room_state *alarm_chat_state(struct room *room);

/* True if the room's chat has an alarm. */
bool alarm_exist(struct room *room);

/* Count the alarms of room in the gauge, or do not count them any more. */
void alarm_count_room(const struct room *room, bool is_shown);

/* Make event (consumed; NULL: not active) what the alarm of room is. Pending changes come
 * after that. version: of its stored value; 0 for none. The gauge counts alarms unless
 * their room is a log room now. */
void alarm_stand(struct room *room, struct alarm *alarm, json_t *event, uint64_t version);

/* The same for the stored value; NULL: not active. */
void alarm_stand_as(
	struct room *room, struct alarm *alarm, const char *value, size_t len);

/* Set what the alarm will be after all pending changes. event is consumed. */
void alarm_intend(struct alarm *alarm, json_t *event, uint64_t version);

/* The alarm will be what it is. */
void alarm_intend_nothing(struct alarm *alarm);

/* Free an alarm that is not active and has no pending change. */
void alarm_settle(struct room_state *state, struct alarm *alarm);

/* Remember when event (may be NULL) ends by itself. */
void alarm_note_end(struct chat *chat, const json_t *event);

/* The store gives a new picture of room: alarms that it does not restore are gone when it
 * is complete. */
void alarm_doubt_all(struct room *room);
void alarm_drop_doubted(struct room *room);

/* Restore an alarm that the store says to be active. */
void alarm_restore(struct chat *chat, const char *room, const char *key, uint64_t id,
	const char *value, size_t value_len);

/* Forget the alarms of a room that was deleted. */
void alarm_forget_all(struct room *room);

/* Take name (folded) out of the alarms of room. */
void alarm_forget_name(struct room *room, const char *name);
