/* roster.h - the people who are connected. A person is one name with all the sessions
 * (tabs, devices) that have proved to be the same person, here and on other nodes. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "linnet/base/hash.h"
#include "linnet/chat/session.h"
#include "linnet/cluster/cluster.h"
#include "linnet/protocol/message.h"
#include "linnet/protocol/name_set.h"

struct roster;

/* What another node has told of a person that has sessions there. */
struct far_part {
	struct person *person;
	unsigned node;
	unsigned sessions;
	struct cluster_proofs proofs;
	bool is_doubted;             /* a new picture has not had it yet */
	LIST_HEAD(, far_stay) stays; /* the rooms that it is in there */
	LIST_ENTRY(far_part) person_link;
	LIST_ENTRY(far_part) link;
	UT_hash_handle by_token;
};

LIST_HEAD(far_parts, far_part);

/* Owned by the roster. Lives while it has a session, here or elsewhere. */
struct person {
	char *name;
	char *folded; /* by name_fold, for keys that are stored */
	char *quoted; /* the name as JSON text */
	struct name_entry entry;
	/* A session that shows the token is the same person. One that shows the email
	 * shares only the name. NULL if not set. */
	char *token;
	char *email_hash;
	struct session_list sessions; /* those on this node, oldest first */
	struct far_parts far;         /* one for each other node */
	bool is_told;                 /* other nodes know that it is here */
	UT_hash_handle by_token;
};

/* What a session shows to prove who it is. */
struct roster_proof {
	const char *token;                         /* NULL: none */
	char email_hash[MESSAGE_AVATAR_BYTES + 1]; /* "": none */
};

/* Create an empty roster. Free it with roster_free. */
struct roster *roster_new(void);

/* Make a new session a person called guest-N, N being guest. */
void roster_enter(struct roster *roster, struct session *session, uint64_t guest);

/* Number of people who have a session on this node. */
size_t roster_count(const struct roster *roster);

/* The person with this name, in any spelling with the same folded form, or NULL. */
struct person *roster_find(const struct roster *roster, const char *name);

/* The same, by the key of the name (cluster.h). */
struct person *roster_find_key(const struct roster *roster, const char *key);

/* A person other than except (NULL: any) whose name collides with the name of forms, or
 * NULL. */
struct person *roster_find_rival(const struct roster *roster,
	const struct name_forms *forms, const struct person *except);

/* The person who has shown this session token here, or NULL. */
struct person *roster_find_token(struct roster *roster, const char *token);

/* The person who has shown a token with that hash to another node, or NULL. */
struct person *roster_find_far_token(struct roster *roster, const char *hash);

/* True if person has a session on this node. */
bool roster_is_near(const struct person *person);

/* The key of person's name (cluster.h). */
static inline const char *
roster_key(const struct person *person)
{
	return person->entry.forms.digests[NAME_FOLDED];
}

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
 * other sessions, here or elsewhere. */
void roster_split(struct roster *roster, struct session *session, const char *name);

/* Make session one of person's. Frees its old person if that was its last session. */
void roster_move(struct roster *roster, struct session *session, struct person *person);

/* Remove a session. Frees its person if that was its last session. */
void roster_leave(struct roster *roster, struct session *session);

/* The part of the person of that key (called name) that is on node, added if there is
 * none. The person is added, too. */
struct far_part *roster_add_far(
	struct roster *roster, const char *name, const char *key, unsigned node);

/* The same, or NULL if there is none. */
struct far_part *roster_find_far(
	const struct roster *roster, const char *key, unsigned node);

/* Set what the part's node tells of its proofs. */
void roster_set_far_proofs(struct roster *roster, struct far_part *part,
	const struct cluster_proofs *proofs);

/* Remove part, which is in no room. Frees its person if nothing is left of it. */
void roster_remove_far(struct roster *roster, struct far_part *part);

/* All parts. */
struct far_parts *roster_far_parts(struct roster *roster);

/* Free the roster, which must be empty. roster may be NULL. */
void roster_free(struct roster *roster);
