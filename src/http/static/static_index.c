#include "linnet/http/static/static_index.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linnet/base/hex.h"
#include "linnet/base/xalloc.h"
#include "linnet/http/static/gzip_cache.h"

static const char placeholder[] = "{version}";

#define CHECK_MS 1000
#define FILES_MAX 2000
#define DEPTH_MAX 8

/* A larger index.html is not searched for the placeholder. */
#define INDEX_BYTES_MAX ((size_t)256 * 1024)

/* What the files of a page add up to. The sum does not depend on their order, which
 * readdir(3) does not define. */
struct static_sum {
	uint64_t sum;
	size_t files;
	time_t changed_s;
	bool is_unknown;
};

static void
static_index_add_file(struct static_sum *sum, const char *path, const struct stat *st)
{
	uint8_t hash[HEX_SHA256_RAW];
	char text[PATH_MAX + 96];
	uint64_t part;
	time_t changed_s = st->st_ctim.tv_sec + (st->st_ctim.tv_nsec > 0);
	int n = snprintf(text, sizeof(text), "%" PRIx64 " %" PRIx64 " %lx.%lx %s",
		(uint64_t)st->st_ino, (uint64_t)st->st_size, (long)st->st_ctim.tv_sec,
		st->st_ctim.tv_nsec, path);

	hex_hash_raw(hash, text, (size_t)n);
	memcpy(&part, hash, sizeof(part));
	sum->sum += part;
	if (changed_s > sum->changed_s)
		sum->changed_s = changed_s;
}

/* Add the files of the folder fd, which this closes. path is that of the folder, with a
 * slash at its end, in a buffer of PATH_MAX bytes. */
static void
static_index_add_folder(struct static_sum *sum, int fd, char *path, int depth)
{
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	const size_t length = strlen(path);
	struct dirent *entry;
	struct stat st;

	if (!folder) {
		sum->is_unknown = true;
		if (fd >= 0)
			close(fd);
		return;
	}
	/* cppcheck-suppress readdirCalled ; no other thread reads this directory */
	while (!sum->is_unknown && (entry = readdir(folder)) != NULL) {
		const char *name = entry->d_name;
		int n = snprintf(path + length, PATH_MAX - length, "%s/", name);

		if (name[0] == '.' || fstatat(dirfd(folder), name, &st, 0) < 0)
			continue;
		if (++sum->files > FILES_MAX || depth == DEPTH_MAX ||
			(size_t)n >= PATH_MAX - length)
			sum->is_unknown = true;
		else if (S_ISDIR(st.st_mode))
			static_index_add_folder(sum,
				openat(dirfd(folder), name,
					O_RDONLY | O_DIRECTORY | O_CLOEXEC),
				path, depth + 1);
		else
			static_index_add_file(sum, path, &st);
	}
	closedir(folder);
}

/* The names of the page's files, their sizes and the times of their last changes. */
static struct static_sum
static_index_sum(const struct static_root *page)
{
	struct static_sum sum = { 0 };
	char path[PATH_MAX] = "";

	static_index_add_folder(&sum,
		openat(page->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), path,
		0);
	return sum;
}

/* Put the tag in the place of each placeholder. Nothing is appended where there is none.
 */
static void
static_index_fill(struct buffer *out, const char *html, size_t len, const char *tag)
{
	const size_t placeholder_len = sizeof(placeholder) - 1;
	const char *from = html, *end = html + len, *found;

	while ((found = memmem(from, (size_t)(end - from), placeholder,
			placeholder_len)) != NULL) {
		buffer_append(out, from, (size_t)(found - from));
		buffer_append(out, tag, strlen(tag));
		from = found + placeholder_len;
	}
	if (from != html)
		buffer_append(out, from, (size_t)(end - from));
}

static void
static_index_read(struct static_index *index, const struct static_root *page)
{
	const char *tag = *index->tag ? index->tag : "0";
	struct static_file file;
	char *html;

	if (static_file_find(page, "/", &file) < 0)
		return;
	if (file.size <= INDEX_BYTES_MAX) {
		html = xmalloc(file.size + 1);
		if (static_file_read(&file, html) == 0)
			static_index_fill(&index->text, html, file.size, tag);
		free(html);
	}
	static_file_close(&file);
	gzip_cache_compress(index->text.bytes, index->text.len, &index->gzip);
}

void
static_index_refresh(
	struct static_index *index, const struct static_root *page, int64_t now_ms)
{
	char tag[STATIC_TAG_BYTES] = "";
	struct static_sum sum;

	if (index->is_read && now_ms - index->checked_ms < CHECK_MS)
		return;
	sum = static_index_sum(page);
	if (!sum.is_unknown)
		snprintf(tag, sizeof(tag), "%016" PRIx64, sum.sum);
	index->checked_ms = now_ms;
	if (index->is_read && *tag && !strcmp(tag, index->tag))
		return;
	static_index_clear(index);
	memcpy(index->tag, tag, sizeof(tag));
	index->changed_s = sum.changed_s;
	index->checked_ms = now_ms;
	index->is_read = true;
	static_index_read(index, page);
}

void
static_index_clear(struct static_index *index)
{
	buffer_clear(&index->text);
	buffer_clear(&index->gzip);
	*index = (struct static_index){ 0 };
}
