#include "linnet/protocol/name.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "linnet/base/utf8.h"
#include "linnet/base/util.h"

struct name_range {
	uint32_t first, last;
};

/* Characters that are invisible, look like a space, or change the direction of text, so
 * that two different names would look the same: Unicode Default_Ignorable_Code_Point,
 * Bidi_Control, and letters that look blank. */
static const struct name_range hidden[] = {
	{ 0x0000, 0x001f }, /* C0 controls */
	{ 0x007f, 0x009f }, /* DEL, C1 controls */
	{ 0x00a0, 0x00a0 }, /* no-break space */
	{ 0x00ad, 0x00ad }, /* soft hyphen */
	{ 0x034f, 0x034f }, /* combining grapheme joiner */
	{ 0x061c, 0x061c }, /* Arabic letter mark */
	{ 0x115f, 0x1160 }, /* Hangul fillers */
	{ 0x1680, 0x1680 }, /* Ogham space mark */
	{ 0x17b4, 0x17b5 }, /* Khmer inherent vowels */
	{ 0x180b, 0x180f }, /* Mongolian selectors */
	{ 0x2000, 0x200f }, /* spaces, zero-width spaces, joiners, direction marks */
	{ 0x2028, 0x202f }, /* separators, embeddings, overrides, narrow no-break space */
	{ 0x205f, 0x206f }, /* a space, word joiner, isolates, deprecated controls */
	{ 0x2800, 0x2800 }, /* braille blank */
	{ 0x3000, 0x3000 }, /* ideographic space */
	{ 0x3164, 0x3164 }, /* Hangul filler */
	{ 0xfe00, 0xfe0e }, /* variation selectors but U+FE0F, which emoji use */
	{ 0xfeff, 0xfeff }, /* byte order mark */
	{ 0xffa0, 0xffa0 }, /* halfwidth Hangul filler */
	{ 0xfff0, 0xfffb }, /* specials */
	{ 0xfffe, 0xffff }, /* noncharacters */
	{ 0x1bca0, 0x1bca3 }, /* shorthand format controls */
	{ 0x1d173, 0x1d17a }, /* musical format controls */
	{ 0xe0000, 0xe0fff }, /* tags, more variation selectors */
};

/* Characters that U+FE0F may follow (Unicode emoji-variation-sequences.txt). */
static const struct name_range emoji[] = {
	{ 0x203c, 0x2bff },
	{ 0x3030, 0x303d },
	{ 0x3297, 0x3299 },
	{ 0x1f000, 0x1faff },
};

static const char *const reserved[] = { "guest", "linnet", "server", "system", NULL };

static bool
name_is_in(const struct name_range *ranges, size_t count, uint32_t c)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

static bool
name_is_hidden(uint32_t c, uint32_t before)
{
	/* U+FE0F makes an emoji colourful. Behind any other character it is invisible. */
	if (c == 0xfe0f)
		return !name_is_in(emoji, ARRAY_SIZE(emoji), before);
	return name_is_in(hidden, ARRAY_SIZE(hidden), c);
}

static const char *
name_text_fault(const char *text, size_t max_bytes)
{
	size_t left = strlen(text), length;
	uint32_t c = ' ';

	if (!left)
		return "must not be empty";
	if (left > max_bytes)
		return "is too long";
	for (; left; text += length, left -= length) {
		uint32_t before = c;

		length = utf8_next(text, left, &c);
		if (!length)
			return "must be valid UTF-8";
		if (name_is_hidden(c, before))
			return "must not have a character that cannot be seen";
		if (c == ' ' && before == ' ')
			return "must not begin with a space or have two in a row";
	}
	return c == ' ' ? "must not end with a space" : NULL;
}

bool
name_is_line(const char *text)
{
	size_t left = strlen(text), length;
	uint32_t c;

	for (; left; text += length, left -= length) {
		length = utf8_next(text, left, &c);
		if (!length || c < 0x20 || (c >= 0x7f && c < 0xa0))
			return false;
	}
	return true;
}

bool
name_is_guest(const char *name)
{
	return !strncasecmp(name, "guest-", 6) && name[6] &&
	       strspn(name + 6, "0123456789") == strlen(name + 6);
}

static bool
name_is_reserved(const char *name)
{
	const char *const *word;

	for (word = reserved; *word; word++)
		if (!strcasecmp(name, *word))
			return true;
	return name_is_guest(name); /* guest-N belongs to session N */
}

const char *
name_fault(const char *name, size_t max_bytes)
{
	const char *fault = name_text_fault(name, max_bytes);

	if (fault)
		return fault;
	if (strchr("*/!", *name))
		return "must not begin with *, / or !";
	return name_is_reserved(name) ? "is reserved" : NULL;
}

const char *
name_room_fault(const char *name, size_t max_bytes)
{
	const char *fault = name_text_fault(name, max_bytes);

	if (fault)
		return fault;
	return strchr(name, '/') ? "must not have a \"/\"" : NULL;
}

void
name_fold(char *out, const char *name)
{
	size_t i;

	for (i = 0; i < NAME_MAX_BYTES && name[i]; i++)
		out[i] = (char)tolower((unsigned char)name[i]);
	out[i] = '\0';
}
