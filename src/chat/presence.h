/* presence.h - names, and who is told of them. */
#pragma once

#include "chat/chat_private.h"

/* Write len random bytes to out as 2 * len hex digits. */
void presence_random_hex(struct chat *chat, char *out, size_t len);

/* Use the email of message as a proof if it is one. email_hash has MESSAGE_AVATAR_BYTES +
 * 1 bytes and must live as long as proof. */
void presence_prove_by_email(const struct chat *chat, const struct message *message,
	struct roster_proof *proof, char *email_hash);

/* Read what message shows to prove who its sender is. email_hash as above. Returns 0, or
 * -EINVAL with *fault filled in. */
int presence_read_proof(const struct chat *chat, const struct message *message,
	struct roster_proof *proof, char *email_hash, struct message_fault *fault);

/* Check the form of a session token. Returns 0, or -EINVAL with *fault filled in. */
int presence_check_token(const char *token, struct message_fault *fault);

/* Give session the name. Returns 0, or -EINVAL with *fault filled in if the name is bad
 * or taken. */
int presence_claim(struct chat *chat, struct session *session, const char *name,
	const struct roster_proof *proof, struct message_fault *fault);

/* Add session to room and announce it. */
struct member *presence_enter(struct session *session, struct room *room);

/* Remove member and announce it to the room, but not to except (NULL: to all). */
void presence_leave(
	struct chat *chat, struct member *member, const struct session *except);

/* Remove session from all rooms and from the roster, and announce it. */
void presence_depart(struct chat *chat, struct session *session);

/* The people in room, for "joined" and "who". */
json_t *presence_list_users(const struct room *room);

int presence_do_leave(struct chat *chat, struct asker *asker,
	const struct message *message, struct message_fault *fault);
int presence_do_nick(struct chat *chat, struct asker *asker,
	const struct message *message, struct message_fault *fault);
int presence_do_typing(struct chat *chat, struct asker *asker,
	const struct message *message, struct message_fault *fault);
int presence_do_who(struct chat *chat, struct asker *asker, const struct message *message,
	struct message_fault *fault);
