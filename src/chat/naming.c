#include "chat/naming.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat/attendance.h"
#include "chat/ban_store.h"
#include "chat/near_people.h"
#include "chat/proofs.h"
#include "chat/reply.h"
#include "chat/room_access.h"
#include "linnet/base/hex.h"
#include "linnet/base/log.h"
#include "linnet/base/xalloc.h"

void
naming_random_hex(struct chat *chat, char *out, size_t len)
{
	uint8_t bytes[32];

	assert(len <= sizeof(bytes));
	chat->fill_random(bytes, len);
	hex_encode(out, bytes, len);
}

/* Lists of people name the door of a person's first session. Returns the person of
 * session if another session is the first one after it, else NULL. */
static struct person *
naming_rest(const struct session *session)
{
	struct person *person = session->person;

	return TAILQ_FIRST(&person->sessions) == session &&
			       TAILQ_NEXT(session, person_link)
		       ? person
		       : NULL;
}

/* person (NULL: nobody) has another name or first session. */
static void
naming_forget_lists(struct person *person)
{
	struct session *session;
	struct member *member;

	if (!person)
		return;
	TAILQ_FOREACH (session, &person->sessions, person_link)
		TAILQ_FOREACH (member, &session->chat->members, session_link)
			rooms_forget_list(member->room);
}

/* True if an earlier session of the same person is in room. */
static bool
naming_is_there_before(const struct room *room, const struct session *session)
{
	const struct session *other = session;

	while ((other = TAILQ_PREV(other, session_list, person_link)))
		if (rooms_member(room, other))
			return true;
	return false;
}

/* Nobody here is called name any more. now: the forms of what its person is called now;
 * NULL: it is gone. */
static void
naming_release(struct chat *chat, const char *name, const struct name_forms *forms,
	const struct name_forms *now)
{
	if (!name_is_guest(name) && !(now && name_forms_are_equal(forms, now)))
		cluster_release(&chat->cluster, forms->digests[NAME_FOLDED]);
}

/* person is about to lose a session: if it is the last one here, this node does not need
 * its name. */
static void
naming_release_last(struct chat *chat, struct person *person)
{
	if (TAILQ_NEXT(TAILQ_FIRST(&person->sessions), person_link))
		return;
	near_people_gone(chat, person);
	naming_release(chat, person->name, &person->entry.forms, NULL);
}

/* Tell the rooms in which person has no session on this node. */
static void
naming_tell_far_rename(const struct person *person, const char *was)
{
	const struct far_part *part;
	const struct far_stay *stay;

	LIST_FOREACH (part, &person->far, person_link)
		LIST_FOREACH (stay, &part->stays, part_link) {
			struct attendee *attendee = stay->attendee;

			rooms_forget_list(attendee->room);
			if (!attendee->sessions && LIST_FIRST(&attendee->far) == stay)
				attendance_tell_rename(attendee->room, person, was);
		}
}

/* Give person another name, and tell the rooms on this node. */
static void
naming_rename_here(struct chat *chat, struct person *person, const char *name)
{
	char was[NAME_MAX_BYTES + 1];
	struct session *session;
	struct member *member;

	snprintf(was, sizeof(was), "%s", person->name);
	roster_rename(chat->roster, person, name);
	naming_forget_lists(person);
	TAILQ_FOREACH (session, &person->sessions, person_link)
		TAILQ_FOREACH (member, &session->chat->members, session_link)
			if (!naming_is_there_before(member->room, session))
				attendance_tell_rename(member->room, person, was);
	naming_tell_far_rename(person, was);
}

static void
naming_rename_person(struct chat *chat, struct person *person, const char *name)
{
	struct name_forms forms = person->entry.forms;
	char was[NAME_MAX_BYTES + 1];

	snprintf(was, sizeof(was), "%s", person->name);
	naming_rename_here(chat, person, name);
	if (!near_people_rename(chat, person, was, &forms))
		naming_release(chat, was, &forms, &person->entry.forms);
}

/* Make session one of person's and announce the change in each of its rooms. */
static void
naming_move_session(struct chat *chat, struct session *session, struct person *person)
{
	struct person *old = session->person, *rest = naming_rest(session);
	struct member *member;

	TAILQ_FOREACH (member, &session->chat->members, session_link)
		attendance_go(chat, member->room, old, session->wire, old);
	naming_release_last(chat, old);
	roster_move(chat->roster, session, person);
	naming_forget_lists(rest);
	if (rest)
		near_people_change(chat, rest);
	near_people_change(chat, person);
	/* It may be a listener for long, so this enter is not held: it would miss its own
	 * next rename. */
	TAILQ_FOREACH (member, &session->chat->members, session_link)
		attendance_appear(chat, member->room, session, person);
}

/* Give a session that only shares a name a name of its own. */
static void
naming_split_session(struct chat *chat, struct session *session, const char *name)
{
	struct person *old = session->person, *rest = naming_rest(session);
	struct member *member;

	roster_split(chat->roster, session, name);
	naming_forget_lists(rest);
	near_people_change(chat, old);
	TAILQ_FOREACH (member, &session->chat->members, session_link) {
		attendance_go(chat, member->room, old, session->wire, NULL);
		/* The session is told, too: it is the answer to its rename. */
		attendance_appear(chat, member->room, session, NULL);
	}
}

/* As roster_prove, by what the person has shown to other nodes. */
static bool
naming_prove_far(struct session *session, const struct person *holder,
	const struct roster_proof *proof)
{
	enum cluster_grant grant = proofs_compare(holder, session->permissions, proof);

	if (grant == CLUSTER_FREE)
		return false;
	session->is_owner = grant != CLUSTER_BY_EMAIL;
	return true;
}

/* True if session proves to be holder. If the name comes from a token, only that token
 * proves it. */
static bool
naming_prove(struct session *session, const struct person *holder,
	const struct roster_proof *proof)
{
	if (!session->permissions->name)
		return roster_prove(session, holder, proof) ||
		       naming_prove_far(session, holder, proof);
	session->is_owner = room_access_is_person(session->permissions, holder);
	return session->is_owner;
}

/* The door logs the name with which a session opens. */
static void
naming_log_name(const struct session *session, const char *was)
{
	if (session->chat->is_named && strcmp(was, session->person->name) != 0)
		log_info("session_name", log_uint("session", session->number),
			log_str("peer", session->peer), SESSION_WHO_FIELDS(session),
			log_person("was", was));
}

/* True if the name of forms is rival's, but this node has no session of it. */
static bool
naming_is_elsewhere(const struct person *rival, const struct name_forms *forms)
{
	return !roster_is_near(rival) &&
	       name_forms_are_equal(forms, &rival->entry.forms) &&
	       !name_is_guest(rival->name);
}

bool
naming_must_ask(struct input *input, const char *name)
{
	const struct chat *chat = input->chat;
	const struct session *session = input->speaker;
	const struct person *person = session->person, *rival;

	if (!strcmp(person->name, name) ||
		!permissions_has_name(session->permissions, name) ||
		name_fault(name, (size_t)chat->config->limits.name_bytes))
		return false;
	name_forms_write(&input->forms, name);
	input->checked = name;
	rival = roster_find_rival(chat->roster, &input->forms, person);
	return !name_forms_are_equal(&input->forms, &person->entry.forms) &&
	       (!rival || naming_is_elsewhere(rival, &input->forms)) &&
	       !bans_have_name(chat->bans, BAN_NAME, &input->forms);
}

/* The cluster does not give the name. */
static int
naming_refuse_claim(int error, struct message_fault *fault)
{
	if (error == -EEXIST)
		return message_refuse(
			fault, "name_taken", "somebody else is called that already");
	return message_refuse(fault, "store_unavailable",
		"nobody can say whether that name is free: try again");
}

/* True if the cluster lets the speaker be holder, who is on other nodes only. */
static bool
naming_is_granted(
	const struct input *input, const char *name, const struct person *holder)
{
	return input->claimed && !strcmp(input->claimed, name) &&
	       input->claim_result >= 0 && naming_is_elsewhere(holder, &input->forms);
}

/* True if nobody else is its person. */
static bool
naming_is_alone(const struct session *session)
{
	const struct person *person = session->person;

	return LIST_EMPTY(&person->far) && TAILQ_FIRST(&person->sessions) == session &&
	       !TAILQ_NEXT(session, person_link);
}

void
naming_set_proof(struct chat *chat, const struct session *session,
	const struct roster_proof *proof)
{
	struct person *person = session->person;
	bool has_token = person->token, has_email = person->email_hash;

	roster_set_proof(chat->roster, person, proof);
	if (has_token != (person->token != NULL) ||
		has_email != (person->email_hash != NULL))
		near_people_change(chat, person);
}

int
naming_claim(struct input *input, const char *name, const struct roster_proof *proof)
{
	struct chat *chat = input->chat;
	struct session *session = input->speaker;
	struct person *holder = NULL;
	bool is_new = strcmp(session->person->name, name) != 0;
	bool is_checked = input->checked && !strcmp(input->checked, name);
	char was[NAME_MAX_BYTES + 1];
	const char *why;

	if (is_new && !is_checked) {
		name_forms_write(&input->forms, name);
		input->checked = NULL;
	}
	if (is_new)
		holder = roster_find_rival(chat->roster, &input->forms, session->person);
	if (!permissions_has_name(session->permissions, name))
		return message_refuse(&input->fault, "denied",
			"what you are called is said by your token");
	/* Another name would end a mute, which is kept by name. */
	if (is_new && ban_store_check_mute(input) < 0)
		return -EINVAL;
	if (is_new && bans_have_name(chat->bans, BAN_NAME, &input->forms))
		return message_refuse(&input->fault, "banned", "this name is banned");
	snprintf(was, sizeof(was), "%s", session->person->name);
	if (holder && naming_is_granted(input, name, holder)) {
		input->has_taken = true;
		session->is_owner = input->claim_result != CLUSTER_BY_EMAIL;
		naming_move_session(chat, session, holder);
	} else if (holder && !naming_is_elsewhere(holder, &input->forms) &&
		   naming_prove(session, holder, proof)) {
		/* session may have been a guest. */
		naming_move_session(chat, session, holder);
	} else if (is_new) {
		why = is_checked
			      ? NULL
			      : name_fault(name, (size_t)chat->config->limits.name_bytes);
		if (why)
			return message_refuse(
				&input->fault, "bad_name", "the name %s", why);
		if (input->claimed && input->claim_result < 0)
			return naming_refuse_claim(input->claim_result, &input->fault);
		if (holder)
			return naming_refuse_claim(-EEXIST, &input->fault);
		input->has_taken = input->claimed && !strcmp(input->claimed, name);
		if (session->is_owner || naming_is_alone(session))
			naming_rename_person(chat, session->person, name);
		else
			naming_split_session(chat, session, name);
	}
	naming_log_name(session, was);
	if (session->is_owner)
		naming_set_proof(chat, session, proof);
	return 0;
}

void
chat_give_token(struct chat *chat, struct session *session, char *token)
{
	struct person *person = session->person;

	naming_random_hex(chat, token, CHAT_TOKEN_BYTES / 2);
	if (!session->is_owner)
		return;
	naming_set_proof(chat, session, &(struct roster_proof){ .token = token });
	if (person->token)
		memcpy(token, person->token, CHAT_TOKEN_BYTES);
}

void
naming_prove_by_email(const struct input *input, struct roster_proof *proof)
{
	/* A shared email is known to everybody, so it proves nothing. */
	if (input->message.email && !input->chat->config->chat.share_email)
		message_avatar(input->message.email, proof->email_hash);
}

/* Check the form: a person that has no token yet takes this one. */
int
naming_check_token(const char *token, struct message_fault *fault)
{
	if (strspn(token, "0123456789abcdef") == CHAT_TOKEN_BYTES &&
		!token[CHAT_TOKEN_BYTES])
		return 0;
	return message_refuse(fault, "bad_field",
		"\"session\" must be the text that an earlier \"joined\" gave");
}

int
naming_read_proof(struct input *input, struct roster_proof *proof)
{
	if (message_get_string(&input->message, "session", CHAT_TOKEN_BYTES,
		    &proof->token, &input->fault) < 0 ||
		(proof->token && naming_check_token(proof->token, &input->fault) < 0))
		return -EINVAL;
	naming_prove_by_email(input, proof);
	return 0;
}

int
naming_do_nick(struct input *input)
{
	const char *name = input->message.username;
	struct roster_proof proof = { .token = NULL };

	if (!name)
		return message_refuse(
			&input->fault, "bad_field", "\"username\" must be the new name");
	if (naming_read_proof(input, &proof) < 0 || naming_claim(input, name, &proof) < 0)
		return -EINVAL;
	reply_ack(input->asker, &(struct chat_ack){ .ref = NULL });
	return 0;
}

struct person *
naming_find_token(struct chat *chat, const char *token)
{
	struct person *person = roster_find_token(chat->roster, token);
	char hash[HEX_SHA256_BYTES + 1];

	if (person || !cluster_is_shared(&chat->cluster))
		return person;
	hex_sha256(hash, token, strlen(token));
	return roster_find_far_token(chat->roster, hash);
}

void
naming_prepare(struct chat *chat, const struct session *session)
{
	char token[CHAT_TOKEN_BYTES + 1];

	if (!cluster_is_shared(&chat->cluster) || session->person->is_told ||
		session->person->token || !session->is_owner)
		return;
	naming_random_hex(chat, token, CHAT_TOKEN_BYTES / 2);
	naming_set_proof(chat, session, &(struct roster_proof){ .token = token });
}

void
naming_follow(
	struct chat *chat, struct person *person, struct person *target, const char *name)
{
	struct session *session, *next;

	if (!target) {
		naming_rename_here(chat, person, name);
		return;
	}
	for (session = TAILQ_FIRST(&person->sessions); session; session = next) {
		next = TAILQ_NEXT(session, person_link);
		naming_move_session(chat, session, target);
	}
}

void
naming_depart(struct chat *chat, struct session *session)
{
	struct person *rest = naming_rest(session), *person = session->person;
	bool is_last = !TAILQ_NEXT(TAILQ_FIRST(&person->sessions), person_link);

	free(session->chat->last_name);
	session->chat->last_name = xstrdup(person->name);
	naming_release_last(chat, person);
	roster_leave(chat->roster, session);
	naming_forget_lists(rest);
	if (!is_last)
		near_people_change(chat, person);
}
