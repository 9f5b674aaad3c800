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

struct chosen_name;

/* A session that shows the token is the same person. One that shows the email shares only
 * the name. NULL if not set. */
struct person_proof {
	struct person *person;
	char *token;
	char *email_hash;
	UT_hash_handle by_token;
};

/* Owned by the roster. Lives while it has a session. Most people are guests that only
 * read, so what these do not need is apart. */
struct person {
	char *name;
	struct chosen_name *chosen; /* its forms; NULL: a guest */
	struct person_proof *proof; /* who proves to be the person; NULL: nobody */
	struct session_list sessions;           /* oldest first */
	SLIST_HEAD(, attendee) attendees;       /* of the rooms that it is in */
	UT_hash_handle by_guest;                /* by the name of a guest */
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

/* A person other than except (NULL: any) whose name collides with name, or NULL. forms:
 * those of name. A guest's collides only with itself, in upper or lower case: names that
 * look like it are reserved. */
struct person *roster_find_rival(const struct roster *roster, const char *name,
	const struct name_forms *forms, const struct person *except);

/* The token of person, or NULL. A session that shows it is the same person. */
const char *roster_token(const struct person *person);

/* The forms of person's name, or NULL: it is a guest, whose name collides with none that
 * somebody may choose. */
const struct name_forms *roster_forms(const struct person *person);

/* True if person has chosen a name that collides with the name of forms. */
bool roster_collides(const struct person *person, const struct name_forms *forms);

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
