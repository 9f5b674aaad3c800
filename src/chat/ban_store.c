/* Bans and mutes. They are stored as the state of a room that nobody can name, so they
 * survive a restart. An order is answered after it is stored. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "chat/chat_private.h"
#include "linnet/base/log.h"

/* No room has a "/" in its name. */
#define RECORDS "/bans"

void
chat_init_bans(struct chat *chat)
{
	static char name[] = RECORDS;

	chat->bans = bans_new();
	chat->records.name = name;
	chat->records.is_permanent = true;
	TAILQ_INIT(&chat->records.members);
}

const struct bans *
chat_bans(const struct chat *chat)
{
	return chat->bans;
}

bool
chat_is_record(const char *room)
{
	return !strcmp(room, RECORDS);
}

void
chat_restore_ban(
	struct chat *chat, const char *key, uint64_t id, const char *value, size_t len)
{
	enum ban_kind kind = *key == 'n'   ? BAN_NAME
			     : *key == 'a' ? BAN_ADDRESS
					   : BAN_MUTE;
	json_t *object = json_loadb(value, len, 0, NULL);
	struct ban ban;

	if (!ban_from_json(&ban, kind, object) || bans_add(chat->bans, &ban) < 0)
		log_warn("ban_left_out", log_uint("id", id));
	json_decref(object);
}

static void
ban_store_on_kept(struct chat *chat, struct request *request, int error, uint64_t id,
	bool is_duplicate)
{
	struct message_fault fault = { .code = NULL };

	(void)id;
	(void)is_duplicate;
	if (error) {
		chat_store_failed(chat, error, &fault);
		message_refuse(&fault, "store_failed",
			"it is done, but only until linnetd stops: the history cannot be "
			"written");
	}
	if (!request->session)
		return;
	if (error)
		chat_answer_fault(request->session, &fault);
	else
		chat_answer(request->session, json_incref(request->intended));
}

/* Store value (NULL: nothing) for subject, then send done (consumed) to session (NULL:
 * nobody). Returns 0, or -EAGAIN if the store is full. */
static int
ban_store_record(struct chat *chat, struct session *session,
	const struct ban_subject *subject, const char *value, json_t *done)
{
	struct request *request = chat_request(chat, session, &chat->records, NULL);
	char key[BAN_KEY_BYTES + 1];
	char *tail = chat_format("\"ts\":%" PRId64 "}", chat->now_ms);
	struct store_entry entry = {
		.room = RECORDS,
		.type = "ban",
		.ts_ms = chat->now_ms,
		.tail = tail,
		.tail_len = strlen(tail),
		.words = "",
		.state_key = key,
		.state_value = value,
		.state_value_len = value ? strlen(value) : 0,
	};
	int r;

	ban_write_key(subject, key);
	request->on_appended = ban_store_on_kept;
	request->intended = done;
	r = store_append(chat->store, &entry, request->ticket);
	free(tail);
	if (r == 0)
		chat->asked++;
	else
		chat_request_free(chat, request);
	return r;
}

int
chat_set_ban(
	struct chat *chat, struct session *session, const struct ban *ban, json_t *done)
{
	json_t *object = ban_to_json(ban);
	char *value = json_dumps(object, JSON_COMPACT);
	int r;

	json_decref(object);
	r = ban_store_record(chat, session, &ban->subject, value, done);
	if (r == 0)
		bans_add(chat->bans, ban);
	free(value);
	return r;
}

int
chat_lift_ban(struct chat *chat, struct session *session,
	const struct ban_subject *subject, json_t *done)
{
	int r = ban_store_record(chat, session, subject, NULL, done);

	if (r == 0)
		bans_remove(chat->bans, bans_find(chat->bans, subject));
	return r;
}

void
chat_end_bans(struct chat *chat)
{
	const struct ban *ban;

	while ((ban = bans_next_over(chat->bans, chat->now_ms))) {
		/* If the store refuses this, the ban is still recognised as ended after a
		 * restart. */
		ban_store_record(chat, NULL, &ban->subject, NULL, NULL);
		bans_remove(chat->bans, ban);
	}
}

int
chat_check_mute(const struct chat *chat, const struct session *speaker,
	struct message_fault *fault)
{
	if (!speaker->person ||
		!bans_have_name(chat->bans, BAN_MUTE, speaker->person->name))
		return 0;
	return message_refuse(fault, "muted", "you may read, but not write");
}
