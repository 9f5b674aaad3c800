/* roster.h - the people who are connected. A person is one name with all the sessions
 * (tabs, devices) that have proved to be the same person. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "linnet/base/hash.h"
#include "linnet/chat/session.h"
#include "linnet/protocol/message.h"
#include "linnet/protocol/name_set.h"

struct roster;

/* Owned by the roster. Lives while it has a session. */
struct person {
	char *name;
	char *folded; /* by name_fold, for keys that are stored */
	char *quoted; /* the name as JSON text */
	struct name_entry entry;
	/* A session that shows the token is the same person. One that shows the email
	 * shares only the name. NULL if not set. */
	char *token;
	char *email_hash;
	struct session_list sessions; /* oldest first */
	UT_hash_handle by_token;
};

/* What a session shows to prove who it is. */
struct roster_proof {
	const char *token;                         /* NULL: none */
	char email_hash[MESSAGE_AVATAR_BYTES + 1]; /* "": none */
};

/* Create an empty roster. Free it with roster_free. */
struct roster *roster_new(void);

/* Make a new session a person called guest-N, N counting from 1. */
void roster_enter(struct roster *roster, struct session *session);

/* Number of people. */
size_t roster_count(const struct roster *roster);

/* The person with this name, in any spelling with the same folded form, or NULL. */
struct person *roster_find(const struct roster *roster, const char *name);

/* A person other than except (NULL: any) whose name collides with the name of forms, or
 * NULL. */
struct person *roster_find_rival(const struct roster *roster,
	const struct name_forms *forms, const struct person *except);

/* The person with this session token, or NULL. */
struct person *roster_find_token(struct roster *roster, const char *token);

/* True if session may be person: it is already, or it shows the person's proof. Sets
 * is_owner only if it shows the token. An email is no secret, so it only lets a session
 * share the name. */
bool roster_prove(struct session *session, const struct person *person,
	const struct roster_proof *proof);

/* Set the proofs of person (copied). A proof that is set already is kept. A token of
 * another person is ignored. */
void roster_set_proof(
	struct roster *roster, struct person *person, const struct roster_proof *proof);

/* Rename person, and so all its sessions. Nobody else may have a colliding name. */
void roster_rename(struct roster *roster, struct person *person, const char *name);

/* Make session a new person called name, which nobody may have. Its old person must have
 * other sessions. */
void roster_split(struct roster *roster, struct session *session, const char *name);

/* Make session one of person's. Frees its old person if that was its last session. */
void roster_move(struct roster *roster, struct session *session, struct person *person);

/* Remove a session. Frees its person if that was its last session. */
void roster_leave(struct roster *roster, struct session *session);

/* Free the roster, which must be empty. roster may be NULL. */
void roster_free(struct roster *roster);
