/* message.h - what clients send as JSON, checked, and what they are sent. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linnet/frame.h"

#define MESSAGE_REF_CHARACTERS 64
#define MESSAGE_REF_BYTES (MESSAGE_REF_CHARACTERS * 4)
#define MESSAGE_TYPE_BYTES 64

/* One decoded object. The strings are the object's own; NULL where it has none (an empty
 * username or email is none). */
struct message {
	json_t *object;
	const char *type;
	const char *room;
	const char *username;
	const char *email;
	const char *ref;
};

/* Why an object was not accepted. */
struct message_fault {
	const char *code;                /* for the error object, e.g. "bad_json" */
	char text[200];                  /* a sentence for the person who sent it */
	char ref[MESSAGE_REF_BYTES + 1]; /* of the object, if it had a good one, or "" */
};

/* Who and when, said by the server on every message that it passes on. */
struct message_stamp {
	const char *room;
	int64_t ts_ms;
	const char *username; /* where the message names none */
	bool share_email;     /* pass the email on */
	bool avatar;          /* add the hash of the email */
};

/* Decode len bytes of JSON text to message, which the caller gives to message_fini.
 * Returns 0, or -EINVAL with *fault filled in and nothing to free: text that is not JSON,
 * not an object, or has a member of a wrong type or length. */
int message_decode(struct message *message, const char *bytes, size_t len,
	struct message_fault *fault);

/* Free the object. */
void message_fini(struct message *message);

/* The frame to broadcast: type, room, ts, username, avatar and message first, then every
 * other member as it came. Members that only the server may set (room, id, ts, avatar)
 * and those between sender and server (email, ref) are not passed on. The avatar is the
 * SHA-256 of the trimmed email in lower case, in hex. The caller owns the frame. */
struct frame *message_encode(
	const struct message *message, const struct message_stamp *stamp);

/* The frame of {"type":"error"}; ref may be NULL or empty. The caller owns the frame. */
struct frame *message_error(const char *code, const char *text, const char *ref);
