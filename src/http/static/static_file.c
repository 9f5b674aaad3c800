#include "linnet/http/static/static_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "linnet/base/util.h"

#define FILE_BYTES (16 * 1024 * 1024)

static const struct {
	const char *extension;
	const char *type;
	bool is_text;
} types[] = {
	{ ".html", "text/html; charset=utf-8", true },
	{ ".css", "text/css; charset=utf-8", true },
	{ ".js", "text/javascript; charset=utf-8", true },
	{ ".mjs", "text/javascript; charset=utf-8", true },
	{ ".json", "application/json", true },
	{ ".webmanifest", "application/manifest+json", true },
	{ ".svg", "image/svg+xml", true },
	{ ".png", "image/png", false },
	{ ".ico", "image/x-icon", false },
	{ ".webp", "image/webp", false },
	{ ".woff2", "font/woff2", false },
	{ ".txt", "text/plain; charset=utf-8", true },
};

static void
static_file_find_type(struct static_file *file, const char *path)
{
	const char *extension = strrchr(path, '.');
	size_t i;

	file->type = "application/octet-stream";
	file->is_text = false;
	for (i = 0; extension && i < ARRAY_SIZE(types); i++)
		if (!strcasecmp(extension, types[i].extension)) {
			file->type = types[i].type;
			file->is_text = types[i].is_text;
		}
}

/* Open a file inside of the page's folder, also if links lead elsewhere. */
static int
static_file_open_beneath(const struct static_root *page, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, page->directory, path, &how, sizeof(how));

	/* A kernel before 5.6, or a sandbox without this call: follow no links. */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = openat(page->directory, path, (int)how.flags | O_NOFOLLOW);
	return fd < 0 ? -errno : (int)fd;
}

/* No segment may be empty or begin with a dot. This excludes "..", dot files, and a path
 * that is still absolute without its first slash. */
static bool
static_file_is_servable(const char *path)
{
	const char *segment = path;

	for (;;) {
		if (*segment == '/' || *segment == '.' || !*segment)
			return false;
		segment = strchr(segment, '/');
		if (!segment)
			return true;
		segment++;
	}
}

static int
static_file_describe(struct static_file *file, const char *path)
{
	struct stat st;

	if (fstat(file->fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_BYTES)
		return -ENOENT;
	file->size = (size_t)st.st_size;
	static_file_find_type(file, path);
	/* Not st_mtim: "cp -p" gives new content an old time. */
	snprintf(file->etag, sizeof(file->etag),
		"\"%" PRIx64 "-%" PRIx64 "-%" PRIx64 "\"", (uint64_t)st.st_ino,
		(uint64_t)st.st_size,
		(uint64_t)st.st_ctim.tv_sec * 1000000000 + (uint64_t)st.st_ctim.tv_nsec);
	file->changed_s = st.st_ctim.tv_sec + (st.st_ctim.tv_nsec > 0);
	return 0;
}

int
static_file_find(
	const struct static_root *page, const char *path, struct static_file *file)
{
	const char *relative = !strcmp(path, "/") ? "index.html" : path + 1;
	int r;

	if (path[0] != '/' || !static_file_is_servable(relative))
		return -ENOENT;
	file->fd = static_file_open_beneath(page, relative);
	if (file->fd < 0)
		return file->fd == -EMFILE || file->fd == -ENFILE ? -EMFILE : -ENOENT;
	r = static_file_describe(file, relative);
	if (r < 0)
		static_file_close(file);
	return r;
}

int
static_file_read(const struct static_file *file, void *buffer)
{
	size_t done = 0;

	while (done < file->size) {
		ssize_t n = pread(
			file->fd, (char *)buffer + done, file->size - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		done += (size_t)n;
	}
	return 0;
}

void
static_file_close(struct static_file *file)
{
	close(file->fd);
	file->fd = -1;
}

int
static_root_open(struct static_root *page, const char *root)
{
	struct static_file index;
	int r;

	page->directory = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (page->directory < 0)
		return -errno;
	r = static_file_find(page, "/", &index);
	if (r < 0)
		static_root_close(page);
	else
		static_file_close(&index);
	return r;
}

void
static_root_close(struct static_root *page)
{
	close(page->directory);
	page->directory = -1;
}
