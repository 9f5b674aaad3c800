#include "linnet/base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/log.h"

static void *
xalloc_check(void *memory, size_t size)
{
	if (!memory && size) {
		log_error("out_of_memory", log_uint("bytes", size));
		abort();
	}
	return memory;
}

_Noreturn void
xalloc_fail(const char *library)
{
	log_error("out_of_memory", log_str("library", library));
	abort();
}

void *
xmalloc(size_t size)
{
	return xalloc_check(malloc(size), size);
}

void *
xcalloc(size_t count, size_t size)
{
	return xalloc_check(calloc(count, size), count * size);
}

void *
xrealloc(void *old, size_t size)
{
	return xalloc_check(realloc(old, size), size);
}

char *
xstrdup(const char *text)
{
	return xalloc_check(strdup(text), strlen(text) + 1);
}

char *
xstrndup(const char *text, size_t max)
{
	return xalloc_check(strndup(text, max), max + 1);
}

char *
xvasprintf(const char *format, va_list arguments)
{
	char *text = NULL;

	if (vasprintf(&text, format, arguments) < 0)
		text = NULL; /* undefined after a failure */
	return xalloc_check(text, strlen(format) + 1);
}

char *
xasprintf(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = xvasprintf(format, arguments);
	va_end(arguments);
	return text;
}
