/* opening.h - sessions that open, and wait for their names. */
#pragma once

#include "chat/chat_private.h"

/* As on_claimed in struct cluster_callbacks; context is the chat. */
void opening_on_claimed(void *context, uint64_t ticket, const char *name, int result);

/* The claim of the session was answered: it enters its room, or its commands go on. */
void opening_continue(struct chat *chat, struct chat_session *own);

/* Free what a session wants to enter with; NULL is fine. */
void opening_free(struct opening *opening);
