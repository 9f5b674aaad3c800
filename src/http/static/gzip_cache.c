#include "linnet/http/static/gzip_cache.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

#include "linnet/base/hash.h"
#include "linnet/base/xalloc.h"

/* Compressing blocks the loop, so only files that take less than 2 ms get the best
 * compression. The largest files of the page take 3 ms; 1 MiB takes 26 ms. */
#define LEVEL_SMALL 9
#define LEVEL_LARGE 4
#define SMALL_BYTES (32 * 1024)

/* A window of 32 KB; 16 more selects gzip's header and checksum. */
#define WINDOW_BITS (15 + 16)
#define MEMORY_LEVEL 8

/* Smaller files fit into the same packet as the answer's head. */
#define FILE_BYTES_MIN 256
#define FILE_BYTES_MAX (1024 * 1024)

/* Several times the size of the page, so that nothing is compressed twice. */
#define KEPT_FILES 512
#define KEPT_BYTES (4 * 1024 * 1024)

/* Content that was used recently is not dropped. Otherwise a client could request all
 * files of a large folder again and again, and the loop would do nothing but compress. */
#define IDLE_MS 60000

struct gzip_cache_entry {
	char *path;
	char etag[STATIC_FILE_ETAG_BYTES]; /* of the compressed file */
	struct buffer content; /* empty: compressing does not make it smaller */
	int64_t used_ms;
	UT_hash_handle hh;
};

/* Bytes that an entry takes, or will take at most. */
static size_t
gzip_cache_cost_of(const char *path, size_t content_bytes)
{
	return sizeof(struct gzip_cache_entry) + strlen(path) + content_bytes;
}

static void
gzip_cache_drop_entry(struct gzip_cache *gzip, struct gzip_cache_entry *entry)
{
	gzip->bytes -= gzip_cache_cost_of(entry->path, entry->content.len);
	HASH_DEL(gzip->entries, entry);
	buffer_clear(&entry->content);
	free(entry->path);
	free(entry);
}

/* Drop idle entries, the oldest first, until there is room for one more. */
static bool
gzip_cache_make_room(struct gzip_cache *gzip, size_t cost, int64_t now_ms)
{
	while (HASH_COUNT(gzip->entries) == KEPT_FILES ||
		gzip->bytes + cost > KEPT_BYTES) {
		if (now_ms - gzip->entries->used_ms < IDLE_MS)
			return false;
		gzip_cache_drop_entry(gzip, gzip->entries);
	}
	return true;
}

static void *
gzip_cache_on_allocate(void *context, unsigned count, unsigned size)
{
	(void)context;
	return xcalloc(count, size);
}

static void
gzip_cache_on_free(void *context, void *bytes)
{
	(void)context;
	free(bytes);
}

/* Returns how many bytes were written to out, which has room for fewer than len; 0 if
 * that is not enough. */
static size_t
gzip_cache_compress_bytes(const void *bytes, size_t len, void *out)
{
	z_stream stream = {
		.next_in = bytes,
		.avail_in = (unsigned)len,
		.next_out = out,
		.avail_out = (unsigned)len - 1,
		.zalloc = gzip_cache_on_allocate,
		.zfree = gzip_cache_on_free,
	};
	int level = stream.avail_in <= SMALL_BYTES ? LEVEL_SMALL : LEVEL_LARGE;
	size_t n = 0;

	if (deflateInit2(&stream, level, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		return 0;
	if (deflate(&stream, Z_FINISH) == Z_STREAM_END)
		n = stream.total_out;
	deflateEnd(&stream);
	return n;
}

void
gzip_cache_compress(const void *bytes, size_t len, struct buffer *out)
{
	char *packed = xmalloc(len + 1);
	size_t n = len > 1 ? gzip_cache_compress_bytes(bytes, len, packed) : 0;

	if (n > 0)
		*out = (struct buffer){ xrealloc(packed, n), n, n };
	else
		free(packed);
}

/* Returns 0 or -errno. content stays empty if compressing does not make it smaller. */
static int
gzip_cache_compress_file(const struct static_file *file, struct buffer *content)
{
	char *plain = xmalloc(file->size);
	int r = static_file_read(file, plain);

	if (r == 0)
		gzip_cache_compress(plain, file->size, content);
	free(plain);
	return r;
}

static struct gzip_cache_entry *
gzip_cache_add_entry(
	struct gzip_cache *gzip, const char *path, const struct static_file *file)
{
	struct buffer content = { 0 };
	struct gzip_cache_entry *entry;

	if (gzip_cache_compress_file(file, &content) < 0)
		return NULL;
	entry = xcalloc(1, sizeof(*entry));
	entry->path = xstrdup(path);
	memcpy(entry->etag, file->etag, sizeof(entry->etag));
	entry->content = content;
	HASH_ADD_KEYPTR(hh, gzip->entries, entry->path, strlen(entry->path), entry);
	gzip->bytes += gzip_cache_cost_of(path, content.len);
	return entry;
}

/* The table is ordered by the time of adding: add the entry again to make it the last. */
static void
gzip_cache_use_entry(
	struct gzip_cache *gzip, struct gzip_cache_entry *entry, int64_t now_ms)
{
	entry->used_ms = now_ms;
	HASH_DEL(gzip->entries, entry);
	HASH_ADD_KEYPTR(hh, gzip->entries, entry->path, strlen(entry->path), entry);
}

const struct buffer *
gzip_cache_find(struct gzip_cache *gzip, const char *path, const struct static_file *file,
	int64_t now_ms)
{
	struct gzip_cache_entry *entry;

	if (!file->is_text || file->size < FILE_BYTES_MIN || file->size > FILE_BYTES_MAX)
		return NULL;
	HASH_FIND_STR(gzip->entries, path, entry);
	if (entry && strcmp(entry->etag, file->etag) != 0) {
		gzip_cache_drop_entry(gzip, entry);
		entry = NULL;
	}
	if (!entry &&
		gzip_cache_make_room(gzip, gzip_cache_cost_of(path, file->size), now_ms))
		entry = gzip_cache_add_entry(gzip, path, file);
	if (!entry)
		return NULL;
	gzip_cache_use_entry(gzip, entry, now_ms);
	return entry->content.len > 0 ? &entry->content : NULL;
}

void
gzip_cache_clear(struct gzip_cache *gzip)
{
	while (gzip->entries)
		gzip_cache_drop_entry(gzip, gzip->entries);
}
