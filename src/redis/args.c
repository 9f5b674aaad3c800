#include "linnet/redis/args.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"

void
redis_args_add(struct redis_args *args, const void *bytes, size_t len)
{
	if (args->count == args->capacity) {
		args->capacity = args->capacity ? 2 * args->capacity : 16;
		args->lens = xrealloc(args->lens, args->capacity * sizeof(*args->lens));
	}
	args->lens[args->count++] = len;
	if (len)
		buffer_append(&args->bytes, bytes, len);
}

void
redis_args_text(struct redis_args *args, const char *text)
{
	redis_args_add(args, text, strlen(text));
}

void
redis_args_number(struct redis_args *args, uint64_t number)
{
	char digits[24];

	redis_args_add(args, digits,
		(size_t)snprintf(digits, sizeof(digits), "%" PRIu64, number));
}

void
redis_args_join(struct redis_args *args, const struct redis_args *more)
{
	const char *at = more->bytes.bytes;

	for (size_t i = 0; i < more->count; at += more->lens[i++])
		redis_args_add(args, at, more->lens[i]);
}

void
redis_args_clear(struct redis_args *args)
{
	buffer_clear(&args->bytes);
	free(args->lens);
	*args = (struct redis_args){ .count = 0 };
}

void
redis_part_add(struct buffer *buffer, const void *bytes, size_t len)
{
	buffer_printf(buffer, "%zu:", len);
	if (len)
		buffer_append(buffer, bytes, len);
}

void
redis_part_text(struct buffer *buffer, const char *text)
{
	redis_part_add(buffer, text, text ? strlen(text) : 0);
}

void
redis_part_number(struct buffer *buffer, uint64_t number)
{
	char digits[24];

	redis_part_add(buffer, digits,
		(size_t)snprintf(digits, sizeof(digits), "%" PRIu64, number));
}

const char *
redis_part_next(struct redis_parts *parts, size_t *len)
{
	const char *part;
	size_t used = 0;

	*len = 0;
	while (used < parts->left && used < 10 && parts->at[used] >= '0' &&
		parts->at[used] <= '9')
		*len = *len * 10 + (size_t)(parts->at[used++] - '0');
	if (!used || used == parts->left || parts->at[used] != ':' ||
		*len > parts->left - used - 1) {
		parts->is_broken |= parts->left > 0;
		parts->left = *len = 0;
		return "";
	}
	part = parts->at + used + 1;
	parts->at = part + *len;
	parts->left -= used + 1 + *len;
	return part;
}

uint64_t
redis_part_next_number(struct redis_parts *parts)
{
	char digits[24];
	size_t len;
	const char *part = redis_part_next(parts, &len);

	if (len >= sizeof(digits))
		return 0;
	memcpy(digits, part, len);
	digits[len] = '\0';
	return strtoull(digits, NULL, 10);
}

char *
redis_part_next_text(struct redis_parts *parts)
{
	size_t len;
	const char *part = redis_part_next(parts, &len);

	return xstrndup(part, len);
}
