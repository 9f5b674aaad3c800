/* fuzz_cidr.c - each line of the data is an address or a prefix. What is accepted is
 * written as a text that is read as the same prefix, has its own address, and does not
 * have an address in which one of its bits differs. */
#include <string.h>

#include "../fuzz.h"
#include "linnet/base/cidr.h"

static void
check_prefix(const struct cidr *cidr)
{
	char text[CIDR_TEXT_BYTES];
	struct in6_addr other = cidr->address;
	struct cidr again;

	require(cidr->bits <= 128, "too many bits");
	require(cidr_has(cidr, &cidr->address), "a prefix without its own address");
	cidr_format(cidr, text);
	require(!cidr_read(text, &again), "a formatted prefix is refused");
	require(again.bits == cidr->bits &&
			!memcmp(&again.address, &cidr->address, sizeof(again.address)),
		"a formatted prefix is another one");
	if (!cidr->bits)
		return;
	other.s6_addr[(cidr->bits - 1) / 8] ^= (uint8_t)(0x80 >> (cidr->bits - 1) % 8);
	require(!cidr_has(cidr, &other), "a prefix with a foreign address");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *line, *rest = text;
	struct cidr_list *list;

	while ((line = strsep(&rest, "\n"))) {
		const char *why = cidr_fault(line);
		struct cidr cidr;

		require(!why == !cidr_read(line, &cidr), "two verdicts");
		list = cidr_list_new(&line, 1);
		if (!why) {
			check_prefix(&cidr);
			require(cidr_list_has(list, &cidr.address), "not in its list");
		}
		cidr_list_free(list);
	}
	free(text);
	return 0;
}
