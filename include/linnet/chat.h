/* chat.h - the rules of the chat: what happens with what a client says. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linnet/config.h"
#include "linnet/session.h"

struct chat;

/* What a connection asks for when it opens; NULL or false where it does not. */
struct chat_wishes {
	const char *room;
	const char *name;
	const char *since; /* EPOCH:ID */
	bool wants_events;
};

/* Open a chat by the rules of config, with its history. Borrows config, which must
 * outlive it. fill_random writes len unpredictable bytes. Returns 0 and a chat for
 * chat_free, or -errno with *why set to a sentence when the store cannot be opened. */
int chat_new(struct chat **chat, const struct config *config,
	void (*fill_random)(void *out, size_t len), const char **why);

/* The next session's number, from 1. */
uint64_t chat_next_number(struct chat *chat);

/* Why a connection cannot be in room (NULL: the default one), as the code of an error
 * with *text set to its sentence, or NULL if it can. */
const char *chat_room_fault(struct chat *chat, const char *room, const char **text);

/* A session has come: it is in its room from now on. What is wrong with its wishes it is
 * told. wishes may be NULL. */
void chat_open(
	struct chat *chat, struct session *session, const struct chat_wishes *wishes);

/* A session says len bytes, one whole JSON object at now_ms (Unix time in ms). What is
 * wrong with them is answered to it alone. */
void chat_handle(struct chat *chat, struct session *session, const char *bytes,
	size_t len, int64_t now_ms);

/* The session's queue has run empty: there is room for more of what it missed. */
void chat_on_drained(struct chat *chat, struct session *session);

/* The session takes nothing more; its people are told at the end of this turn of the
 * loop. Only marks: safe within a broadcast. */
void chat_on_closing(struct chat *chat, struct session *session);

/* A session has gone. */
void chat_close(struct chat *chat, struct session *session);

/* The end of a turn of the loop: departures are announced, what was said is given to the
 * store. */
void chat_turn(struct chat *chat);

/* A descriptor that is readable when chat_dispatch has something to do. */
int chat_fd(const struct chat *chat);

/* Pass on what the store has answered. */
void chat_dispatch(struct chat *chat);

/* True while the store has something left to answer. */
bool chat_is_waiting(const struct chat *chat);

/* Let go of history that is too old at now_ms; to be called now and then. */
void chat_prune(struct chat *chat, int64_t now_ms);

/* Close the store and free the chat; no session may be left; NULL is fine. */
void chat_free(struct chat *chat);
