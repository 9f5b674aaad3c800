#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "auth/auth_private.h"
#include "linnet/base/xalloc.h"

#define FILE_BYTES 4096
#define WHY_BYTES 8192 /* longer than any name and path together */

/* Returns how many visible ASCII characters text begins with. */
static size_t
tokens_span_visible(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && text[i] > ' ' && text[i] <= '~')
		i++;
	return i;
}

/* Read up to size bytes of the file, which may be a pipe. Returns their number or -errno.
 */
static ssize_t
tokens_read_file(const char *path, char *bytes, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t got;

	if (fd < 0)
		return -errno;
	do {
		got = read(fd, bytes + len, size - len);
		len += got > 0 ? (size_t)got : 0;
	} while (got > 0 || (got < 0 && errno == EINTR));
	got = got < 0 ? -errno : (ssize_t)len;
	close(fd);
	return got;
}

/* Cut *len to the token in the bytes of a file. Returns NULL, or what is wrong. */
static const char *
tokens_trim_secret(const char *bytes, size_t *len)
{
	if (*len > FILE_BYTES)
		return "it has more than 4096 bytes";
	while (*len > 0 && (bytes[*len - 1] == '\n' || bytes[*len - 1] == '\r'))
		(*len)--;
	if (*len == 0)
		return "it is empty";
	/* A header can carry nothing else. */
	if (tokens_span_visible(bytes, *len) != *len)
		return "it is not one word of visible ASCII characters";
	return NULL;
}

/* Read the token in a file to bytes, which has room for FILE_BYTES + 1. Returns its
 * length, or -errno with the reason in *fault. */
static ssize_t
tokens_read_secret(char *bytes, const char *path, const char **fault)
{
	ssize_t r = tokens_read_file(path, bytes, FILE_BYTES + 1);
	size_t len = (size_t)r;

	if (r < 0) {
		*fault = strerror((int)-r);
		return r;
	}
	*fault = tokens_trim_secret(bytes, &len);
	return *fault ? -EINVAL : (ssize_t)len;
}

static void
tokens_copy_hash(char *hash, const char *hex)
{
	for (size_t i = 0; i < HEX_SHA256_BYTES; i++)
		hash[i] = (char)tolower((unsigned char)hex[i]);
	hash[HEX_SHA256_BYTES] = '\0';
}

/* Set the token of entry. Returns 0, or -errno with *fault set. */
static int
tokens_set_token(
	struct token_entry *entry, const struct token_config *config, const char **fault)
{
	char bytes[FILE_BYTES + 1];
	ssize_t len;

	if (!*config->token_file) {
		tokens_copy_hash(entry->hash, config->token_sha256);
		return 0;
	}
	len = tokens_read_secret(bytes, config->token_file, fault);
	if (len >= 0)
		hex_sha256(entry->hash, bytes, (size_t)len);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return len < 0 ? (int)len : 0;
}

/* Set the secret of webhooks, if one is configured. Returns as tokens_set_token. */
static int
tokens_set_hook_secret(
	struct token_entry *entry, const struct token_config *config, const char **fault)
{
	char bytes[FILE_BYTES + 1];
	ssize_t len;

	if (!*config->hook_secret_file)
		return 0;
	len = tokens_read_secret(bytes, config->hook_secret_file, fault);
	if (len >= 0)
		entry->hook_secret = xstrndup(bytes, (size_t)len);
	entry->token.hook_secret = entry->hook_secret;
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return len < 0 ? (int)len : 0;
}

/* Set entry up from one item of auth.tokens. Returns 0, or -errno with *fault set and
 * what it is about in *what and *path. */
static int
tokens_set_entry(struct token_entry *entry, const struct token_config *config,
	const char **fault, const char **what, const char **path)
{
	int r;

	entry->token = (struct token){
		.name = config->name,
		.rooms = &config->rooms,
		.is_admin = config->admin,
	};
	*what = "token";
	*path = config->token_file;
	r = tokens_set_token(entry, config, fault);
	if (r < 0)
		return r;
	*what = "hook secret";
	*path = config->hook_secret_file;
	return tokens_set_hook_secret(entry, config, fault);
}

/* Read the secret for JSON Web Tokens. Returns 0, or -errno with *fault set. */
static int
tokens_set_jwt_secret(struct jwt_secret *secret, const char *path, const char **fault)
{
	char bytes[FILE_BYTES + 1];
	ssize_t len = tokens_read_secret(bytes, path, fault);

	if (len >= 0 && len < JWT_SECRET_BYTES_MIN) {
		*fault = "it has fewer than 32 characters";
		len = -EINVAL;
	}
	if (len >= 0) {
		secret->len = (size_t)len;
		secret->bytes = xstrndup(bytes, secret->len);
	}
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return len < 0 ? (int)len : 0;
}

static int
tokens_set_all(struct tokens *tokens, const struct config *config, char *sentence)
{
	const char *fault, *what, *path = config->auth.jwt_secret_file;
	int r = *path ? tokens_set_jwt_secret(&tokens->secret, path, &fault) : 0;

	if (r < 0)
		snprintf(sentence, WHY_BYTES,
			"auth.jwt_secret_file: cannot read the secret from %s: %s", path,
			fault);
	for (size_t i = 0; r == 0 && i < tokens->count; i++) {
		const struct token_config *token = &config->auth.tokens.items[i];

		r = tokens_set_entry(&tokens->entries[i], token, &fault, &what, &path);
		if (r < 0)
			snprintf(sentence, WHY_BYTES,
				"auth.tokens item %zu: cannot read the %s of %s from "
				"%s: %s",
				i + 1, what, token->name, path, fault);
	}
	return r;
}

int
tokens_new(struct tokens **tokens, const struct config *config, const char **why)
{
	static char sentence[WHY_BYTES];
	struct tokens *made = xcalloc(1, sizeof(*made));
	int r;

	made->count = config->auth.tokens.count;
	made->entries = xcalloc(made->count, sizeof(*made->entries));
	r = tokens_set_all(made, config, sentence);
	if (r < 0) {
		*why = sentence;
		tokens_free(made);
		made = NULL;
	}
	*tokens = made;
	return r;
}

bool
tokens_exist(const struct tokens *tokens)
{
	return tokens->count > 0;
}

const struct token *
tokens_check(const struct tokens *tokens, const char *text, size_t len)
{
	char hash[HEX_SHA256_BYTES + 1];
	const struct token *found = NULL;

	hex_sha256(hash, text, len);
	for (size_t i = tokens->count; i-- > 0;)
		if (CRYPTO_memcmp(tokens->entries[i].hash, hash, HEX_SHA256_BYTES) == 0)
			found = &tokens->entries[i].token;
	return found;
}

bool
token_may(const struct token *token, const char *room, bool is_exact)
{
	return token->rooms->count == 0 ||
	       permissions_list_has(token->rooms, room, is_exact);
}

bool
tokens_read_bearer(const char *header, const char **token, size_t *len)
{
	static const char scheme[] = "bearer ";
	const char *start = header + strspn(header, " \t");

	if (strncasecmp(start, scheme, strlen(scheme)) != 0)
		return false;
	start += strlen(scheme);
	start += strspn(start, " ");
	size_t visible = tokens_span_visible(start, strlen(start));
	if (visible == 0 || start[visible + strspn(start + visible, " \t")])
		return false;
	*token = start;
	*len = visible;
	return true;
}

static void
tokens_free_secret(char *secret)
{
	if (secret)
		OPENSSL_cleanse(secret, strlen(secret));
	free(secret);
}

void
tokens_free(struct tokens *tokens)
{
	if (!tokens)
		return;
	for (size_t i = 0; i < tokens->count; i++)
		tokens_free_secret(tokens->entries[i].hook_secret);
	free(tokens->entries);
	tokens_free_secret(tokens->secret.bytes);
	free(tokens);
}

bool
tokens_are_optional(const struct config *config, const char *address)
{
	return config->auth.trust_loopback && config->auth.mode == AUTH_OPEN &&
	       (!strncmp(address, "127.", 4) || !strcmp(address, "::1") ||
		       !strcmp(address, "localhost"));
}

void
tokens_replace(struct tokens *tokens, struct tokens *fresh)
{
	struct tokens old = *tokens;

	*tokens = *fresh;
	*fresh = old;
	tokens_free(fresh);
}
