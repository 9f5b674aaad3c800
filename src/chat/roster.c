#include "chat/roster.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/json_text.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"

struct roster {
	struct name_set names;
	size_t count; /* of people with a session here */
	struct person *by_token;
	struct far_parts far;
	struct far_part *by_far_token;
};

struct roster *
roster_new(void)
{
	return xcalloc(1, sizeof(struct roster));
}

static void
roster_set_name(struct roster *roster, struct person *person, const char *name)
{
	char folded[NAME_MAX_BYTES + 1];
	struct buffer quoted = { 0 };

	name_fold(folded, name);
	json_text_append_string(&quoted, name);
	buffer_append(&quoted, "", 1);
	person->name = xstrdup(name);
	person->folded = xstrdup(folded);
	person->quoted = quoted.bytes;
	name_set_add(&roster->names, &person->entry, name);
}

static void
roster_clear_name(struct roster *roster, struct person *person)
{
	name_set_remove(&roster->names, &person->entry);
	free(person->name);
	free(person->folded);
	free(person->quoted);
}

static struct person *
roster_new_person(struct roster *roster, const char *name)
{
	struct person *person = xcalloc(1, sizeof(*person));

	TAILQ_INIT(&person->sessions);
	roster_set_name(roster, person, name);
	return person;
}

static void
roster_add_session(struct roster *roster, struct session *session, struct person *person)
{
	roster->count += TAILQ_EMPTY(&person->sessions);
	session->person = person;
	TAILQ_INSERT_TAIL(&person->sessions, session, person_link);
}

static void
roster_add_person(struct roster *roster, struct session *session, const char *name)
{
	roster_add_session(roster, session, roster_new_person(roster, name));
	session->is_owner = true;
}

void
roster_enter(struct roster *roster, struct session *session, uint64_t guest)
{
	char name[32];

	snprintf(name, sizeof(name), "guest-%" PRIu64, guest);
	roster_add_person(roster, session, name);
}

static void
roster_free_person(struct roster *roster, struct person *person)
{
	if (!TAILQ_EMPTY(&person->sessions) || !LIST_EMPTY(&person->far))
		return;
	roster_clear_name(roster, person);
	if (person->token)
		HASH_DELETE(by_token, roster->by_token, person);
	free(person->token);
	free(person->email_hash);
	free(person);
}

/* The person may be left without a session. */
static void
roster_remove_session(struct roster *roster, struct session *session)
{
	TAILQ_REMOVE(&session->person->sessions, session, person_link);
	roster->count -= TAILQ_EMPTY(&session->person->sessions);
}

void
roster_split(struct roster *roster, struct session *session, const char *name)
{
	roster_remove_session(roster, session);
	roster_add_person(roster, session, name);
}

size_t
roster_count(const struct roster *roster)
{
	return roster->count;
}

static struct person *
roster_person_of(struct name_entry *entry)
{
	return entry ? container_of(entry, struct person, entry) : NULL;
}

struct person *
roster_find(const struct roster *roster, const char *name)
{
	struct name_forms forms;

	name_forms_write(&forms, name);
	return roster_person_of(name_set_find_same(&roster->names, &forms));
}

struct person *
roster_find_key(const struct roster *roster, const char *key)
{
	struct name_forms forms = { .is_ascii = false };

	snprintf(forms.digests[NAME_FOLDED], sizeof(forms.digests[NAME_FOLDED]), "%s",
		key);
	return roster_person_of(name_set_find_same(&roster->names, &forms));
}

struct person *
roster_find_rival(const struct roster *roster, const struct name_forms *forms,
	const struct person *except)
{
	return roster_person_of(
		name_set_find(&roster->names, forms, except ? &except->entry : NULL));
}

struct person *
roster_find_token(struct roster *roster, const char *token)
{
	struct person *person;

	HASH_FIND(by_token, roster->by_token, token, strlen(token), person);
	return person;
}

struct person *
roster_find_far_token(struct roster *roster, const char *hash)
{
	struct far_part *part;

	HASH_FIND(by_token, roster->by_far_token, hash, strlen(hash), part);
	return part ? part->person : NULL;
}

bool
roster_is_near(const struct person *person)
{
	return !TAILQ_EMPTY(&person->sessions);
}

bool
roster_prove(struct session *session, const struct person *person,
	const struct roster_proof *proof)
{
	bool by_token =
		person->token && proof->token && !strcmp(person->token, proof->token);

	if (session->person == person)
		return true;
	if (!by_token && (!person->email_hash ||
				 strcmp(person->email_hash, proof->email_hash) != 0))
		return false;
	session->is_owner = by_token;
	return true;
}

void
roster_set_proof(
	struct roster *roster, struct person *person, const struct roster_proof *proof)
{
	/* A session may show the token of a person that is connected under another name.
	 */
	if (proof->token && !person->token && !roster_find_token(roster, proof->token)) {
		person->token = xstrdup(proof->token);
		HASH_ADD_KEYPTR(by_token, roster->by_token, person->token,
			strlen(person->token), person);
	}
	if (*proof->email_hash && !person->email_hash)
		person->email_hash = xstrdup(proof->email_hash);
}

void
roster_rename(struct roster *roster, struct person *person, const char *name)
{
	roster_clear_name(roster, person);
	roster_set_name(roster, person, name);
}

void
roster_leave(struct roster *roster, struct session *session)
{
	struct person *person = session->person;

	roster_remove_session(roster, session);
	session->person = NULL;
	roster_free_person(roster, person);
}

void
roster_move(struct roster *roster, struct session *session, struct person *person)
{
	roster_leave(roster, session);
	roster_add_session(roster, session, person);
}

struct far_part *
roster_find_far(const struct roster *roster, const char *key, unsigned node)
{
	const struct person *person = roster_find_key(roster, key);
	struct far_part *part;

	if (!person)
		return NULL;
	LIST_FOREACH (part, &person->far, person_link)
		if (part->node == node)
			return part;
	return NULL;
}

struct far_part *
roster_add_far(struct roster *roster, const char *name, const char *key, unsigned node)
{
	struct far_part *part = roster_find_far(roster, key, node);
	struct person *person = roster_find_key(roster, key);

	if (part)
		return part;
	if (!person)
		person = roster_new_person(roster, name);
	part = xcalloc(1, sizeof(*part));
	part->person = person;
	part->node = node;
	LIST_INSERT_HEAD(&person->far, part, person_link);
	LIST_INSERT_HEAD(&roster->far, part, link);
	return part;
}

/* The first part with a token is found by it. */
static void
roster_clear_far_token(struct roster *roster, struct far_part *part)
{
	struct far_part *found;

	HASH_FIND(by_token, roster->by_far_token, part->proofs.token,
		strlen(part->proofs.token), found);
	if (found == part)
		HASH_DELETE(by_token, roster->by_far_token, part);
}

void
roster_set_far_proofs(
	struct roster *roster, struct far_part *part, const struct cluster_proofs *proofs)
{
	roster_clear_far_token(roster, part);
	part->proofs = *proofs;
	if (*proofs->token && !roster_find_far_token(roster, proofs->token))
		HASH_ADD(by_token, roster->by_far_token, proofs.token,
			strlen(part->proofs.token), part);
}

void
roster_remove_far(struct roster *roster, struct far_part *part)
{
	assert(LIST_EMPTY(&part->stays));
	roster_clear_far_token(roster, part);
	LIST_REMOVE(part, link);
	LIST_REMOVE(part, person_link);
	roster_free_person(roster, part->person);
	free(part);
}

struct far_parts *
roster_far_parts(struct roster *roster)
{
	return &roster->far;
}

void
roster_free(struct roster *roster)
{
	if (!roster)
		return;
	assert(!roster->count && LIST_EMPTY(&roster->far));
	free(roster);
}
