#include "linnet/base/utf8.h"

/* Start a character at its first byte, which is not ASCII. For some first bytes, RFC 3629
 * section 4 narrows the range of the second. That excludes overlong forms, surrogates and
 * code points above U+10FFFF. */
static bool
utf8_begin(struct utf8_check *check, uint8_t first)
{
	if (first < 0xc2 || first > 0xf4)
		return false;
	check->missing = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
	check->least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	check->most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	return true;
}

bool
utf8_check_piece(struct utf8_check *check, const void *bytes, size_t len)
{
	const uint8_t *byte = bytes;

	for (; len; byte++, len--) {
		if (!check->missing) {
			if (*byte >= 0x80 && !utf8_begin(check, *byte))
				return false;
			continue;
		}
		if (*byte < check->least || *byte > check->most)
			return false;
		check->missing--;
		check->least = 0x80;
		check->most = 0xbf;
	}
	return true;
}

bool
utf8_check_end(const struct utf8_check *check)
{
	return !check->missing;
}

size_t
utf8_next(const char *text, size_t size, uint32_t *code)
{
	const uint8_t *bytes = (const uint8_t *)text;
	struct utf8_check check = { 0 };
	size_t length, i;

	*code = size ? bytes[0] : 0;
	if (*code < 0x80)
		return size ? 1 : 0;
	if (!utf8_begin(&check, bytes[0]))
		return 0;
	length = check.missing + 1U;
	if (length > size || !utf8_check_piece(&check, bytes + 1, length - 1))
		return 0;
	*code &= 0xffU >> (length + 1);
	for (i = 1; i < length; i++)
		*code = *code << 6 | (bytes[i] & 0x3fU);
	return length;
}
