#include "doors/sniff.h"

#include <string.h>

#include "linnet/base/util.h"

/* The first bytes of other protocols. TLS: type and major version of a handshake record
 * (RFC 8446 section 5.1). PROXY: the header that load balancers send. IRC: the commands
 * that register a client (RFC 2812 section 3.1, IRCv3). IRC clients send them in
 * capitals, people who type them mostly do not. */
static const struct {
	const char *bytes;
	const char *protocol;
} beginnings[] = {
	{ "\x16\x03", "tls" },
	{ "SSH-", "ssh" },
	{ "PROXY ", "proxy" },
	{ "CAP ", "irc" },
	{ "PASS ", "irc" },
	{ "NICK ", "irc" },
	{ "USER ", "irc" },
};

/* Returns the protocol whose first bytes are the word so far followed by byte. */
static const char *
sniff_beginning(const struct sniff *sniff, char byte)
{
	for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++) {
		size_t last = strlen(beginnings[i].bytes) - 1;

		if (sniff->word_len == last && beginnings[i].bytes[last] == byte &&
			!memcmp(sniff->word, beginnings[i].bytes, last))
			return beginnings[i].protocol;
	}
	return NULL;
}

static bool
sniff_is_token(char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= 'a' && byte <= 'z') || (byte && strchr("!#$%&'*+-.^_`|~", byte));
}

const char *
sniff_byte(struct sniff *sniff, char byte)
{
	const char *protocol = sniff->words ? NULL : sniff_beginning(sniff, byte);

	if (!byte)
		return "binary";
	if (byte == ' ') {
		sniff->has_empty_word |= !sniff->word_len;
		sniff->words++;
		sniff->word_len = 0;
		return protocol;
	}
	if (!sniff->words)
		sniff->is_method =
			(!sniff->word_len || sniff->is_method) && sniff_is_token(byte);
	if (sniff->word_len < sizeof(sniff->word))
		sniff->word[sniff->word_len] = byte;
	sniff->word_len++;
	return protocol;
}

/* Returns true if the len bytes of text are "HTTP/1" or "HTTP/1.1", with any digits. */
static bool
sniff_is_version(const char *text, size_t len)
{
	static const char form[] = "HTTP/0.0";

	if (len != strlen("HTTP/0") && len != strlen(form))
		return false;
	for (size_t i = 0; i < len; i++)
		if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	return true;
}

const char *
sniff_end(const struct sniff *sniff)
{
	bool is_request = sniff->words == 2 && sniff->is_method &&
			  !sniff->has_empty_word &&
			  sniff_is_version(sniff->word, sniff->word_len);

	return is_request ? "http" : NULL;
}
