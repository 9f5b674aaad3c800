/* util.h - what C lacks. */
#pragma once

#include <stddef.h>

/* How many items array has. */
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The struct of type whose member pointer points to. */
#define container_of(pointer, type, member)                                              \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static inline size_t
size_min(size_t a, size_t b)
{
	return a < b ? a : b;
}
