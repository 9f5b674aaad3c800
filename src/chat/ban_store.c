/* Bans and mutes. They are stored as the state of a room that nobody can name, so they
 * survive a restart. An order is answered after it is stored. */
#include "chat/ban_store.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "chat/reply.h"
#include "linnet/base/log.h"
#include "linnet/base/xalloc.h"

/* No room has a "/" in its name. */
#define RECORDS "/bans"

void
ban_store_init(struct chat *chat)
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
ban_store_has_room(const char *room)
{
	return !strcmp(room, RECORDS);
}

void
ban_store_restore(
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

void
ban_store_on_appended(struct chat *chat, struct request *request, int error)
{
	struct message_fault fault = { .code = NULL };

	if (error) {
		requests_note_failure(chat, error, &fault);
		message_refuse(&fault, "store_failed",
			"it is done, but only until linnetd stops: the history cannot be "
			"written");
	}
	if (!request->asker)
		return;
	if (error)
		reply_fault(request->asker, &fault);
	else
		reply_object(request->asker, json_incref(request->ban.reply));
}

/* Store value (NULL: nothing) for subject, then send done (consumed) to the asker.
 * Returns 0, or -EAGAIN if the store is full. */
static int
ban_store_record(struct input *input, const struct ban_subject *subject,
	const char *value, json_t *done)
{
	struct chat *chat = input->chat;
	struct request *request =
		request_new(chat, REQUEST_BAN, input->asker, &chat->records, NULL);
	char key[BAN_KEY_BYTES + 1];
	char *tail = xasprintf("\"ts\":%" PRId64 "}", chat->now_ms);
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
		.state_version = STORE_ANY_VERSION,
	};
	int r;

	ban_write_key(subject, key);
	request->ban.reply = done;
	r = request_append(chat, request, &entry);
	free(tail);
	if (r < 0)
		requests_refuse(r, &input->fault);
	return r;
}

int
ban_store_set(struct input *input, const struct ban *ban, json_t *done)
{
	json_t *object = ban_to_json(ban);
	char *value = json_dumps(object, JSON_COMPACT);
	int r;

	json_decref(object);
	r = ban_store_record(input, &ban->subject, value, done);
	if (r == 0)
		bans_add(input->chat->bans, ban);
	free(value);
	return r;
}

int
ban_store_lift(struct input *input, const struct ban_subject *subject, json_t *done)
{
	struct bans *bans = input->chat->bans;
	int r = ban_store_record(input, subject, NULL, done);

	if (r == 0)
		bans_remove(bans, bans_find(bans, subject));
	return r;
}

void
ban_store_end(struct chat *chat)
{
	struct input nobodys = { .chat = chat };
	const struct ban *ban;

	while ((ban = bans_next_over(chat->bans, chat->now_ms))) {
		/* If the store refuses this, the ban is still recognised as ended after a
		 * restart. */
		ban_store_record(&nobodys, &ban->subject, NULL, NULL);
		bans_remove(chat->bans, ban);
	}
}

int
ban_store_check_mute(struct input *input)
{
	const struct person *person = input->speaker->person;
	const struct name_forms *forms = person ? roster_forms(person) : NULL;

	if (!forms || !bans_have_name(input->chat->bans, BAN_MUTE, forms))
		return 0;
	return message_refuse(&input->fault, "muted", "you may read, but not write");
}
