#include "linnet/base/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
checked(void *memory, size_t size)
{
	if (!memory && size) {
		fprintf(stderr, "out_of_memory level=error bytes=%zu\n", size);
		abort();
	}
	return memory;
}

void *
xmalloc(size_t size)
{
	return checked(malloc(size), size);
}

void *
xcalloc(size_t count, size_t size)
{
	return checked(calloc(count, size), count * size);
}

void *
xrealloc(void *old, size_t size)
{
	return checked(realloc(old, size), size);
}

char *
xstrdup(const char *text)
{
	return checked(strdup(text), strlen(text) + 1);
}

char *
xstrndup(const char *text, size_t max)
{
	return checked(strndup(text, max), max + 1);
}

char *
xasprintf(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		abort();
	va_end(arguments);
	return text;
}
