/* alarm_fixture.h - alarms of the key "disk" for a chat of chat_fixture.h. */
#pragma once

#include "chat_fixture.h"

#define ALARM(rest) "{\"type\":\"alarm\",\"key\":\"disk\"," rest "}"
#define WARNING ALARM("\"severity\":\"warning\"")
#define CRITICAL ALARM("\"severity\":\"critical\",\"message\":\"98 %\"")
#define OK ALARM("\"severity\":\"ok\"")

/* Push what the store is to answer later. */
static inline void
push_later(struct fixture *fixture, struct fake *call, const char *text)
{
	come_as_call(fixture, call);
	push_as(fixture, call, "cron", text);
}
