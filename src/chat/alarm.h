/* alarm.h - what programs and people do with alarms. */
#pragma once

#include "chat/requests.h"

/* Handle an alarm that a program called label pushed. If is_hook, an alarm that is active
 * and did not change is acknowledged, and nobody is told: many programs send all their
 * alarms again and again. */
int alarm_push(struct input *input, const char *label, bool is_hook);

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
