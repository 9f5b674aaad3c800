/* presence.h - who has which name, and which session is in which room. */
#pragma once

#include "chat/chat_private.h"

/* Write len random bytes to out as 2 * len hex digits. */
void presence_random_hex(struct chat *chat, char *out, size_t len);

/* Use the email of the message as a proof, unless emails are shared with everybody. */
void presence_prove_by_email(const struct input *input, struct roster_proof *proof);

/* Read what the message shows to prove who its sender is. Returns 0 or -EINVAL. */
int presence_read_proof(struct input *input, struct roster_proof *proof);

/* Check the form of a session token. Returns 0, or -EINVAL with *fault filled in. */
int presence_check_token(const char *token, struct message_fault *fault);

/* True if nobody here has the name and the speaker may have it, so that the cluster must
 * be asked. */
bool presence_must_ask(struct input *input, const char *name);

/* Give the speaker the name. Returns 0, or -EINVAL if the name is bad or taken. */
int presence_claim(
	struct input *input, const char *name, const struct roster_proof *proof);

/* Add session to room and announce it. */
struct member *presence_enter(
	struct chat *chat, struct session *session, struct room *room);

/* Remove member and announce it to the room, but not to except (NULL: to all). */
void presence_leave(
	struct chat *chat, struct member *member, const struct session *except);

/* Remove session from all rooms and from the roster, and announce it. */
void presence_depart(struct chat *chat, struct session *session);

input_handler presence_do_leave, presence_do_nick, presence_do_typing, presence_do_who;
