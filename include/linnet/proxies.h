/* proxies.h - the proxies that are believed, and for whom they speak. Every address is an
 * IPv6 one, IPv4 as ::ffff:a.b.c.d. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>

#include "linnet/config.h"
#include "linnet/http_head.h"

struct proxies;

/* NULL if text is an IP address or a prefix of such ("10.0.0.0/8"), else what it must be.
 */
const char *proxies_fault(const char *text);

/* The proxies of a list, of whose items proxies_fault finds nothing to say. Freed by
 * proxies_free. */
struct proxies *proxies_new(const struct string_list *list);

/* True if address is one of them. */
bool proxies_trust(const struct proxies *proxies, const struct in6_addr *address);

/* Find whom a proxy that is trusted asks for: the last hop in X-Forwarded-For that is not
 * trusted itself, or the first one if all are. Returns 0; -ENOENT if it does not say,
 * with *client left alone; -EINVAL if it says something that is no address, with *client
 * the hop that said so, or left alone if that is the proxy itself. */
int proxies_find_client(const struct proxies *proxies, const struct http_head *head,
	struct in6_addr *client);

/* Free them; NULL is fine. */
void proxies_free(struct proxies *proxies);
