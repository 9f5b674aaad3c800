/* static_file.h - the files of the static page. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Room for an entity tag with its quotes. */
#define STATIC_FILE_ETAG_BYTES 64

struct static_root {
	int directory; /* of the page's files */
};

/* One file of the page, open for reading. */
struct static_file {
	int fd;
	size_t size;
	const char *type;                  /* Content-Type, static text */
	bool is_text;                      /* by its type */
	char etag[STATIC_FILE_ETAG_BYTES]; /* changes whenever the file does */
};

/* Open the folder at root, which must hold an index.html. Returns 0 or -errno. */
int static_root_open(struct static_root *page, const char *root);

/* Close the folder. */
void static_root_close(struct static_root *page);

/* Find the file of path, an absolute path as in a URL, decoded and without its query; "/"
 * is index.html. Returns 0 and a file that static_file_close closes, -EMFILE when no more
 * files can be opened, or -ENOENT: dot files, folders, what a symbolic link hides outside
 * the page's folder and what is unreadable or larger than 16 MiB are not there. */
int static_file_find(
	const struct static_root *page, const char *path, struct static_file *file);

/* Read the whole file to buffer, which holds file->size bytes; as often as it is wanted.
 * Returns 0 or -errno; -EIO if the file has shrunk meanwhile. */
int static_file_read(const struct static_file *file, void *buffer);

/* Close the file. */
void static_file_close(struct static_file *file);
