/* xalloc.h - allocation that aborts when memory is out, with a line on stderr that says
 * so. Sizes that a peer can choose are capped before they come here, so an abort means
 * that the machine is out of memory. jansson (see main.c) and uthash (see hash.h)
 * allocate by these, too. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

/* malloc, calloc, realloc, strdup and strndup that never return NULL for a size above 0.
 * The caller owns the result and gives it to free(). */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t max);

/* The text that printf(3) would print, for the caller to free. */
__attribute__((format(printf, 1, 2))) char *xasprintf(const char *format, ...);
__attribute__((format(printf, 1, 0))) char *xvasprintf(
	const char *format, va_list arguments);
