/* util.h - macros and functions that C does not have. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The number of items in an array. */
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The struct of that type whose member has the address pointer. */
#define container_of(pointer, type, member)                                              \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static inline size_t
size_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

static inline int64_t
int64_min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}
