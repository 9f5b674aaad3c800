/* chat.h - the rules of the chat: what the server does with each object that a client
 * sends. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linnet/auth/gate.h"
#include "linnet/auth/permissions.h"
#include "linnet/chat/session.h"
#include "linnet/config/config.h"

struct bans;
struct chat;
struct message_fault;
struct token;

/* Descriptors that the loop has to watch for the chat. */
#define CHAT_FDS 2

/* Length of a session token: 128 random bits in hex. */
#define CHAT_TOKEN_BYTES 32

/* What a connection asks for when it opens. NULL and false mean that it does not ask. */
struct chat_wishes {
	const char *room;
	const char *name;
	const char *since; /* EPOCH:ID */
	const char *token; /* session token of an earlier "joined": be the same person */
	bool wants_joined; /* send it "joined" */
	bool wants_events; /* send it "joined", presence and typing */
	bool wants_progress; /* wake it whenever one of its requests is done */
	bool is_silent;      /* it only reads and is not a person */
	bool is_strict;      /* refuse it if it cannot have the name it asks for */
};

/* Create a chat with its history. Borrows config, which must outlive the chat.
 * fill_random writes len unpredictable bytes. Returns 0 and a chat for chat_free. If the
 * store cannot be opened, returns -errno and sets *why to a sentence. */
int chat_new(struct chat **chat, const struct config *config,
	void (*fill_random)(void *out, size_t len), const char **why);

/* Number of the next session, counting from 1. */
uint64_t chat_next_number(struct chat *chat);

/* The name of the room that is reached by name: as it was first spelt, valid until the
 * next call of the chat, or name itself if there is no room. *is_exact (if not NULL) is
 * set if another room has the same name but for ASCII case. */
const char *chat_room_name(struct chat *chat, const char *name, bool *is_exact);

/* Number of people, and of rooms that are made. */
size_t chat_people_count(const struct chat *chat);
size_t chat_room_count(const struct chat *chat);

/* As store_bytes. */
uint64_t chat_store_bytes(const struct chat *chat, uint64_t *log_bytes);

/* Check whether a client with these permissions may enter room (NULL: its first room).
 * Returns NULL if it may. Otherwise returns the code of an error and sets *text to its
 * sentence. */
const char *chat_entry_fault(struct chat *chat, const struct permissions *permissions,
	const char *room, const char **text);

/* Open a session: it enters its room. It is sent an error for each wish that cannot be
 * met. wishes may be NULL. Returns false if it entered no room. If others must be asked
 * for the name, it returns true and enters later, or is told then why not; a strict one
 * is closed. */
bool chat_open(
	struct chat *chat, struct session *session, const struct chat_wishes *wishes);

/* Handle len bytes from session: one whole JSON object, received at now_ms (Unix time in
 * ms). An error is sent to this session only. */
void chat_handle(struct chat *chat, struct session *session, const char *bytes,
	size_t len, int64_t now_ms);

/* Retry this line when the session is woken. */
#define CHAT_WHEN_WOKEN (-1)

/* Handle one line of a line session: a text or a command, without its line end. If
 * may_wait is set, a line that cannot be handled yet is left alone: it is over the rate,
 * the store is full, or a command follows lines that are not stored yet. Returns after
 * how many ms to retry it, or CHAT_WHEN_WOKEN. The session must want progress. Without
 * may_wait the session is sent an error instead. Returns 0 when the line is done. */
int64_t chat_handle_line(struct chat *chat, struct session *session, const char *bytes,
	size_t len, bool may_wait, int64_t now_ms);

/* Tell a line session that a line longer than limits.message_bytes was dropped. It costs
 * as much as a message. Returns 0, or after how many ms to retry. */
int64_t chat_refuse_line(struct chat *chat, struct session *session, int64_t now_ms);

/* Who calls the chat for one HTTP request. Borrowed until chat_call returns. */
struct chat_caller {
	const struct permissions *permissions;
	struct rate *rate;          /* is charged for the call; unused for CHAT_SEND */
	struct gate_client *client; /* too; NULL: nobody; unused for CHAT_SEND */
	const char *name;           /* of the program or the moderator */
	const struct token *token;  /* that it showed; NULL: none */
	const char *peer;           /* address of the moderator as text */
	struct session *speaker;    /* of CHAT_SEND: in whose name */
};

enum chat_call_kind {
	CHAT_ASK,   /* for a history, a search or the list of rooms; "type" says which */
	CHAT_SEND,  /* a message, a new name, typing or an acknowledgement of a person */
	CHAT_PUSH,  /* messages, alarms or metrics of a program */
	CHAT_ORDER, /* of a moderator */
};

/* What the caller wants. order is "sessions", "bans", "kick", "ban", "unban", "mute",
 * "unmute", "delete" or "forget". */
struct chat_call {
	enum chat_call_kind kind;
	json_t *object;    /* consumed; of CHAT_PUSH: an array that is not empty */
	const char *order; /* of CHAT_ORDER */
	bool is_hook;      /* the objects were converted from a webhook */
	int64_t now_ms;
};

/* Where a sent or pushed message was put. */
struct chat_ack {
	const char *ref;   /* NULL: none */
	const char *room;  /* NULL: it is in no room */
	const char *epoch; /* of id */
	uint64_t id;       /* 0: it was not stored */
	int64_t ts_ms;     /* of id; 0: not known */
	size_t delivered;  /* number of readers */
	bool is_duplicate;
	size_t count; /* objects of the call; the members above are of the last one */
};

enum chat_reply_kind {
	CHAT_FAULT,  /* at least one object was refused; the first fault */
	CHAT_ACK,    /* all were accepted */
	CHAT_OBJECT, /* the answer to CHAT_ASK or CHAT_ORDER */
};

struct chat_reply {
	enum chat_reply_kind kind;
	union {
		const struct message_fault *fault;
		const struct chat_ack *ack;
		struct encoded *object;
	};
};

/* Called once for a call, maybe before chat_call returns. reply is valid until it
 * returns. It may not call the chat. */
typedef void chat_on_reply(void *context, const struct chat_reply *reply);

/* A call that is not answered yet. */
struct chat_pending;

/* Call the chat. Returns NULL if on_reply was called already. Otherwise returns a handle
 * for chat_cancel, which is valid until on_reply is called. */
struct chat_pending *chat_call(struct chat *chat, const struct chat_caller *caller,
	const struct chat_call *call, chat_on_reply *on_reply, void *context);

/* The caller does not want the reply any more. The call is carried out all the same. */
void chat_cancel(struct chat_pending *pending);

/* A session of the person with this session token, or NULL. */
struct session *chat_find_session(struct chat *chat, const char *token);

/* Names and addresses that are banned. Owned by the chat. */
const struct bans *chat_bans(const struct chat *chat);

/* The limits that clients share. Owned by the chat; its sessions hold references. */
struct gate *chat_gate(const struct chat *chat);

/* Apply a changed configuration: rooms, topics and tails. A room that is no longer
 * configured stays while it has members or a history. */
void chat_reload(struct chat *chat);

/* Append a line to the log room called room. skipped is the number of lines that were
 * dropped in its place. text is UTF-8. Returns 0, or -EAGAIN if the store is full. */
int chat_log(struct chat *chat, const char *room, const char *text, size_t len,
	uint64_t skipped, int64_t now_ms);

/* Append an event of the log file, such as a rotation, to its room. event is its word;
 * text is UTF-8. Returns as chat_log. */
int chat_log_event(struct chat *chat, const char *room, const char *event,
	const char *text, int64_t now_ms);

/* The position of a session in its own room. */
struct chat_place {
	const char *room;
	const char *topic; /* "" if it has none */
	const char *epoch;
	uint64_t last_id;     /* of the last message that was sent to it */
	bool recovered;       /* it was sent everything since the id that it named */
	bool more;            /* more missed messages follow */
	const char *username; /* NULL: it is not a person */
};

/* Fill in place, which is valid until the next call of the chat. Returns false while the
 * position is not known. */
bool chat_where(
	const struct chat *chat, const struct session *session, struct chat_place *place);

/* Write the session token of session's person to token, which has CHAT_TOKEN_BYTES + 1
 * bytes. A session that only shares the name gets a random token that proves nothing. */
void chat_give_token(struct chat *chat, struct session *session, char *token);

/* Pause a session: it stays in its rooms but is sent nothing. */
void chat_set_aside(struct session *session);

/* Read place, "EPOCH:ID". Returns false if it is none of the history that room has. Its
 * id may be higher than the last one of the room. */
bool chat_read_place(
	const struct chat *chat, const char *room, const char *place, uint64_t *id);

/* Continue a paused session, which has everything up to since (NULL: not known). */
void chat_go_on(struct chat *chat, struct session *session, const char *since);

/* The session's queue is empty: send it more of what it missed. */
void chat_on_drained(struct chat *chat, struct session *session);

/* The session is closing. Its departure is announced at the end of this turn of the loop.
 * Only marks it, so this is safe during a broadcast. */
void chat_on_closing(struct chat *chat, struct session *session);

/* True if so much of what the session has sent waits for its name that its door should
 * read no further until it is woken. */
bool chat_is_full(const struct session *session);

/* Number of requests of the session that were not answered yet. */
unsigned chat_request_count(const struct session *session);

/* Remove a session whose connection is gone. Does nothing if it is not in the chat. */
void chat_close(struct chat *chat, struct session *session);

/* End a turn of the loop: announce departures and give new messages to the store. */
void chat_turn(struct chat *chat);

/* Descriptor number index, from 0: of a store that the chat has. It is readable when
 * chat_dispatch has work. */
int chat_fd(const struct chat *chat, unsigned index);

/* Process the answers of the store that has descriptor number index. */
void chat_dispatch(struct chat *chat, unsigned index);

/* True while messages cannot be kept. Then *code is that of an error and *why a phrase,
 * both static. */
bool chat_is_away(const struct chat *chat, const char **code, const char **why);

/* Look whether the history that config names can be opened, and change nothing. Returns
 * 0, or -errno with *why set, as store_check does. */
int chat_check_store(const struct config *config, const char **why);

/* Write a whole copy of the history that config names to the new file to. Returns 0, or
 * -errno with *why set, as store_backup does. */
int chat_backup(const struct config *config, const char *to, const char **why);

/* True while an answer of the store is outstanding. */
bool chat_is_waiting(const struct chat *chat);

/* How often chat_tick has to be called while there is any connection. */
#define CHAT_TICK_MS 250

/* Do timed work: send due metrics, end bans, close sessions whose token has expired. */
void chat_tick(struct chat *chat, int64_t now_ms);

/* Remove bans that have ended and metrics that were not pushed for 25 hours. Call this
 * now and then. */
void chat_prune(struct chat *chat, int64_t now_ms);

/* Remove history that is too old at now_ms, and clear alarms whose time is over then.
 * steady_clock_note returns now_ms: what a wrong clock lets expire does not come back. */
void chat_trim(struct chat *chat, int64_t now_ms);

/* Close the store and free the chat. No session may be left. chat may be NULL. */
void chat_free(struct chat *chat);
