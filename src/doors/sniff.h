/* sniff.h - recognises a client of another protocol by the first line that it sends, so
 * that the line door does not take a browser's request for chat. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* How many bytes of a word are compared. */
#define SNIFF_WORD_BYTES 8

/* Embedded; all zero before the first byte. */
struct sniff {
	char word[SNIFF_WORD_BYTES]; /* the beginning of the current word */
	size_t word_len;             /* of all of it */
	unsigned words;              /* that ended with a blank */
	bool is_method; /* the first one is a token of RFC 9110 section 5.6.2 */
	bool has_empty_word;
};

/* Read the next byte of the first line, without its end. Returns the name of the protocol
 * as soon as it is certain ("tls", "ssh", "proxy", "irc", or "binary" for a NUL byte), as
 * static text, otherwise NULL. */
const char *sniff_byte(struct sniff *sniff, char byte);

/* The line has ended. Returns "http" if it was a request line (RFC 9112 section 3; the
 * HTTP/2 preface of RFC 9113 section 3.4 is one), otherwise NULL. */
const char *sniff_end(const struct sniff *sniff);
