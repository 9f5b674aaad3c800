/* naming.h - who has which name. */
#pragma once

#include "chat/chat_private.h"

/* Write len random bytes to out as 2 * len hex digits. */
void naming_random_hex(struct chat *chat, char *out, size_t len);

/* Use the email of the message as a proof, unless emails are shared with everybody. */
void naming_prove_by_email(const struct input *input, struct roster_proof *proof);

/* Read what the message shows to prove who its sender is. Returns 0 or -EINVAL. */
int naming_read_proof(struct input *input, struct roster_proof *proof);

/* Check the form of a session token. Returns 0, or -EINVAL with *fault filled in. */
int naming_check_token(const char *token, struct message_fault *fault);

/* The person that shows this session token, here or on another node, or NULL. */
struct person *naming_find_token(struct chat *chat, const char *token);

/* True if nobody here has the name and the speaker may have it, so that the cluster must
 * be asked. */
bool naming_must_ask(struct input *input, const char *name);

/* Give the speaker the name. Returns 0, or -EINVAL if the name is bad or taken. */
int naming_claim(struct input *input, const char *name, const struct roster_proof *proof);

/* Set the proofs of session's person, as roster_set_proof. */
void naming_set_proof(struct chat *chat, const struct session *session,
	const struct roster_proof *proof);

/* Session is about to enter a room. Its person gets a token, so that other nodes are told
 * at once how it proves who it is. */
void naming_prepare(struct chat *chat, const struct session *session);

/* Everybody who is called as person is called name now. target already has that name
 * (NULL: nobody): they become it. */
void naming_follow(struct chat *chat, struct person *person, struct person *target,
	const char *name);

/* Remove session, which is in no room, from its person. */
void naming_depart(struct chat *chat, struct session *session);

input_handler naming_do_nick;
