/* gzip_cache.h - caches the page's text files compressed with gzip (RFC 1952). Only for
 * files that are the same for everybody: the size of a compressed text reveals something
 * about it, more so if an attacker chooses a part of it (BREACH). */
#pragma once

#include <stdint.h>

#include "linnet/base/buffer.h"
#include "linnet/http/static/static_file.h"

/* All zero: empty. */
struct gzip_cache {
	struct gzip_cache_entry *entries; /* least recently used first */
	size_t bytes;                     /* used by them */
};

/* Returns the compressed content of file, which static_file_find found at path.
 * Compresses it if it is not cached. now_ms is monotonic. Returns NULL if the file should
 * be sent uncompressed: it is not text, smaller than 256 bytes or larger than 1 MiB, does
 * not get smaller, cannot be read, or there is no room. The content is valid until the
 * next call. */
const struct buffer *gzip_cache_find(struct gzip_cache *gzip, const char *path,
	const struct static_file *file, int64_t now_ms);

/* Compress len bytes into the empty buffer out, which stays empty if that does not make
 * them smaller. */
void gzip_cache_compress(const void *bytes, size_t len, struct buffer *out);

/* Free all cached content. */
void gzip_cache_clear(struct gzip_cache *gzip);
