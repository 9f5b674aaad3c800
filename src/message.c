#include "linnet/message.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/json_text.h"

/* RFC 5321 section 4.5.3.1.3 allows a path of 256 octets, its two angle brackets
 * included. */
#define EMAIL_BYTES 254

#define SHA256_BYTES 32

/* Not passed on as they came. */
static const char *const withheld[] = { "type", "room", "id", "ts", "username", "avatar",
	"email", "message", "ref", NULL };

__attribute__((format(printf, 3, 4))) static int
refuse(struct message_fault *fault, const char *code, const char *format, ...)
{
	va_list arguments;

	fault->code = code;
	va_start(arguments, format);
	vsnprintf(fault->text, sizeof(fault->text), format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static size_t
count_characters(const char *utf8)
{
	size_t n = 0;

	for (; *utf8; utf8++)
		n += ((unsigned char)*utf8 & 0xc0) != 0x80;
	return n;
}

/* Point *value at the string member key, or leave it NULL where there is none. */
static int
read_string(const json_t *object, const char *key, size_t max_bytes, const char **value,
	struct message_fault *fault)
{
	const json_t *member = json_object_get(object, key);

	if (!member || json_is_null(member))
		return 0;
	if (!json_is_string(member))
		return refuse(fault, "bad_field", "\"%s\" must be a string", key);
	if (json_string_length(member) > max_bytes)
		return refuse(fault, "bad_field", "\"%s\" is longer than %zu bytes", key,
			max_bytes);
	if (json_string_length(member))
		*value = json_string_value(member);
	return 0;
}

/* First, so that every later refusal can name it. */
static int
read_ref(struct message *message, struct message_fault *fault)
{
	const json_t *member = json_object_get(message->object, "ref");
	int r = read_string(
		message->object, "ref", MESSAGE_REF_BYTES, &message->ref, fault);

	if (r < 0)
		return r;
	if (json_is_string(member) && (!message->ref || count_characters(message->ref) >
								MESSAGE_REF_CHARACTERS))
		return refuse(fault, "bad_field", "\"ref\" must have 1 to %d characters",
			MESSAGE_REF_CHARACTERS);
	if (message->ref)
		snprintf(fault->ref, sizeof(fault->ref), "%s", message->ref);
	return 0;
}

static int
read_members(struct message *message, struct message_fault *fault)
{
	const char *text = NULL;
	const json_t *object = message->object;
	int r;

	if ((r = read_ref(message, fault)) < 0 ||
		(r = read_string(object, "type", MESSAGE_TYPE_BYTES, &message->type,
			 fault)) < 0 ||
		(r = read_string(object, "room", SIZE_MAX, &message->room, fault)) < 0 ||
		(r = read_string(
			 object, "username", SIZE_MAX, &message->username, fault)) < 0 ||
		(r = read_string(object, "email", EMAIL_BYTES, &message->email, fault)) <
			0 ||
		(r = read_string(object, "message", SIZE_MAX, &text, fault)) < 0)
		return r;
	return 0;
}

/* jansson quotes the input after "near", cut anywhere; the sender knows what it sent. */
static int
refuse_text(struct message_fault *fault, json_error_t *error)
{
	char *near = strstr(error->text, " near ");

	if (near)
		*near = '\0';
	return refuse(fault, "bad_json", "not a JSON object: %s at byte %d", error->text,
		error->position);
}

int
message_decode(struct message *message, const char *bytes, size_t len,
	struct message_fault *fault)
{
	json_error_t error;
	int r;

	memset(message, 0, sizeof(*message));
	fault->ref[0] = '\0';
	message->object = json_loadb(bytes, len, 0, &error);
	if (!message->object)
		return refuse_text(fault, &error);
	if (!json_is_object(message->object))
		r = refuse(fault, "bad_json", "not a JSON object");
	else
		r = read_members(message, fault);
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

static json_t *
avatar_of(const char *email)
{
	char address[EMAIL_BYTES + 1], hex[2 * SHA256_BYTES + 1];
	unsigned char hash[EVP_MAX_MD_SIZE];
	size_t len, i;

	while (isspace((unsigned char)*email))
		email++;
	len = strlen(email);
	while (len && isspace((unsigned char)email[len - 1]))
		len--;
	if (!len)
		return NULL;
	for (i = 0; i < len; i++)
		address[i] = (char)tolower((unsigned char)email[i]);
	if (EVP_Digest(address, len, hash, NULL, EVP_sha256(), NULL) != 1)
		return NULL;
	for (i = 0; i < SHA256_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	return json_string(hex);
}

static bool
is_withheld(const char *key)
{
	const char *const *name;

	for (name = withheld; *name; name++)
		if (!strcmp(*name, key))
			return true;
	return false;
}

static void
set(json_t *object, const char *key, json_t *value)
{
	if (value)
		json_object_set_new_nocheck(object, key, value);
}

/* Write object, which is consumed, to a frame. */
static struct frame *
to_frame(json_t *object)
{
	struct json_text text = { 0 };
	struct frame *frame;

	json_text_append(&text, object);
	json_decref(object);
	frame = frame_new_ws(WS_TEXT, true, text.bytes, text.len);
	free(text.bytes);
	return frame;
}

struct frame *
message_encode(const struct message *message, const struct message_stamp *stamp)
{
	const char *username = message->username ? message->username : stamp->username;
	json_t *out = json_object(), *value;
	const char *key;

	set(out, "type", json_string(message->type ? message->type : "message"));
	set(out, "room", json_string(stamp->room));
	set(out, "ts", json_integer(stamp->ts_ms));
	set(out, "username", json_string(username));
	if (message->email && stamp->avatar)
		set(out, "avatar", avatar_of(message->email));
	if (message->email && stamp->share_email)
		set(out, "email", json_string(message->email));
	set(out, "message", json_incref(json_object_get(message->object, "message")));
	json_object_foreach(message->object, key, value) if (!is_withheld(key))
		set(out, key, json_incref(value));
	return to_frame(out);
}

struct frame *
message_error(const char *code, const char *text, const char *ref)
{
	json_t *out = json_object();

	set(out, "type", json_string("error"));
	set(out, "code", json_string(code));
	set(out, "message", json_string(text));
	if (ref && *ref)
		set(out, "ref", json_string(ref));
	return to_frame(out);
}
