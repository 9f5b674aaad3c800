/* auth_private.h - between tokens.c, which has the configured tokens and the secret, and
 * jwt.c, which checks JSON Web Tokens. */
#pragma once

#include "linnet/auth/tokens.h"

/* The secret that signs JSON Web Tokens. */
struct jwt_secret {
	char *bytes; /* NULL if none is configured */
	size_t len;
};

/* HS256 needs at least as many bytes as its hash has (RFC 7518 section 3.2). */
#define JWT_SECRET_BYTES_MIN 32

/* As tokens_check_jwt. */
int jwt_check(const struct jwt_secret *secret, const char *text, size_t len,
	const struct token_rules *rules, const struct permissions **permissions,
	const char **why);
