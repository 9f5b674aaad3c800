/* auth_private.h - between tokens.c, which has the configured tokens and the secret, and
 * jwt.c, which checks JSON Web Tokens. */
#pragma once

#include "linnet/auth/tokens.h"
#include "linnet/base/hex.h"

/* The secret that signs JSON Web Tokens. */
struct jwt_secret {
	char *bytes; /* NULL if none is configured */
	size_t len;
};

/* HS256 needs at least as many bytes as its hash has (RFC 7518 section 3.2). */
#define JWT_SECRET_BYTES_MIN 32

/* tokens_make_jwt, signed with secret. */
char *jwt_make(const struct jwt_secret *secret, const struct token_grant *grant);

struct token_entry {
	struct token token;
	char hash[HEX_SHA256_BYTES + 1]; /* SHA-256 in lower case */
	char *hook_secret;               /* NULL: none */
};

struct tokens {
	size_t count;
	struct token_entry *entries;
	struct jwt_secret secret;
};
