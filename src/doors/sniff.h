/* sniff.h - recognises a client of another protocol by the first line that it sends.
 * Without it the line door would accept a browser's request as chat messages. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* How many bytes of a word are compared. */
#define SNIFF_WORD_BYTES 8

/* Embedded; all zero before the first byte. */
struct sniff {
	char word[SNIFF_WORD_BYTES]; /* the first bytes of the current word */
	size_t word_len;             /* may be more than word holds */
	unsigned words;              /* that a blank has ended */
	bool is_method; /* the first word is a token (RFC 9110 section 5.6.2) */
	bool has_empty_word;
};

/* Read the next byte of the first line, but not the LF or CR that ends it. Returns "tls",
 * "ssh", "proxy" or "irc" at the byte that decides it, "binary" for a NUL byte, otherwise
 * NULL. The text is static. */
const char *sniff_byte(struct sniff *sniff, char byte);

/* End the first line. Returns "http" if it was a request line (RFC 9112 section 3),
 * otherwise NULL. The first line of the HTTP/2 preface is a request line, too (RFC 9113
 * section 3.4). */
const char *sniff_end(const struct sniff *sniff);
