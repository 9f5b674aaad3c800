#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "../folder.h"
#include "linnet/http/static/gzip_cache.h"

#define MIB (1024 * 1024)
#define MANY 600
#define MINUTE_MS 60000

struct fixture {
	char folder[FOLDER_BYTES];
	struct static_root page;
	struct gzip_cache gzip;
	uint32_t seed;
	char text[MIB + 1]; /* of the files */
	char plain[MIB];    /* what was decompressed last */
};

static void
write_file(struct fixture *fixture, const char *name, size_t len)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", fixture->folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, fixture->text, len), len);
	close(fd);
}

/* Text that gzip compresses to a bit more than half. */
static void
fill_with_digits(struct fixture *fixture)
{
	size_t i;

	for (i = 0; i < MIB; i++) {
		fixture->seed = fixture->seed * 1664525 + 1013904223;
		fixture->text[i] = "0123456789abcdef"[fixture->seed >> 28];
	}
}

/* The tag of a file is its length here, so a change of its content alone is not noticed.
 */
static const struct buffer *
find(struct fixture *fixture, const char *path, int64_t now_ms)
{
	const struct buffer *found;
	struct static_file file;

	assert_int_equal(static_file_find(&fixture->page, path, &file), 0);
	snprintf(file.etag, sizeof(file.etag), "\"%zu\"", file.size);
	found = gzip_cache_find(&fixture->gzip, path, &file, now_ms);
	static_file_close(&file);
	return found;
}

static void
assert_content(struct fixture *fixture, const struct buffer *found, size_t len)
{
	z_stream stream = { .next_in = (Bytef *)found->bytes,
		.avail_in = (unsigned)found->len,
		.next_out = (Bytef *)fixture->plain,
		.avail_out = sizeof(fixture->plain) };

	assert_true(found->len < len);
	assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(stream.total_out, len);
	assert_int_equal(stream.avail_in, 0);
	assert_memory_equal(fixture->plain, fixture->text, len);
	inflateEnd(&stream);
}

static void
test_only_texts_of_256_bytes_to_1_mib_are_compressed(void **state)
{
	struct fixture *fixture = *state;

	write_file(fixture, "255.txt", 255);
	write_file(fixture, "256.txt", 256);
	write_file(fixture, "mib.txt", MIB);
	write_file(fixture, "more.txt", MIB + 1);
	write_file(fixture, "picture.png", 1000);
	write_file(fixture, "unknown", 1000);
	assert_null(find(fixture, "/255.txt", 0));
	assert_content(fixture, find(fixture, "/256.txt", 0), 256);
	assert_content(fixture, find(fixture, "/mib.txt", 0), MIB);
	assert_null(find(fixture, "/more.txt", 0));
	assert_null(find(fixture, "/picture.png", 0));
	assert_null(find(fixture, "/unknown", 0));
}

static void
test_a_file_is_compressed_once_until_it_changes(void **state)
{
	struct fixture *fixture = *state;
	const struct buffer *first;
	char old[1000];

	write_file(fixture, "a.js", 1000);
	assert_content(fixture, find(fixture, "/a.js", 0), 1000);
	/* The tag is the same, so the kept content is returned. */
	memcpy(old, fixture->text, sizeof(old));
	fixture->text[0] ^= 1;
	write_file(fixture, "a.js", 1000);
	first = find(fixture, "/a.js", 0);
	memcpy(fixture->text, old, sizeof(old));
	assert_content(fixture, first, 1000);

	fixture->text[0] ^= 1;
	write_file(fixture, "a.js", 999);
	assert_content(fixture, find(fixture, "/a.js", 0), 999);
	assert_true(fixture->gzip.bytes > 0);
	gzip_cache_clear(&fixture->gzip);
	assert_int_equal(fixture->gzip.bytes, 0);
}

static void
test_a_file_that_does_not_get_smaller_is_not_compressed(void **state)
{
	struct fixture *fixture = *state;
	size_t i;

	for (i = 0; i < 1000; i++) {
		fixture->seed = fixture->seed * 1664525 + 1013904223;
		fixture->text[i] = (char)(fixture->seed >> 24);
	}
	write_file(fixture, "noise.txt", 1000);
	assert_null(find(fixture, "/noise.txt", 0));
	/* The cache also remembers files that do not get smaller. */
	memset(fixture->text, 'a', 1000);
	write_file(fixture, "noise.txt", 1000);
	assert_null(find(fixture, "/noise.txt", 0));
	write_file(fixture, "noise.txt", 1001);
	assert_content(fixture, find(fixture, "/noise.txt", 0), 1001);
}

static void
test_a_file_that_cannot_be_read_is_not_kept(void **state)
{
	struct fixture *fixture = *state;
	struct static_file file;

	write_file(fixture, "a.css", 1000);
	assert_int_equal(static_file_find(&fixture->page, "/a.css", &file), 0);
	write_file(fixture, "a.css", 10);
	assert_null(gzip_cache_find(&fixture->gzip, "/a.css", &file, 0));
	static_file_close(&file);
	write_file(fixture, "a.css", 1000);
	assert_content(fixture, find(fixture, "/a.css", 0), 1000);
}

static void
write_many(struct fixture *fixture, size_t count, size_t len)
{
	char name[32];
	size_t i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%zu.txt", i);
		write_file(fixture, name, len);
	}
}

/* Request the files first to end - 1. Returns how many were compressed. */
static size_t
ask_for_many(struct fixture *fixture, size_t first, size_t end, int64_t now_ms)
{
	size_t i, compressed = 0;
	char path[32];

	for (i = first; i < end; i++) {
		snprintf(path, sizeof(path), "/%zu.txt", i);
		compressed += find(fixture, path, now_ms) != NULL;
	}
	return compressed;
}

static void
test_up_to_512_files_are_kept_and_only_idle_ones_are_dropped(void **state)
{
	struct fixture *fixture = *state;

	write_many(fixture, MANY, 256);
	assert_int_equal(ask_for_many(fixture, 0, MANY, 0), 512);
	assert_int_equal(ask_for_many(fixture, 0, MANY, MINUTE_MS - 1), 512);
	/* The first ten files are in use; the others have been idle for a minute. */
	assert_int_equal(ask_for_many(fixture, 0, 10, MINUTE_MS), 10);
	assert_null(find(fixture, "/599.txt", 2 * MINUTE_MS - 2));
	assert_int_equal(ask_for_many(fixture, 98, MANY, 2 * MINUTE_MS - 1), MANY - 98);
	assert_null(find(fixture, "/97.txt", 2 * MINUTE_MS - 1));
	assert_int_equal(ask_for_many(fixture, 0, 10, 2 * MINUTE_MS - 1), 10);
}

static void
test_up_to_4_mib_are_kept(void **state)
{
	struct fixture *fixture = *state;
	size_t compressed;

	fill_with_digits(fixture);
	write_many(fixture, 10, MIB);
	compressed = ask_for_many(fixture, 0, 10, 0);
	assert_in_range(compressed, 5, 8);
	assert_in_range(fixture->gzip.bytes, 3 * MIB, 4 * MIB);
	assert_int_equal(ask_for_many(fixture, 0, 10, 0), compressed);
	assert_content(fixture, find(fixture, "/9.txt", MINUTE_MS), MIB);
	assert_in_range(fixture->gzip.bytes, 3 * MIB, 4 * MIB);
}

static int
set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	memset(fixture->text, 'a', sizeof(fixture->text));
	folder_make(fixture->folder);
	write_file(fixture, "index.html", 10);
	assert_int_equal(static_root_open(&fixture->page, fixture->folder), 0);
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	gzip_cache_clear(&fixture->gzip);
	static_root_close(&fixture->page);
	folder_remove(fixture->folder);
	free(fixture);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_only_texts_of_256_bytes_to_1_mib_are_compressed, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_file_is_compressed_once_until_it_changes, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_file_that_does_not_get_smaller_is_not_compressed, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_file_that_cannot_be_read_is_not_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_up_to_512_files_are_kept_and_only_idle_ones_are_dropped,
			set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_up_to_4_mib_are_kept, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
