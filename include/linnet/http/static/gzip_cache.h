/* gzip_cache.h - the text files of the page as gzip (RFC 1952), kept for whoever asks
 * next.
 *
 * Only for what is the same for everybody and holds no secret: how small a text gets
 * tells something about it, and more where a stranger may choose a part of it (BREACH).
 */
#pragma once

#include <stdint.h>

#include "linnet/base/buffer.h"
#include "linnet/http/static/static_file.h"

/* All zero is empty. */
struct gzip_cache {
	struct gzip_cache_entry
		*entries; /* the one that was not used for longest first */
	size_t bytes;     /* that they take */
};

/* The compressed content of file, which static_file_find found at path; compressed now
 * unless that is kept. now_ms is monotonic. Returns NULL where the file goes out as it
 * is: it is no text, shorter than 256 bytes or longer than 1 MiB, does not get smaller,
 * cannot be read, or there is no room. The content is good until the next call. */
const struct buffer *gzip_cache_find(struct gzip_cache *gzip, const char *path,
	const struct static_file *file, int64_t now_ms);

/* Free what is kept. */
void gzip_cache_clear(struct gzip_cache *gzip);
