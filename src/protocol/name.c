#include "linnet/protocol/name.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include "linnet/base/utf8.h"
#include "linnet/protocol/name_forms.h"

#define CODE_ZWNJ 0x200c
#define CODE_ZWJ 0x200d
#define CODE_VS16 0xfe0f   /* emoji presentation */
#define CODE_KEYCAP 0x20e3 /* combining enclosing keycap */

/* Decoded. */
struct name_text {
	uint32_t codes[NAME_MAX_BYTES];
	size_t count;
};

static bool
name_has_category(uint32_t code, uint32_t categories)
{
	return U_GET_GC_MASK(code) & categories;
}

/* Characters that are invisible, look like a space, or change the direction of text, so
 * that two different names would look the same. */
static bool
name_is_hidden(uint32_t code)
{
	if (code == ' ')
		return false;
	/* Marks that enclose a number are visible. */
	if (name_has_category(code, U_GC_CF_MASK))
		return !u_hasBinaryProperty(
			(UChar32)code, UCHAR_PREPENDED_CONCATENATION_MARK);
	return name_has_category(code, U_GC_CC_MASK | U_GC_CS_MASK | U_GC_Z_MASK) ||
	       u_hasBinaryProperty((UChar32)code, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) ||
	       u_hasBinaryProperty((UChar32)code, UCHAR_NONCHARACTER_CODE_POINT) ||
	       code == 0x2800 /* braille blank */ || code == 0x1d159 /* null notehead */;
}

/* The character at index, or 0. */
static uint32_t
name_code_at(const struct name_text *text, size_t index)
{
	return index < text->count ? text->codes[index] : 0;
}

/* The nearest character before index for which is_skipped is false, or 0. Sets index to
 * its index. */
static uint32_t
name_code_before(
	const struct name_text *text, size_t *index, bool (*is_skipped)(uint32_t code))
{
	while (*index) {
		(*index)--;
		if (!is_skipped(text->codes[*index]))
			return text->codes[*index];
	}
	return 0;
}

static uint32_t
name_code_behind(
	const struct name_text *text, size_t index, bool (*is_skipped)(uint32_t code))
{
	do
		index++;
	while (index < text->count && is_skipped(text->codes[index]));
	return name_code_at(text, index);
}

static bool
name_is_transparent(uint32_t code)
{
	return u_getIntPropertyValue((UChar32)code, UCHAR_JOINING_TYPE) ==
	       U_JT_TRANSPARENT;
}

/* UAX 31 section 2.3, context A1: U+200C between letters that would join. */
static bool
name_breaks_a_join(const struct name_text *text, size_t index)
{
	uint32_t behind = name_code_behind(text, index, name_is_transparent);
	uint32_t before = name_code_before(text, &index, name_is_transparent);
	int left = u_getIntPropertyValue((UChar32)before, UCHAR_JOINING_TYPE);
	int right = u_getIntPropertyValue((UChar32)behind, UCHAR_JOINING_TYPE);

	return (left == U_JT_DUAL_JOINING || left == U_JT_LEFT_JOINING) &&
	       (right == U_JT_DUAL_JOINING || right == U_JT_RIGHT_JOINING);
}

static bool
name_is_virama(uint32_t code)
{
	return u_getCombiningClass((UChar32)code) == 9;
}

static bool
name_is_mark(uint32_t code)
{
	return name_has_category(code, U_GC_MN_MASK);
}

static bool
name_is_reordered_mark(uint32_t code)
{
	return name_is_mark(code) && u_getCombiningClass((UChar32)code) &&
	       !name_is_virama(code);
}

static bool
name_is_combining(uint32_t code)
{
	return name_is_mark(code) && u_getCombiningClass((UChar32)code);
}

/* Contexts A2 and B: U+200C between two letters of a conjunct, U+200D behind its first
 * part. */
static bool
name_is_in_conjunct(const struct name_text *text, size_t index)
{
	bool is_joiner = text->codes[index] == CODE_ZWJ;
	uint32_t behind = is_joiner ? name_code_at(text, index + 1)
				    : name_code_behind(text, index, name_is_combining);

	if (!name_is_virama(name_code_before(text, &index, name_is_reordered_mark)) ||
		!name_has_category(
			name_code_before(text, &index, name_is_mark), U_GC_L_MASK))
		return false;
	if (!is_joiner)
		return name_has_category(behind, U_GC_L_MASK);
	return u_getIntPropertyValue((UChar32)behind, UCHAR_INDIC_SYLLABIC_CATEGORY) !=
	       U_INSC_VOWEL_DEPENDENT;
}

static bool
name_is_emoji_modifier(uint32_t code)
{
	return code == CODE_VS16 ||
	       u_hasBinaryProperty((UChar32)code, UCHAR_EMOJI_MODIFIER);
}

static bool
name_is_picture(uint32_t code)
{
	return u_hasBinaryProperty((UChar32)code, UCHAR_EXTENDED_PICTOGRAPHIC);
}

/* UTS 51: U+200D between two emoji. */
static bool
name_joins_emoji(const struct name_text *text, size_t index)
{
	uint32_t behind = name_code_at(text, index + 1);

	return name_is_picture(behind) &&
	       name_is_picture(name_code_before(text, &index, name_is_emoji_modifier));
}

/* U+FE0F makes an emoji colourful. Behind any other character it is invisible, and behind
 * a digit it needs the keycap. */
static bool
name_selects_emoji(const struct name_text *text, size_t index)
{
	uint32_t before = index ? text->codes[index - 1] : 0;

	return u_hasBinaryProperty((UChar32)before, UCHAR_EMOJI) &&
	       (before > 0x7f || name_code_at(text, index + 1) == CODE_KEYCAP);
}

static bool
name_may_be_there(const struct name_text *text, size_t index)
{
	switch (text->codes[index]) {
	case CODE_ZWNJ:
		return name_breaks_a_join(text, index) ||
		       name_is_in_conjunct(text, index);
	case CODE_ZWJ:
		return name_joins_emoji(text, index) || name_is_in_conjunct(text, index);
	case CODE_VS16:
		return name_selects_emoji(text, index);
	default:
		return !name_is_hidden(text->codes[index]);
	}
}

/* Returns what is wrong, or NULL. */
static const char *
name_decode(struct name_text *out, const char *text, size_t max_bytes)
{
	size_t left = strlen(text), length;

	out->count = 0;
	if (!left)
		return "must not be empty";
	if (left > max_bytes)
		return "is too long";
	for (; left; text += length, left -= length) {
		length = utf8_next(text, left, &out->codes[out->count++]);
		if (!length)
			return "must be valid UTF-8";
	}
	return NULL;
}

static const char *
name_text_fault(const struct name_text *text)
{
	uint32_t before = ' ';
	size_t i;

	for (i = 0; i < text->count; i++) {
		if (!name_may_be_there(text, i))
			return "must not have a character that cannot be seen";
		if (text->codes[i] == ' ' && before == ' ')
			return "must not begin with a space or have two in a row";
		before = text->codes[i];
	}
	return before == ' ' ? "must not end with a space" : NULL;
}

/* At a terminal a colon and a space end the name of who says something. Some scripts have
 * letters and marks that look like a colon; behind their own letters these are fine. */
static bool
name_ends_early(const struct name_text *text)
{
	UErrorCode error = U_ZERO_ERROR;
	UScriptCode script;
	size_t i;

	for (i = 0; i < text->count; i++) {
		if (i + 1 < text->count && text->codes[i + 1] != ' ')
			continue;
		if (!name_looks_like(text->codes[i], ':'))
			continue;
		script = uscript_getScript((UChar32)text->codes[i], &error);
		if (script == USCRIPT_COMMON || !i ||
			script != uscript_getScript((UChar32)text->codes[i - 1], &error))
			return true;
	}
	return false;
}

/* At a terminal, lines that are not said by somebody begin with * or !, and alarms with !
 * and a space. Letters that look so begin names: Kung is written with U+01C3. */
static bool
name_begins_a_notice(const struct name_text *text)
{
	uint32_t first = text->codes[0];

	if (name_has_category(first, U_GC_L_MASK) && name_code_at(text, 1) != ' ')
		return false;
	return name_looks_like(first, '*') || name_looks_like(first, '!');
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

const char *
name_fault(const char *name, size_t max_bytes)
{
	struct name_text text;
	const char *fault = name_decode(&text, name, max_bytes);

	if (!fault)
		fault = name_text_fault(&text);
	if (fault)
		return fault;
	if (strchr("*/!", *name))
		return "must not begin with *, / or !";
	if (name_begins_a_notice(&text))
		return "must not begin with what looks like * or !";
	if (name_has_category(text.codes[0], U_GC_M_MASK))
		return "must not begin with a mark that combines with what is before it";
	if (name_ends_early(&text))
		return "must not have a colon before a space or at its end";
	return name_is_reserved(name) ? "is reserved" : NULL;
}

const char *
name_room_fault(const char *name, size_t max_bytes)
{
	struct name_text text;
	const char *fault = name_decode(&text, name, max_bytes);

	if (!fault)
		fault = name_text_fault(&text);
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
