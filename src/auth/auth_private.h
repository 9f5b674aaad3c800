/* auth_private.h - what the parts of auth share: tokens.c the tokens that are configured
 * and the secret, jwt.c the tokens that somebody else has signed. */
#pragma once

#include "linnet/auth/tokens.h"

/* What signs them: HS256 wants as many bytes as its hash has (RFC 7518 section 3.2). */
struct jwt_secret {
	char *bytes; /* NULL: there is none */
	size_t len;
};

#define JWT_SECRET_BYTES 32

/* As tokens_check_jwt. */
int jwt_check(const struct jwt_secret *secret, const char *text, size_t len,
	const struct token_rules *rules, const struct permissions **permissions,
	const char **why);
