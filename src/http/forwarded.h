/* forwarded.h - the client for which a trusted proxy forwards a request. */
#pragma once

#include <netinet/in.h>

#include "linnet/base/cidr.h"
#include "linnet/http/parser.h"

/* Find the client of a request from the trusted proxy peer, "::" on a UNIX socket: the
 * last hop in X-Forwarded-For that is not trusted itself, or the first one if all are.
 * Returns 0; -ENOENT if there is no such header; or -EINVAL if the client has no address
 * there
 * ("unknown", "unix:", a header without hops, the loopback address of another machine),
 * with *client set to "::". */
int forwarded_find_client(const struct cidr_list *proxies, const struct http_head *head,
	const struct in6_addr *peer, struct in6_addr *client);
