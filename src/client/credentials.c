#include "client/credentials.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/output.h"
#include "linnet/base/hex.h"
#include "linnet/base/xalloc.h"
#include "linnet/protocol/name.h"

#define SECRET_BYTES 32

/* Read at most size - 1 bytes of the file. Returns their number, or -errno. */
static ssize_t
credentials_read_file(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = 0;
	ssize_t n = 0, len = 0;

	if (fd < 0)
		return -errno;
	while ((size_t)len < size - 1 &&
		(n = read(fd, out + len, size - 1 - (size_t)len)) > 0)
		len += n;
	if (n < 0)
		r = -errno;
	close(fd);
	out[len] = '\0';
	return r < 0 ? r : len;
}

char *
credentials_read_token(const char *path)
{
	char text[CREDENTIALS_TOKEN_BYTES + 4], *start = text;
	ssize_t len = credentials_read_file(path, text, sizeof(text));

	if (len < 0) {
		output_note("%s: %s", path, strerror((int)-len));
		return NULL;
	}
	while (isspace((unsigned char)*start))
		start++;
	len = (ssize_t)strlen(start);
	while (len && isspace((unsigned char)start[len - 1]))
		start[--len] = '\0';
	for (ssize_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)start[i]))
			len = 0;
	if (!len || len > CREDENTIALS_TOKEN_BYTES) {
		output_note(
			"%s: must hold one token of at most %d bytes, and nothing else",
			path, CREDENTIALS_TOKEN_BYTES);
		return NULL;
	}
	return xstrdup(start);
}

/* Write the path of the file to out, and create its folder. */
static int
credentials_find_file(char *out, size_t size)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *slash;
	int n;

	if (state && *state == '/')
		n = snprintf(out, size, "%s/linnet", state);
	else if (home && *home == '/')
		n = snprintf(out, size, "%s/.local/state/linnet", home);
	else
		return -ENOENT;
	if (n < 0 || (size_t)n >= size)
		return -ENAMETOOLONG;
	for (slash = strchr(out + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(out, 0700);
		*slash = '/';
	}
	return 0;
}

/* Create the file with the secret, unless another linnet just did: link(2) never replaces
 * a file. */
static void
credentials_write_secret(const char *path, const char *secret)
{
	char *draft = xasprintf("%s.%d", path, (int)getpid());
	int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	size_t len = strlen(secret);

	if (fd >= 0) {
		if (write(fd, secret, len) == (ssize_t)len && fsync(fd) == 0)
			(void)!link(draft, path);
		close(fd);
		unlink(draft);
	}
	free(draft);
}

static void
credentials_find_secret(char secret[2 * SECRET_BYTES + 1])
{
	const size_t size = 2 * SECRET_BYTES + 1;
	uint8_t random[SECRET_BYTES];
	char path[PATH_MAX];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		abort();
	if (credentials_find_file(path, sizeof(path)) == 0) {
		if (credentials_read_file(path, secret, size) == 2 * SECRET_BYTES)
			return;
		hex_encode(secret, random, sizeof(random));
		credentials_write_secret(path, secret);
		if (credentials_read_file(path, secret, size) == 2 * SECRET_BYTES)
			return;
	}
	hex_encode(secret, random, sizeof(random));
}

void
credentials_make_person(
	char out[CREDENTIALS_PERSON_BYTES + 1], const struct url *url, const char *name)
{
	char secret[2 * SECRET_BYTES + 1], folded[NAME_MAX_BYTES + 1] = "";
	char hash[HEX_SHA256_BYTES + 1];
	char *text;

	credentials_find_secret(secret);
	if (name && strlen(name) <= NAME_MAX_BYTES)
		name_fold(folded, name);
	text = xasprintf("%s\n%s\n%s\n%s\n%s", secret, url->address, url->authority,
		url->prefix, folded);
	hex_sha256(hash, text, strlen(text));
	free(text);
	snprintf(out, CREDENTIALS_PERSON_BYTES + 1, "%.*s", CREDENTIALS_PERSON_BYTES,
		hash);
}
