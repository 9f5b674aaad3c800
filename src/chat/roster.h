/* roster.h - who is who: the names of all live sessions. A person is one name with all
 * the sessions (tabs, devices) that have shown that they are the same person's. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "linnet/base/hash.h"
#include "linnet/chat/session.h"
#include "linnet/protocol/name.h"

/* Bytes of a person's token as text: 128 random bits in hex. */
#define PERSON_TOKEN_BYTES 32

struct roster;

/* One name. Owned by the roster, lives as long as it has a session. */
struct person {
	char *name;
	char *folded; /* the name as it is compared */
	/* What shows that another session is the same person's; NULL where unset. */
	char *token;
	char *email_hash;
	struct session_list sessions; /* in the order in which they came */
	UT_hash_handle hh;
	UT_hash_handle by_token;
};

/* What a session shows to be somebody; either may be NULL. */
struct roster_proof {
	const char *token;
	const char *email_hash;
};

/* An empty roster; freed by roster_free. */
struct roster *roster_new(void);

/* Give a new session the name guest-N, N counting from 1. */
void roster_enter(struct roster *roster, struct session *session);

/* How many people there are. */
size_t roster_count(const struct roster *roster);

/* The person who holds name, or NULL. */
struct person *roster_find(struct roster *roster, const char *name);

/* The person whose token that is, or NULL. */
struct person *roster_find_token(struct roster *roster, const char *token);

/* True if session may be person: it is already, or its proof is the person's. Marks
 * whether it is the owner then: who shows only the email, which is no secret, shares the
 * name. */
bool roster_prove(struct session *session, const struct person *person,
	const struct roster_proof *proof);

/* Remember what proves to be person (copied): each part is taken once, and a token that
 * is another person's not at all. */
void roster_set_proof(
	struct roster *roster, struct person *person, const struct roster_proof *proof);

/* Give person, and so all its sessions, another name, which nobody else holds. */
void roster_rename(struct roster *roster, struct person *person, const char *name);

/* Make session a person of its own called name, which nobody holds. Its old person is not
 * freed: it has further sessions. */
void roster_split(struct roster *roster, struct session *session, const char *name);

/* Make session one of person's; its old person is freed if that was its last session. */
void roster_move(struct roster *roster, struct session *session, struct person *person);

/* A session has gone; its person is freed with its last one. */
void roster_leave(struct roster *roster, struct session *session);

/* Free the roster, which must be empty; NULL is fine. */
void roster_free(struct roster *roster);
