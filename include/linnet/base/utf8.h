/* utf8.h - text, character by character or as it comes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length in bytes of the UTF-8 character (RFC 3629 section 4) at text, of which there
 * are size bytes, and its code point in *code; 0, and the first byte in *code, if there
 * is none: size is 0 or the bytes are no valid UTF-8. */
size_t utf8_next(const char *text, size_t size, uint32_t *code);

/* Where in a text of several pieces a check stands. All zero is the beginning. */
struct utf8_check {
	uint8_t missing; /* bytes of the character under way */
	/* What the next one of them may be; undefined if none is missing. */
	uint8_t least, most;
};

/* Whether the len bytes go on with the text of check as UTF-8 (RFC 3629 section 4). What
 * can become no character is found as soon as that is certain; the check is of no use any
 * more then. bytes may be NULL if len is 0. */
bool utf8_check_piece(struct utf8_check *check, const void *bytes, size_t len);

/* Whether the text may end here: no character is under way. */
bool utf8_check_end(const struct utf8_check *check);
