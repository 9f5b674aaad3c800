/* alarm.h - alarms. */
#pragma once

#include "chat/requests.h"

/* Handle an alarm that a program called label pushed. */
int alarm_push(struct chat *chat, struct asker *asker, const char *label,
	const struct message *message, struct message_fault *fault);

/* The store has answered a REQUEST_ALARM. */
void alarm_on_appended(struct chat *chat, struct request *request, int error, uint64_t id,
	bool is_duplicate);

/* Restore an alarm that was active when the store was closed. */
void alarm_restore(void *context, const char *room, const char *key, uint64_t id,
	const char *value, size_t value_len);

/* Acknowledge an alarm in the name of speaker and tell asker the result. */
int alarm_acknowledge(struct chat *chat, struct asker *asker,
	const struct session *speaker, const struct message *message,
	struct message_fault *fault);

int alarm_do_ack(struct chat *chat, struct asker *asker, const struct message *message,
	struct message_fault *fault);
