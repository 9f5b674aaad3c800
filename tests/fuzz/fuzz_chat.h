/* fuzz_chat.h - a chat with the memory store, and sessions without a socket. */
#pragma once

#include <assert.h>
#include <poll.h>
#include <string.h>

#include "fuzz.h"
#include "linnet/base/log.h"
#include "linnet/chat/chat.h"

/* The time does not pass. */
#define NOW_MS 1000

static inline void
fuzz_on_wake(struct session *session)
{
	(void)session;
}

static inline void
fuzz_on_drop(struct session *session, uint16_t code, const char *reason)
{
	(void)session;
	(void)code;
	(void)reason;
}

static inline void
fuzz_random(void *out, size_t len)
{
	memset(out, 7, len);
}

/* A chat without a rate limit. setting is one more KEY=VALUE; it must be the same in each
 * call, because the configuration is loaded only once. */
static inline struct chat *
open_chat(const char *setting)
{
	static struct config *config;
	const char *const settings[] = { "store.driver=memory", "limits.message_rate=0",
		setting };
	struct config_errors errors = { 0 };
	struct chat *chat;
	const char *why;

	if (!config)
		config = config_load_text("", "fuzz", settings, 3, "/", &errors);
	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	assert(chat_new(&chat, config, fuzz_random, &why) == 0);
	return chat;
}

/* Run the chat and its store until nothing is left to do. */
static inline void
settle(struct chat *chat)
{
	struct pollfd pollfd = { .fd = chat_fd(chat, 0), .events = POLLIN };

	chat_turn(chat);
	while (chat_is_waiting(chat)) {
		poll(&pollfd, 1, 1000);
		chat_dispatch(chat, 0);
		chat_turn(chat);
	}
}

/* Open a session that reads wire. */
static inline void
open_session(struct chat *chat, struct session *session, enum wire wire,
	const struct chat_wishes *wishes)
{
	static const struct session_ops ops = { .wake = fuzz_on_wake,
		.drop = fuzz_on_drop };

	struct chat_wishes own = wishes ? *wishes : (struct chat_wishes){ .room = NULL };

	own.wants_progress = wire == WIRE_LINE;
	session_init(session, &ops, wire, chat_next_number(chat), 1 << 20);
	session_admit(session, &permissions_of_rooms, "192.0.2.1", NOW_MS);
	chat_open(chat, session, &own);
}

static inline void
go(struct chat *chat, struct session *session)
{
	chat_close(chat, session);
	session_fini(session);
}
