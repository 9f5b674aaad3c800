#include "chat/send.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat/attendance.h"
#include "chat/author.h"
#include "chat/ban_store.h"
#include "chat/presence.h"
#include "chat/reply.h"
#include "chat/room_access.h"
#include "linnet/base/clock.h"
#include "linnet/base/hex.h"
#include "linnet/base/json_text.h"
#include "linnet/base/xalloc.h"

/* A guest's resend of the same text with the same ref is recognised for this time at
 * least, and for twice as long at most. */
#define GUEST_WINDOW_MS (10 * 60 * 1000)

/* Maximum number of texts of guests that are remembered. */
#define SAYINGS 1024

void
send_acknowledge(const struct input *input, const struct room *room, size_t delivered)
{
	reply_ack(input->asker,
		&(struct chat_ack){
			.ref = input->message.ref,
			.room = room->name,
			.epoch = store_epoch(
				requests_store(input->chat, room), room->name),
			.delivered = delivered,
		});
}

size_t
send_broadcast(struct chat *chat, struct room *room, const struct broadcast *what)
{
	const char *epoch = store_epoch(requests_store(chat, room), room->name);
	struct buffer text = { 0 };
	struct encoded encoded;
	size_t queued;

	message_append_whole(
		&text, what->type, room->name, what->id, what->tail, what->tail_len);
	encode_text(&encoded, &text, what->id ? epoch : NULL, what->id);
	/* The sender gets it only if the configuration says so. */
	queued = rooms_broadcast(room, &encoded,
		chat->config->chat.echo_to_sender ? NULL : what->sender, what->audience);
	encode_fini(&encoded);
	return queued;
}

void
send_count_given(const struct chat *chat, struct request *request)
{
	request->message.start_us = clock_now_us();
	__atomic_fetch_add(
		&metrics.store_pending, request->store == chat->store, __ATOMIC_RELAXED);
}

void
send_count_answered(const struct chat *chat, const struct request *request, int error,
	bool is_duplicate)
{
	if (request->store != chat->store)
		return;
	__atomic_fetch_sub(&metrics.store_pending, 1, __ATOMIC_RELAXED);
	metrics.appended[error          ? APPEND_FAILED
			 : is_duplicate ? APPEND_DUPLICATE
					: APPEND_OK]++;
	metrics_observe(
		&metrics.append_duration, clock_now_us() - request->message.start_us);
}

void
send_on_appended(struct chat *chat, struct request *request, int error,
	const struct store_answer *answer)
{
	send_count_answered(chat, request, error, answer->is_duplicate);
	if (error) {
		reply_failure(chat, request, error);
		return;
	}
	if (request->store == chat->store)
		requests_note_success(chat);
	if (request->asker)
		reply_ack(request->asker,
			&(struct chat_ack){
				.ref = *request->ref ? request->ref : NULL,
				.room = request->room->name,
				.epoch = store_epoch(request->store, request->room->name),
				.id = answer->id,
				.ts_ms = answer->ts_ms,
				.delivered = request->delivered,
				.is_duplicate = answer->is_duplicate,
			});
}

static void
send_free_saying(struct chat *chat, struct saying *saying)
{
	STAILQ_REMOVE(&chat->sayings_by_age, saying, saying, link);
	HASH_DEL(chat->sayings, saying);
	free(saying);
}

void
send_forget_sayings(struct chat *chat, const struct session *session)
{
	struct saying *saying, *next;

	for (saying = STAILQ_FIRST(&chat->sayings_by_age); saying; saying = next) {
		next = STAILQ_NEXT(saying, link);
		if (saying->session_number == session->number)
			send_free_saying(chat, saying);
	}
}

void
send_free_sayings(struct chat *chat)
{
	struct saying *saying;

	while ((saying = STAILQ_FIRST(&chat->sayings_by_age)))
		send_free_saying(chat, saying);
}

/* True if another connected guest has sent this text. Otherwise remembers session as its
 * sender. */
static bool
send_is_said_by_another(
	struct chat *chat, const struct session *session, const char *content)
{
	struct saying *saying;

	HASH_FIND_STR(chat->sayings, content, saying);
	if (saying)
		return saying->session_number != session->number;
	if (HASH_COUNT(chat->sayings) == SAYINGS)
		send_free_saying(chat, STAILQ_FIRST(&chat->sayings_by_age));
	saying = xcalloc(1, sizeof(*saying));
	memcpy(saying->content, content, sizeof(saying->content));
	saying->session_number = session->number;
	STAILQ_INSERT_TAIL(&chat->sayings_by_age, saying, link);
	HASH_ADD_STR(chat->sayings, content, saying);
	return false;
}

/* The token itself is a secret, so it is not stored. The caller frees the key. */
static char *
send_make_token_key(const char *token, const char *ref)
{
	char hash[HEX_SHA256_BYTES + 1];

	hex_sha256(hash, token, strlen(token));
	return xasprintf("s%s\n%s", hash, ref);
}

/* A guest reconnects as another guest. Its session token identifies it if it shows that
 * again. Otherwise its number does while it is connected, and after that the text does.
 * This lasts only for a while, because later the same text may come from somebody else.
 * Entries are stored under the current window and looked up under the previous one too,
 * so a resend just after the boundary still matches. */
static void
send_make_guest_keys(const struct input *input, char *keys[STORE_KEYS])
{
	int64_t window = input->chat->now_ms / GUEST_WINDOW_MS;
	const struct session *speaker = input->speaker;
	const char *ref = input->message.ref;
	char content[HEX_SHA256_BYTES + 1];
	struct buffer text = { 0 };

	json_text_append(&text, input->message.object);
	hex_sha256(content, text.bytes, text.len);
	buffer_clear(&text);
	keys[0] = speaker->is_owner && roster_token(speaker->person)
			  ? send_make_token_key(roster_token(speaker->person), ref)
			  : xasprintf("g%s-%s\n%s", input->chat->nonce,
				    speaker->person->name, ref);
	if (send_is_said_by_another(input->chat, input->speaker, content))
		return;
	keys[1] = xasprintf("c%" PRId64 "-%s\n%s", window, content, ref);
	keys[2] = xasprintf("c%" PRId64 "-%s\n%s", window - 1, content, ref);
}

/* Names that differ by ASCII case are one. */
static char *
send_make_name_key(const char *name, const char *ref)
{
	char folded[NAME_MAX_BYTES + 1];

	name_fold(folded, name);
	return xasprintf("n%s\n%s", folded, ref);
}

void
send_make_keys(const struct input *input, const char *label, char *keys[STORE_KEYS])
{
	const char *ref = input->message.ref;

	if (!ref)
		return;
	if (!input->speaker)
		keys[0] = xasprintf("p%s\n%s", label, ref);
	else if (name_is_guest(input->speaker->person->name))
		send_make_guest_keys(input, keys);
	else
		keys[0] = send_make_name_key(input->speaker->person->name, ref);
}

static const char *
send_string_of(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

char *
send_push_words(const char *label, const char *key, const json_t *object)
{
	return xasprintf("%s %s %s %s", label, key ? key : "",
		send_string_of(object, "title"), send_string_of(object, "message"));
}

int
send_post(struct input *input, struct post *post)
{
	struct chat *chat = input->chat;
	struct request *request = request_new(
		chat, REQUEST_MESSAGE, input->asker, post->room, input->message.ref);
	unsigned char author[STORE_AUTHOR_BYTES];
	struct store_entry entry = {
		.room = post->room->name,
		.type = post->type,
		.ts_ms = rooms_next_ts(post->room, chat->now_ms),
		.tail = post->tail.bytes,
		.tail_len = post->tail.len,
		.words = post->words,
		.author = author_of(input, author),
	};
	size_t i;
	int r;

	for (i = 0; i < STORE_KEYS; i++)
		entry.keys[i] = post->keys[i];
	r = request_append(chat, request, &entry);
	for (i = 0; i < STORE_KEYS; i++)
		free(post->keys[i]);
	buffer_clear(&post->tail);
	free(post->words);
	if (r == 0)
		send_count_given(chat, request);
	else
		requests_refuse(r, &input->fault);
	return r;
}

int
send_claim_name(struct input *input)
{
	struct roster_proof proof = { .token = NULL };

	if (!input->message.username)
		return 0;
	presence_prove_by_email(input, &proof);
	return presence_claim(input, input->message.username, &proof);
}

void
send_pass_on(const struct input *input, struct room *room, const char *type,
	struct buffer *tail)
{
	size_t queued = send_broadcast(input->chat, room,
		&(struct broadcast){
			.type = type,
			.tail = tail->bytes,
			.tail_len = tail->len,
			.sender = input->asker->session,
			.audience = AUDIENCE_ALL,
		});

	buffer_clear(tail);
	send_acknowledge(input, room, queued);
	rooms_release(input->chat->rooms, room);
}

struct room *
send_find_any_room(struct input *input, bool may_add)
{
	const char *name = input->message.room;
	struct room *room = name ? rooms_find(input->chat->rooms, name) : NULL;

	return room && room->is_tail ? room : room_access_find(input, may_add);
}

int
send_check_writable(struct input *input, const struct room *room)
{
	if (room->is_tail)
		return message_refuse(
			&input->fault, "read_only", "this room is a log file's");
	if (!room_access_may_speak(input, room))
		return message_refuse(&input->fault, "read_only",
			"only programs with a token for this room may write here");
	return 0;
}

/* Check that the message answers one of the room, if it says so. */
static int
send_check_reply(struct input *input, const struct room *room)
{
	const json_t *id = json_object_get(input->message.object, "reply_to");

	/* A client that always sends the member must not confuse readers. */
	if (json_is_null(id)) {
		json_object_del(input->message.object, "reply_to");
		id = NULL;
	}
	if (!id || (json_is_integer(id) && json_integer_value(id) >= 1 &&
			   (uint64_t)json_integer_value(id) <= room->last_id))
		return 0;
	return message_refuse(&input->fault, "bad_field",
		"\"reply_to\" must be the id of a message of the room");
}

struct room *
send_find_room(struct input *input)
{
	struct room *room = send_find_any_room(input, true);

	if (!room || (send_check_writable(input, room) == 0 &&
			     (input->message.is_ephemeral ||
				     send_check_reply(input, room) == 0)))
		return room;
	rooms_release(input->chat->rooms, room);
	return NULL;
}

void
send_count_received(const struct asker *asker)
{
	metrics.received[asker->call                         ? VOICE_SEND
			 : asker->session->wire == WIRE_LINE ? VOICE_LINE
							     : VOICE_WS]++;
}

int
send_do_message(struct input *input)
{
	const struct message *message = &input->message;
	struct message_stamp stamp = {
		.share_email = input->chat->config->chat.share_email,
		.avatar = input->chat->config->chat.gravatar,
	};
	struct post post = {
		.room = send_find_room(input),
		.type = message->type ? message->type : "message",
	};
	int r;

	if (!post.room)
		return -EINVAL;
	if ((!message->is_ephemeral && room_access_make(input, post.room) < 0) ||
		send_claim_name(input) < 0 || ban_store_check_mute(input) < 0) {
		rooms_release(input->chat->rooms, post.room);
		return -EINVAL;
	}
	attendance_show(input->chat, post.room, input->speaker);
	stamp.ts_ms = rooms_next_ts(post.room, input->chat->now_ms);
	stamp.username = input->speaker->person->name;
	message_append_tail(message, &stamp, &post.tail);
	if (message->is_ephemeral) {
		send_pass_on(input, post.room, post.type, &post.tail);
	} else {
		post.words = xasprintf(
			"%s %s", stamp.username, message->text ? message->text : "");
		send_make_keys(input, NULL, post.keys);
		r = send_post(input, &post);
		if (r < 0)
			return r;
	}
	send_count_received(input->asker);
	return 0;
}
