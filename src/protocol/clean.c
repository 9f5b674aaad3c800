#include "linnet/protocol/clean.h"

#include <string.h>
#include <strings.h>

#include "linnet/base/utf8.h"

#define ELLIPSIS "…"

bool
clean_is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

bool
clean_is_blank(uint32_t c)
{
	return c == ' ' || c == 0xa0 || c == 0x2028 || c == 0x2029 || c == 0x3000 ||
	       clean_is_control(c);
}

bool
clean_line(char *out, size_t max_bytes, const char *text, size_t len, char blank)
{
	size_t used = 0, apart = 0, size;
	bool is_whole = true;
	uint32_t c;

	for (; len && is_whole; text += size, len -= size) {
		size = utf8_next(text, len, &c);
		if (!size || clean_is_blank(c)) {
			size = size ? size : 1;
			apart = used > 0;
		} else if (used + apart + size <= max_bytes) {
			if (apart)
				out[used++] = blank;
			memcpy(out + used, text, size);
			used += size;
			apart = 0;
		} else {
			is_whole = false;
		}
	}
	out[used] = '\0';
	return is_whole;
}

void
clean_add_ellipsis(char *text, size_t max_bytes)
{
	size_t len = strlen(text), most = max_bytes - strlen(ELLIPSIS);

	while (len > most || ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	memcpy(text + len, ELLIPSIS, sizeof(ELLIPSIS));
}

bool
clean_is_link(const char *url)
{
	size_t len = strlen(url);
	const char *at;

	if (len > CLEAN_LINK_BYTES || (strncasecmp(url, "http://", 7) != 0 &&
					      strncasecmp(url, "https://", 8) != 0))
		return false;
	for (at = url; *at; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7f)
			return false;
	at = strstr(url, "//") + 2;
	return *at && !strchr("/:?#", *at);
}
