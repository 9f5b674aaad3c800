#include "chat/presence.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "chat/ban_store.h"
#include "chat/reply.h"
#include "chat/room_access.h"
#include "linnet/base/hex.h"

/* Maximum number of users in a list; "count" is not cut. */
#define USERS_LISTED 1000

void
presence_random_hex(struct chat *chat, char *out, size_t len)
{
	uint8_t bytes[32];

	assert(len <= sizeof(bytes));
	chat->fill_random(bytes, len);
	hex_encode(out, bytes, len);
}

/* Send a presence event to members that want events. was is the old name of a rename, or
 * NULL. */
static void
presence_announce(struct room *room, const char *event, const char *name,
	const struct session *via, const char *was, const struct session *except)
{
	json_t *presence = json_pack("{s:s,s:s,s:s,s:s,s:s*,s:s,s:I}", "type", "presence",
		"room", room->name, "event", event, "username", name, "was", was, "via",
		wire_door(via->wire), "count", (json_int_t)rooms_people(room));
	struct encoded encoded;

	encode_object(&encoded, presence);
	rooms_broadcast(room, &encoded, except, AUDIENCE_EVENTS);
	encode_fini(&encoded);
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

static void
presence_rename_person(struct chat *chat, struct person *person, const char *name)
{
	char was[NAME_MAX_BYTES + 1];
	struct session *session;
	struct member *member;

	snprintf(was, sizeof(was), "%s", person->name);
	roster_rename(chat->roster, person, name);
	TAILQ_FOREACH (session, &person->sessions, person_link)
		TAILQ_FOREACH (member, &session->chat->members, session_link)
			if (!presence_is_there_before(member->room, session))
				presence_announce(member->room, "rename", person->name,
					TAILQ_FIRST(&person->sessions), was, NULL);
}

/* Make session one of person's and announce the change in each of its rooms. */
static void
presence_move_session(struct chat *chat, struct session *session, struct person *person)
{
	struct member *member;

	TAILQ_FOREACH (member, &session->chat->members, session_link)
		if (rooms_unattend(member->room, session->person))
			presence_announce(member->room, "leave", session->person->name,
				session, NULL, session);
	roster_move(chat->roster, session, person);
	TAILQ_FOREACH (member, &session->chat->members, session_link)
		if (rooms_attend(member->room, person))
			presence_announce(member->room, "enter", person->name, session,
				NULL, session);
}

/* Give a session that only shares a name a name of its own. */
static void
presence_split_session(struct chat *chat, struct session *session, const char *name)
{
	struct person *old = session->person;
	struct member *member;

	roster_split(chat->roster, session, name);
	TAILQ_FOREACH (member, &session->chat->members, session_link) {
		if (rooms_unattend(member->room, old))
			presence_announce(
				member->room, "leave", old->name, session, NULL, NULL);
		rooms_attend(member->room, session->person);
		presence_announce(member->room, "enter", name, session, NULL, NULL);
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

int
presence_claim(struct input *input, const char *name, const struct roster_proof *proof)
{
	struct chat *chat = input->chat;
	struct session *session = input->speaker;
	struct person *holder = roster_find(chat->roster, name);
	bool is_new = strcmp(session->person->name, name) != 0;
	const char *why;

	if (!permissions_has_name(session->permissions, name))
		return message_refuse(&input->fault, "denied",
			"what you are called is said by your token");
	/* Another name would end a mute, which is kept by name. */
	if (is_new && ban_store_check_mute(input) < 0)
		return -EINVAL;
	if (is_new && bans_have_name(chat->bans, BAN_NAME, name))
		return message_refuse(
			&input->fault, "banned", "who is called that is banned");
	if (holder && holder != session->person &&
		presence_prove(session, holder, proof)) {
		/* session may have been a guest. */
		presence_move_session(chat, session, holder);
	} else if (is_new) {
		why = name_fault(name, (size_t)chat->config->limits.name_bytes);
		if (why)
			return message_refuse(
				&input->fault, "bad_name", "the name %s", why);
		if (holder && holder != session->person)
			return message_refuse(&input->fault, "name_taken",
				"somebody else is called that already");
		if (session->is_owner)
			presence_rename_person(chat, session->person, name);
		else
			presence_split_session(chat, session, name);
	}
	if (session->is_owner)
		roster_set_proof(chat->roster, session->person, proof);
	return 0;
}

struct member *
presence_enter(struct session *session, struct room *room)
{
	struct member *member = rooms_enter(room, session);

	if (session->person && rooms_attend(room, session->person))
		presence_announce(
			room, "enter", session->person->name, session, NULL, session);
	return member;
}

void
presence_leave(struct chat *chat, struct member *member, const struct session *except)
{
	struct session *session = member->session;
	struct room *room = member->room;

	if (session->person && rooms_unattend(room, session->person))
		presence_announce(
			room, "leave", session->person->name, session, NULL, except);
	rooms_leave(member);
	rooms_release(chat->rooms, room);
}

void
presence_depart(struct chat *chat, struct session *session)
{
	struct member *member;

	while ((member = TAILQ_FIRST(&session->chat->members)))
		presence_leave(chat, member, session);
	if (session->person)
		roster_leave(chat->roster, session);
}

json_t *
presence_list_users(const struct room *room)
{
	json_t *users = json_array();
	struct attendee *attendee, *next;

	HASH_ITER(hh, room->attendees, attendee, next)
	{
		const struct person *person = attendee->person;

		if (json_array_size(users) == USERS_LISTED)
			break;
		json_array_append_new(
			users, json_pack("{s:s,s:s}", "username", person->name, "via",
				       wire_door(TAILQ_FIRST(&person->sessions)->wire)));
	}
	return users;
}

void
chat_give_token(struct chat *chat, struct session *session, char *token)
{
	struct person *person = session->person;

	presence_random_hex(chat, token, CHAT_TOKEN_BYTES / 2);
	if (!session->is_owner)
		return;
	roster_set_proof(chat->roster, person, &(struct roster_proof){ .token = token });
	if (person->token)
		memcpy(token, person->token, CHAT_TOKEN_BYTES);
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

	if (!room)
		return -EINVAL;
	reply_object(input->asker, json_pack("{s:s,s:s,s:o,s:I}", "type", "who", "room",
					   room->name, "users", presence_list_users(room),
					   "count", (json_int_t)rooms_people(room)));
	return 0;
}
