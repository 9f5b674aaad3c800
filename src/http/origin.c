#include "http/origin.h"

#include <string.h>
#include <strings.h>

/* Compare host:port of an origin with a Host header. Either may leave out the default
 * port of the origin's scheme. */
static bool
origin_is_same_host(const char *authority, const char *host, const char *implied_port)
{
	size_t a = strlen(authority), h = strlen(host), p = strlen(implied_port);

	if (a > p && !strcmp(authority + a - p, implied_port))
		a -= p;
	if (h > p && !strcmp(host + h - p, implied_port))
		h -= p;
	return a == h && a > 0 && !strncasecmp(authority, host, a);
}

bool
origin_is_allowed(const char *origin, const char *host, bool is_https,
	const struct string_list *allowed)
{
	size_t i;

	for (i = 0; i < allowed->count; i++)
		if (!strcmp(allowed->items[i], "*") ||
			(origin && !strcasecmp(allowed->items[i], origin)))
			return true;
	if (!origin)
		return false;
	if (!is_https && !strncasecmp(origin, "http://", 7))
		return origin_is_same_host(origin + 7, host, ":80");
	if (!strncasecmp(origin, "https://", 8))
		return origin_is_same_host(origin + 8, host, ":443");
	return false;
}
