/* alarm_fixture.h - pushes alarms with the key "disk" to a chat of chat_fixture.h. */
#pragma once

#include "chat_fixture.h"

#define ALARM(rest) "{" JSON("type":"alarm","key":"disk",) rest "}"
#define WARNING ALARM(JSON("severity":"warning"))
#define CRITICAL ALARM(JSON("severity":"critical","message":"98 %"))
#define OK ALARM(JSON("severity":"ok"))

/* Push the object in text; the store answers later. */
static inline void
push_later(struct fixture *fixture, struct fake *call, const char *text)
{
	come_as_call(fixture, call);
	push_as(fixture, call, "cron", text);
}
