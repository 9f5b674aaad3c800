/* forwarded.h - for whom a trusted proxy asks. */
#pragma once

#include <netinet/in.h>

#include "linnet/base/cidr.h"
#include "linnet/http/parser.h"

/* Find whom a proxy that is trusted asks for: the last hop in X-Forwarded-For that is not
 * trusted itself, or the first one if all are. Returns 0; -ENOENT if it does not say,
 * with *client left alone; -EINVAL if it says something that is no address, with *client
 * the hop that said so, or left alone if that is the proxy itself. */
int forwarded_find_client(const struct cidr_list *proxies, const struct http_head *head,
	struct in6_addr *client);
