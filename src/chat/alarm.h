/* alarm.h - alarms. */
#pragma once

#include "chat/requests.h"

/* Handle an alarm that a program called label pushed. If is_hook, an alarm that is active
 * and did not change is acknowledged, and nobody is told: many programs send all their
 * alarms again and again. */
int alarm_push(struct input *input, const char *label, bool is_hook);

/* The store has stored record, which says what an alarm of room is now. request has asked
 * for it; NULL: another process has. */
void alarm_on_message(struct chat *chat, struct room *room, const struct request *request,
	const struct store_record *record);

/* The store has answered a REQUEST_ALARM: it is done, or was computed again. */
void alarm_on_appended(struct chat *chat, struct request *request, int error,
	const struct store_answer *answer);

/* Count the alarms of room in the gauge, or do not count them any more. */
void alarm_count_room(const struct room *room, bool is_shown);

/* The store gives a new picture of room: alarms that it does not restore are gone when it
 * is complete. */
void alarm_doubt_all(struct room *room);
void alarm_drop_doubted(struct room *room);

/* Restore an alarm that the store says to be active. */
void alarm_restore(struct chat *chat, const char *room, const char *key, uint64_t id,
	const char *value, size_t value_len);

/* Clear the alarms whose time is over at now_ms. One that cannot be stored is tried again
 * by the next call. */
void alarm_end_due(struct chat *chat, int64_t now_ms);

/* Acknowledge an alarm in the name of the speaker. */
input_handler alarm_do_ack;

/* Clear an alarm that stands, for everybody, and charge it. label is the name of a
 * program; NULL: the speaker clears it. */
int alarm_clear(struct input *input, const char *label);

/* The same for the speaker. The line door has charged it already. */
input_handler alarm_do_clear, alarm_do_clear_line;

/* Forget the alarms of a room that was deleted. */
void alarm_forget_all(struct room *room);

/* True if the room's chat has an alarm. */
bool alarm_exist(struct room *room);

/* Take name (folded) out of the alarms of room. */
void alarm_forget_name(struct room *room, const char *name);
