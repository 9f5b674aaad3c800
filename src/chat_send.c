#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "chat_private.h"
#include "linnet/hex.h"
#include "linnet/json_text.h"
#include "linnet/xalloc.h"

#define KEY_BYTES (2 * NAME_MAX_BYTES + MESSAGE_REF_BYTES)

/* A guest that says the same under the same ref again is taken for the same for this long
 * at least, and for twice as long at most. */
#define GUEST_WINDOW_MS (10 * 60 * 1000)

/* So many of the newest things that guests said under a ref are remembered. */
#define SAYINGS 1024

static void
acknowledge(struct session *session, const struct room *room, const char *ref,
	uint64_t id, bool is_duplicate)
{
	json_t *ack =
		json_pack("{s:s,s:s,s:s}", "type", "ack", "ref", ref, "room", room->name);

	if (id)
		json_object_set_new(ack, "id", json_integer((json_int_t)id));
	if (is_duplicate)
		json_object_set_new(ack, "duplicate", json_true());
	chat_answer(session, message_object_frame(ack));
}

/* What everybody but its sender is sent, and the sender where that is configured. */
static void
broadcast(struct chat *chat, struct room *room, struct buffer *text,
	const struct session *sender, enum audience audience)
{
	struct frame *frame = message_text_frame(text);

	hub_broadcast(
		room, frame, chat->config->chat.echo_to_sender ? NULL : sender, audience);
	frame_unref(frame);
}

/* The store has it, or not: only now is it seen. */
static void
on_message_appended(struct chat *chat, struct request *request, int error, uint64_t id,
	bool is_duplicate)
{
	struct session *session = request->session;
	struct buffer text = { 0 };

	if (error) {
		struct message_fault fault = { .code = NULL };

		chat_store_failed(chat, error, &fault);
		snprintf(fault.ref, sizeof(fault.ref), "%s", request->ref);
		if (session)
			chat_answer_fault(session, &fault);
		return;
	}
	chat_store_works(chat);
	if (!is_duplicate) {
		request->room->last_id = id;
		message_append_whole(&text, request->type, request->room->name, id,
			request->text, request->text_len);
		broadcast(chat, request->room, &text, session, AUDIENCE_NUMBERED);
	}
	if (session && *request->ref)
		acknowledge(session, request->room, request->ref, id, is_duplicate);
}

static void
hash_content(const struct message *message, char *out)
{
	struct buffer text = { 0 };

	json_text_append(&text, message->object);
	hex_sha256(out, text.bytes, text.len);
	buffer_clear(&text);
}

static void
free_saying(struct chat *chat, struct saying *saying)
{
	STAILQ_REMOVE(&chat->sayings_by_age, saying, saying, link);
	HASH_DEL(chat->sayings, saying);
	free(saying);
}

void
chat_forget_sayings(struct chat *chat, const struct session *session)
{
	struct saying *saying, *next;

	for (saying = STAILQ_FIRST(&chat->sayings_by_age); saying; saying = next) {
		next = STAILQ_NEXT(saying, link);
		if (saying->session_number == session->number)
			free_saying(chat, saying);
	}
}

void
chat_free_sayings(struct chat *chat)
{
	struct saying *saying;

	while ((saying = STAILQ_FIRST(&chat->sayings_by_age)))
		free_saying(chat, saying);
}

/* Returns true if another guest that is still there has said this, too; remembers who
 * says it otherwise. */
static bool
is_said_by_another(struct chat *chat, const struct session *session, const char *content)
{
	struct saying *saying;

	HASH_FIND_STR(chat->sayings, content, saying);
	if (saying)
		return saying->session_number != session->number;
	if (HASH_COUNT(chat->sayings) == SAYINGS)
		free_saying(chat, STAILQ_FIRST(&chat->sayings_by_age));
	saying = xcalloc(1, sizeof(*saying));
	memcpy(saying->content, content, sizeof(saying->content));
	saying->session_number = session->number;
	STAILQ_INSERT_TAIL(&chat->sayings_by_age, saying, link);
	HASH_ADD_STR(chat->sayings, content, saying);
	return false;
}

/* A repeated send is known by its sender and its ref. A guest comes back as another
 * guest: it is known by its number while it stays, and by what it says, but not for long,
 * because that might be somebody else. Of the two windows of time an entry of the last
 * one is known by the second. */
static void
make_keys(struct chat *chat, const struct session *session, const struct message *message,
	char keys[STORE_KEYS][KEY_BYTES])
{
	int64_t window = chat->now_ms / GUEST_WINDOW_MS;
	char content[HEX_SHA256_BYTES + 1];

	memset(keys, 0, STORE_KEYS * sizeof(keys[0]));
	if (!message->ref)
		return;
	if (!name_is_guest(session->person->name)) {
		snprintf(keys[0], KEY_BYTES, "n%s\n%s", session->person->folded,
			message->ref);
		return;
	}
	hash_content(message, content);
	snprintf(keys[0], KEY_BYTES, "g%s-%s\n%s", chat->nonce, session->person->folded,
		message->ref);
	if (is_said_by_another(chat, session, content))
		return;
	snprintf(
		keys[1], KEY_BYTES, "c%" PRId64 "-%s\n%s", window, content, message->ref);
	snprintf(keys[2], KEY_BYTES, "c%" PRId64 "-%s\n%s", window - 1, content,
		message->ref);
}

static char *
words_of(const struct session *session, const struct message *message)
{
	char *words;

	if (asprintf(&words, "%s %s", session->person->name,
		    message->text ? message->text : "") < 0)
		return xstrdup("");
	return words;
}

static int
append(struct chat *chat, struct session *session, struct room *room,
	const struct message *message, struct buffer *tail, struct message_fault *fault)
{
	char keys[STORE_KEYS][KEY_BYTES];
	char *words = words_of(session, message);
	struct request *request = chat_request(chat, session, room, message->ref);
	struct store_entry entry = {
		.room = room->name,
		.type = request->type,
		.ts_ms = chat->now_ms,
		.tail = tail->bytes,
		.tail_len = tail->len,
		.words = words,
	};
	size_t i;
	int r;

	make_keys(chat, session, message, keys);
	for (i = 0; i < STORE_KEYS; i++)
		entry.keys[i] = *keys[i] ? keys[i] : NULL;
	snprintf(request->type, sizeof(request->type), "%s",
		message->type ? message->type : "message");
	request->on_appended = on_message_appended;
	request->text = tail->bytes;
	request->text_len = tail->len;
	r = store_append(chat->store, &entry, request->ticket);
	free(words);
	if (r == 0) {
		chat->asked++;
		return 0;
	}
	chat_request_free(chat, request);
	return message_refuse(fault, "busy", "too much is under way, try again");
}

static void
pass_on(struct chat *chat, struct session *session, struct room *room,
	const struct message *message, struct buffer *tail)
{
	struct buffer text = { 0 };

	message_append_whole(&text, message->type ? message->type : "message", room->name,
		0, tail->bytes, tail->len);
	free(tail->bytes);
	broadcast(chat, room, &text, session, AUDIENCE_ALL);
	if (message->ref)
		acknowledge(session, room, message->ref, 0, false);
	hub_release(chat->hub, room);
}

static int
claim_name(struct chat *chat, struct session *session, const struct message *message,
	struct message_fault *fault)
{
	char email_hash[MESSAGE_AVATAR_BYTES + 1];
	struct roster_proof proof = { NULL, NULL };

	if (!message->username)
		return 0;
	chat_prove_by_email(chat, message, &proof, email_hash);
	return chat_claim(chat, session, message->username, &proof, fault);
}

int
chat_do_message(struct chat *chat, struct session *session, const struct message *message,
	struct message_fault *fault)
{
	struct message_stamp stamp = {
		.ts_ms = chat->now_ms,
		.share_email = chat->config->chat.share_email,
		.avatar = chat->config->chat.gravatar,
	};
	struct buffer tail = { 0 };
	struct room *room;

	room = chat_room_of(chat, session, message->room, true, fault);
	if (!room)
		return -EINVAL;
	if (claim_name(chat, session, message, fault) < 0) {
		hub_release(chat->hub, room);
		return -EINVAL;
	}
	stamp.username = session->person->name;
	message_append_tail(message, &stamp, &tail);
	if (!message->is_ephemeral)
		return append(chat, session, room, message, &tail, fault);
	pass_on(chat, session, room, message, &tail);
	return 0;
}
