/* linnet admin: the orders of moderators. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client/command_list.h"
#include "client/http_call.h"
#include "client/output.h"
#include "client/show.h"
#include "linnet/base/cidr.h"
#include "linnet/base/util.h"
#include "linnet/protocol/line_text.h"

/* What the server takes at once. */
#define IDS_MAX 200

/* Make the body of an order from its arguments. NULL after printing what is wrong. */
typedef json_t *order_make(const char *const *words);

static json_t *
order_about_name(const char *const *words)
{
	return json_pack("{s:s}", "username", words[0]);
}

static json_t *
order_about_subject(const char *const *words)
{
	struct cidr cidr;

	return json_pack(
		"{s:s}", cidr_read(words[0], &cidr) ? "username" : "address", words[0]);
}

static json_t *
order_kick(const char *const *words)
{
	return json_pack("{s:s,s:s*}", "username", words[0], "reason", words[1]);
}

/* Add the minutes, if they are given. */
static json_t *
order_add_minutes(json_t *order, const char *text)
{
	char *end;
	double minutes = text ? strtod(text, &end) : 1;

	if (!text)
		return order;
	if (*text && !*end && isfinite(minutes) && minutes > 0) {
		json_object_set_new(order, "minutes", json_real(minutes));
		return order;
	}
	output_note("%s: must be a number of minutes", text);
	json_decref(order);
	return NULL;
}

static json_t *
order_ban(const char *const *words)
{
	return order_add_minutes(order_about_subject(words), words[1]);
}

static json_t *
order_mute(const char *const *words)
{
	return order_add_minutes(order_about_name(words), words[1]);
}

static json_t *
order_delete(const char *const *words)
{
	json_t *ids = json_array();
	char *end;

	for (size_t i = 1; words[i]; i++) {
		errno = 0;
		json_array_append_new(ids, json_integer(strtoll(words[i], &end, 10)));
		if (errno || *end || !*words[i] || i > IDS_MAX) {
			output_note(i > IDS_MAX ? "%s: more than %d ids at once"
						: "%s: must be the id of a message",
				words[i], IDS_MAX);
			json_decref(ids);
			return NULL;
		}
	}
	if (words[1])
		return json_pack("{s:s,s:o}", "room", words[0], "of", ids);
	json_decref(ids);
	return json_pack("{s:s}", "room", words[0]);
}

static void
order_show_sessions(struct buffer *text, const json_t *answer)
{
	static const char *const keys[] = { "session", "username", "via", "address" };
	const json_t *session, *room;
	size_t i, j;

	json_array_foreach(json_object_get(answer, "sessions"), i, session)
	{
		show_append_time(text, session, "since");
		for (j = 0; j < ARRAY_SIZE(keys); j++) {
			buffer_append(text, "\t", 1);
			show_append(text, session, keys[j]);
		}
		buffer_append(text, "\t", 1);
		json_array_foreach(json_object_get(session, "rooms"), j, room)
		{
			buffer_printf(text, "%s", j ? ", " : "");
			line_text_append_clean(
				text, json_string_value(room), json_string_length(room));
		}
		buffer_append(text, "\n", 1);
	}
}

static void
order_show_bans(struct buffer *text, const json_t *answer)
{
	static const char *const lists[] = { "bans", "mutes" };
	const json_t *ban;
	size_t i, j;

	for (i = 0; i < 2; i++) {
		json_array_foreach(json_object_get(answer, lists[i]), j, ban)
		{
			buffer_printf(text, "%s\t", i ? "mute" : "ban");
			show_append(text, ban, "username");
			show_append(text, ban, "address");
			buffer_printf(text, "\tuntil ");
			show_append_time(text, ban, "until");
			buffer_append(text, "\t", 1);
			show_append(text, ban, "reason");
			buffer_append(text, "\n", 1);
		}
	}
}

static void
order_show_forgotten(struct buffer *text, const json_t *answer)
{
	show_append(text, answer, "deleted");
	buffer_printf(text, " messages deleted\n");
}

static const struct {
	const char *word;
	size_t least, most; /* arguments */
	order_make *make;   /* NULL: a question */
	show_lines *show;   /* NULL: prints nothing */
	const char *usage;
} orders[] = {
	{ "sessions", 0, 0, NULL, order_show_sessions, "sessions" },
	{ "bans", 0, 0, NULL, order_show_bans, "bans" },
	{ "kick", 1, 2, order_kick, NULL, "kick NAME [REASON]" },
	{ "ban", 1, 2, order_ban, NULL, "ban NAME|ADDRESS [MINUTES]" },
	{ "unban", 1, 1, order_about_subject, NULL, "unban NAME|ADDRESS" },
	{ "mute", 1, 2, order_mute, NULL, "mute NAME [MINUTES]" },
	{ "unmute", 1, 1, order_about_name, NULL, "unmute NAME" },
	{ "delete", 1, SIZE_MAX, order_delete, NULL, "delete ROOM [ID]..." },
	{ "forget", 1, 1, order_about_name, order_show_forgotten, "forget NAME" },
};

static enum client_status
orders_print_usage(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++)
		output_note("usage: linnet admin %s", orders[i].usage);
	return CLIENT_BAD_USAGE;
}

enum client_status
orders_run(const struct client *client, const char *const *words)
{
	struct buffer path = { 0 };
	struct http_call call = { .method = "GET" };
	enum client_status status;
	json_t *answer;
	size_t count = 0, i = 0;

	if (!words[0])
		return orders_print_usage();
	while (words[count + 1])
		count++;
	while (i < ARRAY_SIZE(orders) && strcmp(orders[i].word, words[0]) != 0)
		i++;
	if (i == ARRAY_SIZE(orders) || count < orders[i].least || count > orders[i].most)
		return orders_print_usage();
	if (orders[i].make) {
		call.method = "POST";
		call.body = orders[i].make(words + 1);
		if (!call.body)
			return CLIENT_BAD_USAGE;
	}
	call.may_repeat = !call.body;
	buffer_printf(&path, "/admin/%s", words[0]);
	call.path = path.bytes;
	answer = http_call_make(client, &call, &status);
	json_decref(call.body);
	buffer_clear(&path);
	return show_answer(client, answer, orders[i].show, status);
}
