#include "linnet/proxies.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/xalloc.h"

#define BITS 128
#define V4_BITS 32

struct prefix {
	struct in6_addr address;
	unsigned bits;
};

struct proxies {
	size_t count;
	struct prefix items[];
};

/* Read the IP address that the len bytes of text are. Returns how many bits it has there,
 * or 0 if it is none. */
static unsigned
read_address(const char *text, size_t len, struct in6_addr *out)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	char copy[INET6_ADDRSTRLEN];

	if (len >= sizeof(copy))
		return 0;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET6, copy, out) == 1)
		return BITS;
	memcpy(out->s6_addr, mapped, sizeof(mapped));
	return inet_pton(AF_INET, copy, out->s6_addr + sizeof(mapped)) == 1 ? V4_BITS : 0;
}

/* The decimal number that text is, or -1 if it is none up to max. */
static int
read_bits(const char *text, unsigned max)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long bits;

	if (!digits || digits > 3 || text[digits])
		return -1;
	bits = strtoul(text, NULL, 10);
	return bits <= max ? (int)bits : -1;
}

static bool
has_prefix(const struct in6_addr *address, const struct prefix *prefix)
{
	size_t whole = prefix->bits / 8;
	unsigned left = prefix->bits % 8;

	if (memcmp(address->s6_addr, prefix->address.s6_addr, whole) != 0)
		return false;
	return !left || !((address->s6_addr[whole] ^ prefix->address.s6_addr[whole]) >>
				(8 - left));
}

/* True if bits behind the prefix are set: it was meant otherwise. */
static bool
is_overfull(const struct prefix *prefix)
{
	unsigned i;

	for (i = prefix->bits; i < BITS; i++)
		if (prefix->address.s6_addr[i / 8] & (0x80 >> i % 8))
			return true;
	return false;
}

/* Returns NULL, or what text must be. */
static const char *
read_prefix(const char *text, struct prefix *out)
{
	static const char wanted[] =
		"must be an IP address or a prefix such as 10.0.0.0/8";
	size_t len = strcspn(text, "/");
	unsigned own = read_address(text, len, &out->address);
	int bits = (int)own;

	if (own && text[len])
		bits = read_bits(text + len + 1, own);
	if (!own || bits < 0)
		return wanted;
	out->bits = BITS - own + (unsigned)bits;
	return is_overfull(out) ? "must have no bits set behind its prefix" : NULL;
}

const char *
proxies_fault(const char *text)
{
	struct prefix prefix;

	return read_prefix(text, &prefix);
}

struct proxies *
proxies_new(const struct string_list *list)
{
	struct proxies *proxies =
		xcalloc(1, sizeof(*proxies) + list->count * sizeof(proxies->items[0]));
	size_t i;

	for (i = 0; i < list->count; i++)
		if (!read_prefix(list->items[i], &proxies->items[proxies->count]))
			proxies->count++;
	return proxies;
}

bool
proxies_trust(const struct proxies *proxies, const struct in6_addr *address)
{
	size_t i;

	for (i = 0; i < proxies->count; i++)
		if (has_prefix(address, &proxies->items[i]))
			return true;
	return false;
}

/* A hop: an address, which some proxies write with a port, that of IPv6 in brackets then.
 */
static bool
read_hop(const char *text, size_t len, struct in6_addr *out)
{
	const char *end = text + len, *colon = memchr(text, ':', len);
	const char *bracket = memchr(text, ']', len);

	if (bracket && *text == '[')
		return (bracket + 1 == end || bracket[1] == ':') &&
		       read_address(text + 1, (size_t)(bracket - text) - 1, out) == BITS;
	if (colon && !memchr(colon + 1, ':', (size_t)(end - colon) - 1))
		return read_address(text, (size_t)(colon - text), out) == V4_BITS;
	return read_address(text, len, out);
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* Cut the last hop off the *len bytes of list. Returns its length, with *hop set; 0 if
 * none is left. */
static size_t
cut_hop(const char *list, size_t *len, const char **hop)
{
	size_t end = *len, start;

	while (end && (is_space(list[end - 1]) || list[end - 1] == ','))
		end--;
	start = end;
	while (start && list[start - 1] != ',')
		start--;
	*len = start;
	while (start < end && is_space(list[start]))
		start++;
	*hop = list + start;
	return end - start;
}

/* Walk the hops of one field from the last one on. Returns what proxies_find_client does,
 * or 1 if all are trusted. */
static int
walk(const struct proxies *proxies, const char *list, struct in6_addr *client)
{
	size_t left = strlen(list), len;
	struct in6_addr address;
	int r = -ENOENT;
	const char *hop;

	while ((len = cut_hop(list, &left, &hop))) {
		if (!read_hop(hop, len, &address))
			return -EINVAL;
		*client = address;
		if (!proxies_trust(proxies, client))
			return 0;
		r = 1;
	}
	return r;
}

int
proxies_find_client(const struct proxies *proxies, const struct http_head *head,
	struct in6_addr *client)
{
	int r = -ENOENT, walked;
	size_t i;

	for (i = head->field_count; i-- > 0;) {
		if (strcmp(head->fields[i].name, "x-forwarded-for") != 0)
			continue;
		walked = walk(proxies, head->fields[i].value, client);
		if (walked == 0 || walked == -EINVAL)
			return walked;
		if (walked > 0)
			r = 0;
	}
	return r;
}

void
proxies_free(struct proxies *proxies)
{
	free(proxies);
}
