/* chat_private.h - what the parts of the chat share: chat.c (coming, going, the command
 * table), chat_people.c (names, rooms, presence), chat_send.c (messages) and chat_read.c
 * (history, search, resume). */
#pragma once

#include <jansson.h>

#include "linnet/chat.h"
#include "linnet/hex.h"
#include "linnet/hub.h"
#include "linnet/json_text.h"
#include "linnet/message.h"
#include "linnet/roster.h"
#include "linnet/store.h"

struct request;

/* What is to be done with an answer of the store. session is NULL when it has gone. */
typedef void on_appended(struct chat *chat, struct request *request, int error,
	uint64_t id, bool is_duplicate);
typedef void on_page(struct chat *chat, struct request *request, int error,
	const struct store_page *page);

/* Asks the store for it, when it is its turn. Returns 0 or -EAGAIN. */
typedef int read_starter(struct chat *chat, struct request *request);

/* Something that the store was asked for, or a read that waits to be. */
struct request {
	uint64_t ticket;
	struct session *session;
	struct room *room; /* held */
	on_appended *on_appended;
	on_page *on_page;
	read_starter *start; /* a read's */
	char ref[MESSAGE_REF_BYTES + 1];
	char type[MESSAGE_TYPE_BYTES + 1]; /* a message's */
	char *text;                        /* a message's tail, a search's words */
	size_t text_len;
	uint64_t before; /* a history's */
	unsigned limit;  /* a history's or a search's */
	LIST_ENTRY(request) session_link;
	STAILQ_ENTRY(request) waiting_link;
	UT_hash_handle hh;
};

/* What a guest that is there has said under a ref. While it is there, somebody else who
 * says the same is somebody else. */
struct saying {
	char content[HEX_SHA256_BYTES + 1];
	uint64_t session_number;
	STAILQ_ENTRY(saying) link;
	UT_hash_handle hh;
};

/* Bytes of the text that tells this process's guests from those of an earlier one. */
#define NONCE_BYTES 16

struct chat {
	const struct config *config;
	struct hub *hub;
	struct roster *roster;
	struct store *store;
	void (*fill_random)(void *out, size_t len);
	uint64_t last_number;
	uint64_t last_ticket;
	struct request *requests; /* by ticket */
	struct saying *sayings;   /* by content */
	STAILQ_HEAD(, saying) sayings_by_age;
	size_t asked; /* of them: what the store has been asked and has not answered */
	TAILQ_HEAD(, session) departing;
	char nonce[NONCE_BYTES + 1];
	bool is_store_failing; /* and the log says so */
	int64_t now_ms;        /* of what is being handled */
};

/* chat.c */

/* Tell session alone. */
void chat_answer_fault(struct session *session, const struct message_fault *fault);

/* Queue frame, which is consumed, for session. */
void chat_answer(struct session *session, struct frame *frame);

/* A new request for session (NULL: nobody waits) about room. */
struct request *chat_request(
	struct chat *chat, struct session *session, struct room *room, const char *ref);

/* The request is answered, or was not taken. */
void chat_request_free(struct chat *chat, struct request *request);

/* Say in the log when the store begins to fail and when it has healed, and fill in fault
 * with what people are told. */
void chat_store_failed(struct chat *chat, int error, struct message_fault *fault);
void chat_store_works(struct chat *chat);

/* chat_people.c */

/* Take the email of message as a proof, where it is one; email_hash, of
 * MESSAGE_AVATAR_BYTES + 1 bytes, must live as long as proof. */
void chat_prove_by_email(const struct chat *chat, const struct message *message,
	struct roster_proof *proof, char *email_hash);

/* Write len bytes of chance as 2 * len hex digits to out. */
void chat_random_hex(struct chat *chat, char *out, size_t len);

/* Let session be called name. Returns 0, or -EINVAL with *fault filled in: the name is no
 * good, or somebody else's. */
int chat_claim(struct chat *chat, struct session *session, const char *name,
	const struct roster_proof *proof, struct message_fault *fault);

/* The room that message is for: the one that it names or session's own. It must be there
 * (may_add: or may be made). NULL with *fault filled in if not. */
struct room *chat_room_of(struct chat *chat, const struct session *session,
	const char *name, bool may_add, struct message_fault *fault);

/* Put session into room and tell the others. */
struct member *chat_enter(struct session *session, struct room *room);

/* Take session out of all rooms and the roster, and tell the others. */
void chat_depart(struct chat *chat, struct session *session);

/* Tell session that it is in the room. */
void chat_send_joined(
	struct chat *chat, struct member *member, bool recovered, const char *ref);

int chat_do_join(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault);
int chat_do_leave(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault);
int chat_do_nick(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault);
int chat_do_typing(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault);

/* chat_send.c */

/* The session has gone: what it said may be said again by the one that it comes back as.
 */
void chat_forget_sayings(struct chat *chat, const struct session *session);

/* Free what is left of them. */
void chat_free_sayings(struct chat *chat);

int chat_do_message(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault);

/* chat_read.c */

/* Ask for the next read that waits, if the session has room for its answer. */
void chat_read_next(struct chat *chat, struct session *session);

/* Send member what it missed since, and then, or if that cannot be had whole, what is
 * new; tell it that it is in the room first, if it wants events. since may be NULL. */
void chat_resume(
	struct chat *chat, struct member *member, const char *since, const char *ref);

int chat_do_history(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault);
int chat_do_search(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault);
