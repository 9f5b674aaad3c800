/* tokens.h - the tokens by which programs and people show what they may do: those that
 * are configured, and JSON Web Tokens (RFC 7519). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linnet/auth/permissions.h"
#include "linnet/config/config.h"

/* A longer one is no good. */
#define TOKEN_MAX_BYTES 4096

struct tokens;

/* A token that is configured; owned by its auth, its strings by the configuration. */
struct token {
	const char *name;
	const struct string_list *rooms; /* that it is for; none: every room */
	bool is_admin;
};

/* What a token is measured by. */
struct token_rules {
	int64_t now_ms; /* Unix time */
	size_t name_max_bytes;
};

/* Make *auth of auth.tokens and auth.jwt_secret_file; it borrows config, which must
 * outlive it. Reads the files: one token of visible ASCII characters in at most 4096
 * bytes, of at least 32 for the secret, newlines at the end not being part of it. Returns
 * 0, or -errno (-EINVAL for a file with something else) with a sentence that names key
 * and file in *why, which is good until the next call; then *auth is NULL. Whoever calls
 * it gives *auth to tokens_free. */
int tokens_new(struct tokens **tokens, const struct config *config, const char **why);

/* True if there is any token. */
bool tokens_exist(const struct tokens *tokens);

/* The token that the len bytes of text are, or NULL. Where one token is configured twice,
 * it is the first. Takes the same time whichever token it is and wherever it differs;
 * only len tells. */
const struct token *tokens_check(
	const struct tokens *tokens, const char *text, size_t len);

/* Read the len bytes of text as a JSON Web Token that is signed with the secret by HS256.
 * The claims that count are exp and nbf (a minute early is good), aud (where there is
 * one, "linnet" must be in it), rooms (a list; missing, or with "*" in it: all), and name
 * or else sub: how whoever shows it is called. Returns 0 and permissions for
 * permissions_unref, or -EACCES with *why a word for the log: "bad_token", and only if
 * the signature is good "expired", "not_yet", "bad_audience", "bad_claim" or "bad_name".
 */
int tokens_check_jwt(const struct tokens *tokens, const char *text, size_t len,
	const struct token_rules *rules, const struct permissions **permissions,
	const char **why);

/* True if the token is for that room. */
bool token_may(const struct token *token, const char *room);

/* Find the token in the value of an Authorization header: "Bearer TOKEN" (RFC 6750
 * section 2.1), the scheme in any case, TOKEN of visible ASCII characters. Returns false,
 * leaving the rest alone, if the header is anything else; else *token points into header.
 */
bool tokens_read_bearer(const char *header, const char **token, size_t *len);

/* Let auth have the tokens of fresh, which is freed. Tokens of before are gone. */
void tokens_replace(struct tokens *tokens, struct tokens *fresh);

/* True if whoever reaches a listener on address needs no token to read what strangers are
 * not to see: the mode is "open" and the address is this machine's own. */
bool tokens_are_optional(const struct config *config, const char *address);

/* Free auth and its tokens; NULL is fine. */
void tokens_free(struct tokens *tokens);
