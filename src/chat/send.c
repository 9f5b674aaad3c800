#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat/chat_private.h"
#include "linnet/base/hex.h"
#include "linnet/base/json_text.h"
#include "linnet/base/xalloc.h"

/* A guest's resend of the same text with the same ref is recognised for this time at
 * least, and for twice as long at most. */
#define GUEST_WINDOW_MS (10 * 60 * 1000)

/* Maximum number of texts of guests that are remembered. */
#define SAYINGS 1024

void
chat_acknowledge(const struct chat *chat, struct session *session,
	const struct room *room, const char *ref, uint64_t id, bool is_duplicate,
	size_t delivered)
{
	json_t *ack;

	if (!*ref && !session->is_call)
		return;
	ack = json_pack("{s:s}", "type", "ack");
	if (*ref)
		json_object_set_new(ack, "ref", json_string(ref));
	json_object_set_new(ack, "room", json_string(room->name));
	if (id)
		json_object_set_new(ack, "id", json_integer((json_int_t)id));
	if (session->is_call) {
		json_object_set_new(
			ack, "epoch", json_string(store_epoch(chat_history(chat, room))));
		json_object_set_new(
			ack, "delivered", json_integer((json_int_t)delivered));
	}
	if (is_duplicate)
		json_object_set_new(ack, "duplicate", json_true());
	chat_answer(session, ack);
}

size_t
chat_broadcast(struct chat *chat, struct room *room, const char *type, uint64_t id,
	const char *tail, size_t tail_len, const struct session *sender)
{
	struct buffer text = { 0 };
	struct encoded encoded;
	size_t queued;

	message_append_whole(&text, type, room->name, id, tail, tail_len);
	encode_text(
		&encoded, &text, id ? store_epoch(chat_history(chat, room)) : NULL, id);
	/* The sender gets it only if the configuration says so. */
	queued = rooms_broadcast(room, &encoded,
		chat->config->chat.echo_to_sender ? NULL : sender,
		id ? AUDIENCE_NUMBERED : AUDIENCE_ALL);
	encode_fini(&encoded);
	return queued;
}

static void
send_report_loss(struct chat *chat, const struct request *request, int error)
{
	struct message_fault fault = { .code = NULL };

	chat_store_failed(chat, error, &fault);
	snprintf(fault.ref, sizeof(fault.ref), "%s", request->ref);
	if (request->session)
		chat_answer_fault(request->session, &fault);
}

/* Lines of log files are not counted. */
static void
send_count_appended(const struct request *request, int error, bool is_duplicate)
{
	if (request->room->is_tail)
		return;
	metrics.store_pending--;
	metrics.appended[error          ? APPEND_FAILED
			 : is_duplicate ? APPEND_DUPLICATE
					: APPEND_OK]++;
	metrics_observe(&metrics.append_duration, metrics_now_us() - request->asked_us);
}

/* The store has answered. Only now is the message broadcast. */
static void
send_on_message_appended(struct chat *chat, struct request *request, int error,
	uint64_t id, bool is_duplicate)
{
	struct session *session = request->session;
	size_t queued = 0;

	send_count_appended(request, error, is_duplicate);
	if (request->alarm)
		chat_on_alarm_kept(chat, request, error, is_duplicate);
	if (error) {
		send_report_loss(chat, request, error);
		return;
	}
	if (!request->room->is_tail)
		chat_store_works(chat);
	if (!is_duplicate) {
		request->room->last_id = id;
		queued = chat_broadcast(chat, request->room, request->type, id,
			request->text, request->text_len,
			request->alarm ? NULL : session);
	}
	if (session)
		chat_acknowledge(chat, session, request->room, request->ref, id,
			is_duplicate, queued);
}

static void
send_hash_content(const struct message *message, char *out)
{
	struct buffer text = { 0 };

	json_text_append(&text, message->object);
	hex_sha256(out, text.bytes, text.len);
	buffer_clear(&text);
}

char *
chat_format(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		abort();
	va_end(arguments);
	return text;
}

static void
send_free_saying(struct chat *chat, struct saying *saying)
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
			send_free_saying(chat, saying);
	}
}

void
chat_free_sayings(struct chat *chat)
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

/* A guest reconnects as another guest. While it is connected, its number identifies it;
 * after that, the text does. This lasts only for a while, because later the same text may
 * come from somebody else. Entries are stored under the current window and looked up
 * under the previous one too, so a resend just after the boundary still matches. */
void
chat_make_keys(struct chat *chat, const struct session *speaker,
	const struct message *message, char *keys[STORE_KEYS])
{
	int64_t window = chat->now_ms / GUEST_WINDOW_MS;
	const struct person *person = speaker->person;
	char content[HEX_SHA256_BYTES + 1];

	if (!message->ref)
		return;
	if (!name_is_guest(person->name)) {
		keys[0] = chat_format("n%s\n%s", person->folded, message->ref);
		return;
	}
	send_hash_content(message, content);
	keys[0] = chat_format("g%s-%s\n%s", chat->nonce, person->folded, message->ref);
	if (send_is_said_by_another(chat, speaker, content))
		return;
	keys[1] = chat_format("c%" PRId64 "-%s\n%s", window, content, message->ref);
	keys[2] = chat_format("c%" PRId64 "-%s\n%s", window - 1, content, message->ref);
}

static struct request *
send_request_of(struct chat *chat, struct post *post)
{
	struct request *request =
		chat_request(chat, post->session, post->room, post->ref);

	snprintf(request->type, sizeof(request->type), "%s", post->type);
	request->on_appended = send_on_message_appended;
	request->asked_us = metrics_now_us();
	request->text = post->tail.bytes;
	request->text_len = post->tail.len;
	request->alarm = post->alarm;
	request->intended = post->intended;
	return request;
}

int
chat_post(struct chat *chat, struct post *post, struct message_fault *fault)
{
	struct request *request = send_request_of(chat, post);
	char *value = post->intended ? json_dumps(post->intended, JSON_COMPACT) : NULL;
	struct store_entry entry = {
		.room = post->room->name,
		.type = request->type,
		.ts_ms = chat->now_ms,
		.tail = request->text,
		.tail_len = request->text_len,
		.words = post->words,
		.state_key = post->alarm,
		.state_value = value,
		.state_value_len = value ? strlen(value) : 0,
	};
	size_t i;
	int r;

	for (i = 0; i < STORE_KEYS; i++)
		entry.keys[i] = post->keys[i];
	r = store_append(chat_history(chat, post->room), &entry, request->ticket);
	for (i = 0; i < STORE_KEYS; i++)
		free(post->keys[i]);
	free(post->words);
	free(value);
	if (r == 0) {
		chat->asked++;
		metrics.store_pending += !post->room->is_tail;
		return 0;
	}
	if (request->alarm)
		chat_on_alarm_kept(chat, request, r, false);
	chat_request_free(chat, request);
	message_refuse(fault, "busy", "too much is under way, try again");
	return -EAGAIN;
}

static int
send_claim_name(struct chat *chat, struct session *speaker, const struct message *message,
	struct message_fault *fault)
{
	char email_hash[MESSAGE_AVATAR_BYTES + 1];
	struct roster_proof proof = { NULL, NULL };

	if (!message->username)
		return 0;
	chat_prove_by_email(chat, message, &proof, email_hash);
	return chat_claim(chat, speaker, message->username, &proof, fault);
}

static int
send_keep(struct chat *chat, struct session *session, struct session *speaker,
	struct room *room, const struct message *message, struct buffer *tail,
	struct message_fault *fault)
{
	struct post post = {
		.session = session,
		.room = room,
		.type = message->type ? message->type : "message",
		.ref = message->ref,
		.tail = *tail,
	};

	post.words = chat_format(
		"%s %s", speaker->person->name, message->text ? message->text : "");
	chat_make_keys(chat, speaker, message, post.keys);
	return chat_post(chat, &post, fault);
}

static void
send_pass_on(struct chat *chat, struct session *session, struct room *room,
	const struct message *message, struct buffer *tail)
{
	size_t queued =
		chat_broadcast(chat, room, message->type ? message->type : "message", 0,
			tail->bytes, tail->len, session);

	buffer_clear(tail);
	chat_acknowledge(
		chat, session, room, message->ref ? message->ref : "", 0, false, queued);
	rooms_release(chat->rooms, room);
}

struct room *
chat_room_to_write(struct chat *chat, const struct session *session,
	const struct message *message, struct message_fault *fault)
{
	struct room *room = message->room ? rooms_find(chat->rooms, message->room) : NULL;

	/* Also answers clients that may not read the room. */
	if (!room || !room->is_tail)
		room = chat_room_of(chat, session, message->room, true, fault);
	if (!room || !room->is_tail)
		return room;
	message_refuse(fault, "read_only", "this room is a log file's");
	return NULL;
}

static enum voice
send_voice_of(const struct session *session)
{
	if (session->is_call)
		return VOICE_SEND;
	return session->transport == TRANSPORT_LINE ? VOICE_LINE : VOICE_WS;
}

int
chat_say(struct chat *chat, struct session *session, struct session *speaker,
	const struct message *message, struct message_fault *fault)
{
	struct message_stamp stamp = {
		.ts_ms = chat->now_ms,
		.share_email = chat->config->chat.share_email,
		.avatar = chat->config->chat.gravatar,
	};
	struct buffer tail = { 0 };
	struct room *room = chat_room_to_write(chat, speaker, message, fault);

	if (!room)
		return -EINVAL;
	if (send_claim_name(chat, speaker, message, fault) < 0 ||
		chat_check_mute(chat, speaker, fault) < 0) {
		rooms_release(chat->rooms, room);
		return -EINVAL;
	}
	stamp.username = speaker->person->name;
	message_append_tail(message, &stamp, &tail);
	if (message->is_ephemeral)
		send_pass_on(chat, session, room, message, &tail);
	else if (send_keep(chat, session, speaker, room, message, &tail, fault) < 0)
		return -EAGAIN;
	metrics.received[send_voice_of(session)]++;
	return 0;
}

int
chat_do_message(struct chat *chat, struct session *session, const struct message *message,
	struct message_fault *fault)
{
	return chat_say(chat, session, session, message, fault);
}
