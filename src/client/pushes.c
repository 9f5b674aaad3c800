/* What a program reports to a room. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "client/command_list.h"
#include "client/http_call.h"
#include "client/output.h"
#include "client/show.h"
#include "linnet/base/hex.h"

#define REF_BYTES 16

/* Push object, which is freed, to room. */
static enum client_status
pushes_send(const struct client *client, const char *room, json_t *object)
{
	struct buffer path = { 0 };
	struct http_call call = { .method = "POST", .body = object, .may_repeat = true };
	enum client_status status;
	json_t *answer;

	buffer_printf(&path, "/push/");
	url_append_escaped(&path, room);
	call.path = path.bytes;
	if (client->name)
		json_object_set_new(object, "username", json_string(client->name));
	answer = http_call_make(client, &call, &status);
	buffer_clear(&path);
	json_decref(object);
	return show_answer(client, answer, NULL, status);
}

enum client_status
pushes_alarm(const struct client *client, const char *const *words)
{
	uint8_t random[REF_BYTES];
	char ref[2 * REF_BYTES + 1];

	/* An alarm that is sent again after a lost connection is known by its ref. */
	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		abort();
	hex_encode(ref, random, sizeof(random));
	return pushes_send(client, words[0],
		json_pack("{s:s,s:s,s:s,s:s,s:s}", "type", "alarm", "key", words[1],
			"severity", words[2], "title", words[3], "ref", ref));
}

enum client_status
pushes_metric(const struct client *client, const char *const *words)
{
	char *end;
	double value;

	value = strtod(words[2], &end);
	if (!*words[2] || *end || !isfinite(value)) {
		output_note("%s: must be a number, as in 0.41", words[2]);
		return CLIENT_BAD_USAGE;
	}
	return pushes_send(client, words[0],
		json_pack("{s:s,s:s,s:f}", "type", "metric", "name", words[1], "value",
			value));
}
