/* chat.h - the rules of the chat: what happens with what a client says. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linnet/auth/permissions.h"
#include "linnet/chat/session.h"
#include "linnet/config/config.h"

struct bans;
struct chat;

/* Descriptors that the loop is to watch for the chat. */
#define CHAT_FDS 2

/* Bytes of what shows that one is the same person, as text. */
#define CHAT_TOKEN_BYTES 32

/* What a connection asks for when it opens; NULL or false where it does not. */
struct chat_wishes {
	const char *room;
	const char *name;
	const char *since; /* EPOCH:ID */
	const char *token; /* of an earlier "joined": to be the same person */
	bool wants_joined; /* to be told that it is in the room */
	bool wants_events; /* that, and who comes, goes and types */
	bool is_silent;    /* only reads, and is nobody */
	bool is_strict;    /* is not there at all if it cannot be who it says */
};

/* Open a chat by the rules of config, with its history. Borrows config, which must
 * outlive it. fill_random writes len unpredictable bytes. Returns 0 and a chat for
 * chat_free, or -errno with *why set to a sentence when the store cannot be opened. */
int chat_new(struct chat **chat, const struct config *config,
	void (*fill_random)(void *out, size_t len), const char **why);

/* The next session's number, from 1. */
uint64_t chat_next_number(struct chat *chat);

/* How many people are there, and how many rooms. */
size_t chat_people_count(const struct chat *chat);
size_t chat_room_count(const struct chat *chat);

/* Why whoever has permissions cannot come to room (NULL: its first one), as the code of
 * an error with *text set to its sentence, or NULL if it can. */
const char *chat_entry_fault(struct chat *chat, const struct permissions *permissions,
	const char *room, const char **text);

/* A session has come: it is in its room from now on. What is wrong with its wishes it is
 * told. wishes may be NULL. Returns false if it is in no room. */
bool chat_open(
	struct chat *chat, struct session *session, const struct chat_wishes *wishes);

/* A session says len bytes, one whole JSON object at now_ms (Unix time in ms). What is
 * wrong with them is answered to it alone. */
void chat_handle(struct chat *chat, struct session *session, const char *bytes,
	size_t len, int64_t now_ms);

/* Whoever is to say a line again is woken when it may. */
#define CHAT_WHEN_WOKEN (-1)

/* The same for what a line session says: a line of text or a command, without its end.
 * With may_wait, which is for sessions that want progress, nothing is done when it talks
 * too fast, too much is under way or a command comes before what was said is kept: in how
 * many ms to try again is returned, or CHAT_WHEN_WOKEN. Otherwise it is told so, as
 * WebSockets are, and 0 is returned. */
int64_t chat_handle_line(struct chat *chat, struct session *session, const char *bytes,
	size_t len, bool may_wait, int64_t now_ms);

/* Tell a line session that a line of more than limits.message_bytes was not sent. Returns
 * 0, or in how many ms to try again: that costs it as much as a message. */
int64_t chat_refuse_line(struct chat *chat, struct session *session, int64_t now_ms);

/* A session that speaks for one request of the HTTP door has come: it is in no room, and
 * is sent one object for each that it says, also when all is well: {"type":"ack"} or what
 * it asked for, else {"type":"error"}. rate, which it shares with others, must outlive
 * it. */
void chat_open_call(struct chat *chat, struct session *session, struct rate *rate);

/* A call says object, which is consumed: a history, a search or a list of the rooms.
 */
void chat_ask(struct chat *chat, struct session *call, json_t *object, int64_t now_ms);

/* A session of the person to whom "joined" gave token, or NULL. */
struct session *chat_find_session(struct chat *chat, const char *token);

/* A call says object, which is consumed, in the name of speaker: a message, a new
 * name, that it types, or that it has seen an alarm. */
void chat_send(struct chat *chat, struct session *call, struct session *speaker,
	json_t *object, int64_t now_ms);

/* A call says object, which is consumed, as an outside program called label: a
 * message, an alarm or a metric. It may do so for several; if it talks too fast, it does
 * for all of them. */
void chat_push(struct chat *chat, struct session *call, const char *label, json_t *object,
	int64_t now_ms);

/* Who gives an order; borrowed. */
struct chat_moderator {
	const char *name; /* of the token that was shown */
	const char *peer; /* the address as text */
};

/* A call gives an order: "sessions", "bans", "kick", "ban", "unban", "mute" or
 * "unmute". object, which is consumed, says whom it is about. */
void chat_moderate(struct chat *chat, struct session *call,
	const struct chat_moderator *by, const char *order, json_t *object,
	int64_t now_ms);

/* Who may not come. Owned by the chat. */
const struct bans *chat_bans(const struct chat *chat);

/* The configuration has changed: its rooms, topics and tails are taken over. Rooms that
 * are in it no more stay as long as somebody is there or there is a history. */
void chat_reload(struct chat *chat);

/* A line of the log file of room; skipped is how many were left out instead of one. text
 * is UTF-8. Returns 0, or -EAGAIN if too much is under way. */
int chat_log(struct chat *chat, const char *room, const char *text, size_t len,
	uint64_t skipped, int64_t now_ms);

/* Something happened to the log file of room: event is the word for it, text is UTF-8.
 * The same return. */
int chat_log_event(struct chat *chat, const char *room, const char *event,
	const char *text, int64_t now_ms);

/* Where a session stands in its own room. */
struct chat_place {
	const char *room;
	const char *topic; /* "" where there is none */
	const char *epoch;
	uint64_t last_id;                 /* of what it was sent */
	bool recovered;                   /* it was sent all since what it named */
	bool more;                        /* there is more to come from before */
	const char *username;             /* NULL: it is nobody */
	char token[CHAT_TOKEN_BYTES + 1]; /* what shows that it is that person, or "" */
};

/* Fill in place, good until the chat is called again. Returns false if that is not known
 * yet. */
bool chat_where(struct chat *chat, struct session *session, struct chat_place *place);

/* The session is away for a while: nothing is sent to it, although it stays. */
void chat_set_aside(struct session *session);

/* It is back, and has all up to since (NULL: it does not say). */
void chat_go_on(struct chat *chat, struct session *session, const char *since);

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

/* Descriptor number index, from 0, that is readable when chat_dispatch has something to
 * do. */
int chat_fd(const struct chat *chat, unsigned index);

/* Pass on what the store has answered. */
void chat_dispatch(struct chat *chat);

/* True while the store has something left to answer. */
bool chat_is_waiting(const struct chat *chat);

/* Do what is due: values of metrics are sent, bans lifted, sessions closed whose token
 * has expired. To be called several times a second while there is any connection. */
void chat_tick(struct chat *chat, int64_t now_ms);

/* Let go of history that is too old at now_ms, of bans that are over and of metrics that
 * nobody has said for 25 hours; to be called now and then. */
void chat_prune(struct chat *chat, int64_t now_ms);

/* Close the store and free the chat; no session may be left; NULL is fine. */
void chat_free(struct chat *chat);
