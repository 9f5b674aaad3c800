/* rlimit.h - the limit of open files. */
#pragma once

#include <stddef.h>

/* What needs descriptors: connections with each descriptors apiece, and others. */
struct rlimit_need {
	size_t connections, each, others;
};

/* Set the limit of open files to what is needed and a reserve, or to more, so that a
 * reload may ask for more. A higher limit is lowered, because libwebsockets allocates
 * tables of that size when it starts, and may search them. The hard limit stays. */
void rlimit_set(const struct rlimit_need *need);

/* Returns how many connections fit under the limit, and logs if they are fewer than asked
 * for. */
size_t rlimit_fit(const struct rlimit_need *need);
