#include "store/copy.h"

#include <string.h>

const char *
store_copy(char **end, const char *bytes, size_t len)
{
	char *copy = *end;

	if (!bytes)
		return NULL;
	memcpy(copy, bytes, len);
	copy[len] = '\0';
	*end = copy + len + 1;
	return copy;
}

const char *
store_copy_text(char **end, const char *text)
{
	return store_copy(end, text, text ? strlen(text) : 0);
}

size_t
store_text_size(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}
