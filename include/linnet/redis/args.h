/* args.h - the arguments of a call, and the parts of a text that scripts and C exchange:
 * a part is its length in digits, ":" and its bytes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linnet/base/buffer.h"

/* All zero: none. */
struct redis_args {
	struct buffer bytes;
	size_t *lens;
	size_t count, capacity;
};

void redis_args_add(struct redis_args *args, const void *bytes, size_t len);
void redis_args_text(struct redis_args *args, const char *text);
void redis_args_number(struct redis_args *args, uint64_t number);
void redis_args_join(struct redis_args *args, const struct redis_args *more);
void redis_args_clear(struct redis_args *args);

/* Append a part. NULL and nothing are the same. */
void redis_part_add(struct buffer *buffer, const void *bytes, size_t len);
void redis_part_text(struct buffer *buffer, const char *text);
void redis_part_number(struct buffer *buffer, uint64_t number);

/* Parts that are read one after another. */
struct redis_parts {
	const char *at;
	size_t left;
	bool is_broken; /* something was no part */
};

/* The next part, which is not followed by a NUL; its length is *len. After the last one,
 * and once the parts are broken, it is empty. */
const char *redis_part_next(struct redis_parts *parts, size_t *len);

/* The same as a number; 0 if it is none. */
uint64_t redis_part_next_number(struct redis_parts *parts);

/* The same as a text that the caller frees. */
char *redis_part_next_text(struct redis_parts *parts);
