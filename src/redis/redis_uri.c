#include "redis/redis_uri.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/hex.h"
#include "linnet/base/xalloc.h"

#define DEFAULT_PORT 6379
#define DB_MAX 9999

/* A number up to max that is the whole text. Returns false if it is none. */
static bool
uri_number(const char *text, unsigned long max, unsigned long *number)
{
	char *end;

	*number = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && *number <= max;
}

/* A copy of len bytes with each %XX replaced. NULL: one is wrong, or means NUL. */
static char *
uri_decode(const char *text, size_t len)
{
	char *copy = xmalloc(len + 1), *to = copy;

	for (size_t i = 0; i < len; i++) {
		int high, low;

		*to++ = text[i];
		if (text[i] != '%')
			continue;
		high = i + 2 < len ? hex_digit(text[i + 1]) : -1;
		low = high >= 0 ? hex_digit(text[i + 2]) : -1;
		if (low < 0 || !(high | low)) {
			free(copy);
			return NULL;
		}
		to[-1] = (char)(high << 4 | low);
		i += 2;
	}
	*to = '\0';
	return copy;
}

static bool
uri_read_login(struct redis_address *address, const char *text, size_t len)
{
	const char *colon = memchr(text, ':', len);

	size_t user_len = colon ? (size_t)(colon - text) : len;

	if (user_len)
		address->user = uri_decode(text, user_len);
	if (colon)
		address->password = uri_decode(colon + 1, len - user_len - 1);
	return (!user_len || address->user) && (!colon || address->password) && len;
}

/* HOST, HOST:PORT or [HOST]:PORT. */
static bool
uri_read_host(struct redis_address *address, const char *text, size_t len)
{
	bool is_bracketed = *text == '[';
	const char *end = is_bracketed ? memchr(text, ']', len) : memchr(text, ':', len);
	size_t host_len = end ? (size_t)(end - text) : len;
	char *rest;
	unsigned long port = DEFAULT_PORT;
	bool is_good;

	if (is_bracketed && !end)
		return false;
	address->host = xstrndup(text + is_bracketed, host_len - is_bracketed);
	host_len += is_bracketed;
	rest = xstrndup(text + host_len, len - host_len);
	is_good =
		*address->host &&
		(!*rest || (*rest == ':' && uri_number(rest + 1, 65535, &port) && port));
	address->port = (int)port;
	free(rest);
	return is_good;
}

static bool
uri_read_tcp(struct redis_address *address, const char *text)
{
	size_t len = strcspn(text, "/");
	const char *at = memrchr(text, '@', len);
	const char *host = at ? at + 1 : text;
	unsigned long db = 0;

	if (at && !uri_read_login(address, text, (size_t)(at - text)))
		return false;
	if (text[len] && text[len + 1] && !uri_number(text + len + 1, DB_MAX, &db))
		return false;
	address->db = (unsigned)db;
	return uri_read_host(address, host, len - (size_t)(host - text));
}

static bool
uri_read_unix(struct redis_address *address, const char *text)
{
	size_t len = strcspn(text, "?");
	unsigned long db = 0;

	if (text[len] && (strncmp(text + len, "?db=", 4) != 0 ||
				 !uri_number(text + len + 4, DB_MAX, &db)))
		return false;
	address->path = xstrndup(text, len);
	address->db = (unsigned)db;
	return *address->path == '/';
}

int
redis_address_read(struct redis_address *address, const char *uri, const char **why)
{
	bool is_good = false;

	*address = (struct redis_address){ .port = DEFAULT_PORT };
	*why = "the URI must be redis://[USER[:PASSWORD]@]HOST[:PORT][/DB] or "
	       "unix://PATH[?db=DB]";
	if (!strncmp(uri, "redis://", 8))
		is_good = uri_read_tcp(address, uri + 8);
	else if (!strncmp(uri, "unix://", 7))
		is_good = uri_read_unix(address, uri + 7);
	else if (!strncmp(uri, "rediss://", 9))
		*why = "there is no TLS to Redis; use stunnel or a UNIX socket";
	return is_good ? 0 : -EINVAL;
}

void
redis_address_fini(struct redis_address *address)
{
	free(address->host);
	free(address->path);
	free(address->user);
	free(address->password);
}
