/* message.h - what clients send as JSON, checked, and what they are sent. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linnet/base/buffer.h"
#include "linnet/base/hex.h"

#define MESSAGE_REF_CHARACTERS 64
#define MESSAGE_REF_BYTES (MESSAGE_REF_CHARACTERS * 4)
#define MESSAGE_TYPE_BYTES 64

#define MESSAGE_AVATAR_BYTES HEX_SHA256_BYTES

/* One decoded object. The strings are the object's own; NULL where it has none (an empty
 * username or email is none). */
struct message {
	json_t *object;
	const char *type;
	const char *room;
	const char *username;
	const char *email;
	const char *text; /* of "message" */
	const char *ref;
	bool is_ephemeral;
};

/* Why an object was not accepted. */
struct message_fault {
	const char *code;                /* for the error object, e.g. "bad_json" */
	char text[200];                  /* a sentence for the person who sent it */
	char ref[MESSAGE_REF_BYTES + 1]; /* of the object, if it had a good one, or "" */
	int64_t retry_after_ms;          /* when it may be tried again; 0: not said */
};

/* Who and when, said by the server on every message that it passes on. */
struct message_stamp {
	int64_t ts_ms;
	const char *username;
	const char *via;  /* how it came, where that is worth a word; else NULL */
	bool share_email; /* pass the email on */
	bool avatar;      /* add the hash of the email */
};

/* Fill in fault from a format of printf(3). Returns -EINVAL. */
__attribute__((format(printf, 3, 4))) int message_refuse(
	struct message_fault *fault, const char *code, const char *format, ...);

/* Decode len bytes of JSON text to message, which the caller gives to message_fini.
 * Returns 0, or -EINVAL with *fault filled in and nothing to free: text that is not JSON,
 * not an object, or has a member of a wrong type or length. */
int message_decode(struct message *message, const char *bytes, size_t len,
	struct message_fault *fault);

/* The same for an object, which is consumed. */
int message_take(struct message *message, json_t *object, struct message_fault *fault);

/* Point *value at the string member key of up to max_bytes bytes, or leave it where there
 * is none or an empty one. Returns 0, or -EINVAL with *fault filled in. */
int message_get_string(const struct message *message, const char *key, size_t max_bytes,
	const char **value, struct message_fault *fault);

/* The same for a whole number from 0. */
int message_get_uint(const struct message *message, const char *key, uint64_t *value,
	struct message_fault *fault);

/* Free the object. */
void message_fini(struct message *message);

/* Write what Gravatar knows an email by, the SHA-256 of it, trimmed and in lower case, in
 * hex, to out, which has room for MESSAGE_AVATAR_BYTES + 1 bytes. Returns false, and an
 * empty text, where the email is blank. */
bool message_avatar(const char *email, char *out);

/* Append the members of message that go to others, behind "type", "room" and "id", as
 * text from the first quote to the closing brace: ts, username, avatar, via and message
 * first,
 * then every other member as it came. Members that only the server may set and those
 * between sender and server (email, ref, …) are not passed on. */
void message_append_tail(const struct message *message, const struct message_stamp *stamp,
	struct buffer *text);

/* Append one message as JSON from its parts; an id of 0 is left out. */
void message_append_whole(struct buffer *text, const char *type, const char *room,
	uint64_t id, const char *tail, size_t tail_len);

/* The object {"type":"error"}, which the caller owns. */
json_t *message_error(const struct message_fault *fault);
