#include "linnet/protocol/message.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "linnet/base/hex.h"
#include "linnet/base/json_text.h"
#include "linnet/base/util.h"
#include "linnet/protocol/name.h"

/* RFC 5321 section 4.5.3.1.3: a path has at most 256 octets, including two angle
 * brackets. */
#define EMAIL_BYTES 254

/* jansson parses 2048 levels. A history nests the message a few levels deeper. */
#define DEPTH 2000

/* Members of the client that are not passed on unchanged. */
static const char *const withheld[] = { "type", "room", "id", "ts", "username", "avatar",
	"email", "message", "ref", "ephemeral", "session", "via", "deleted", "edited",
	"reactions", "reaction_counts", NULL };

int
message_refuse(struct message_fault *fault, const char *code, const char *format, ...)
{
	va_list arguments;

	fault->code = code;
	va_start(arguments, format);
	vsnprintf(fault->text, sizeof(fault->text), format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static size_t
message_count_characters(const char *utf8)
{
	size_t n = 0;

	for (; *utf8; utf8++)
		n += ((unsigned char)*utf8 & 0xc0) != 0x80;
	return n;
}

int
message_get_string(const struct message *message, const char *key, size_t max_bytes,
	const char **value, struct message_fault *fault)
{
	const json_t *member = json_object_get(message->object, key);

	if (!member || json_is_null(member))
		return 0;
	if (!json_is_string(member))
		return message_refuse(fault, "bad_field", "\"%s\" must be a string", key);
	if (json_string_length(member) > max_bytes)
		return message_refuse(fault, "bad_field",
			"\"%s\" is longer than %zu bytes", key, max_bytes);
	if (json_string_length(member))
		*value = json_string_value(member);
	return 0;
}

int
message_get_uint(const struct message *message, const char *key, uint64_t *value,
	struct message_fault *fault)
{
	const json_t *member = json_object_get(message->object, key);

	if (!member || json_is_null(member))
		return 0;
	if (!json_is_integer(member) || json_integer_value(member) < 0)
		return message_refuse(
			fault, "bad_field", "\"%s\" must be a whole number from 0", key);
	*value = (uint64_t)json_integer_value(member);
	return 0;
}

/* Read first: a later error can then name the ref. */
static int
message_read_ref(struct message *message, struct message_fault *fault)
{
	const json_t *member = json_object_get(message->object, "ref");
	int r = message_get_string(
		message, "ref", MESSAGE_REF_BYTES, &message->ref, fault);

	if (r < 0)
		return r;
	if (json_is_string(member) &&
		(!message->ref || message_count_characters(message->ref) >
					  MESSAGE_REF_CHARACTERS)) {
		message->ref = NULL;
		return message_refuse(fault, "bad_field",
			"\"ref\" must have 1 to %d characters", MESSAGE_REF_CHARACTERS);
	}
	if (message->ref)
		snprintf(fault->ref, sizeof(fault->ref), "%s", message->ref);
	return 0;
}

static int
message_read_members(struct message *message, struct message_fault *fault)
{
	const struct {
		const char *key;
		size_t max_bytes;
		const char **value;
	} members[] = {
		{ "type", MESSAGE_TYPE_BYTES, &message->type },
		{ "room", SIZE_MAX, &message->room },
		{ "username", SIZE_MAX, &message->username },
		{ "email", EMAIL_BYTES, &message->email },
		{ "message", SIZE_MAX, &message->text },
	};
	int r = message_read_ref(message, fault);
	size_t i;

	for (i = 0; r == 0 && i < ARRAY_SIZE(members); i++)
		r = message_get_string(message, members[i].key, members[i].max_bytes,
			members[i].value, fault);
	message->is_ephemeral =
		json_is_true(json_object_get(message->object, "ephemeral"));
	return r;
}

int
message_decode(struct message *message, const char *bytes, size_t len, size_t max_bytes,
	struct message_fault *fault)
{
	json_error_t error;
	json_t *object = json_text_load(bytes, len, 0, &error);
	char *near;

	if (object)
		return message_take(message, object, max_bytes, fault);
	/* jansson's text quotes the input behind " near ", cut at any byte. The client
	 * knows it. */
	near = strstr(error.text, " near ");
	if (near)
		*near = '\0';
	memset(fault, 0, sizeof(*fault));
	return message_refuse(fault, "bad_json", "not a JSON object: %s at byte %d",
		error.text, error.position);
}

static bool
message_is_deeper(const json_t *value, size_t levels)
{
	const char *key;
	json_t *inner;
	size_t i;

	if (!json_is_object(value) && !json_is_array(value))
		return false;
	if (!levels)
		return true;
	json_array_foreach(value, i, inner)
	{
		if (message_is_deeper(inner, levels - 1))
			return true;
	}
	json_object_foreach((json_t *)value, key, inner)
	{
		if (message_is_deeper(inner, levels - 1))
			return true;
	}
	return false;
}

static bool
message_is_withheld(const char *key)
{
	const char *const *name;

	for (name = withheld; *name; name++)
		if (!strcmp(*name, key))
			return true;
	return false;
}

/* How many bytes of JSON the client's members take, those for the server left out. The
 * text's own key and quotes do not count, so that a line may be made of anything. */
static size_t
message_count_bytes(const json_t *object)
{
	struct buffer text = { 0 };
	size_t frame_bytes = 0, bytes;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
	{
		if (!strcmp(key, "message")) {
			json_text_append(&text, value);
			frame_bytes = json_is_string(value) ? strlen("\"\"") : 0;
		} else if (!message_is_withheld(key)) {
			json_text_append_string(&text, key);
			json_text_append(&text, value);
		}
	}
	bytes = text.len - frame_bytes;
	buffer_clear(&text);
	return bytes;
}

/* Control characters become up to six bytes of JSON, and 1e14 becomes 17. */
static int
message_check_size(
	const struct message *message, size_t max_bytes, struct message_fault *fault)
{
	size_t bytes = message_count_bytes(message->object);

	if (bytes <= max_bytes)
		return 0;
	fault->is_too_large = true;
	return message_refuse(fault, "bad_field",
		"this would take %zu bytes as JSON, more than twice "
		"limits.message_bytes (%zu)",
		bytes, max_bytes);
}

int
message_take(struct message *message, json_t *object, size_t max_bytes,
	struct message_fault *fault)
{
	int r;

	memset(message, 0, sizeof(*message));
	memset(fault, 0, sizeof(*fault));
	message->object = object;
	if (!json_is_object(object))
		r = message_refuse(fault, "bad_json", "not a JSON object");
	else if (message_is_deeper(object, DEPTH))
		r = message_refuse(
			fault, "bad_json", "nested more than %d levels deep", DEPTH);
	else
		r = message_read_members(message, fault);
	if (r == 0)
		r = message_check_size(message, max_bytes, fault);
	if (r < 0)
		message_fini(message);
	return r;
}

void
message_fini(struct message *message)
{
	json_decref(message->object);
	memset(message, 0, sizeof(*message));
}

bool
message_avatar(const char *email, char *out)
{
	char address[EMAIL_BYTES + 1];
	size_t len, i;

	*out = '\0';
	while (isspace((unsigned char)*email))
		email++;
	len = strnlen(email, EMAIL_BYTES);
	while (len && isspace((unsigned char)email[len - 1]))
		len--;
	for (i = 0; i < len; i++)
		address[i] = (char)tolower((unsigned char)email[i]);
	if (len)
		hex_sha256(out, address, len);
	return len > 0;
}

/* Append the key of a member behind others. */
static void
message_append_key(struct buffer *text, const char *key)
{
	buffer_append(text, ",", 1);
	json_text_append_string(text, key);
	buffer_append(text, ":", 1);
}

/* Append a member; NULL: there is none. */
static void
message_append_text(struct buffer *text, const char *key, const char *value)
{
	if (!value)
		return;
	message_append_key(text, key);
	json_text_append_string(text, value);
}

static void
message_append_value(struct buffer *text, const char *key, json_t *value)
{
	if (!value)
		return;
	message_append_key(text, key);
	json_text_append(text, value);
}

void
message_append_tail(const struct message *message, const struct message_stamp *stamp,
	struct buffer *text)
{
	char avatar[MESSAGE_AVATAR_BYTES + 1] = "", start[32];
	const char *key;
	json_t *value;
	int len = snprintf(start, sizeof(start), "\"ts\":%" PRId64, stamp->ts_ms);

	if (message->email && stamp->avatar)
		message_avatar(message->email, avatar);
	buffer_append(text, start, (size_t)len);
	message_append_text(text, "username", stamp->username);
	message_append_text(text, "avatar", *avatar ? avatar : NULL);
	message_append_text(text, "email", stamp->share_email ? message->email : NULL);
	message_append_text(text, "via", stamp->via);
	message_append_value(
		text, "message", json_object_get(message->object, "message"));
	json_object_foreach(message->object, key, value)
	{
		if (!message_is_withheld(key))
			message_append_value(text, key, value);
	}
	buffer_append(text, "}", 1);
}

void
message_append_whole(struct buffer *text, const char *type, const char *room, uint64_t id,
	const char *tail, size_t tail_len)
{
	char number[32];

	buffer_append(text, "{\"type\":", 8);
	json_text_append_string(text, type);
	buffer_append(text, ",\"room\":", 8);
	json_text_append_string(text, room);
	if (id) {
		int n = snprintf(number, sizeof(number), ",\"id\":%" PRIu64, id);

		buffer_append(text, number, (size_t)n);
	}
	buffer_append(text, ",", 1);
	buffer_append(text, tail, tail_len);
}

json_t *
message_error(const struct message_fault *fault)
{
	int64_t wait_ms = fault->retry_after_ms;

	/* A text that was cut within a character is left out. */
	return json_pack("{s:s,s:s,s:o*,s:o*,s:s*}", "type", "error", "code", fault->code,
		"message", json_string(fault->text), "retry_after_ms",
		wait_ms ? json_integer(wait_ms) : NULL, "ref",
		*fault->ref ? fault->ref : NULL);
}

/* Members that name who has done something. */
static const char *const message_names[] = { "username", "acknowledged_by",
	"cleared_by" };

static bool
message_is_name(const json_t *value, const char *name)
{
	char folded[NAME_MAX_BYTES + 1];

	if (!json_is_string(value))
		return false;
	name_fold(folded, json_string_value(value));
	return !strcmp(folded, name);
}

bool
message_is_by(const json_t *object, const char *name)
{
	return message_is_name(json_object_get(object, "username"), name);
}

bool
message_has_name(const json_t *object, const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(message_names); i++)
		if (message_is_name(json_object_get(object, message_names[i]), name))
			return true;
	return false;
}

void
message_drop_name(json_t *object, const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(message_names); i++)
		if (message_is_name(json_object_get(object, message_names[i]), name))
			json_object_del(object, message_names[i]);
}
