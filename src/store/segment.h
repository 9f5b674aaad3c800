/* segment.h - what search takes for a word in text that puts no spaces between words. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A copy of len bytes of UTF-8 in which every character that is a word of its own, a
 * Chinese, Japanese or Korean one or a symbol such as an emoji, stands between spaces, so
 * that a tokenizer that knows only spaces and punctuation finds it. Bytes that are not
 * UTF-8 are kept as they are. The caller frees it. */
char *segment_text(const char *text, size_t len);

/* One part of a query, without spaces; borrowed from it. */
struct segment_part {
	const char *text;
	size_t len;
};

/* Find the next part of the query at *cursor and move *cursor behind it. Parts stand
 * between spaces, those of Unicode included. Returns false at the end. */
bool segment_next_part(const char **cursor, struct segment_part *part);
