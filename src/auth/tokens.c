#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "auth/auth_private.h"
#include "linnet/base/file_mode.h"
#include "linnet/base/xalloc.h"

#define FILE_BYTES 4096

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

static void
tokens_free_secret(char *secret)
{
	if (secret)
		OPENSSL_cleanse(secret, strlen(secret));
	free(secret);
}

/* A file of a secret, and where it is reported. */
struct secret_file {
	const struct config *config;
	const char *key; /* option, or list of groups */
	size_t item;     /* of that list, or CONFIG_NO_ITEM */
	const char *what;
	const char *path;
	struct config_errors *errors, *warnings;
};

/* Read the secret in the file to bytes, which has room for FILE_BYTES + 1. Returns its
 * length, or -1 after reporting the error. */
static ssize_t
tokens_read_secret(const struct secret_file *file, char *bytes)
{
	ssize_t r = tokens_read_file(file->path, bytes, FILE_BYTES + 1);
	size_t len = (size_t)r;
	const char *fault = r < 0 ? strerror((int)-r) : tokens_trim_secret(bytes, &len);

	if (fault) {
		config_errors_report(file->errors, file->config, file->key, file->item,
			"cannot read %s from %s: %s", file->what, file->path, fault);
		return -1;
	}
	if (file_mode_is_public(file->path))
		config_errors_report(file->warnings, file->config, file->key, file->item,
			"everybody on this machine can read %s; run chmod o= %s",
			file->what, file->path);
	return (ssize_t)len;
}

static void
tokens_copy_hash(char *hash, const char *hex)
{
	for (size_t i = 0; i < HEX_SHA256_BYTES; i++)
		hash[i] = (char)tolower((unsigned char)hex[i]);
	hash[HEX_SHA256_BYTES] = '\0';
}

/* Set the token of entry. */
static void
tokens_set_token(struct token_entry *entry, const struct token_config *config,
	const struct secret_file *file)
{
	char bytes[FILE_BYTES + 1];
	ssize_t len;

	if (!*config->token_file) {
		tokens_copy_hash(entry->hash, config->token_sha256);
		return;
	}
	len = tokens_read_secret(file, bytes);
	if (len >= 0)
		hex_sha256(entry->hash, bytes, (size_t)len);
	OPENSSL_cleanse(bytes, sizeof(bytes));
}

/* Set the secret of webhooks, if one is configured. */
static void
tokens_set_hook_secret(struct token_entry *entry, const struct secret_file *file)
{
	char bytes[FILE_BYTES + 1];
	ssize_t len;

	if (!*file->path)
		return;
	len = tokens_read_secret(file, bytes);
	if (len >= 0)
		entry->hook_secret = xstrndup(bytes, (size_t)len);
	entry->token.hook_secret = entry->hook_secret;
	OPENSSL_cleanse(bytes, sizeof(bytes));
}

/* Set entry up from one item of auth.tokens, which file names. */
static void
tokens_set_entry(struct token_entry *entry, const struct token_config *config,
	struct secret_file file)
{
	char *what;

	entry->token = (struct token){
		.name = config->name,
		.rooms = &config->rooms,
		.is_admin = config->admin,
	};
	file.path = config->token_file;
	file.what = what = xasprintf("the token of %s", config->name);
	tokens_set_token(entry, config, &file);
	free(what);
	file.path = config->hook_secret_file;
	file.what = what = xasprintf("the hook secret of %s", config->name);
	tokens_set_hook_secret(entry, &file);
	free(what);
}

/* Read the secret for JSON Web Tokens, if one is configured. */
static void
tokens_set_jwt_secret(struct jwt_secret *secret, const struct config *config,
	struct config_errors *errors, struct config_errors *warnings)
{
	const struct secret_file file = {
		.config = config,
		.key = "auth.jwt_secret_file",
		.item = CONFIG_NO_ITEM,
		.what = "auth.jwt_secret_file",
		.path = config->auth.jwt_secret_file,
		.errors = errors,
		.warnings = warnings,
	};
	char bytes[FILE_BYTES + 1];
	ssize_t len = *file.path ? tokens_read_secret(&file, bytes) : -1;

	if (len >= JWT_SECRET_BYTES_MIN) {
		secret->len = (size_t)len;
		secret->bytes = xstrndup(bytes, secret->len);
	} else if (len >= 0) {
		config_errors_report(errors, config, file.key, file.item,
			"%s %s has %zd characters, but a secret needs at least %d; "
			"write a longer one",
			file.what, file.path, len, JWT_SECRET_BYTES_MIN);
	}
	OPENSSL_cleanse(bytes, sizeof(bytes));
}

struct tokens *
tokens_new(const struct config *config, struct config_errors *errors,
	struct config_errors *warnings)
{
	struct tokens *tokens = xcalloc(1, sizeof(*tokens));
	size_t before = errors->count;

	tokens_set_jwt_secret(&tokens->secret, config, errors, warnings);
	tokens->count = config->auth.tokens.count;
	tokens->entries = xcalloc(tokens->count, sizeof(*tokens->entries));
	for (size_t i = 0; i < tokens->count; i++)
		tokens_set_entry(&tokens->entries[i], &config->auth.tokens.items[i],
			(struct secret_file){
				.config = config,
				.key = "auth.tokens",
				.item = i,
				.errors = errors,
				.warnings = warnings,
			});
	if (errors->count == before)
		return tokens;
	tokens_free(tokens);
	return NULL;
}

char *
tokens_make_jwt(const struct config *config, const struct token_grant *grant,
	struct config_errors *errors)
{
	struct config_errors ignored = { 0 };
	struct jwt_secret secret = { 0 };
	char *text = NULL;

	if (!*config->auth.jwt_secret_file)
		config_errors_report(errors, config, "auth.jwt_secret_file",
			CONFIG_NO_ITEM,
			"auth.jwt_secret_file is not set; set it to a file with at least "
			"%d random characters",
			JWT_SECRET_BYTES_MIN);
	tokens_set_jwt_secret(&secret, config, errors, &ignored);
	config_errors_clear(&ignored);
	if (secret.bytes)
		text = jwt_make(&secret, grant);
	tokens_free_secret(secret.bytes);
	return text;
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
