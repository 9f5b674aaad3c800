/* rlimit.h - the limit of open files. */
#pragma once

#include <stddef.h>

/* Set the limit of open files to what is needed: connections with each descriptors
 * apiece, others, and a reserve. Also lowers it, because libwebsockets allocates tables
 * of that size. Returns how many connections fit, and logs if they are fewer than asked
 * for. */
size_t rlimit_fit(size_t connections, size_t each, size_t others);
