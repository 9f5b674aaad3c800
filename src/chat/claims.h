/* claims.h - names that a session wants, and what it sends until the cluster has said
 * whether it can have one. That waits in its order. */
#pragma once

#include "chat/chat_private.h"

/* A session's door should read no further when so much waits. */
#define CLAIMS_WAITING_MAX 64
#define CLAIMS_WAITING_BYTES ((size_t)64 * 1024)

struct command;

/* What a session has sent while it waits. */
struct waiting {
	const struct command *command; /* of message; NULL: line is there instead */
	struct message message;
	struct message_fault fault; /* with the ref of message */
	char *line;                 /* of a line session */
	struct asker *asker;
	const struct permissions *permissions; /* of the call that sent it; or NULL */
	size_t bytes;
	STAILQ_ENTRY(waiting) link;
};

/* Ask for the name that the speaker of input wants, unless it has it, nobody must be
 * asked, or it cannot have it anyway. Returns false if input goes on: naming_claim says
 * what has come of it. True: the answer comes later. */
bool claims_ask(struct input *input, const char *name, const struct roster_proof *proof);

/* Ask for the name that a session had which has shown the same token. Returns false if it
 * was answered: the input has what was granted. */
bool claims_ask_by_token(struct input *input, const struct roster_proof *proof);

/* Input was handled: give the name back if the speaker did not take it. */
void claims_settle(struct input *input);

/* Let input wait behind what the speaker has sent before; in front of it if it was the
 * first. It was charged. message is consumed. Returns 0, or -EAGAIN if a call is one too
 * many. */
int claims_wait(struct input *input, const struct command *command);

/* The same for a line that was not read yet. */
void claims_wait_line(struct asker *asker, const char *line);

/* True if the session's commands have to wait. */
bool claims_are_waiting(const struct session *session);

/* Take the first that waits, for claims_free_waiting, or NULL if the session has a claim
 * that is not answered, or nothing waits. */
struct waiting *claims_next(struct chat_session *own);
void claims_free_waiting(struct waiting *waiting);

/* The cluster has answered. Returns the session that goes on, or NULL: nobody waits. */
struct chat_session *claims_answered(
	struct chat *chat, uint64_t ticket, const char *name, int result);

/* A session that has waited for too long, and goes on without its name, or NULL. */
struct chat_session *claims_overdue(struct chat *chat);

/* The session is gone: forget what waits. Calls are answered. */
void claims_drop(struct chat *chat, struct chat_session *own);
