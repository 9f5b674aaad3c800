#include "chat/send.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
send_acknowledge(const struct chat *chat, struct asker *asker, const struct room *room,
	const char *ref, size_t delivered)
{
	reply_ack(asker, &(struct chat_ack){
				 .ref = ref,
				 .room = room->name,
				 .epoch = store_epoch(requests_store(chat, room)),
				 .delivered = delivered,
			 });
}

size_t
send_broadcast(struct chat *chat, struct room *room, const char *type, uint64_t id,
	const char *tail, size_t tail_len, const struct session *sender)
{
	struct buffer text = { 0 };
	struct encoded encoded;
	size_t queued;

	message_append_whole(&text, type, room->name, id, tail, tail_len);
	encode_text(
		&encoded, &text, id ? store_epoch(requests_store(chat, room)) : NULL, id);
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

	requests_note_failure(chat, error, &fault);
	snprintf(fault.ref, sizeof(fault.ref), "%s", request->ref);
	if (request->asker)
		reply_fault(request->asker, &fault);
}

/* Lines of log files are not counted. */
static void
send_count_appended(const struct chat *chat, const struct request *request, int error,
	bool is_duplicate)
{
	if (request->store != chat->store)
		return;
	metrics.store_pending--;
	metrics.appended[error          ? APPEND_FAILED
			 : is_duplicate ? APPEND_DUPLICATE
					: APPEND_OK]++;
	metrics_observe(
		&metrics.append_duration, clock_now_us() - request->message.start_us);
}

/* The store has answered. Only now is the message broadcast. */
void
send_on_appended(struct chat *chat, struct request *request, int error, uint64_t id,
	bool is_duplicate)
{
	struct asker *asker = request->asker;
	size_t queued = 0;

	send_count_appended(chat, request, error, is_duplicate);
	if (error) {
		send_report_loss(chat, request, error);
		return;
	}
	if (request->store == chat->store)
		requests_note_success(chat);
	/* A room that has another history now shows only that. */
	if (!is_duplicate && !request_is_outdated(chat, request)) {
		request->room->last_id = id;
		queued = send_broadcast(chat, request->room, request->message.type, id,
			request->message.tail, request->message.tail_len,
			request->kind == REQUEST_ALARM || !asker ? NULL : asker->session);
	}
	if (asker)
		reply_ack(asker, &(struct chat_ack){
					 .ref = *request->ref ? request->ref : NULL,
					 .room = request->room->name,
					 .epoch = store_epoch(request->store),
					 .id = id,
					 .delivered = queued,
					 .is_duplicate = is_duplicate,
				 });
}

static void
send_hash_content(const struct message *message, char *out)
{
	struct buffer text = { 0 };

	json_text_append(&text, message->object);
	hex_sha256(out, text.bytes, text.len);
	buffer_clear(&text);
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

/* A guest reconnects as another guest. While it is connected, its number identifies it;
 * after that, the text does. This lasts only for a while, because later the same text may
 * come from somebody else. Entries are stored under the current window and looked up
 * under the previous one too, so a resend just after the boundary still matches. */
void
send_make_keys(struct chat *chat, const struct session *speaker,
	const struct message *message, char *keys[STORE_KEYS])
{
	int64_t window = chat->now_ms / GUEST_WINDOW_MS;
	const struct person *person = speaker->person;
	char content[HEX_SHA256_BYTES + 1];

	if (!message->ref)
		return;
	if (!name_is_guest(person->name)) {
		keys[0] = xasprintf("n%s\n%s", person->folded, message->ref);
		return;
	}
	send_hash_content(message, content);
	keys[0] = xasprintf("g%s-%s\n%s", chat->nonce, person->folded, message->ref);
	if (send_is_said_by_another(chat, speaker, content))
		return;
	keys[1] = xasprintf("c%" PRId64 "-%s\n%s", window, content, message->ref);
	keys[2] = xasprintf("c%" PRId64 "-%s\n%s", window - 1, content, message->ref);
}

char *
send_push_key(const char *label, const char *ref)
{
	return xasprintf("p%s\n%s", label, ref);
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

static struct request *
send_request_of(struct chat *chat, struct post *post)
{
	struct request *request =
		request_new(chat, post->alarm ? REQUEST_ALARM : REQUEST_MESSAGE,
			post->asker, post->room, post->ref);

	snprintf(request->message.type, sizeof(request->message.type), "%s", post->type);
	request->message.start_us = clock_now_us();
	request->message.tail = post->tail.bytes;
	request->message.tail_len = post->tail.len;
	request->message.alarm = post->alarm;
	request->message.intended = post->intended;
	return request;
}

int
send_post(struct chat *chat, struct post *post, struct message_fault *fault)
{
	struct request *request = send_request_of(chat, post);
	char *value = post->intended ? json_dumps(post->intended, JSON_COMPACT) : NULL;
	struct store_entry entry = {
		.room = post->room->name,
		.type = request->message.type,
		.ts_ms = chat->now_ms,
		.tail = request->message.tail,
		.tail_len = request->message.tail_len,
		.words = post->words,
		.state_key = post->alarm,
		.state_value = value,
		.state_value_len = value ? strlen(value) : 0,
	};
	bool is_counted = request->store == chat->store;
	size_t i;
	int r;

	for (i = 0; i < STORE_KEYS; i++)
		entry.keys[i] = post->keys[i];
	r = request_append(chat, request, &entry);
	for (i = 0; i < STORE_KEYS; i++)
		free(post->keys[i]);
	free(post->words);
	free(value);
	if (r == 0) {
		metrics.store_pending += is_counted;
		return 0;
	}
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
	presence_prove_by_email(chat, message, &proof, email_hash);
	return presence_claim(chat, speaker, message->username, &proof, fault);
}

static int
send_keep(struct chat *chat, struct asker *asker, struct session *speaker,
	struct room *room, const struct message *message, struct buffer *tail,
	struct message_fault *fault)
{
	struct post post = {
		.asker = asker,
		.room = room,
		.type = message->type ? message->type : "message",
		.ref = message->ref,
		.tail = *tail,
	};

	post.words = xasprintf(
		"%s %s", speaker->person->name, message->text ? message->text : "");
	send_make_keys(chat, speaker, message, post.keys);
	return send_post(chat, &post, fault);
}

static void
send_pass_on(struct chat *chat, struct asker *asker, struct room *room,
	const struct message *message, struct buffer *tail)
{
	size_t queued =
		send_broadcast(chat, room, message->type ? message->type : "message", 0,
			tail->bytes, tail->len, asker->session);

	buffer_clear(tail);
	send_acknowledge(chat, asker, room, message->ref, queued);
	rooms_release(chat->rooms, room);
}

struct room *
send_find_room(struct chat *chat, const struct asker *asker,
	const struct message *message, struct message_fault *fault)
{
	struct room *room = message->room ? rooms_find(chat->rooms, message->room) : NULL;

	/* Also answers clients that may not read the room. */
	if (!room || !room->is_tail)
		room = room_access_find(chat, asker, message->room, true, fault);
	if (!room || !room->is_tail)
		return room;
	message_refuse(fault, "read_only", "this room is a log file's");
	return NULL;
}

static enum voice
send_voice_of(const struct asker *asker)
{
	if (asker->call)
		return VOICE_SEND;
	return asker->session->wire == WIRE_LINE ? VOICE_LINE : VOICE_WS;
}

int
send_say(struct chat *chat, struct asker *asker, struct session *speaker,
	const struct message *message, struct message_fault *fault)
{
	struct message_stamp stamp = {
		.ts_ms = chat->now_ms,
		.share_email = chat->config->chat.share_email,
		.avatar = chat->config->chat.gravatar,
	};
	struct buffer tail = { 0 };
	struct room *room = send_find_room(chat, &speaker->chat->asker, message, fault);

	if (!room)
		return -EINVAL;
	if (send_claim_name(chat, speaker, message, fault) < 0 ||
		ban_store_check_mute(chat, speaker, fault) < 0) {
		rooms_release(chat->rooms, room);
		return -EINVAL;
	}
	stamp.username = speaker->person->name;
	message_append_tail(message, &stamp, &tail);
	if (message->is_ephemeral)
		send_pass_on(chat, asker, room, message, &tail);
	else if (send_keep(chat, asker, speaker, room, message, &tail, fault) < 0)
		return -EAGAIN;
	metrics.received[send_voice_of(asker)]++;
	return 0;
}

int
send_do_message(struct chat *chat, struct asker *asker, const struct message *message,
	struct message_fault *fault)
{
	return send_say(chat, asker, asker->session, message, fault);
}
