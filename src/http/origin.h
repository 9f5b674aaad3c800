/* origin.h - which web pages may send requests. */
#pragma once

#include <stdbool.h>

#include "linnet/config/config.h"

/* True if a page of that Origin (RFC 6454 section 7; NULL: another one, which it does not
 * tell) may send requests to host (the Host header). Allowed are the same host and port,
 * and origins in the list; "*" there allows all. With is_https, only a page that was
 * loaded by TLS is the same; otherwise the scheme is ignored, because a TLS proxy in
 * front hides it. An opaque origin ("null") is never the same. */
bool origin_is_allowed(const char *origin, const char *host, bool is_https,
	const struct string_list *allowed);
