/* static_file.h - the files of the static page. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Room for an entity tag with its quotes. */
#define PAGE_ETAG_BYTES 64

struct page {
	int directory; /* of the page's files */
};

/* One file of the page, open for reading. */
struct page_file {
	int fd;
	size_t size;
	const char *type;           /* Content-Type, static text */
	bool is_text;               /* by its type */
	char etag[PAGE_ETAG_BYTES]; /* changes whenever the file does */
};

/* Open the folder at root, which must hold an index.html. Returns 0 or -errno. */
int page_open(struct page *page, const char *root);

/* Close the folder. */
void page_close(struct page *page);

/* Find the file of path, an absolute path as in a URL, decoded and without its query; "/"
 * is index.html. Returns 0 and a file that page_file_close closes, -EMFILE when no more
 * files can be opened, or -ENOENT: dot files, folders, what a symbolic link hides outside
 * the page's folder and what is unreadable or larger than 16 MiB are not there. */
int page_find(const struct page *page, const char *path, struct page_file *file);

/* Read the whole file to buffer, which holds file->size bytes; as often as it is wanted.
 * Returns 0 or -errno; -EIO if the file has shrunk meanwhile. */
int page_file_read(const struct page_file *file, void *buffer);

/* Close the file. */
void page_file_close(struct page_file *file);
