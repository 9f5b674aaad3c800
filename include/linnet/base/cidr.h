/* cidr.h - an IP address, or all those that begin alike ("203.0.113.0/24"). Every
 * address is an IPv6 one, IPv4 as ::ffff:a.b.c.d. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#define CIDR_TEXT_BYTES (INET6_ADDRSTRLEN + 4)

/* All zero behind its bits. */
struct cidr {
	struct in6_addr address;
	unsigned bits; /* 0..128; of IPv4 from 96 on */
};

/* Read the IP address that the len bytes of text are. Returns how many bits it has there,
 * 32 or 128, or 0 if it is none. */
unsigned cidr_read_address(const char *text, size_t len, struct in6_addr *out);

/* Read an address or a prefix. Returns NULL, or what text must be. */
const char *cidr_read(const char *text, struct cidr *out);

/* The first bits of address, 0..128. */
struct cidr cidr_of(const struct in6_addr *address, unsigned bits);

/* True if address begins like the prefix. */
bool cidr_has(const struct cidr *cidr, const struct in6_addr *address);

/* Write the prefix as cidr_read takes it, a whole address without its length, to out of
 * CIDR_TEXT_BYTES. */
void cidr_format(const struct cidr *cidr, char *out);

/* NULL if cidr_read takes text, else what it must be. */
const char *cidr_fault(const char *text);

struct cidr_list;

/* The prefixes that count texts are; cidr_fault finds nothing wrong with any of them.
 * Freed by cidr_list_free. */
struct cidr_list *cidr_list_new(char *const *texts, size_t count);

/* True if address begins like one of them. */
bool cidr_list_has(const struct cidr_list *list, const struct in6_addr *address);

/* Free the list; NULL is fine. */
void cidr_list_free(struct cidr_list *list);
