/* When SQLite moves rows to another page, it leaves copies of them behind, in the gap
 * between the page's array of cells and its first cell, also with secure_delete (btree.c,
 * rebuildPage, as of 3.40). Such a row may be deleted later. So gaps are zeroed on their
 * way into the database file; nothing reads them. The log, which has pages as they are,
 * is truncated after a deletion (erase.c). */
#include <pthread.h>
#include <string.h>

#include "store/sqlite/sqlite.h"

/* https://www.sqlite.org/fileformat2.html section 1.6: where a page's header begins, how
 * long it is, and what is in it. */
#define FILE_HEADER_BYTES 100
#define LEAF_BYTES 8
#define INTERIOR_BYTES 12
#define CELLS_AT 3
#define CONTENT_AT 5

#define PAGE_MAX_BYTES 65536

/* SQLite locks bytes from here on, and skips their page. */
#define LOCKS_AT UINT32_C(0x40000000)

#define MAP_ENTRY_BYTES 5

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static const sqlite3_io_methods *original;
static sqlite3_io_methods zeroing;

static size_t
gaps_number_at(const unsigned char *bytes)
{
	return (size_t)bytes[0] << 8 | bytes[1];
}

static uint32_t
gaps_long_number_at(const unsigned char *bytes)
{
	return (uint32_t)gaps_number_at(bytes) << 16 |
	       (uint32_t)gaps_number_at(bytes + 2);
}

/* Section 1.3: what the file's header says. */
#define FILE_PAGE_BYTES_AT 16
#define FILE_RESERVED_AT 20
#define FILE_PAGES_AT 28
#define FILE_LARGEST_ROOT_AT 52

/* Other pages than those of a table or index begin with the number of a page. In a file
 * of so many pages its first byte may be the kind of a table's page. */
#define PAGES_MAX (UINT32_C(1) << 24)

/* The length of the header of a page of a table or index, 0 for any other page. */
static size_t
gaps_header_bytes(unsigned char kind)
{
	if (kind == 2 || kind == 5)
		return INTERIOR_BYTES;
	return kind == 10 || kind == 13 ? LEAF_BYTES : 0;
}

static bool
gaps_is_zero(const unsigned char *bytes, size_t len)
{
	return !*bytes && !memcmp(bytes, bytes + 1, len - 1);
}

/* Find the gap of a page. Returns false if there is nothing in it, or if it is no such
 * page. */
static bool
gaps_find(
	const unsigned char *page, size_t len, bool is_first, size_t *start, size_t *end)
{
	size_t header = is_first ? FILE_HEADER_BYTES : 0;
	size_t header_bytes = gaps_header_bytes(page[header]), cells;

	if (!header_bytes)
		return false;
	cells = gaps_number_at(page + header + CELLS_AT);
	*start = header + header_bytes + 2 * cells;
	*end = gaps_number_at(page + header + CONTENT_AT);
	if (!*end)
		*end = PAGE_MAX_BYTES;
	if (*start >= *end || *end > len || gaps_is_zero(page + *start, *end - *start))
		return false;
	for (const unsigned char *cell = page + header + header_bytes; cells; cell += 2) {
		size_t at = gaps_number_at(cell);

		if (at < *end || at >= len)
			return false;
		cells--;
	}
	return true;
}

/* True if the page is one of the map that a file with auto-vacuum has: it says of each
 * page which other one leads to it (section 1.8). A page of the map has an entry for each
 * page behind it, up to the next page of the map; the first one is page 2. */
static bool
gaps_is_map(uint32_t page, size_t page_bytes, size_t reserved_bytes)
{
	uint32_t lock_page = LOCKS_AT / (uint32_t)page_bytes + 1;
	uint32_t apart = (uint32_t)(page_bytes - reserved_bytes) / MAP_ENTRY_BYTES + 1;
	uint32_t map = (page - 2) / apart * apart + 2;

	return page == map + (map == lock_page);
}

/* True if the page at offset is what it looks like, one of a table or index: the file is
 * not too long, and the page is none of the map. The header is up to date, because
 * checkpoints write the first page first. */
static bool
gaps_are_certain(sqlite3_file *file, sqlite3_int64 offset, int page_bytes)
{
	unsigned char header[FILE_HEADER_BYTES];
	uint32_t pages;

	if (original->xRead(file, header, sizeof(header), 0) != SQLITE_OK)
		return false;
	pages = gaps_long_number_at(header + FILE_PAGES_AT);
	if (!pages || pages >= PAGES_MAX)
		return false;
	return !gaps_long_number_at(header + FILE_LARGEST_ROOT_AT) ||
	       !gaps_is_map((uint32_t)(offset / page_bytes) + 1, (size_t)page_bytes,
		       header[FILE_RESERVED_AT]);
}

static int
gaps_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 offset)
{
	unsigned char page[PAGE_MAX_BYTES];
	size_t start, end;

	/* SQLite writes whole pages. The smallest has 512 bytes. */
	if (len < 512 || len > PAGE_MAX_BYTES || offset % len ||
		!gaps_find(bytes, (size_t)len, offset == 0, &start, &end) ||
		(offset && !gaps_are_certain(file, offset, len)))
		return original->xWrite(file, bytes, len, offset);
	memcpy(page, bytes, (size_t)len);
	memset(page + start, 0, end - start);
	return original->xWrite(file, page, len, offset);
}

void
sqlite_gaps_zero(struct sqlite_db *db)
{
	sqlite3_file *file = NULL;

	sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	if (!file || !file->pMethods)
		return;
	pthread_mutex_lock(&mutex);
	if (!original) {
		original = file->pMethods;
		zeroing = *original;
		zeroing.xWrite = gaps_write;
	}
	/* All files have the same methods, those of the default VFS. */
	if (file->pMethods == original)
		file->pMethods = &zeroing;
	pthread_mutex_unlock(&mutex);
}

int
sqlite_gaps_clean(struct sqlite_db *db)
{
	unsigned char page[PAGE_MAX_BYTES];
	sqlite3_int64 bytes = 0, offset;
	sqlite3_file *file = NULL;
	size_t page_bytes, start, end;
	int rc;

	sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	rc = file->pMethods->xFileSize(file, &bytes);
	if (rc == SQLITE_OK)
		rc = file->pMethods->xRead(file, page, FILE_HEADER_BYTES, 0);
	page_bytes = rc == SQLITE_OK ? gaps_number_at(page + FILE_PAGE_BYTES_AT) : 0;
	if (page_bytes == 1)
		page_bytes = PAGE_MAX_BYTES;
	for (offset = 0; rc == SQLITE_OK && offset < bytes;
		offset += (sqlite3_int64)page_bytes) {
		rc = file->pMethods->xRead(file, page, (int)page_bytes, offset);
		if (rc == SQLITE_OK &&
			gaps_find(page, page_bytes, offset == 0, &start, &end))
			rc = gaps_write(file, page, (int)page_bytes, offset);
	}
	return rc;
}
