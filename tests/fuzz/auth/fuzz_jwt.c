/* fuzz_jwt.c - a JSON Web Token. The first line of the data is the header, the rest the
 * claims; both are encoded and signed, so that claims are reached. Data without a line
 * feed is a token as it is. A token that is accepted is valid now, for a valid name. It
 * is not accepted with another signature. */
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "../fuzz.h"
#include "auth/auth_private.h"
#include "linnet/protocol/name.h"

#define SECRET "0123456789abcdef0123456789abcdef"
#define NOW_MS INT64_C(1800000000000)
#define NAME_BYTES 32

static struct tokens tokens = { .secret = { .bytes = SECRET, .len = 32 } };

/* Append len bytes in base64url. Returns the new end of the text. */
static char *
encode(char *out, const void *bytes, size_t len)
{
	size_t n = (size_t)EVP_EncodeBlock((uint8_t *)out, bytes, (int)len);

	while (n && out[n - 1] == '=')
		n--;
	for (size_t i = 0; i < n; i++)
		out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
	return out + n;
}

/* Make a token of both parts. Returns its length. */
static size_t
make_token(char *token, const char *header, size_t header_len, const char *claims,
	size_t claims_len)
{
	char *end = encode(token, header, header_len);
	unsigned mac_len;
	uint8_t mac[EVP_MAX_MD_SIZE];

	*end++ = '.';
	end = encode(end, claims, claims_len);
	HMAC(EVP_sha256(), SECRET, 32, (uint8_t *)token, (size_t)(end - token), mac,
		&mac_len);
	*end++ = '.';
	return (size_t)(encode(end, mac, mac_len) - token);
}

static bool
is_accepted(const char *token, size_t len)
{
	static const struct token_rules rules = { NOW_MS, NAME_BYTES };
	const struct permissions *permissions = NULL;
	const char *why = NULL;
	int r = tokens_check_jwt(&tokens, token, len, &rules, &permissions, &why);

	require(r == 0 || (r == -EACCES && why && !permissions), "refused without why");
	if (r < 0)
		return false;
	require(!why, "accepted with a why");
	require(permissions->is_name_fixed, "a person without a fixed name");
	require(!permissions->name || !name_fault(permissions->name, NAME_BYTES),
		"a bad name");
	require(!permissions->until_ms || permissions->until_ms > NOW_MS,
		"an expired token");
	require(!permissions->is_admin && permissions->rooms != PERMISSIONS_NONE,
		"rights that no claim gives");
	permissions_unref(permissions);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *claims = memchr(text, '\n', size);
	char token[2 * TOKEN_MAX_BYTES];
	size_t len;

	if (size > TOKEN_MAX_BYTES)
		return 0;
	if (!claims) {
		/* Nobody can guess the signature. */
		require(!is_accepted(text, size), "a token that we have not signed");
		return 0;
	}
	len = make_token(token, text, (size_t)(claims - text), claims + 1,
		size - (size_t)(claims + 1 - text));
	if (!is_accepted(token, len))
		return 0;
	token[len - 2] = token[len - 2] == 'A' ? 'B' : 'A';
	require(!is_accepted(token, len), "a token with another signature");
	return 0;
}
