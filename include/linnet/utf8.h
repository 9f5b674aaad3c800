/* utf8.h - text, character by character. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The length in bytes of the UTF-8 character (RFC 3629 section 4) at text, of which there
 * are size bytes, and its code point in *code; 0, and the first byte in *code, if there
 * is none: size is 0 or the bytes are no valid UTF-8. */
size_t utf8_next(const char *text, size_t size, uint32_t *code);
