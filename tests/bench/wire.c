#include "wire.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The key and the answer of RFC 6455, section 1.3. With a fixed key the answer
 * can be checked without SHA-1. */
#define UPGRADE_KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define UPGRADE_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

#define MARK "bench#"

enum {
	FIN = 0x80,
	RSV = 0x70,
	OPCODE = 0x0f,
	MASKED = 0x80,
	LENGTH = 0x7f,
	LENGTH_16 = 126,
	LENGTH_64 = 127,
};

size_t
wire_write_upgrade(char *out, size_t out_bytes, uint16_t port, const char *target,
	const char *subprotocol)
{
	int n = snprintf(out, out_bytes,
		"GET %s HTTP/1.1\r\n"
		"Host: 127.0.0.1:%u\r\n"
		"Upgrade: websocket\r\n"
		"Connection: Upgrade\r\n"
		"Sec-WebSocket-Key: " UPGRADE_KEY "\r\n"
		"Sec-WebSocket-Version: 13\r\n"
		"%s%s%s\r\n",
		target, port, subprotocol ? "Sec-WebSocket-Protocol: " : "",
		subprotocol ? subprotocol : "", subprotocol ? "\r\n" : "");

	assert(n > 0 && (size_t)n < out_bytes);
	return (size_t)n;
}

/* Whether head has the line "name: value", with name in any case and exactly this
 * value. */
static bool
head_has(const char *head, const char *name, const char *value)
{
	size_t name_bytes = strlen(name);
	size_t value_bytes = strlen(value);

	for (const char *line = head; (line = strstr(line, "\r\n"));) {
		line += 2;
		if (strncasecmp(line, name, name_bytes) != 0 || line[name_bytes] != ':')
			continue;
		const char *found = line + name_bytes + 1;

		found += strspn(found, " \t");
		if (strncmp(found, value, value_bytes) == 0 &&
			strchr(" \t\r", found[value_bytes]))
			return true;
	}
	return false;
}

bool
wire_upgrade_is_accepted(const char *head, const char *subprotocol)
{
	return strncmp(head, "HTTP/1.1 101 ", 13) == 0 &&
	       head_has(head, "Sec-WebSocket-Accept", UPGRADE_ACCEPT) &&
	       (!subprotocol || head_has(head, "Sec-WebSocket-Protocol", subprotocol)) &&
	       !strcasestr(head, "\r\nSec-WebSocket-Extensions:");
}

static size_t
write_head(unsigned char *out, enum wire_opcode opcode, size_t payload_bytes)
{
	size_t n = 2;
	unsigned length_bytes = 0;

	out[0] = FIN | opcode;
	if (payload_bytes < LENGTH_16) {
		out[1] = MASKED | payload_bytes;
	} else if (payload_bytes <= UINT16_MAX) {
		out[1] = MASKED | LENGTH_16;
		length_bytes = 2;
	} else {
		out[1] = MASKED | LENGTH_64;
		length_bytes = 8;
	}
	while (length_bytes-- > 0)
		out[n++] = (unsigned char)((uint64_t)payload_bytes >> 8 * length_bytes);
	return n;
}

size_t
wire_write_frame(char *out, enum wire_opcode opcode, const char *payload,
	size_t payload_bytes, uint32_t mask)
{
	unsigned char key[4];
	size_t n = write_head((unsigned char *)out, opcode, payload_bytes);

	memcpy(key, &mask, sizeof(key));
	memcpy(out + n, key, sizeof(key));
	n += sizeof(key);
	for (size_t i = 0; i < payload_bytes; i++)
		out[n + i] = (char)((unsigned char)payload[i] ^ key[i % 4]);
	return n + payload_bytes;
}

ssize_t
wire_parse_frame(const char *bytes, size_t n, struct wire_frame *frame)
{
	const unsigned char *head = (const unsigned char *)bytes;
	size_t head_bytes = 2;
	uint64_t payload_bytes;

	if (n < head_bytes)
		return 0;
	if ((head[0] & (FIN | RSV)) != FIN || (head[0] & OPCODE) == 0 || head[1] & MASKED)
		return -EPROTO;
	payload_bytes = head[1] & LENGTH;
	if (payload_bytes >= LENGTH_16) {
		size_t length_bytes = payload_bytes == LENGTH_64 ? 8 : 2;

		head_bytes += length_bytes;
		if (n < head_bytes)
			return 0;
		payload_bytes = 0;
		for (size_t i = 0; i < length_bytes; i++)
			payload_bytes = payload_bytes << 8 | head[2 + i];
	}
	if (payload_bytes > n - head_bytes)
		return 0;
	frame->opcode = head[0] & OPCODE;
	frame->payload = bytes + head_bytes;
	frame->payload_bytes = (size_t)payload_bytes;
	return (ssize_t)(head_bytes + payload_bytes);
}

void
wire_write_message(char *out, size_t bytes, unsigned sender, uint32_t number)
{
	int n = snprintf(out, bytes, "{\"username\":\"u%u\",\"message\":\"" MARK "%u;",
		sender, number);

	assert(n > 0 && (size_t)n + 2 <= bytes);
	memset(out + n, 'x', bytes - (size_t)n - 2);
	out[bytes - 2] = '"';
	out[bytes - 1] = '}';
}

const char *
wire_find_message(const char *text, size_t bytes, uint32_t *number)
{
	const char *end = text + bytes;
	const char *at = memmem(text, bytes, MARK, sizeof(MARK) - 1);
	uint64_t value = 0;

	if (!at)
		return NULL;
	for (at += sizeof(MARK) - 1; at < end && *at >= '0' && *at <= '9'; at++) {
		value = value * 10 + (uint64_t)(*at - '0');
		if (value > UINT32_MAX)
			return NULL;
	}
	*number = (uint32_t)value;
	return at < end && *at == ';' ? at + 1 : NULL;
}
