/* chat.h - the rules of the chat: what happens with what a client says. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "linnet/config.h"
#include "linnet/hub.h"
#include "linnet/session.h"

struct chat;

/* A chat in hub by the rules of config; borrows both, which must outlive it. Freed by
 * chat_free. */
struct chat *chat_new(const struct config *config, struct hub *hub);

/* The next session's number, from 1. */
uint64_t chat_next_number(struct chat *chat);

/* A session has come: it is in its room from now on. */
void chat_open(struct chat *chat, struct session *session);

/* A session says len bytes, one whole JSON object at now_ms (Unix time in ms). What is
 * wrong with them is answered to it alone. */
void chat_handle(struct chat *chat, struct session *session, const char *bytes,
	size_t len, int64_t now_ms);

/* A session has gone. */
void chat_close(struct chat *chat, struct session *session);

/* Free the chat, not its hub; NULL is fine. */
void chat_free(struct chat *chat);
