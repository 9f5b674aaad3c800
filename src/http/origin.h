/* origin.h - which web pages may open a WebSocket here. */
#pragma once

#include <stdbool.h>

#include "linnet/config/config.h"

/* True if a browser page of that Origin (RFC 6454 section 7) may connect to a server that
 * it addressed as host (the Host header). The same host and port always may, compared
 * without regard to the scheme, which a TLS proxy in front hides; so may what allowed
 * lists, and "*" there means everybody. An opaque origin ("null") is never the same. */
bool origin_is_allowed(
	const char *origin, const char *host, const struct string_list *allowed);
