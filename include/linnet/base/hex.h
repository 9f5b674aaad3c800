/* hex.h - bytes as text. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Bytes of a SHA-256 as hex text. */
#define HEX_SHA256_BYTES 64

/* Write len bytes as 2 * len hex digits in lower case and a NUL to out. */
void hex_encode(char *out, const uint8_t *bytes, size_t len);

/* Write the SHA-256 of len bytes, as hex_encode does, to out. */
void hex_sha256(char *out, const void *bytes, size_t len);
