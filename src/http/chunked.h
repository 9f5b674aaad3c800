/* chunked.h - reads a body in chunks (RFC 9112 section 7.1), piece by piece. Extensions
 * and trailers are dropped. What two programs could read differently is rejected: lines
 * end in CR and LF, and a size has only digits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linnet/base/buffer.h"

/* All zero at the start of a body. */
struct chunked {
	uint8_t state;   /* of enum chunked_state */
	bool is_whole;   /* the body and its trailers were read */
	bool has_digits; /* of the size */
	uint64_t left; /* bytes of the chunk that are missing; while the size is read: it
			*/
	size_t line_len; /* of the extensions or the trailers so far */
};

/* Read up to len bytes and append those of the body to it, which may have max_bytes. Sets
 * *used to the number of bytes that belong to this body. Returns 0; -EPROTO if they are
 * no chunks; -EFBIG if the body is too large. */
int chunked_read(struct chunked *chunked, const char *bytes, size_t len,
	struct buffer *body, size_t max_bytes, size_t *used);
