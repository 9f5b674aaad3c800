#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../folder.h"
#include "linnet/http/static/static_file.h"

struct fixture {
	char folder[FOLDER_BYTES];
	struct static_root page;
};

/* Returns the file's status, with the time of its last change set to that of times, as
 * "cp -p" does. */
static struct stat
write_file(
	const struct fixture *fixture, const char *text, const struct timespec times[2])
{
	int fd = open(folder_path(fixture->folder, "index.html"),
		O_WRONLY | O_CREAT | O_TRUNC, 0600);
	struct stat status;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(futimens(fd, times), 0);
	assert_int_equal(fstat(fd, &status), 0);
	close(fd);
	return status;
}

static void
read_tag(const struct fixture *fixture, char *tag)
{
	struct static_file file;

	assert_int_equal(static_file_find(&fixture->page, "/", &file), 0);
	memcpy(tag, file.etag, STATIC_FILE_ETAG_BYTES);
	static_file_close(&file);
}

static void
test_the_tag_changes_with_the_file_even_if_its_time_does_not(void **state)
{
	static const struct timespec times[2] = { { 1000, 0 }, { 1000, 0 } };
	const struct fixture *fixture = *state;
	char before[STATIC_FILE_ETAG_BYTES], after[STATIC_FILE_ETAG_BYTES];
	struct stat old = write_file(fixture, "one", times), now;

	read_tag(fixture, before);
	read_tag(fixture, after);
	assert_string_equal(before, after);
	/* Repeat until the clock of the file system has advanced. */
	do
		now = write_file(fixture, "two", times);
	while (now.st_ctim.tv_sec == old.st_ctim.tv_sec &&
		now.st_ctim.tv_nsec == old.st_ctim.tv_nsec);
	assert_int_equal(now.st_ino, old.st_ino);
	read_tag(fixture, after);
	assert_string_not_equal(before, after);
}

static int
set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	folder_make(fixture->folder);
	write_file(fixture, "", NULL);
	assert_int_equal(static_root_open(&fixture->page, fixture->folder), 0);
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

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
			test_the_tag_changes_with_the_file_even_if_its_time_does_not,
			set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
