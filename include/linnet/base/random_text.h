/* random_text.h - names that nobody else has chosen. */
#pragma once

#include <stddef.h>

/* Write len random characters (a-z, 0-9) and a NUL to text. Returns 0 or -errno. */
int random_text(char *text, size_t len);
