#include "linnet/protocol/emoji.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/ustring.h>

bool
emoji_is_one(const char *text)
{
	/* UTF-16 has at most one unit for each byte of UTF-8. */
	UChar units[EMOJI_MAX_BYTES];
	UErrorCode error = U_ZERO_ERROR;
	int32_t len;

	if (strlen(text) > EMOJI_MAX_BYTES)
		return false;
	u_strFromUTF8(units, EMOJI_MAX_BYTES, &len, text, -1, &error);
	return U_SUCCESS(error) && u_stringHasBinaryProperty(units, len, UCHAR_RGI_EMOJI);
}
