/* Orders of moderators. Each order is answered with one object or an error. */
#include <errno.h>
#include <string.h>

#include "chat/moderate.h"

#include "chat/ban_store.h"
#include "chat/deletion.h"
#include "chat/reply.h"
#include "linnet/base/log.h"
#include "linnet/base/util.h"
#include "linnet/protocol/name.h"

/* A longer reason would not fit into an error. */
#define REASON_BYTES 160

#define MS_A_MINUTE 60000.0
#define MINUTES_MAX (100.0 * 365 * 24 * 60)

/* The checked members of an order. */
struct order {
	const struct chat_caller *by;
	const char *username, *address, *reason;
	bool has_number;
	uint64_t number; /* of a session */
	int64_t until_ms;
	enum ban_kind kind; /* BAN_NAME: also addresses */
};

static int
moderate_read_line(
	struct input *input, const char *key, size_t max_bytes, const char **value)
{
	if (message_get_string(&input->message, key, max_bytes, value, &input->fault) < 0)
		return -EINVAL;
	if (*value && !name_is_line(*value))
		return message_refuse(
			&input->fault, "bad_field", "\"%s\" must be a line", key);
	return 0;
}

static int
moderate_read_order(struct input *input, struct order *order)
{
	const json_t *object = input->message.object;
	const json_t *minutes = json_object_get(object, "minutes");
	double ms = json_number_value(minutes) * MS_A_MINUTE;

	if (moderate_read_line(input, "address", CIDR_TEXT_BYTES, &order->address) < 0 ||
		moderate_read_line(input, "reason", REASON_BYTES, &order->reason) < 0 ||
		message_get_uint(
			&input->message, "session", &order->number, &input->fault) < 0)
		return -EINVAL;
	order->username = input->message.username;
	order->has_number = json_object_get(object, "session");
	if (!minutes)
		return 0;
	if (!json_is_number(minutes) || !(ms >= 1 && ms <= MINUTES_MAX * MS_A_MINUTE))
		return message_refuse(&input->fault, "bad_field",
			"\"minutes\" must be a number above 0, left out for ever");
	order->until_ms = input->chat->now_ms + (int64_t)ms;
	return 0;
}

/* Find the name or address that the order is about. The name of a guest is refused,
 * because it is not its own. */
static int
moderate_find_subject(
	struct input *input, const struct order *order, struct ban_subject *subject)
{
	bool may_be_address = order->kind != BAN_MUTE;
	bool has_address = order->address && may_be_address;
	const char *why;

	if (!order->username == !has_address)
		return message_refuse(&input->fault, "bad_field",
			may_be_address ? "either \"username\" or \"address\" must say who"
				       : "\"username\" must say who");
	*subject = (struct ban_subject){ .kind = order->kind };
	if (order->address) {
		why = cidr_read(order->address, &subject->cidr);
		subject->kind = BAN_ADDRESS;
		return why ? message_refuse(
				     &input->fault, "bad_field", "\"address\" %s", why)
			   : 0;
	}
	snprintf(subject->name, sizeof(subject->name), "%s", order->username);
	/* A ban of an earlier version may have a name that is not valid any more. */
	why = bans_find(input->chat->bans, subject)
		      ? NULL
		      : name_fault(order->username, NAME_MAX_BYTES);
	return why ? message_refuse(&input->fault, "bad_name", "the name %s", why) : 0;
}

/* Tell a session why, then close it. */
static void
moderate_send_away(struct session *session, const char *code, const char *reason)
{
	struct message_fault fault = { .code = NULL };

	message_refuse(
		&fault, code, "%s", *reason ? reason : "a moderator has sent you away");
	reply_fault(&session->chat->asker, &fault);
	session_close(session, CLOSE_POLICY, code);
}

static bool
moderate_is_from(const struct session *session, const struct cidr *cidr)
{
	struct in6_addr address;

	return session->peer &&
	       cidr_read_address(session->peer, strlen(session->peer), &address) &&
	       cidr_has(cidr, &address);
}

/* Which sessions to close. */
struct target {
	const struct person *person;   /* NULL: not one person */
	const struct name_forms *name; /* whose name collides; NULL: not by name */
	const struct cidr *cidr;       /* NULL: not by address */
	uint64_t number;               /* 0: not by number */
};

static bool
moderate_is_meant(const struct session *session, const struct target *target)
{
	const struct person *person = session->person;

	return (person && target->person == person) ||
	       (person && target->name &&
		       roster_collides(person, target->name)) ||
	       (target->cidr && moderate_is_from(session, target->cidr)) ||
	       (target->number && session->number == target->number);
}

/* Close all sessions of target. Returns their number. */
static size_t
moderate_send_all_away(struct chat *chat, const struct target *target, const char *code,
	const char *reason)
{
	const struct chat_session *own;
	size_t count = 0;

	TAILQ_FOREACH (own, &chat->sessions, link) {
		struct session *session = own->asker.session;

		if (session->closed || !moderate_is_meant(session, target))
			continue;
		moderate_send_away(session, code, reason);
		count++;
	}
	return count;
}

/* The session of that number, or NULL. */
static const struct session *
moderate_find_session(const struct chat *chat, uint64_t number)
{
	const struct chat_session *own;

	TAILQ_FOREACH (own, &chat->sessions, link)
		if (own->asker.session->number == number)
			return own->asker.session;
	return NULL;
}

static void
moderate_log_kick(const struct chat *chat, const struct order *order, size_t count)
{
	const struct session *session =
		order->username ? NULL : moderate_find_session(chat, order->number);

	if (session)
		log_info("kicked", log_str("by", order->by->name),
			log_uint("session", order->number), log_uint("sessions", count),
			SESSION_WHO_FIELDS(session));
	else
		log_info("kicked", log_str("by", order->by->name),
			log_person("username", order->username),
			log_uint("sessions", count));
}

static int
moderate_do_kick(struct input *input, const struct order *order)
{
	struct target target = { .number = order->number };
	size_t count;

	if (!order->username == !order->has_number)
		return message_refuse(&input->fault, "bad_field",
			"either \"username\" or \"session\" must say who");
	if (order->username)
		target.person = roster_find(input->chat->roster, order->username);
	count = moderate_send_all_away(input->chat, &target, "kicked", order->reason);
	if (!count)
		return message_refuse(
			&input->fault, "no_such_session", "nobody like that is here");
	moderate_log_kick(input->chat, order, count);
	reply_object(input->asker,
		json_pack("{s:s,s:I}", "type", "kick", "sessions", (json_int_t)count));
	return 0;
}

/* True if the prefix overlaps with the loopback addresses. */
static bool
moderate_has_loopback(const struct cidr *cidr)
{
	static const char *const own[] = { "127.0.0.0/8", "::1" };
	struct cidr loopback;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(own); i++) {
		cidr_read(own[i], &loopback);
		if (cidr_has(cidr, &loopback.address) ||
			(cidr_has(&loopback, &cidr->address) &&
				cidr->bits >= loopback.bits))
			return true;
	}
	return false;
}

/* A moderator must not lock itself out. */
static int
moderate_check_prefix(const struct chat_caller *by, const struct cidr *cidr,
	struct message_fault *fault)
{
	struct in6_addr own;

	if (moderate_has_loopback(cidr))
		return message_refuse(fault, "bad_address",
			"this machine cannot be banned, nor a network with it");
	if (cidr_read_address(by->peer, strlen(by->peer), &own) && cidr_has(cidr, &own))
		return message_refuse(fault, "bad_address", "you come from there");
	return 0;
}

static void
moderate_log_order(const char *event, const struct chat_caller *by, const struct ban *ban)
{
	bool is_address = ban->subject.kind == BAN_ADDRESS;
	char address[CIDR_TEXT_BYTES];

	if (is_address)
		cidr_format(&ban->subject.cidr, address);
	log_info(event, log_str("by", by->name),
		is_address ? log_str("address", address)
			   : log_person("username", ban->subject.name),
		log_int("until", ban->until_ms));
}

/* The answer to an order about ban. */
static json_t *
moderate_describe(const char *type, const struct ban *ban)
{
	json_t *object = json_pack("{s:s}", "type", type), *said = ban_to_json(ban);

	json_object_update(object, said);
	json_decref(said);
	return object;
}

/* Set the ban or mute that order describes. */
static int
moderate_impose(struct input *input, const struct order *order)
{
	struct chat *chat = input->chat;
	struct ban ban = {
		.since_ms = chat->now_ms,
		.until_ms = order->until_ms,
		.reason = (char *)order->reason,
	};
	struct target target = { .number = 0 };
	struct name_forms forms;
	bool is_mute = order->kind == BAN_MUTE;
	json_t *done;
	int r;

	if (moderate_find_subject(input, order, &ban.subject) < 0)
		return -EINVAL;
	if (ban.subject.kind == BAN_ADDRESS) {
		if (moderate_check_prefix(order->by, &ban.subject.cidr, &input->fault) <
			0)
			return -EINVAL;
		target.cidr = &ban.subject.cidr;
	} else if (!is_mute) {
		name_forms_write(&forms, ban.subject.name);
		target.name = &forms;
	}
	if (bans_are_full(chat->bans, &ban.subject))
		return message_refuse(
			&input->fault, "too_many_bans", "there are %d already", BANS_MAX);
	done = moderate_describe(is_mute ? "mute" : "ban", &ban);
	r = ban_store_set(input, &ban, json_incref(done));
	if (r == 0) {
		json_object_set_new(done, "sessions",
			json_integer((json_int_t)moderate_send_all_away(
				chat, &target, "banned", order->reason)));
		moderate_log_order(is_mute ? "muted" : "banned", order->by, &ban);
	}
	json_decref(done);
	return r;
}

static int
moderate_lift(struct input *input, const struct order *order)
{
	bool is_mute = order->kind == BAN_MUTE;
	struct ban ban = { .reason = NULL };
	const struct ban *found;

	if (moderate_find_subject(input, order, &ban.subject) < 0)
		return -EINVAL;
	found = bans_find(input->chat->bans, &ban.subject);
	if (!found)
		return message_refuse(
			&input->fault, "no_such_ban", "there is no such ban or mute");
	if (ban_store_lift(input, &ban.subject,
		    moderate_describe(is_mute ? "unmute" : "unban", found)) < 0)
		return -EAGAIN;
	moderate_log_order(is_mute ? "unmuted" : "unbanned", order->by, &ban);
	return 0;
}

static json_t *
moderate_describe_session(const struct session *session)
{
	json_t *rooms = json_array();
	const struct member *member;

	TAILQ_FOREACH (member, &session->chat->members, session_link)
		json_array_append_new(rooms, json_string(member->room->name));
	return json_pack("{s:I,s:s*,s:s,s:s*,s:o,s:I,s:I}", "session",
		(json_int_t)session->number, "username",
		session->person ? session->person->name : NULL, "via",
		wire_door(session->wire), "address", session->peer, "rooms", rooms,
		"since", (json_int_t)session->since_ms, "queue_bytes",
		(json_int_t)session->queue.bytes);
}

static int
moderate_do_sessions(struct input *input, const struct order *order)
{
	json_t *list = json_array();
	const struct chat_session *own;

	(void)order;
	TAILQ_FOREACH (own, &input->chat->sessions, link)
		if (!own->asker.session->closed)
			json_array_append_new(
				list, moderate_describe_session(own->asker.session));
	reply_object(input->asker,
		json_pack("{s:s,s:o}", "type", "sessions", "sessions", list));
	return 0;
}

/* What moderate_list_ban collects. */
struct ban_lists {
	json_t *bans, *mutes;
};

static void
moderate_list_ban(void *context, const struct ban *ban)
{
	struct ban_lists *lists = context;

	json_array_append_new(ban->subject.kind == BAN_MUTE ? lists->mutes : lists->bans,
		ban_to_json(ban));
}

static int
moderate_do_bans(struct input *input, const struct order *order)
{
	struct ban_lists lists = { json_array(), json_array() };

	(void)order;
	bans_each(input->chat->bans, moderate_list_ban, &lists);
	reply_object(input->asker, json_pack("{s:s,s:o,s:o}", "type", "bans", "bans",
					   lists.bans, "mutes", lists.mutes));
	return 0;
}

static int
moderate_do_delete(struct input *input, const struct order *order)
{
	(void)order;
	return deletion_do_delete(input);
}

static int
moderate_do_forget(struct input *input, const struct order *order)
{
	(void)order;
	return deletion_do_forget(input);
}

static const struct {
	const char *word;
	int (*handler)(struct input *input, const struct order *order);
	enum ban_kind kind;
} orders[] = {
	{ "sessions", moderate_do_sessions, BAN_NAME },
	{ "bans", moderate_do_bans, BAN_NAME },
	{ "kick", moderate_do_kick, BAN_NAME },
	{ "ban", moderate_impose, BAN_NAME },
	{ "unban", moderate_lift, BAN_NAME },
	{ "mute", moderate_impose, BAN_MUTE },
	{ "unmute", moderate_lift, BAN_MUTE },
	{ "delete", moderate_do_delete, BAN_NAME },
	{ "forget", moderate_do_forget, BAN_NAME },
};

int
moderate_order(struct input *input, const char *word)
{
	struct order order = { .by = input->asker->call->caller, .reason = "" };
	size_t i = 0;

	ban_store_end(input->chat);
	while (strcmp(orders[i].word, word) != 0)
		i++;
	order.kind = orders[i].kind;
	if (moderate_read_order(input, &order) < 0)
		return -EINVAL;
	return orders[i].handler(input, &order);
}
