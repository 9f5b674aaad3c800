#include "chat/roster.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"

/* The name of a person that is not a guest. */
struct chosen_name {
	struct name_entry entry;
	struct person *person;
};

struct roster {
	struct name_set names;
	struct person *guests; /* by name */
	size_t count;
	struct person_proof *by_token;
	uint64_t last_guest;
};

struct roster *
roster_new(void)
{
	return xcalloc(1, sizeof(struct roster));
}

static void
roster_set_name(struct roster *roster, struct person *person, const char *name)
{
	person->name = xstrdup(name);
	if (name_is_guest(name)) {
		HASH_ADD_KEYPTR(by_guest, roster->guests, person->name, strlen(name),
			person);
		return;
	}
	person->chosen = xcalloc(1, sizeof(*person->chosen));
	person->chosen->person = person;
	name_set_add(&roster->names, &person->chosen->entry, name);
}

static void
roster_clear_name(struct roster *roster, struct person *person)
{
	if (person->chosen)
		name_set_remove(&roster->names, &person->chosen->entry);
	else
		HASH_DELETE(by_guest, roster->guests, person);
	free(person->chosen);
	person->chosen = NULL;
	free(person->name);
}

static void
roster_add_person(struct roster *roster, struct session *session, const char *name)
{
	struct person *person = xcalloc(1, sizeof(*person));

	TAILQ_INIT(&person->sessions);
	roster_set_name(roster, person, name);
	roster->count++;
	session->person = person;
	session->is_owner = true;
	TAILQ_INSERT_TAIL(&person->sessions, session, person_link);
}

void
roster_enter(struct roster *roster, struct session *session)
{
	char name[32];

	snprintf(name, sizeof(name), "guest-%" PRIu64, ++roster->last_guest);
	roster_add_person(roster, session, name);
}

void
roster_split(struct roster *roster, struct session *session, const char *name)
{
	TAILQ_REMOVE(&session->person->sessions, session, person_link);
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
	return entry ? container_of(entry, struct chosen_name, entry)->person : NULL;
}

/* The guest with this name, or NULL. */
static struct person *
roster_find_guest(const struct roster *roster, const char *name)
{
	char folded[NAME_MAX_BYTES + 1];
	struct person *person;

	if (!name_is_guest(name) || strlen(name) > NAME_MAX_BYTES)
		return NULL;
	name_fold(folded, name);
	HASH_FIND(by_guest, roster->guests, folded, strlen(folded), person);
	return person;
}

struct person *
roster_find(const struct roster *roster, const char *name)
{
	struct person *guest = roster_find_guest(roster, name);
	struct name_forms forms;

	if (guest)
		return guest;
	name_forms_write(&forms, name);
	return roster_person_of(name_set_find_same(&roster->names, &forms));
}

struct person *
roster_find_rival(const struct roster *roster, const char *name,
	const struct name_forms *forms, const struct person *except)
{
	const struct name_entry *own =
		except && except->chosen ? &except->chosen->entry : NULL;
	struct person *guest = roster_find_guest(roster, name);

	if (guest && guest != except)
		return guest;
	return roster_person_of(name_set_find(&roster->names, forms, own));
}

const struct name_forms *
roster_forms(const struct person *person)
{
	return person->chosen ? &person->chosen->entry.forms : NULL;
}

bool
roster_collides(const struct person *person, const struct name_forms *forms)
{
	return person->chosen && name_forms_collide(forms, roster_forms(person));
}

struct person *
roster_find_token(struct roster *roster, const char *token)
{
	struct person_proof *proof;

	HASH_FIND(by_token, roster->by_token, token, strlen(token), proof);
	return proof ? proof->person : NULL;
}

const char *
roster_token(const struct person *person)
{
	return person->proof ? person->proof->token : NULL;
}

bool
roster_prove(struct session *session, const struct person *person,
	const struct roster_proof *proof)
{
	const struct person_proof *own = person->proof;
	bool by_token =
		own && own->token && proof->token && !strcmp(own->token, proof->token);

	if (session->person == person)
		return true;
	if (!by_token && !(own && own->email_hash &&
				 !strcmp(own->email_hash, proof->email_hash)))
		return false;
	session->is_owner = by_token;
	return true;
}

void
roster_set_proof(
	struct roster *roster, struct person *person, const struct roster_proof *proof)
{
	struct person_proof *own = person->proof;

	if (!own && (proof->token || *proof->email_hash)) {
		own = person->proof = xcalloc(1, sizeof(*own));
		own->person = person;
	}
	/* A session may show the token of a person that is connected under another name.
	 */
	if (proof->token && !own->token && !roster_find_token(roster, proof->token)) {
		own->token = xstrdup(proof->token);
		HASH_ADD_KEYPTR(by_token, roster->by_token, own->token,
			strlen(own->token), own);
	}
	if (*proof->email_hash && !own->email_hash)
		own->email_hash = xstrdup(proof->email_hash);
}

static void
roster_clear_proof(struct roster *roster, struct person_proof *proof)
{
	if (!proof)
		return;
	if (proof->token)
		HASH_DELETE(by_token, roster->by_token, proof);
	free(proof->token);
	free(proof->email_hash);
	free(proof);
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

	TAILQ_REMOVE(&person->sessions, session, person_link);
	session->person = NULL;
	if (TAILQ_EMPTY(&person->sessions)) {
		roster_clear_name(roster, person);
		roster->count--;
		roster_clear_proof(roster, person->proof);
		free(person);
	}
}

void
roster_move(struct roster *roster, struct session *session, struct person *person)
{
	roster_leave(roster, session);
	session->person = person;
	TAILQ_INSERT_TAIL(&person->sessions, session, person_link);
}

void
roster_free(struct roster *roster)
{
	if (!roster)
		return;
	assert(!roster->count);
	free(roster);
}
