/* records.h - what the stores have stored, and what everybody sees of it. */
#pragma once

#include "chat/chat_private.h"

/* The store has stored an entry of its room (record): keep in mind what it changes, and
 * send it to the room's readers. ticket is that of the request if the chat has asked for
 * it and still waits. */
void records_on_message(struct chat *chat, struct store *store, uint64_t ticket,
	const struct store_record *record);
