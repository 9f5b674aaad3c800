#include "chat/presence.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "chat/attendance.h"
#include "chat/ban_store.h"
#include "chat/reply.h"
#include "chat/room_access.h"
#include "linnet/base/hex.h"
#include "linnet/base/log.h"

void
presence_random_hex(struct chat *chat, char *out, size_t len)
{
	uint8_t bytes[32];

	assert(len <= sizeof(bytes));
	chat->fill_random(bytes, len);
	hex_encode(out, bytes, len);
}

/* Lists of people name the door of a person's first session. Returns the person of
 * session if another session is the first one after it, else NULL. */
static struct person *
presence_rest(const struct session *session)
{
	struct person *person = session->person;

	return TAILQ_FIRST(&person->sessions) == session &&
			       TAILQ_NEXT(session, person_link)
		       ? person
		       : NULL;
}

/* person (NULL: nobody) has another name or first session. */
static void
presence_forget_lists(struct person *person)
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
presence_is_there_before(const struct room *room, const struct session *session)
{
	const struct session *other = session;

	while ((other = TAILQ_PREV(other, session_list, person_link)))
		if (rooms_member(room, other))
			return true;
	return false;
}

/* Nobody here is called name any more. forms: its own; NULL: it was a guest's. now: the
 * forms of what its person is called now; NULL: it is gone. */
static void
presence_release(struct chat *chat, const char *name, const struct name_forms *forms,
	const struct name_forms *now)
{
	if (forms && !(now && name_forms_collide(forms, now)))
		cluster_release(&chat->cluster, name);
}

/* person is about to lose a session: if it is the last one, its name is free. */
static void
presence_release_last(struct chat *chat, const struct person *person)
{
	if (!TAILQ_NEXT(TAILQ_FIRST(&person->sessions), person_link))
		presence_release(chat, person->name, roster_forms(person), NULL);
}

static void
presence_rename_person(struct chat *chat, struct person *person, const char *name)
{
	bool was_guest = !roster_forms(person);
	struct name_forms forms = { 0 };
	char was[NAME_MAX_BYTES + 1];
	struct session *session;
	struct member *member;

	snprintf(was, sizeof(was), "%s", person->name);
	if (!was_guest)
		forms = *roster_forms(person);
	roster_rename(chat->roster, person, name);
	presence_release(chat, was, was_guest ? NULL : &forms, roster_forms(person));
	presence_forget_lists(person);
	TAILQ_FOREACH (session, &person->sessions, person_link)
		TAILQ_FOREACH (member, &session->chat->members, session_link)
			if (!presence_is_there_before(member->room, session))
				attendance_tell_rename(member->room, person, was);
}

/* Make session one of person's and announce the change in each of its rooms. */
static void
presence_move_session(struct chat *chat, struct session *session, struct person *person)
{
	struct person *old = session->person, *rest = presence_rest(session);
	struct member *member;

	TAILQ_FOREACH (member, &session->chat->members, session_link)
		attendance_go(chat, member->room, old, session->wire, old);
	presence_release_last(chat, old);
	roster_move(chat->roster, session, person);
	presence_forget_lists(rest);
	/* It may be a listener for long, so this enter is not held: it would miss its own
	 * next rename. */
	TAILQ_FOREACH (member, &session->chat->members, session_link)
		if (rooms_attend(member->room, person))
			attendance_tell_enter(member->room, session, person);
}

/* Give a session that only shares a name a name of its own. */
static void
presence_split_session(struct chat *chat, struct session *session, const char *name)
{
	struct person *old = session->person, *rest = presence_rest(session);
	struct member *member;

	roster_split(chat->roster, session, name);
	presence_forget_lists(rest);
	TAILQ_FOREACH (member, &session->chat->members, session_link) {
		attendance_go(chat, member->room, old, session->wire, NULL);
		rooms_attend(member->room, session->person);
		/* The session is told, too: it is the answer to its rename. */
		attendance_tell_enter(member->room, session, NULL);
	}
}

/* True if session proves to be holder. If the name comes from a token, only that token
 * proves it. */
static bool
presence_prove(struct session *session, const struct person *holder,
	const struct roster_proof *proof)
{
	if (!session->permissions->name)
		return roster_prove(session, holder, proof);
	session->is_owner = room_access_is_person(session->permissions, holder);
	return session->is_owner;
}

/* The door logs the name with which a session opens. */
static void
presence_log_name(const struct session *session, const char *was)
{
	if (session->chat->is_named && strcmp(was, session->person->name) != 0)
		log_info("session_name", log_uint("session", session->number),
			log_str("peer", session->peer), SESSION_WHO_FIELDS(session),
			log_person("was", was));
}

bool
presence_must_ask(struct input *input, const char *name)
{
	const struct chat *chat = input->chat;
	const struct session *session = input->speaker;
	const struct person *person = session->person;

	if (!strcmp(person->name, name) ||
		!permissions_has_name(session->permissions, name) ||
		name_fault(name, (size_t)chat->config->limits.name_bytes))
		return false;
	name_forms_write(&input->forms, name);
	input->checked = name;
	return !roster_collides(person, &input->forms) &&
	       !roster_find_rival(chat->roster, name, &input->forms, person) &&
	       !bans_have_name(chat->bans, BAN_NAME, &input->forms);
}

/* The cluster does not give the name. */
static int
presence_refuse_claim(int error, struct message_fault *fault)
{
	if (error == -EEXIST)
		return message_refuse(
			fault, "name_taken", "somebody else is called that already");
	return message_refuse(fault, "store_unavailable",
		"nobody can say whether that name is free: try again");
}

int
presence_claim(struct input *input, const char *name, const struct roster_proof *proof)
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
		holder = roster_find_rival(
			chat->roster, name, &input->forms, session->person);
	if (!permissions_has_name(session->permissions, name))
		return message_refuse(&input->fault, "denied",
			"what you are called is said by your token");
	/* Another name would end a mute, which is kept by name. */
	if (is_new && ban_store_check_mute(input) < 0)
		return -EINVAL;
	if (is_new && bans_have_name(chat->bans, BAN_NAME, &input->forms))
		return message_refuse(&input->fault, "banned", "this name is banned");
	snprintf(was, sizeof(was), "%s", session->person->name);
	if (holder && presence_prove(session, holder, proof)) {
		/* session may have been a guest. */
		presence_move_session(chat, session, holder);
	} else if (is_new) {
		why = is_checked
			      ? NULL
			      : name_fault(name, (size_t)chat->config->limits.name_bytes);
		if (why)
			return message_refuse(
				&input->fault, "bad_name", "the name %s", why);
		if (holder)
			return presence_refuse_claim(-EEXIST, &input->fault);
		if (input->claimed && input->claim_error)
			return presence_refuse_claim(input->claim_error, &input->fault);
		input->has_taken = input->claimed && !strcmp(input->claimed, name);
		if (session->is_owner)
			presence_rename_person(chat, session->person, name);
		else
			presence_split_session(chat, session, name);
	}
	presence_log_name(session, was);
	if (session->is_owner)
		roster_set_proof(chat->roster, session->person, proof);
	return 0;
}

struct member *
presence_enter(struct chat *chat, struct session *session, struct room *room)
{
	struct member *member = rooms_enter(room, session);

	if (session->person)
		attendance_arrive(chat, room, session);
	return member;
}

void
presence_leave(struct chat *chat, struct member *member, const struct session *except)
{
	struct session *session = member->session;
	struct room *room = member->room;

	if (session->person)
		attendance_go(chat, room, session->person, session->wire,
			except ? except->person : NULL);
	rooms_leave(member);
	rooms_release(chat->rooms, room);
}

void
presence_depart(struct chat *chat, struct session *session)
{
	struct person *rest;
	struct member *member;

	while ((member = TAILQ_FIRST(&session->chat->members)))
		presence_leave(chat, member, session);
	if (!session->person)
		return;
	rest = presence_rest(session);
	free(session->chat->last_name);
	session->chat->last_name = xstrdup(session->person->name);
	presence_release_last(chat, session->person);
	roster_leave(chat->roster, session);
	presence_forget_lists(rest);
}

void
chat_give_token(struct chat *chat, struct session *session, char *token)
{
	struct person *person = session->person;

	presence_random_hex(chat, token, CHAT_TOKEN_BYTES / 2);
	if (!session->is_owner)
		return;
	roster_set_proof(chat->roster, person, &(struct roster_proof){ .token = token });
	if (roster_token(person))
		memcpy(token, roster_token(person), CHAT_TOKEN_BYTES);
}

void
presence_prove_by_email(const struct input *input, struct roster_proof *proof)
{
	/* A shared email is known to everybody, so it proves nothing. */
	if (input->message.email && !input->chat->config->chat.share_email)
		message_avatar(input->message.email, proof->email_hash);
}

/* Check the form: a person that has no token yet takes this one. */
int
presence_check_token(const char *token, struct message_fault *fault)
{
	if (strspn(token, "0123456789abcdef") == CHAT_TOKEN_BYTES &&
		!token[CHAT_TOKEN_BYTES])
		return 0;
	return message_refuse(fault, "bad_field",
		"\"session\" must be the text that an earlier \"joined\" gave");
}

int
presence_read_proof(struct input *input, struct roster_proof *proof)
{
	if (message_get_string(&input->message, "session", CHAT_TOKEN_BYTES,
		    &proof->token, &input->fault) < 0 ||
		(proof->token && presence_check_token(proof->token, &input->fault) < 0))
		return -EINVAL;
	presence_prove_by_email(input, proof);
	return 0;
}

static struct member *
presence_member_of(struct input *input)
{
	struct room *room = room_access_find(input, false);
	struct member *member = room ? rooms_member(room, input->speaker) : NULL;

	if (room && !member)
		message_refuse(&input->fault, "not_joined", "you are not in this room");
	return member;
}

int
presence_do_leave(struct input *input)
{
	struct member *member = presence_member_of(input);

	if (!member)
		return -EINVAL;
	presence_leave(input->chat, member, NULL);
	return 0;
}

int
presence_do_nick(struct input *input)
{
	const char *name = input->message.username;
	struct roster_proof proof = { .token = NULL };

	if (!name)
		return message_refuse(
			&input->fault, "bad_field", "\"username\" must be the new name");
	if (presence_read_proof(input, &proof) < 0 ||
		presence_claim(input, name, &proof) < 0)
		return -EINVAL;
	reply_ack(input->asker, &(struct chat_ack){ .ref = NULL });
	return 0;
}

int
presence_do_typing(struct input *input)
{
	struct member *member = presence_member_of(input);
	struct encoded encoded;

	if (!member)
		return -EINVAL;
	attendance_show(input->chat, member->room, input->speaker);
	encode_object(&encoded,
		json_pack("{s:s,s:s,s:s}", "type", "typing", "room", member->room->name,
			"username", input->speaker->person->name));
	rooms_broadcast(member->room, &encoded, input->speaker, AUDIENCE_EVENTS);
	encode_fini(&encoded);
	reply_ack(input->asker, &(struct chat_ack){ .ref = NULL });
	return 0;
}

int
presence_do_who(struct input *input)
{
	struct room *room = room_access_find(input, false);
	const struct buffer *users;

	if (!room)
		return -EINVAL;
	users = rooms_list_users(room);
	reply_object(input->asker,
		json_pack("{s:s,s:s,s:o,s:I}", "type", "who", "room", room->name, "users",
			json_loadb(users->bytes, users->len, 0, NULL), "count",
			(json_int_t)rooms_people(room)));
	return 0;
}
