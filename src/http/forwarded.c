#include "http/forwarded.h"

#include <errno.h>
#include <string.h>

#include "linnet/base/conn_limit.h"

#define V4_BITS 32
#define V6_BITS 128

/* A hop is an address. Some proxies add a port; then an IPv6 address is in brackets. */
static bool
forwarded_read_hop(const char *text, size_t len, struct in6_addr *out)
{
	const char *end = text + len, *colon = memchr(text, ':', len);
	const char *bracket = memchr(text, ']', len);

	if (bracket && *text == '[')
		return (bracket + 1 == end || bracket[1] == ':') &&
		       cidr_read_address(text + 1, (size_t)(bracket - text) - 1, out) ==
			       V6_BITS;
	if (colon && !memchr(colon + 1, ':', (size_t)(end - colon) - 1))
		return cidr_read_address(text, (size_t)(colon - text), out) == V4_BITS;
	return cidr_read_address(text, len, out);
}

static bool
forwarded_is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* Cut the last hop off the *len bytes of list. Returns its length, with *hop set, or 0 if
 * none is left. */
static size_t
forwarded_cut_hop(const char *list, size_t *len, const char **hop)
{
	size_t end = *len, start;

	while (end && (forwarded_is_space(list[end - 1]) || list[end - 1] == ','))
		end--;
	start = end;
	while (start && list[start - 1] != ',')
		start--;
	*len = start;
	while (start < end && forwarded_is_space(list[start]))
		start++;
	*hop = list + start;
	return end - start;
}

/* True if the proxy with this address, or "::" on a UNIX socket, is on this machine. */
static bool
forwarded_is_here(const struct in6_addr *proxy)
{
	return IN6_IS_ADDR_UNSPECIFIED(proxy) || conn_limit_is_loopback(proxy);
}

/* Check the hops of one field from the last one on. *client is the hop before, "::" if it
 * is peer. Returns 0 with the client's address, -EINVAL if a hop has no address, or 1 if
 * all are trusted, *client being the first. */
static int
forwarded_walk(const struct cidr_list *proxies, const char *list,
	const struct in6_addr *peer, struct in6_addr *client)
{
	size_t left = strlen(list), len;
	const char *hop;
	bool is_here;

	while ((len = forwarded_cut_hop(list, &left, &hop))) {
		is_here = forwarded_is_here(
			IN6_IS_ADDR_UNSPECIFIED(client) ? peer : client);
		/* The loopback address of another machine says nothing here. */
		if (!forwarded_read_hop(hop, len, client) ||
			(conn_limit_is_loopback(client) && !is_here))
			return -EINVAL;
		if (!cidr_list_has(proxies, client))
			return 0;
	}
	return 1;
}

int
forwarded_find_client(const struct cidr_list *proxies, const struct http_head *head,
	const struct in6_addr *peer, struct in6_addr *client)
{
	bool is_there = false;
	int r = 1;

	*client = in6addr_any;
	for (size_t i = head->field_count; r > 0 && i-- > 0;) {
		if (strcmp(head->fields[i].name, "x-forwarded-for") != 0)
			continue;
		is_there = true;
		r = forwarded_walk(proxies, head->fields[i].value, peer, client);
	}
	if (!is_there)
		return -ENOENT;
	if (r < 0)
		*client = in6addr_any;
	/* All hops are trusted, or there are none. */
	return r < 0 || IN6_IS_ADDR_UNSPECIFIED(client) ? -EINVAL : 0;
}
