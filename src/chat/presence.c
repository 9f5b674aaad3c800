#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat/chat_private.h"
#include "linnet/base/hex.h"
#include "linnet/base/xalloc.h"

/* Maximum number of users in a list; "count" is not cut. */
#define USERS_LISTED 1000

void
chat_random_hex(struct chat *chat, char *out, size_t len)
{
	uint8_t bytes[32];

	assert(len <= sizeof(bytes));
	chat->fill_random(bytes, len);
	hex_encode(out, bytes, len);
}

static const char *
presence_via_of(const struct person *person)
{
	return TAILQ_FIRST(&person->sessions)->via;
}

/* Send a presence event to members that want events. was is the old name of a rename, or
 * NULL. */
static void
presence_announce(struct room *room, const char *event, const char *name, const char *via,
	const char *was, const struct session *except)
{
	json_t *presence = json_pack("{s:s,s:s,s:s,s:s,s:s*,s:s,s:I}", "type", "presence",
		"room", room->name, "event", event, "username", name, "was", was, "via",
		via, "count", (json_int_t)rooms_people(room));
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
		TAILQ_FOREACH (member, &session->members, session_link)
			if (!presence_is_there_before(member->room, session))
				presence_announce(member->room, "rename", person->name,
					presence_via_of(person), was, NULL);
}

/* Make session one of person's and announce the change in each of its rooms. */
static void
presence_move_session(struct chat *chat, struct session *session, struct person *person)
{
	char was[NAME_MAX_BYTES + 1];
	struct member *member;

	snprintf(was, sizeof(was), "%s", session->person->name);
	TAILQ_FOREACH (member, &session->members, session_link)
		if (rooms_unattend(member->room, session->person))
			presence_announce(
				member->room, "leave", was, session->via, NULL, session);
	roster_move(chat->roster, session, person);
	TAILQ_FOREACH (member, &session->members, session_link)
		if (rooms_attend(member->room, person))
			presence_announce(member->room, "enter", person->name,
				session->via, NULL, session);
}

/* Give a session that only shares a name a name of its own. */
static void
presence_split_session(struct chat *chat, struct session *session, const char *name)
{
	struct person *old = session->person;
	struct member *member;

	roster_split(chat->roster, session, name);
	TAILQ_FOREACH (member, &session->members, session_link) {
		if (rooms_unattend(member->room, old))
			presence_announce(member->room, "leave", old->name, session->via,
				NULL, NULL);
		rooms_attend(member->room, session->person);
		presence_announce(member->room, "enter", name, session->via, NULL, NULL);
	}
}

/* Give session a name that nobody has. */
static void
presence_take_name(struct chat *chat, struct session *session, const char *name)
{
	if (session->is_owner)
		presence_rename_person(chat, session->person, name);
	else
		presence_split_session(chat, session, name);
}

/* True if both have proved to be the same person by their tokens. */
static bool
presence_has_same_permissions(
	const struct permissions *permissions, const struct person *person)
{
	return permissions_is_same_person(
		permissions, TAILQ_FIRST(&person->sessions)->permissions);
}

/* True if session may be holder. A name of a token is proved only by that token. */
static bool
presence_prove(struct session *session, const struct person *holder,
	const struct roster_proof *proof)
{
	if (!session->permissions->name)
		return roster_prove(session, holder, proof);
	session->is_owner = presence_has_same_permissions(session->permissions, holder);
	return session->is_owner;
}

const char *
chat_person_fault(
	struct chat *chat, const struct permissions *permissions, const char **text)
{
	const struct person *holder =
		permissions && permissions->name
			? roster_find(chat->roster, permissions->name)
			: NULL;

	*text = "you are banned";
	if (permissions && permissions->name &&
		bans_have_name(chat->bans, BAN_NAME, permissions->name))
		return "banned";
	*text = "somebody else is called that already";
	return holder && !presence_has_same_permissions(permissions, holder)
		       ? "name_taken"
		       : NULL;
}

int
chat_claim(struct chat *chat, struct session *session, const char *name,
	const struct roster_proof *proof, struct message_fault *fault)
{
	struct person *holder = roster_find(chat->roster, name);
	const char *why;

	if (!permissions_has_name(session->permissions, name))
		return message_refuse(
			fault, "denied", "what you are called is said by your token");
	if (strcmp(session->person->name, name) != 0 &&
		bans_have_name(chat->bans, BAN_NAME, name))
		return message_refuse(fault, "banned", "who is called that is banned");
	if (holder && holder != session->person &&
		presence_prove(session, holder, proof)) {
		/* session may have been a guest. */
		presence_move_session(chat, session, holder);
	} else if (strcmp(session->person->name, name) != 0) {
		why = name_fault(name, (size_t)chat->config->limits.name_bytes);
		if (why)
			return message_refuse(fault, "bad_name", "the name %s", why);
		if (holder && holder != session->person)
			return message_refuse(fault, "name_taken",
				"somebody else is called that already");
		presence_take_name(chat, session, name);
	}
	if (session->is_owner)
		roster_set_proof(chat->roster, session->person, proof);
	return 0;
}

struct member *
chat_enter(struct session *session, struct room *room)
{
	struct member *member = rooms_enter(room, session);

	if (!session->is_silent && rooms_attend(room, session->person))
		presence_announce(room, "enter", session->person->name, session->via,
			NULL, session);
	return member;
}

static void
presence_leave_and_tell(
	struct chat *chat, struct member *member, const struct session *except)
{
	struct session *session = member->session;
	struct room *room = member->room;

	if (!session->is_silent && rooms_unattend(room, session->person))
		presence_announce(
			room, "leave", session->person->name, session->via, NULL, except);
	rooms_leave(member);
	rooms_release(chat->rooms, room);
}

/* Remove member. Its session is told too, if it is still connected. */
static void
presence_leave(struct chat *chat, struct member *member)
{
	presence_leave_and_tell(chat, member, NULL);
}

/* Remove member without telling its session, which is told that it is in another room. */
static void
presence_leave_quietly(struct chat *chat, struct member *member)
{
	presence_leave_and_tell(chat, member, member->session);
}

void
chat_depart(struct chat *chat, struct session *session)
{
	struct member *member;

	while ((member = TAILQ_FIRST(&session->members)))
		presence_leave(chat, member);
	if (session->person)
		roster_leave(chat->roster, session);
}

static json_t *
presence_list_users(const struct room *room)
{
	json_t *users = json_array();
	struct attendee *attendee, *next;

	HASH_ITER(hh, room->attendees, attendee, next)
	{
		if (json_array_size(users) == USERS_LISTED)
			break;
		json_array_append_new(
			users, json_pack("{s:s,s:s}", "username", attendee->person->name,
				       "via", presence_via_of(attendee->person)));
	}
	return users;
}

static json_t *
presence_list_limits(const struct config *config)
{
	return json_pack("{s:i,s:f,s:i,s:i,s:i,s:i}", "message_bytes",
		config->limits.message_bytes, "message_rate", config->limits.message_rate,
		"message_burst", config->limits.message_burst, "name_bytes",
		config->limits.name_bytes, "room_bytes", config->limits.room_bytes,
		"rooms_per_session", config->chat.rooms_per_session);
}

void
chat_give_token(struct chat *chat, struct session *session, char *token)
{
	struct person *person = session->person;

	chat_random_hex(chat, token, PERSON_TOKEN_BYTES / 2);
	if (!session->is_owner)
		return;
	roster_set_proof(chat->roster, person, &(struct roster_proof){ .token = token });
	if (person->token)
		memcpy(token, person->token, PERSON_TOKEN_BYTES);
}

void
chat_send_joined(
	struct chat *chat, struct member *member, bool recovered, const char *ref)
{
	struct session *session = member->session;
	struct room *room = member->room;
	char token[PERSON_TOKEN_BYTES + 1];
	json_t *joined;

	joined = json_pack("{s:s,s:s,s:s,s:I,s:b,s:s}", "type", "joined", "room",
		room->name, "epoch", store_epoch(chat_history(chat, room)), "last_id",
		(json_int_t)room->last_id, "recovered", recovered, "topic", room->topic);
	if (session->person) {
		chat_give_token(chat, session, token);
		json_object_set_new(joined, "you",
			json_pack("{s:s,s:s}", "username", session->person->name,
				"session", token));
	}
	json_object_set_new(joined, "users", presence_list_users(room));
	json_object_set_new(
		joined, "count", json_integer((json_int_t)rooms_people(room)));
	json_object_set_new(joined, "server", json_string("linnet/" LINNET_VERSION));
	json_object_set_new(joined, "limits", presence_list_limits(chat->config));
	if (ref && *ref)
		json_object_set_new(joined, "ref", json_string(ref));
	if (wire_is_line(session->wire) && !session->is_greeted) {
		session->is_greeted = true;
		json_object_set_new(joined, "greeting", json_true());
	}
	chat_answer_at(
		session, joined, store_epoch(chat_history(chat, room)), member->cursor);
}

void
chat_prove_by_email(const struct chat *chat, const struct message *message,
	struct roster_proof *proof, char *email_hash)
{
	/* A shared email is known to everybody, so it proves nothing. */
	if (message->email && !chat->config->chat.share_email &&
		message_avatar(message->email, email_hash))
		proof->email_hash = email_hash;
}

/* The form is checked because a person without a token takes over this one. */
int
chat_check_token(const char *token, struct message_fault *fault)
{
	if (strspn(token, "0123456789abcdef") == PERSON_TOKEN_BYTES &&
		!token[PERSON_TOKEN_BYTES])
		return 0;
	return message_refuse(fault, "bad_field",
		"\"session\" must be the text that an earlier \"joined\" gave");
}

/* Read what the client shows to prove who it is. */
static int
presence_read_proof(const struct chat *chat, const struct message *message,
	struct roster_proof *proof, char *email_hash, struct message_fault *fault)
{
	int r = message_get_string(
		message, "session", PERSON_TOKEN_BYTES, &proof->token, fault);

	if (r == 0 && proof->token)
		r = chat_check_token(proof->token, fault);
	if (r < 0)
		return r;
	chat_prove_by_email(chat, message, proof, email_hash);
	return 0;
}

int
chat_do_join(struct chat *chat, struct session *session, const struct message *message,
	struct message_fault *fault)
{
	char email_hash[MESSAGE_AVATAR_BYTES + 1];
	struct roster_proof proof = { NULL, NULL };
	const char *since = NULL;
	struct member *member;
	struct room *room;

	if (message_get_string(message, "since", 64, &since, fault) < 0 ||
		presence_read_proof(chat, message, &proof, email_hash, fault) < 0)
		return -EINVAL;
	room = chat_room_of(chat, session, message->room, true, fault);
	if (!room)
		return -EINVAL;
	member = rooms_member(room, session);
	if (member && member->is_resuming)
		return message_refuse(
			fault, "busy", "you are being sent what you missed");
	if (!member &&
		session->member_count >= (unsigned)chat->config->chat.rooms_per_session) {
		rooms_release(chat->rooms, room);
		return message_refuse(fault, "too_many_rooms",
			"you are in %u rooms already", session->member_count);
	}
	if (chat_claim(chat, session,
		    message->username ? message->username : session->person->name, &proof,
		    fault) < 0) {
		rooms_release(chat->rooms, room);
		return -EINVAL;
	}
	session->wants_joined = true;
	session->wants_events = true;
	if (!member)
		member = chat_enter(session, room);
	chat_resume(chat, member, since, message->ref);
	return 0;
}

static struct member *
presence_member_of(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault)
{
	struct room *room = chat_room_of(chat, session, message->room, false, fault);
	struct member *member = room ? rooms_member(room, session) : NULL;

	if (room && !member)
		message_refuse(fault, "not_joined", "you are not in this room");
	return member;
}

int
chat_do_leave(struct chat *chat, struct session *session, const struct message *message,
	struct message_fault *fault)
{
	struct member *member = presence_member_of(chat, session, message, fault);

	if (!member)
		return -EINVAL;
	presence_leave(chat, member);
	return 0;
}

int
chat_do_nick(struct chat *chat, struct session *session, const struct message *message,
	struct message_fault *fault)
{
	char email_hash[MESSAGE_AVATAR_BYTES + 1];
	struct roster_proof proof = { NULL, NULL };

	if (!message->username)
		return message_refuse(
			fault, "bad_field", "\"username\" must be the new name");
	if (presence_read_proof(chat, message, &proof, email_hash, fault) < 0)
		return -EINVAL;
	return chat_claim(chat, session, message->username, &proof, fault);
}

int
chat_do_typing(struct chat *chat, struct session *session, const struct message *message,
	struct message_fault *fault)
{
	struct member *member = presence_member_of(chat, session, message, fault);
	struct encoded encoded;

	if (!member)
		return -EINVAL;
	encode_object(
		&encoded, json_pack("{s:s,s:s,s:s}", "type", "typing", "room",
				  member->room->name, "username", session->person->name));
	rooms_broadcast(member->room, &encoded, session, AUDIENCE_EVENTS);
	encode_fini(&encoded);
	return 0;
}

/* A line session is in one room at a time. */
int
chat_do_switch(struct chat *chat, struct session *session, const struct message *message,
	struct message_fault *fault)
{
	struct room *room = chat_room_of(chat, session, message->room, true, fault);
	struct room *old = rooms_find(chat->rooms, session->home);
	struct member *member = old ? rooms_member(old, session) : NULL;

	if (!room)
		return -EINVAL;
	if (rooms_member(room, session))
		return message_refuse(fault, "bad_room", "you are in that room");
	free(session->home);
	session->home = xstrdup(room->name);
	room->holds++; /* it may be empty for a moment */
	if (member)
		presence_leave_quietly(chat, member);
	room->holds--;
	chat_resume(chat, chat_enter(session, room), NULL, NULL);
	return 0;
}

int
chat_do_who(struct chat *chat, struct session *session, const struct message *message,
	struct message_fault *fault)
{
	struct room *room = chat_room_of(chat, session, message->room, false, fault);

	if (!room)
		return -EINVAL;
	chat_answer(session, json_pack("{s:s,s:s,s:o,s:I}", "type", "who", "room",
				     room->name, "users", presence_list_users(room),
				     "count", (json_int_t)rooms_people(room)));
	return 0;
}
