#include "linnet/base/hex.h"

#include <openssl/evp.h>

#include "linnet/base/xalloc.h"

void
hex_encode(char *out, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * len] = '\0';
}

int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void
hex_hash_raw(uint8_t out[HEX_SHA256_RAW], const void *bytes, size_t len)
{
	/* EVP_Digest fails only if memory is out. */
	if (EVP_Digest(bytes, len, out, NULL, EVP_sha256(), NULL) != 1)
		xalloc_fail("openssl");
}

void
hex_sha256(char *out, const void *bytes, size_t len)
{
	uint8_t hash[HEX_SHA256_RAW];

	hex_hash_raw(hash, bytes, len);
	hex_encode(out, hash, sizeof(hash));
}
