/* alarm_change.h - a change of an alarm on its way through the store. */
#pragma once

#include "chat/alarm_wish.h"
#include "chat/requests.h"

/* Fill in that there is no such alarm. */
void alarm_refuse_missing(struct message_fault *fault);

/* Give the store event, which is consumed, as what becomes of wish, which is consumed.
 * Returns 0, or an error of store_append with the fault of input filled in. */
int alarm_post(struct input *input, struct room *room, struct alarm *alarm,
	struct alarm_wish *wish, json_t *event);

/* The store has stored record, which says what an alarm of room is now. request has asked
 * for it; NULL: another process has. */
void alarm_on_message(struct chat *chat, struct room *room, const struct request *request,
	const struct store_record *record);

/* The store has answered a REQUEST_ALARM: it is done, or was computed again. */
void alarm_on_appended(struct chat *chat, struct request *request, int error,
	const struct store_answer *answer);
