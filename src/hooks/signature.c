/* Signatures of webhooks: HMAC with SHA-256 of the body in hex, or the secret itself. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "linnet/base/buffer.h"
#include "linnet/base/hex.h"
#include "linnet/base/xalloc.h"
#include "linnet/hooks/hooks.h"

static const struct {
	const char *header;
	const char *prefix; /* of the signature; NULL: it is the secret */
} schemes[HOOK_UNKNOWN] = {
	[HOOK_GRAFANA] = { "x-grafana-alerting-signature", "" },
	[HOOK_GITHUB] = { "x-hub-signature-256", "sha256=" },
	[HOOK_GITEA] = { "x-gitea-signature", "" },
	[HOOK_GITLAB] = { "x-gitlab-token", NULL },
	[HOOK_SENTRY] = { "sentry-hook-signature", "" },
};

const char *
hook_signature_header(enum hook_kind kind)
{
	return schemes[kind].header;
}

static void
signature_say_hmac(struct buffer *text, const char *body, size_t len, const char *secret)
{
	char hex[HEX_SHA256_BYTES + 1];
	uint8_t mac[EVP_MAX_MD_SIZE];

	/* Fails only if memory is out. */
	if (!HMAC(EVP_sha256(), secret, (int)strlen(secret),
		    (const uint8_t *)(body ? body : ""), len, mac, NULL))
		xalloc_fail("openssl");
	hex_encode(hex, mac, HEX_SHA256_BYTES / 2);
	buffer_append(text, hex, HEX_SHA256_BYTES);
}

/* Their hashes are compared: the texts may differ in length. */
static bool
signature_is(const char *given, const struct buffer *expected)
{
	char hashes[2][HEX_SHA256_BYTES + 1];

	hex_sha256(hashes[0], given, strlen(given));
	hex_sha256(hashes[1], expected->bytes, expected->len);
	return !CRYPTO_memcmp(hashes[0], hashes[1], HEX_SHA256_BYTES);
}

bool
hook_is_signed(enum hook_kind kind, const char *signature, const char *body, size_t len,
	const char *secret)
{
	const char *prefix = schemes[kind].prefix;
	struct buffer expected = { 0 };
	bool is_good;

	if (!signature || !schemes[kind].header)
		return false;
	if (prefix) {
		buffer_printf(&expected, "%s", prefix);
		signature_say_hmac(&expected, body, len, secret);
	} else {
		buffer_printf(&expected, "%s", secret);
	}
	is_good = signature_is(signature, &expected);
	OPENSSL_cleanse(expected.bytes, expected.len);
	buffer_clear(&expected);
	return is_good;
}
