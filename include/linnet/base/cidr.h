/* cidr.h - IP addresses and prefixes ("203.0.113.0/24"). Every address is kept as IPv6;
 * an IPv4 address is kept as ::ffff:a.b.c.d. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#define CIDR_TEXT_BYTES (INET6_ADDRSTRLEN + 4)

/* A prefix. The bits of address behind it are 0. */
struct cidr {
	struct in6_addr address;
	unsigned bits; /* 0..128; 96..128 for an IPv4 prefix */
};

/* Read an IP address from the len bytes of text to *out. Returns its length in bits, 32
 * or 128, or 0 if text is no IP address. */
unsigned cidr_read_address(const char *text, size_t len, struct in6_addr *out);

/* Read an address or a prefix from text to *out. Returns NULL, or a phrase that says what
 * text must be ("must be an IP address …"). */
const char *cidr_read(const char *text, struct cidr *out);

/* The prefix that is the first bits (0..128) of address. */
struct cidr cidr_of(const struct in6_addr *address, unsigned bits);

/* True if the prefix contains address. */
bool cidr_has(const struct cidr *cidr, const struct in6_addr *address);

/* Write the prefix to out, which has room for CIDR_TEXT_BYTES. cidr_read accepts the
 * text. A whole address has no "/128" or "/32" behind it. */
void cidr_format(const struct cidr *cidr, char *out);

/* Returns NULL if cidr_read accepts text, else the same phrase as cidr_read. */
const char *cidr_fault(const char *text);

struct cidr_list;

/* A list of the prefixes among the count texts; texts that cidr_fault does not accept are
 * left out. The caller gives it to cidr_list_free. */
struct cidr_list *cidr_list_new(char *const *texts, size_t count);

/* True if a prefix of the list contains address. */
bool cidr_list_has(const struct cidr_list *list, const struct in6_addr *address);

/* Free the list; NULL is fine. */
void cidr_list_free(struct cidr_list *list);
