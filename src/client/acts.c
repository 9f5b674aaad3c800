/* What a person does in a room, beside talking. */
#include <errno.h>
#include <stdlib.h>

#include "client/command_list.h"
#include "client/http_call.h"
#include "client/output.h"
#include "client/sender.h"
#include "linnet/base/xalloc.h"
#include "linnet/protocol/name.h"

enum client_status
acts_ack(const struct client *client, const char *const *words)
{
	return sender_run_one(client, words[0],
		json_pack("{s:s,s:s}", "type", "ack", "key", words[1]), false);
}

enum client_status
acts_clear(const struct client *client, const char *const *words)
{
	return sender_run_one(client, words[0],
		json_pack("{s:s,s:s}", "type", "clear", "key", words[1]), false);
}

/* Read an id of a message. Returns 0 after printing what is wrong. */
static json_int_t
acts_read_id(const char *text)
{
	char *end;
	json_int_t id;

	errno = 0;
	id = strtoll(text, &end, 10);
	if (!errno && id > 0 && !*end)
		return id;
	output_note("%s: must be the id of a message, a number from 1", text);
	return 0;
}

/* The name under which the message was said, or NULL: a guest's, or not to be had. The
 * caller frees it. */
static char *
acts_find_author(const struct client *client, const char *room, json_int_t id)
{
	struct buffer path = { 0 };
	struct http_call call = { .method = "GET", .may_repeat = true };
	enum client_status status;
	const char *name;
	json_t *answer;
	char *copy = NULL;

	buffer_printf(&path, "/history/");
	url_append_escaped(&path, room);
	buffer_printf(&path, "?limit=1&after=%" JSON_INTEGER_FORMAT, id - 1);
	call.path = path.bytes;
	answer = http_call_make(client, &call, &status);
	name = json_string_value(json_object_get(
		json_array_get(json_object_get(answer, "messages"), 0), "username"));
	if (name && !name_is_guest(name))
		copy = xstrdup(name);
	json_decref(answer);
	buffer_clear(&path);
	return copy;
}

/* Send a change of the message. Each name has a person token of its own, so without -n
 * the change is sent under the name of the message. */
static enum client_status
acts_change(const struct client *client, const char *room, json_int_t id, json_t *change)
{
	struct client author = *client;
	char *name = NULL;
	enum client_status status;

	if (!client->name && !client->token)
		author.name = name = acts_find_author(client, room, id);
	status = sender_run_one(&author, room, change, false);
	free(name);
	return status;
}

enum client_status
acts_edit(const struct client *client, const char *const *words)
{
	json_int_t id = acts_read_id(words[1]);

	if (!id)
		return CLIENT_BAD_USAGE;
	return acts_change(client, words[0], id,
		json_pack(
			"{s:s,s:I,s:s}", "type", "edit", "of", id, "message", words[2]));
}

enum client_status
acts_delete(const struct client *client, const char *const *words)
{
	json_int_t id = acts_read_id(words[1]);

	if (!id)
		return CLIENT_BAD_USAGE;
	return acts_change(
		client, words[0], id, json_pack("{s:s,s:I}", "type", "delete", "of", id));
}
