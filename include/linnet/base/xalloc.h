/* xalloc.h - allocation that aborts when memory is out. Sizes that a peer can choose are
 * capped before they come here, so an abort means that the machine is out of memory. */
#pragma once

#include <stddef.h>

/* malloc, calloc, realloc, strdup and strndup that never return NULL (a zero size gives a
 * pointer that may be freed). The caller owns the result and gives it to free(). */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t max);

/* As asprintf, but never fails. The caller owns the text. */
__attribute__((format(printf, 1, 2))) char *xasprintf(const char *format, ...);
