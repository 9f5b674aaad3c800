/* utf8.h - reads UTF-8 character by character, and checks text that arrives in pieces. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length in bytes of the character at the start of the size bytes of text, with its
 * code point in *code (RFC 3629 section 4). Returns 0 if size is 0 or text does not begin
 * with a valid character; *code is undefined then. */
size_t utf8_next(const char *text, size_t size, uint32_t *code);

/* The state of a check of text in pieces. All zero is the start. */
struct utf8_check {
	uint8_t missing; /* bytes that the current character still needs */
	/* the range of the next byte; undefined if missing is 0 */
	uint8_t least, most;
};

/* Check the next len bytes of the text; bytes may be NULL if len is 0. Returns false at
 * the first byte that cannot be part of valid UTF-8 (RFC 3629 section 4). Do not use
 * check after that. */
bool utf8_check_piece(struct utf8_check *check, const void *bytes, size_t len);

/* True if the text may end here: its last character is complete. */
bool utf8_check_end(const struct utf8_check *check);
