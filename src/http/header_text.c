#include "linnet/http/header_text.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "linnet/base/hex.h"
#include "linnet/base/utf8.h"
#include "linnet/base/xalloc.h"

/* The parts of an encoded word. */
struct header_word {
	const char *charset;
	size_t charset_len;
	char encoding; /* 'b' or 'q' */
	const char *text;
	size_t text_len;
};

static void
header_append_latin1(struct buffer *text, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];
		const char pair[] = { (char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f)) };

		buffer_append(text, c < 0x80 ? &bytes[i] : pair, c < 0x80 ? 1 : 2);
	}
}

static bool
header_is_utf8(const char *bytes, size_t len)
{
	struct utf8_check check = { 0 };

	return utf8_check_piece(&check, bytes, len) && utf8_check_end(&check);
}

static bool
header_is_ascii(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)bytes[i] >= 0x80)
			return false;
	return true;
}

/* Split the encoded word at the start of value. Returns its length, or 0 if there is
 * none. */
static size_t
header_split_word(const char *value, struct header_word *word)
{
	const char *mark, *end;

	if (value[0] != '=' || value[1] != '?')
		return 0;
	word->charset = value + 2;
	mark = strchr(word->charset, '?');
	if (!mark || !mark[1] || mark[2] != '?')
		return 0;
	/* A language may follow the charset (RFC 2231 section 5). */
	word->charset_len = strcspn(word->charset, "?*");
	word->encoding = (char)(mark[1] | 0x20);
	word->text = mark + 3;
	end = strstr(word->text, "?=");
	if (!end)
		return 0;
	word->text_len = (size_t)(end - word->text);
	return (size_t)(end + 2 - value);
}

/* Append the bytes that are encoded in base64. Returns false if they are not. */
static bool
header_decode_b(struct buffer *bytes, const struct header_word *word)
{
	const char *text = word->text;
	size_t len = word->text_len, padding = 0;
	unsigned char *out;
	int n;

	while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
		padding++;
	if (len % 4 || memchr(text, ' ', len) || memchr(text, '\t', len))
		return false;
	out = xmalloc(len + 1);
	n = EVP_DecodeBlock(out, (const unsigned char *)text, (int)len);
	if (n >= 0)
		buffer_append(bytes, out, (size_t)n - (n ? padding : 0));
	free(out);
	return n >= 0;
}

/* The same for quoted bytes ("=41"); "_" is a space. */
static bool
header_decode_q(struct buffer *bytes, const struct header_word *word)
{
	const char *text = word->text, *end = text + word->text_len;

	for (; text < end; text++) {
		char byte = *text == '_' ? ' ' : *text;

		if (*text == '=') {
			int high = hex_digit(text[1]);
			int low = high < 0 ? -1 : hex_digit(text[2]);

			if (low < 0)
				return false;
			byte = (char)(high << 4 | low);
			text += 2;
		}
		buffer_append(bytes, &byte, 1);
	}
	return text == end;
}

static bool
header_charset_is(const struct header_word *word, const char *charset)
{
	return word->charset_len == strlen(charset) &&
	       !strncasecmp(word->charset, charset, word->charset_len);
}

/* Append bytes, which are in the charset of word. Returns false if they cannot be. */
static bool
header_append_bytes(
	struct buffer *text, const struct header_word *word, const struct buffer *bytes)
{
	if (!bytes->len)
		return true;
	if (memchr(bytes->bytes, 0, bytes->len))
		return false;
	if (header_charset_is(word, "iso-8859-1"))
		header_append_latin1(text, bytes->bytes, bytes->len);
	else if ((header_charset_is(word, "utf-8") &&
			 header_is_utf8(bytes->bytes, bytes->len)) ||
		 (header_charset_is(word, "us-ascii") &&
			 header_is_ascii(bytes->bytes, bytes->len)))
		buffer_append(text, bytes->bytes, bytes->len);
	else
		return false;
	return true;
}

/* Append the encoded word at the start of value, decoded. Returns its length, or 0 if
 * there is none that can be decoded. */
static size_t
header_take_word(struct buffer *text, const char *value)
{
	struct buffer bytes = { 0 };
	struct header_word word;
	size_t len = header_split_word(value, &word);
	bool is_good = false;

	if (len && word.encoding == 'b')
		is_good = header_decode_b(&bytes, &word);
	else if (len && word.encoding == 'q')
		is_good = header_decode_q(&bytes, &word);
	is_good = is_good && header_append_bytes(text, &word, &bytes);
	buffer_clear(&bytes);
	return is_good ? len : 0;
}

void
header_text_append(struct buffer *text, const char *value)
{
	bool is_utf8 = header_is_utf8(value, strlen(value)), is_behind_word = false;

	while (*value) {
		size_t blanks = is_behind_word ? strspn(value, " \t") : 0;
		size_t len = header_take_word(text, value + blanks);

		is_behind_word = len > 0;
		if (len) {
			value += blanks + len;
			continue;
		}
		if (is_utf8)
			buffer_append(text, value, 1);
		else
			header_append_latin1(text, value, 1);
		value++;
	}
}
