/* metric.h - metrics. */
#pragma once

#include "chat/chat_private.h"

/* Handle a metric that a program called label pushed. */
int metric_push(struct input *input, const char *label);

/* Answer the past of a metric. */
input_handler metric_do_past;

/* Send the values that are due. */
void metric_send_due(struct chat *chat, int64_t now_ms);

/* Forget metrics that were not pushed for a day, and rooms that have nothing else. */
void metric_forget(struct chat *chat);

/* Forget the metrics of room. */
void metric_forget_room(struct chat *chat, struct room *room);

/* Drop the values that are due. */
void metric_free_due(struct chat *chat);

/* Forget the metrics of a room that was deleted. */
void metric_forget_all(struct chat *chat, struct room *room);

/* Take name (folded) out of the metrics of room. */
void metric_forget_name(struct room *room, const char *name);
