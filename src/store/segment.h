/* segment.h - finds the words to search for, also in scripts that write no spaces. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Copy len bytes of UTF-8 and put spaces around each Chinese, Japanese or Korean
 * character and around each symbol, such as an emoji. The tokenizer then takes it for a
 * word. Bytes that are not UTF-8 are copied as they are. The caller frees the copy. */
char *segment_text(const char *text, size_t len);

/* A part of a query between spaces; points into the query. */
struct segment_part {
	const char *text;
	size_t len;
};

/* Find the next part of the query at *cursor and move *cursor behind it. The spaces of
 * Unicode separate parts as well. Returns false at the end. */
bool segment_next_part(const char **cursor, struct segment_part *part);

/* Split the query into its different parts; ASCII case makes no difference. Returns their
 * number, or max + 1 if there are more than max. */
size_t segment_split(const char *query, struct segment_part *parts, size_t max);
