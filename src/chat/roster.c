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
	size_t count;
	struct person *by_token;
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

	TAILQ_REMOVE(&person->sessions, session, person_link);
	session->person = NULL;
	if (TAILQ_EMPTY(&person->sessions)) {
		roster_clear_name(roster, person);
		roster->count--;
		if (person->token)
			HASH_DELETE(by_token, roster->by_token, person);
		free(person->token);
		free(person->email_hash);
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
