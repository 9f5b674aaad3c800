/* hex.h - hexadecimal text. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Length of a SHA-256 in hex digits. */
#define HEX_SHA256_BYTES 64

/* Length of a SHA-256 as it is. */
#define HEX_SHA256_RAW 32

/* Write len bytes to out as 2 * len lower-case hex digits and a NUL. */
void hex_encode(char *out, const uint8_t *bytes, size_t len);

/* Write the SHA-256 of len bytes to out. */
void hex_hash_raw(uint8_t out[HEX_SHA256_RAW], const void *bytes, size_t len);

/* The value of a hex digit in either case, or -1. */
int hex_digit(char c);

/* Write the SHA-256 of len bytes to out as HEX_SHA256_BYTES lower-case hex digits and a
 * NUL. */
void hex_sha256(char *out, const void *bytes, size_t len);
