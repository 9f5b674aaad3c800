/* clean.h - makes text of programs fit to be shown: titles, tags, links. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest link. */
#define CLEAN_LINK_BYTES 2048

/* True for a control character (C0, DEL, C1). */
bool clean_is_control(uint32_t c);

/* True for a blank of any kind and for a control character. */
bool clean_is_blank(uint32_t c);

/* Copy len bytes of text as one line to out, which has room for max_bytes + 1. Each run
 * of blanks, control characters and invalid bytes becomes one blank; those at the ends
 * are dropped. Returns false if the text was cut, which happens between characters. */
bool clean_line(char *out, size_t max_bytes, const char *text, size_t len, char blank);

/* Replace the end of a text that was cut to max_bytes, at least 3, by "…". */
void clean_add_ellipsis(char *text, size_t max_bytes);

/* True for an http or https URL with a host, of at most CLEAN_LINK_BYTES without blanks.
 */
bool clean_is_link(const char *url);
