/* copy.h - copies of strings in one block of memory. */
#pragma once

#include <stddef.h>

/* Copy len bytes and a NUL to *end, and move *end behind them. NULL stays NULL. */
const char *store_copy(char **end, const char *bytes, size_t len);

/* The same for a text. */
const char *store_copy_text(char **end, const char *text);

/* How many bytes store_copy_text needs for text. */
size_t store_text_size(const char *text);
