#include "linnet/base/cidr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"

#define BITS 128
#define V4_BITS 32
#define V4_START (BITS - V4_BITS)

struct cidr_list {
	size_t count;
	struct cidr items[];
};

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

unsigned
cidr_read_address(const char *text, size_t len, struct in6_addr *out)
{
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

/* The decimal number in text, or -1 if text is not a number from 0 to max. */
static int
cidr_read_bits(const char *text, unsigned max)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long bits;

	if (!digits || digits > 3 || text[digits])
		return -1;
	bits = strtoul(text, NULL, 10);
	return bits <= max ? (int)bits : -1;
}

struct cidr
cidr_of(const struct in6_addr *address, unsigned bits)
{
	struct cidr cidr = { .bits = bits };
	unsigned left = bits % 8;

	memcpy(cidr.address.s6_addr, address->s6_addr, bits / 8);
	if (left)
		cidr.address.s6_addr[bits / 8] =
			(unsigned char)(address->s6_addr[bits / 8] & (0xff00 >> left));
	return cidr;
}

const char *
cidr_read(const char *text, struct cidr *out)
{
	static const char wanted[] =
		"must be an IP address or a prefix such as 10.0.0.0/8";
	size_t len = strcspn(text, "/");
	struct in6_addr address;
	unsigned own = cidr_read_address(text, len, &address);
	int bits = (int)own;

	if (own && text[len])
		bits = cidr_read_bits(text + len + 1, own);
	if (!own || bits < 0)
		return wanted;
	*out = cidr_of(&address, BITS - own + (unsigned)bits);
	return memcmp(&out->address, &address, sizeof(address)) != 0
		       ? "must have no bits set behind its prefix"
		       : NULL;
}

bool
cidr_has(const struct cidr *cidr, const struct in6_addr *address)
{
	struct cidr same = cidr_of(address, cidr->bits);

	return !memcmp(&same.address, &cidr->address, sizeof(same.address));
}

void
cidr_format(const struct cidr *cidr, char *out)
{
	const unsigned char *bytes = cidr->address.s6_addr;
	bool is_v4 = cidr->bits >= V4_START && !memcmp(bytes, mapped, sizeof(mapped));
	char text[INET6_ADDRSTRLEN];

	inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? bytes + sizeof(mapped) : bytes,
		text, sizeof(text));
	if (cidr->bits == BITS)
		snprintf(out, CIDR_TEXT_BYTES, "%s", text);
	else
		snprintf(out, CIDR_TEXT_BYTES, "%s/%u", text,
			is_v4 ? cidr->bits - V4_START : cidr->bits);
}

const char *
cidr_fault(const char *text)
{
	struct cidr cidr;

	return cidr_read(text, &cidr);
}

struct cidr_list *
cidr_list_new(char *const *texts, size_t count)
{
	struct cidr_list *list =
		xcalloc(1, sizeof(*list) + count * sizeof(list->items[0]));
	size_t i;

	for (i = 0; i < count; i++)
		if (!cidr_read(texts[i], &list->items[list->count]))
			list->count++;
	return list;
}

bool
cidr_list_has(const struct cidr_list *list, const struct in6_addr *address)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (cidr_has(&list->items[i], address))
			return true;
	return false;
}

void
cidr_list_free(struct cidr_list *list)
{
	free(list);
}
