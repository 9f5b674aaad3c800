/* tokens.h - checks tokens: those in the configuration and JSON Web Tokens (RFC 7519). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linnet/auth/permissions.h"
#include "linnet/config/config.h"

/* A longer JSON Web Token is refused. */
#define TOKEN_MAX_BYTES 4096

struct tokens;

/* A configured token. Its tokens own it and its secret; the configuration owns its other
 * strings. */
struct token {
	const char *name;
	const struct string_list *rooms; /* which it is for; empty: every room */
	bool is_admin;
	const char *hook_secret; /* that webhooks are signed with; NULL: none */
};

/* What the claims of a JSON Web Token are checked against. */
struct token_rules {
	int64_t now_ms; /* Unix time */
	size_t name_max_bytes;
};

/* Create tokens from auth.tokens and auth.jwt_secret_file, for tokens_free. config must
 * outlive them. Reads the files: each has one token or secret of visible ASCII characters
 * in at most 4096 bytes, that of jwt_secret_file at least 32; newlines at the end do not
 * count. Every file that cannot be used is appended to errors, and NULL is returned then.
 * Files that everybody can read are appended to warnings. */
struct tokens *tokens_new(const struct config *config, struct config_errors *errors,
	struct config_errors *warnings);

/* What a new JSON Web Token permits. */
struct token_grant {
	const char *name;
	const char *const *rooms; /* none: every room */
	size_t room_count;
	int64_t from_s, until_s; /* Unix time */
};

/* Make a JSON Web Token for grant that tokens_check_jwt accepts, signed with
 * auth.jwt_secret_file. Returns the text, which the caller frees, or NULL after appending
 * to errors why the secret cannot be used. The result may be longer than TOKEN_MAX_BYTES.
 */
char *tokens_make_jwt(const struct config *config, const struct token_grant *grant,
	struct config_errors *errors);

/* True if any token is configured. */
bool tokens_exist(const struct tokens *tokens);

/* Find the token that text is, or NULL; the first one if it is configured twice. The time
 * depends only on len, not on the text or the token. */
const struct token *tokens_check(
	const struct tokens *tokens, const char *text, size_t len);

/* Check text as a JSON Web Token, signed with the secret by HS256. Claims: "exp", "nbf"
 * (a minute early is accepted), "aud" (if present, it must have "linnet"), "rooms" (a
 * list; missing or with "*": all), "name" or else "sub" (the user's name). Returns 0 and
 * permissions for permissions_unref, or -EACCES and a word for the log in *why:
 * "bad_token", and after a good signature "expired", "not_yet", "bad_audience",
 * "bad_claim" or "bad_name". */
int tokens_check_jwt(const struct tokens *tokens, const char *text, size_t len,
	const struct token_rules *rules, const struct permissions **permissions,
	const char **why);

/* True if the token covers room, as permissions_has_room. */
bool token_may(const struct token *token, const char *room, bool is_exact);

/* Find the token in an Authorization header: "Bearer TOKEN" (RFC 6750 section 2.1), the
 * scheme in any case, TOKEN of visible ASCII characters. *token points into header.
 * Returns false and changes nothing if the header is anything else. */
bool tokens_read_bearer(const char *header, const char **token, size_t *len);

/* Move the tokens of fresh to tokens and free fresh. The old tokens are freed. */
void tokens_replace(struct tokens *tokens, struct tokens *fresh);

/* True if a listener on address needs no token for what strangers must not see: the mode
 * is "open", the address is a loopback address, and auth.trust_loopback is set. */
bool tokens_are_optional(const struct config *config, const char *address);

/* Free the tokens; NULL is fine. */
void tokens_free(struct tokens *tokens);
