#include "store/segment.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "linnet/base/utf8.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"

struct segment_range {
	uint32_t first, last;
};

/* Blocks of Unicode 15 whose characters are words of their own. Some also hold
 * punctuation, which does no harm: the tokenizer skips it. */
static const struct segment_range single_ranges[] = {
	{ 0xa6, 0xa6 },     /* BROKEN BAR, and below: the symbols of Latin-1 Supplement */
	{ 0xa9, 0xa9 },     /* COPYRIGHT SIGN */
	{ 0xae, 0xae },     /* REGISTERED SIGN */
	{ 0xb0, 0xb0 },     /* DEGREE SIGN */
	{ 0x1100, 0x11ff }, /* Hangul Jamo */
	{ 0x2100, 0x214f }, /* Letterlike Symbols */
	{ 0x2190, 0x245f }, /* Arrows to Optical Character Recognition */
	{ 0x2500, 0x2bff }, /* Box Drawing to Miscellaneous Symbols and Arrows */
	{ 0x2e80, 0x2fff }, /* CJK Radicals Supplement to Ideographic Description */
	{ 0x3000, 0x303f }, /* CJK Symbols and Punctuation */
	{ 0x3040, 0x309f }, /* Hiragana */
	{ 0x30a0, 0x30ff }, /* Katakana */
	{ 0x3100, 0x312f }, /* Bopomofo */
	{ 0x3130, 0x318f }, /* Hangul Compatibility Jamo */
	{ 0x3190, 0x31ef }, /* Kanbun, Bopomofo Extended, CJK Strokes */
	{ 0x31f0, 0x31ff }, /* Katakana Phonetic Extensions */
	{ 0x3200, 0x33ff }, /* Enclosed CJK Letters and Months, CJK Compatibility */
	{ 0x3400, 0x4dbf }, /* CJK Unified Ideographs Extension A */
	{ 0x4dc0, 0x4dff }, /* Yijing Hexagram Symbols */
	{ 0x4e00, 0x9fff }, /* CJK Unified Ideographs */
	{ 0xa960, 0xa97f }, /* Hangul Jamo Extended-A */
	{ 0xac00, 0xd7af }, /* Hangul Syllables */
	{ 0xd7b0, 0xd7ff }, /* Hangul Jamo Extended-B */
	{ 0xf900, 0xfaff }, /* CJK Compatibility Ideographs */
	{ 0xff65, 0xffdc }, /* Halfwidth and Fullwidth Forms: katakana and hangul */
	{ 0xfffc, 0xfffd }, /* Specials: the replacement characters */
	{ 0x1aff0, 0x1b16f }, /* Kana Extended-B to Small Kana Extension */
	{ 0x1f000, 0x1faff }, /* Mahjong Tiles to Symbols and Pictographs Extended-A */
	{ 0x20000, 0x323af }, /* CJK Unified Ideographs Extensions B to H */
};

/* White_Space in Unicode's PropList.txt, without ASCII. */
static const struct segment_range space_ranges[] = {
	{ 0x85, 0x85 },
	{ 0xa0, 0xa0 },
	{ 0x1680, 0x1680 },
	{ 0x2000, 0x200a },
	{ 0x2028, 0x2029 },
	{ 0x202f, 0x202f },
	{ 0x205f, 0x205f },
	{ 0x3000, 0x3000 },
};

#define IS_IN(ranges, c) segment_is_in(ranges, ARRAY_SIZE(ranges), c)

static bool
segment_is_in(const struct segment_range *ranges, size_t count, uint32_t c)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (c > ranges[middle].last)
			low = middle + 1;
		else if (c < ranges[middle].first)
			high = middle;
		else
			return true;
	}
	return false;
}

static bool
segment_is_space(uint32_t c)
{
	if (c < 0x80)
		return c == ' ' || (c >= '\t' && c <= '\r');
	return IS_IN(space_ranges, c);
}

static bool
segment_is_single(uint32_t c)
{
	return c >= 0x80 && IS_IN(single_ranges, c);
}

/* Read the character at text, which has at least one byte left; *size is its length. A
 * byte that is not UTF-8 counts as U+FFFF, which is no character. */
static uint32_t
segment_decode(const char *text, size_t left, size_t *size)
{
	uint32_t c;

	*size = utf8_next(text, left, &c);
	if (*size)
		return c;
	*size = 1;
	return 0xffff;
}

char *
segment_text(const char *text, size_t len)
{
	/* Only a character of two bytes or more gets two spaces. */
	char *out = xmalloc(len * 2 + 1), *end = out;
	size_t size;

	for (size_t i = 0; i < len; i += size) {
		bool single;

		if ((unsigned char)text[i] < 0x80) {
			*end++ = text[i];
			size = 1;
			continue;
		}
		single = segment_is_single(segment_decode(text + i, len - i, &size));
		if (single)
			*end++ = ' ';
		memcpy(end, text + i, size);
		end += size;
		if (single)
			*end++ = ' ';
	}
	*end = '\0';
	return out;
}

bool
segment_next_part(const char **cursor, struct segment_part *part)
{
	const char *text = *cursor;
	size_t len = strlen(text), size;

	while (len && segment_is_space(segment_decode(text, len, &size))) {
		text += size;
		len -= size;
	}
	part->text = text;
	while (len && !segment_is_space(segment_decode(text, len, &size))) {
		text += size;
		len -= size;
	}
	part->len = (size_t)(text - part->text);
	*cursor = text;
	return part->len > 0;
}

static bool
segment_has_part(
	const struct segment_part *parts, size_t count, const struct segment_part *part)
{
	for (size_t i = 0; i < count; i++)
		if (parts[i].len == part->len &&
			!strncasecmp(parts[i].text, part->text, part->len))
			return true;
	return false;
}

size_t
segment_split(const char *query, struct segment_part *parts, size_t max)
{
	struct segment_part part;
	size_t count = 0;

	while (count <= max && segment_next_part(&query, &part)) {
		if (segment_has_part(parts, size_min(count, max), &part))
			continue;
		if (count < max)
			parts[count] = part;
		count++;
	}
	return count;
}
