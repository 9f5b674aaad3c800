/* Sessions that open: who they are, and their first room. */
#include "chat/opening.h"

#include <stdlib.h>
#include <string.h>

#include "chat/claims.h"
#include "chat/commands.h"
#include "chat/naming.h"
#include "chat/presence.h"
#include "chat/reply.h"
#include "chat/resume.h"
#include "chat/room_access.h"
#include "linnet/base/xalloc.h"

/* Give the session the name of its token. Returns false if it cannot have it: it was sent
 * an error and is closed. Another name that it asks for (NULL: none) is only refused. */
static bool
opening_take_own_name(struct input *input, const char *name)
{
	const struct roster_proof proof = { .token = NULL };
	const char *own = input->speaker->permissions->name;
	bool has_own = naming_claim(input, own, &proof) == 0;

	if (has_own && (!name || naming_claim(input, name, &proof) == 0))
		return true;
	reply_fault(input->asker, &input->fault);
	if (!has_own)
		session_close(input->speaker,
			strcmp(input->fault.code, "store_unavailable") != 0
				? CLOSE_POLICY
				: CLOSE_TRY_AGAIN,
			input->fault.code);
	return false;
}

/* Give the session the person that it asks for, if it can prove it. Returns false if it
 * was sent an error. */
static bool
opening_introduce(struct input *input, const struct chat_wishes *wishes)
{
	struct chat *chat = input->chat;
	struct roster_proof proof = { .token = wishes->token };
	const struct person *person;
	const char *name = wishes->name;

	if (input->speaker->permissions->name)
		return opening_take_own_name(input, name);
	if (proof.token && naming_check_token(proof.token, &input->fault) < 0) {
		reply_fault(input->asker, &input->fault);
		if (wishes->is_strict)
			return false;
		proof.token = NULL;
	}
	person = proof.token ? naming_find_token(chat, proof.token) : NULL;
	if (!name)
		name = person ? person->name : input->claimed;
	/* A guest that comes back stays the author of what it has said. */
	if (!name)
		naming_set_proof(chat, input->speaker, &proof);
	if (!name || naming_claim(input, name, &proof) == 0)
		return true;
	reply_fault(input->asker, &input->fault);
	return false;
}

static struct chat_session *
opening_new_session(struct session *session, const char *home)
{
	struct chat_session *own = xcalloc(1, sizeof(*own));

	asker_init(&own->asker, session);
	TAILQ_INIT(&own->members);
	STAILQ_INIT(&own->waiting);
	own->home = xstrdup(home);
	session->chat = own;
	return own;
}

/* The wishes of a session that waits for its name; the texts are copies. */
struct opening {
	struct chat_wishes wishes;
};

static char *
opening_copy_text(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static struct opening *
opening_new(const struct chat_wishes *wishes)
{
	struct opening *opening = xcalloc(1, sizeof(*opening));

	opening->wishes = *wishes;
	opening->wishes.room = NULL; /* it is the session's home */
	opening->wishes.name = opening_copy_text(wishes->name);
	opening->wishes.token = opening_copy_text(wishes->token);
	opening->wishes.since = opening_copy_text(wishes->since);
	return opening;
}

void
opening_free(struct opening *opening)
{
	if (!opening)
		return;
	free((char *)opening->wishes.name);
	free((char *)opening->wishes.token);
	free((char *)opening->wishes.since);
	free(opening);
}

/* Ask for the name that the new session of input wants. Returns as claims_ask. */
static bool
opening_ask_name(struct input *input, const struct chat_wishes *wishes)
{
	const char *own = input->speaker->permissions->name;
	const char *name = own ? own : wishes->name;
	const struct roster_proof proof = { .token = own ? NULL : wishes->token };
	const struct person *person;

	if (name)
		return claims_ask(input, name, &proof);
	if (!wishes->token || !cluster_is_shared(&input->chat->cluster))
		return false;
	person = naming_find_token(input->chat, wishes->token);
	return person ? claims_ask(input, person->name, &proof)
		      : claims_ask_by_token(input, &proof);
}

/* Let the new session of input enter its room. Returns false if it cannot. */
static bool
opening_enter(struct input *input, const struct chat_wishes *wishes)
{
	struct chat *chat = input->chat;
	struct session *session = input->speaker;
	struct chat_session *own = session->chat;
	bool is_introduced = true;
	struct room *room;

	if (!wishes->is_silent) {
		is_introduced = opening_introduce(input, wishes);
		claims_settle(input);
	}
	if (!is_introduced && (wishes->is_strict || session->closed))
		return false;
	own->is_named = true;
	room = room_access_find(input, true);
	if (!room) {
		reply_fault(input->asker, &input->fault);
		return false;
	}
	free(own->home);
	own->home = xstrdup(room->name);
	resume_member(chat, presence_enter(chat, session, room), wishes->since, NULL);
	return true;
}

/* If the cluster has no numbers now, that of the session is as unique, but longer. */
static void
opening_add_guest(struct chat *chat, struct session *session)
{
	uint64_t guest = cluster_next_guest(&chat->cluster);

	roster_enter(chat->roster, session, guest ? guest : session->number);
}

bool
chat_open(struct chat *chat, struct session *session, const struct chat_wishes *wishes)
{
	static const struct chat_wishes none;
	struct input input = { .chat = chat, .speaker = session };
	struct chat_session *own;

	if (!wishes)
		wishes = &none;
	own = opening_new_session(
		session, wishes->room ? wishes->room
				      : room_access_home(chat, session->permissions));
	TAILQ_INSERT_TAIL(&chat->sessions, own, link);
	chat_note_end(chat, session);
	own->wants_events = wishes->wants_events;
	own->wants_joined = wishes->wants_joined || wishes->wants_events;
	own->wants_progress = wishes->wants_progress;
	input.asker = &own->asker;
	if (!wishes->is_silent)
		opening_add_guest(chat, session);
	if (wishes->is_silent || !opening_ask_name(&input, wishes))
		return opening_enter(&input, wishes);
	own->opening = opening_new(wishes);
	return true;
}

void
opening_continue(struct chat *chat, struct chat_session *own)
{
	struct session *session = own->asker.session;
	struct opening *opening = own->opening;
	struct input input = { .chat = chat, .asker = &own->asker, .speaker = session };

	own->opening = NULL;
	if (opening && !session->closed) {
		opening_ask_name(&input, &opening->wishes); /* is answered now */
		if (!opening_enter(&input, &opening->wishes) && opening->wishes.is_strict)
			session_close(session, CLOSE_POLICY, "the name is refused");
	}
	opening_free(opening);
	commands_continue(chat, session);
}

void
opening_on_claimed(void *context, uint64_t ticket, const char *name, int result)
{
	struct chat *chat = context;
	struct chat_session *own = claims_answered(chat, ticket, name, result);

	if (own)
		opening_continue(chat, own);
}
