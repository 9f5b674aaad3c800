/* static_file.h - the files of the static page. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

/* Room for an entity tag with its quotes. */
#define STATIC_FILE_ETAG_BYTES 64

struct static_root {
	int directory; /* file descriptor of the page's folder */
};

/* One file of the page, open for reading. */
struct static_file {
	int fd;
	size_t size;
	const char *type;                  /* Content-Type, static text */
	bool is_text;                      /* according to its type */
	char etag[STATIC_FILE_ETAG_BYTES]; /* changes whenever the file changes */
	time_t changed_s;                  /* Unix time of the last change, rounded up */
};

/* Open the folder at root, which must hold an index.html. Returns 0 or -errno. */
int static_root_open(struct static_root *page, const char *root);

/* Close the folder. */
void static_root_close(struct static_root *page);

/* Find the file at path, a URL's absolute path, decoded and without query; "/" is
 * index.html. Returns 0 and a file for static_file_close; -EMFILE if no more files can be
 * opened; or -ENOENT. Not found are also dot files, folders, files outside of the page's
 * folder behind a symbolic link, and files that are unreadable or larger than 16 MiB. */
int static_file_find(
	const struct static_root *page, const char *path, struct static_file *file);

/* Read the whole file to buffer, which has file->size bytes. May be called again. Returns
 * 0 or -errno; -EIO if the file has shrunk. */
int static_file_read(const struct static_file *file, void *buffer);

/* Close the file. */
void static_file_close(struct static_file *file);
