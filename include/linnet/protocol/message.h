/* message.h - checks the JSON objects of clients, and makes those that others receive. */
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

/* A decoded object, which owns the strings. A string that is missing is NULL; so is an
 * empty username or email. */
struct message {
	json_t *object;
	const char *type;
	const char *room;
	const char *username;
	const char *email;
	const char *text; /* member "message" */
	const char *ref;
	bool is_ephemeral;
};

/* Why an object was rejected. */
struct message_fault {
	const char *code; /* code of the error object, e.g. "bad_json" */
	char text[200];   /* one sentence for the client */
	char ref[MESSAGE_REF_BYTES +
		 1];            /* the object's ref, or "" if it has no valid one */
	bool is_too_large;      /* too many bytes: 413 at HTTP */
	int64_t retry_after_ms; /* ms to wait before the next try; 0: not given */
};

/* What the server adds to a message that it passes on. */
struct message_stamp {
	int64_t ts_ms;
	const char *username;
	const char *via;  /* "push" for a pushed message; else NULL */
	bool share_email; /* include the sender's email */
	bool avatar;      /* include the hash of the email */
};

/* Fill in fault; format is that of printf(3). Returns -EINVAL. */
__attribute__((format(printf, 3, 4))) int message_refuse(
	struct message_fault *fault, const char *code, const char *format, ...);

/* Decode len bytes of JSON. Returns 0, and the caller gives message to message_fini.
 * Returns -EINVAL with *fault filled in if the text is not a JSON object, or if a member
 * has a wrong type or length, or if what others would receive of it takes more than
 * max_bytes. Then there is nothing to free. */
int message_decode(struct message *message, const char *bytes, size_t len,
	size_t max_bytes, struct message_fault *fault);

/* As message_decode, for an object, which is consumed. */
int message_take(struct message *message, json_t *object, size_t max_bytes,
	struct message_fault *fault);

/* Point *value at the string member key. A missing, null or empty member leaves *value
 * alone. Returns 0, or -EINVAL with *fault filled in if the member is no string or longer
 * than max_bytes. */
int message_get_string(const struct message *message, const char *key, size_t max_bytes,
	const char **value, struct message_fault *fault);

/* As message_get_string, for a whole number from 0. */
int message_get_uint(const struct message *message, const char *key, uint64_t *value,
	struct message_fault *fault);

/* Free the object. */
void message_fini(struct message *message);

/* Write the Gravatar hash of email to out, which has room for MESSAGE_AVATAR_BYTES + 1
 * bytes. It is the SHA-256, in hex, of the email trimmed and in lower case. Returns false
 * and writes "" if the email is blank. */
bool message_avatar(const char *email, char *out);

/* Append what readers receive of a message behind "type", "room" and "id": JSON text from
 * the first member's quote to the closing brace. It begins with ts, username, avatar,
 * email, via and message; then the client's other members follow unchanged. Members that
 * only the server may set are left out, and those that are only for the server, such as
 * ref. */
void message_append_tail(const struct message *message, const struct message_stamp *stamp,
	struct buffer *text);

/* Append a whole message as JSON: type, room and id, then tail, which message_append_tail
 * made. An id of 0 is left out. */
void message_append_whole(struct buffer *text, const char *type, const char *room,
	uint64_t id, const char *tail, size_t tail_len);

/* True if somebody called name (folded) has said object, which may be NULL. */
bool message_is_by(const json_t *object, const char *name);

/* The same, or somebody of that name has acknowledged or cleared its alarm. */
bool message_has_name(const json_t *object, const char *name);

/* Remove the members that say so. */
void message_drop_name(json_t *object, const char *name);

/* The object {"type":"error", …} for fault. The caller owns it. */
json_t *message_error(const struct message_fault *fault);
