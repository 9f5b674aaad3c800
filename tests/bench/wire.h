/* wire.h - the bytes between the load and a server: the client side of RFC 6455
 * as far as the load needs it, and the numbered chat message. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum wire_opcode {
	WIRE_TEXT = 1,
	WIRE_CLOSE = 8,
	WIRE_PING = 9,
	WIRE_PONG = 10,
};

enum {
	WIRE_HEAD_BYTES_MAX = 14,    /* a client frame's header */
	WIRE_MESSAGE_BYTES_MIN = 64, /* room for any sender and number */
};

/* One received frame; payload points into the parsed bytes. */
struct wire_frame {
	unsigned opcode;
	const char *payload;
	size_t payload_bytes;
};

/* Write the upgrade request for target (path and query) on 127.0.0.1:port, with the
 * subprotocol unless it is NULL. Returns its length without the terminating NUL. 256
 * bytes more than both texts are always enough. */
size_t wire_write_upgrade(char *out, size_t out_bytes, uint16_t port, const char *target,
	const char *subprotocol);

/* Whether a response head (NUL-terminated) accepts that request and its
 * subprotocol. */
bool wire_upgrade_is_accepted(const char *head, const char *subprotocol);

/* Write one whole frame, masked with mask. out must have WIRE_HEAD_BYTES_MAX
 * bytes more than the payload. Returns the frame's length. */
size_t wire_write_frame(char *out, enum wire_opcode opcode, const char *payload,
	size_t payload_bytes, uint32_t mask);

/* Parse the server's frame at the start of bytes. Returns its whole length, 0 if
 * more bytes are needed, -EPROTO if the frame violates the protocol. Fragments
 * are -EPROTO too, since no server measured here sends any. */
ssize_t wire_parse_frame(const char *bytes, size_t n, struct wire_frame *frame);

/* Write the chat message with this number, padded to exactly bytes bytes, at
 * least WIRE_MESSAGE_BYTES_MIN. No NUL is written. */
void wire_write_message(char *out, size_t bytes, unsigned sender, uint32_t number);

/* Find the number of the first chat message in text, whatever the server has put
 * around it. Returns the padding behind the number; NULL if there is no message. */
const char *wire_find_message(const char *text, size_t bytes, uint32_t *number);
