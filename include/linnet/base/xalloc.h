/* xalloc.h - allocation that writes a line to stderr and aborts when memory is out. Sizes
 * that a peer can choose are capped before they reach these functions, so an abort means
 * that the machine has no memory left. jansson (main.c) and uthash (hash.h) use them too.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

/* malloc, calloc, realloc, strdup and strndup that return NULL for no size above 0. The
 * caller owns the result and gives it to free(). */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t max);

/* Log that this library could not get memory, and abort. */
_Noreturn void xalloc_fail(const char *library);

/* The text that printf(3) would print. The caller frees it. */
__attribute__((format(printf, 1, 2))) char *xasprintf(const char *format, ...);
__attribute__((format(printf, 1, 0))) char *xvasprintf(
	const char *format, va_list arguments);
