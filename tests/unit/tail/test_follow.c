#include "follow_fixture.h"

#include <sys/prctl.h>

static void
test_the_last_lines_are_delivered_first_and_then_new_lines(void **state)
{
	struct fixture *fixture = *state;

	append(fixture, "log", "one\ntwo\nthree\n");
	start(fixture, "log", 2);
	expect(fixture, "two|three|");
	append(fixture, "log", "four\n");
	expect(fixture, "four|");
	append(fixture, "log", "five\nsix\n");
	expect(fixture, "five|six|");
	assert_int_equal(logged(fixture, "tail_open"), 1);
}

static void
test_a_file_may_have_fewer_lines_than_asked_for(void **state)
{
	struct fixture *fixture = *state;

	append(fixture, "log", "one\ntwo\n");
	start(fixture, "log", 100);
	append(fixture, "log", "three\n");
	expect(fixture, "one|two|three|");
}

static void
test_an_unfinished_line_waits_for_its_newline(void **state)
{
	struct fixture *fixture = *state;

	append(fixture, "log", "one\ntw");
	start(fixture, "log", 0);
	append(fixture, "log", "o\nthr");
	expect(fixture, "two|");
	append(fixture, "log", "ee\n");
	expect(fixture, "three|");
}

static void
test_the_last_lines_are_found_far_from_the_end(void **state)
{
	struct fixture *fixture = *state;
	int fd = writer(fixture, "log"), i;
	char text[1024], expected[128];

	memset(text, 'x', sizeof(text));
	put(fd, "before\nfirst\n");
	for (i = 0; i < 300; i++)
		assert_int_equal(write(fd, text, sizeof(text)), sizeof(text));
	put(fd, "\nlast\n");
	start(fixture, "log", 3);
	put(fd, "new\n");
	close(fd);
	snprintf(expected, sizeof(expected), "first|%.61s…|last|new|", text);
	expect(fixture, expected);
}

static void
test_a_missing_file_is_read_from_its_beginning_when_it_appears(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, "log", 1);
	assert_int_equal(logged(fixture, "tail_missing"), 1);
	append(fixture, "other", "no\n");
	append(fixture, "log", "one\ntwo\nthree\n");
	expect(fixture, "one|two|three|");
	assert_int_equal(logged(fixture, "tail_open"), 1);
	assert_int_equal(logged(fixture, "tail_missing"), 1);
}

static void
test_missing_folders_are_waited_for(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, "a/b/log", 1);
	loop_fixture_turn(&fixture->loop, 0);
	assert_int_equal(mkdir(at(fixture, "a"), 0755), 0);
	loop_fixture_turn(&fixture->loop, PATIENCE_MS);
	assert_int_equal(mkdir(at(fixture, "a/b"), 0755), 0);
	append(fixture, "a/b/log", "one\ntwo\n");
	expect(fixture, "one|two|");
}

static void
test_a_replaced_folder_is_found_again(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mkdir(at(fixture, "logs"), 0755), 0);
	append(fixture, "logs/log", "one\n");
	start(fixture, "logs/log", 1);
	expect(fixture, "one|");
	append(fixture, "logs/log", "two\n");
	move(fixture, "logs", "old");
	assert_int_equal(mkdir(at(fixture, "logs"), 0755), 0);
	append(fixture, "logs/log", "three\n");
	expect(fixture, "two|three|");
	append(fixture, "logs/log", "four\n");
	expect(fixture, "four|");
}

static void
test_bytes_that_are_not_text_are_made_visible(void **state)
{
	static const char bytes[] = "caf\xe9 \x1b[1m\0\r\n\n\ttab\r\n";
	struct fixture *fixture = *state;
	int fd = writer(fixture, "log");

	start(fixture, "log", 0);
	assert_int_equal(write(fd, bytes, sizeof(bytes) - 1), sizeof(bytes) - 1);
	close(fd);
	expect(fixture, "caf\xef\xbf\xbd ␛[1m␀||\ttab|");
}

static void
test_an_endless_line_is_cut_and_the_next_line_is_whole(void **state)
{
	struct fixture *fixture = *state;
	int fd = writer(fixture, "log"), i;
	char text[4096];

	start(fixture, "log", 0);
	memset(text, 'x', sizeof(text));
	for (i = 0; i < 500; i++)
		assert_int_equal(write(fd, text, sizeof(text)), sizeof(text));
	put(fd, "\nnext\n");
	close(fd);
	strcpy(text + 61, "…|next|");
	expect(fixture, text);
}

static void
test_a_folder_or_pipe_is_rejected_until_a_file_replaces_it(void **state)
{
	struct fixture *fixture = *state;
	struct follow_source sources[] = { { .path = at(fixture, "folder") },
		{ .path = at(fixture, "pipe") } };

	assert_int_equal(mkdir(at(fixture, "folder"), 0755), 0);
	assert_int_equal(mkfifo(at(fixture, "pipe"), 0644), 0);
	start_sources(fixture, sources, 2);
	assert_int_equal(logged(fixture, "tail_failed"), 2);
	assert_int_equal(logged(fixture, "Is a directory"), 1);
	assert_int_equal(logged(fixture, "not a regular file"), 1);
	rmdir(at(fixture, "folder"));
	append(fixture, "folder", "one\n");
	expect(fixture, "one|");
	unlink(at(fixture, "pipe"));
	append(fixture, "pipe", "two\n");
	expect(fixture, "two|");
}

/* Root may read every file, so the test drops its rights. */
static void
act_as(uid_t user)
{
	assert_int_equal(seteuid(user), 0);
	/* Otherwise /proc/self could not be read and the leak checker would fail. */
	prctl(PR_SET_DUMPABLE, 1);
}

static void
test_lost_permission_is_logged_once_and_following_goes_on(void **state)
{
	struct fixture *fixture = *state;

	append(fixture, "log", "one\n");
	chmod(fixture->folder, 0755);
	chmod(at(fixture, "log"), 0);
	act_as(geteuid() ? geteuid() : 65534);
	start(fixture, "log", 10);
	expect_log(fixture, "Permission denied");
	act_as(getuid());
	chmod(at(fixture, "log"), 0644);
	expect(fixture, "one|");
	chmod(at(fixture, "log"), 0);
	append(fixture, "log", "two\n");
	expect(fixture, "two|");
	assert_int_equal(logged(fixture, "tail_failed"), 1);
}

static void
note_source(struct fixture *fixture, size_t index, const char *text, size_t len)
{
	note(fixture, "%zu:%.*s", index, (int)len, text);
}

static void
test_each_source_gets_its_lines_even_if_two_have_one_file(void **state)
{
	struct fixture *fixture = *state;
	struct follow_source sources[] = { { .path = at(fixture, "a") },
		{ .path = at(fixture, "b") }, { .path = at(fixture, "a") } };

	fixture->on_line = note_source;
	start_sources(fixture, sources, 3);
	append(fixture, "b", "one\n");
	expect(fixture, "1:one|");
	append(fixture, "a", "two\n");
	expect(fixture, "0:two|2:two|");
	unlink(at(fixture, "a"));
	append(fixture, "b", "three\n");
	expect(fixture, "1:three|");
	append(fixture, "a", "four\n");
	expect(fixture, "0:four|2:four|");
}

static void
test_files_can_be_added_and_removed_while_others_are_followed(void **state)
{
	struct fixture *fixture = *state;
	struct follow_file *first, *second;

	fixture->on_line = note_source;
	append(fixture, "a", "one\n");
	append(fixture, "b", "two\n");
	first = start(fixture, "a", 1);
	expect(fixture, "0:one|");
	append(fixture, "a", "three\n");
	second = start(fixture, "b", 1);
	expect(fixture, "0:three|1:two|");
	append(fixture, "a", "never\n");
	append(fixture, "b", "four\n");
	follow_remove(first);
	expect(fixture, "1:four|");
	move(fixture, "b", "b.1");
	append(fixture, "b", "five\n");
	start(fixture, "a", 1);
	expect(fixture, "1:five|2:never|");
	follow_remove(second);
	append(fixture, "b", "never\n");
	append(fixture, "a", "six\n");
	expect(fixture, "2:six|");
}

/* The kernel allows a user 128 inotify instances by default. */
static void
test_one_inotify_instance_serves_all_files(void **state)
{
	struct fixture *fixture = *state;
	const uint64_t count = 140;
	char name[24];
	uint64_t i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%" PRIu64, i);
		start(fixture, name, 0);
		append(fixture, name, "line\n");
	}
	run_until(fixture, has_skipped, &count);
	assert_int_equal(fixture->lines, count);
}

static void
check_number(struct fixture *fixture, size_t index, const char *text, size_t len)
{
	(void)index;
	assert_int_equal(strtoull(text, NULL, 10), fixture->next);
	assert_true(len < 64);
	fixture->next++;
}

static bool
has_come(const struct fixture *fixture, const void *count)
{
	return fixture->next >= *(const uint64_t *)count;
}

static void
put_numbers(int fd, uint64_t from, uint64_t to)
{
	FILE *file = fdopen(dup(fd), "a");

	for (; from < to; from++)
		fprintf(file, "%" PRIu64 " and some text\n", from);
	fclose(file);
}

static void
test_a_refused_line_is_offered_again(void **state)
{
	struct fixture *fixture = *state;
	const uint64_t count = 30;
	int fd = writer(fixture, "log");

	put_numbers(fd, 0, 10);
	fixture->refusals = 2;
	fixture->on_line = check_number;
	start(fixture, "log", 10);
	put_numbers(fd, 10, count);
	close(fd);
	run_until(fixture, has_come, &count);
	assert_int_equal(fixture->lines, count);
}

static void
test_a_long_read_takes_several_turns_of_the_loop(void **state)
{
	struct fixture *fixture = *state;
	const uint64_t count = 200000;
	int fd = writer(fixture, "log");
	unsigned turns;

	fixture->on_line = check_number;
	start(fixture, "log", 0);
	put_numbers(fd, 0, count);
	turns = fixture->loop.turns;
	run_until(fixture, has_come, &count);
	turns = fixture->loop.turns - turns;
	assert_true(turns >= lseek(fd, 0, SEEK_END) / (256 * 1024));
	close(fd);
}

static void
test_lines_over_the_rate_are_skipped_and_counted(void **state)
{
	struct fixture *fixture = *state;
	struct follow_source source = { .path = at(fixture, "log"), .rate = 40 };
	const uint64_t count = 20000;
	int fd = writer(fixture, "log");

	fixture->on_line = NULL;
	start_sources(fixture, &source, 1);
	put_numbers(fd, 0, 40);
	put_numbers(fd, 40, count);
	close(fd);
	run_until(fixture, has_skipped, &count);
	assert_int_equal(fixture->lines + fixture->skipped, count);
	assert_in_range(fixture->lines, 40, count / 2);
	assert_int_equal(strncmp(seen(fixture), "0 and some text|1 and", 21), 0);
	assert_non_null(strstr(seen(fixture), "|39 and some text|"));
	/* The bucket has refilled, so a new line comes at once. */
	fixture->seen.len = 0;
	append(fixture, "log", "now\n");
	expect(fixture, "now|");
}

static void
test_a_refused_count_of_skipped_lines_is_offered_again(void **state)
{
	struct fixture *fixture = *state;
	struct follow_source source = { .path = at(fixture, "log"), .rate = 1 };

	fixture->refusals = 3;
	start_sources(fixture, &source, 1);
	append(fixture, "log", "one\ntwo\nthree\nfour\n");
	expect(fixture, "one|<3 skipped>|");
}

static void
test_the_last_lines_do_not_count_against_the_rate(void **state)
{
	struct fixture *fixture = *state;
	struct follow_source source = { at(fixture, "log"), .lines = 5, .rate = 2 };

	append(fixture, "log", "0\n1\n2\n3\n4\n5\n");
	start_sources(fixture, &source, 1);
	append(fixture, "log", "a\nb\nc\nd\ne\nf\ng\n");
	expect(fixture, "1|2|3|4|5|a|b|c|d|e|<2 skipped>|");
}

static void
test_an_idle_follow_hardly_wakes_the_loop(void **state)
{
	struct fixture *fixture = *state;
	unsigned turns;

	append(fixture, "log", "one\nunfinished");
	start(fixture, "log", 1);
	expect(fixture, "one|");
	move(fixture, "log", "log.1");
	append(fixture, "log", "two\n");
	expect(fixture, "unfinished|two|");
	unlink(at(fixture, "log"));
	turns = fixture->loop.turns;
	loop_fixture_run(&fixture->loop, 3000);
	assert_true(fixture->loop.turns - turns < 20);
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_fixture(test_the_last_lines_are_delivered_first_and_then_new_lines),
		with_fixture(test_a_file_may_have_fewer_lines_than_asked_for),
		with_fixture(test_an_unfinished_line_waits_for_its_newline),
		with_fixture(test_the_last_lines_are_found_far_from_the_end),
		with_fixture(
			test_a_missing_file_is_read_from_its_beginning_when_it_appears),
		with_fixture(test_missing_folders_are_waited_for),
		with_fixture(test_a_replaced_folder_is_found_again),
		with_fixture(test_bytes_that_are_not_text_are_made_visible),
		with_fixture(test_an_endless_line_is_cut_and_the_next_line_is_whole),
		with_fixture(test_a_folder_or_pipe_is_rejected_until_a_file_replaces_it),
		with_fixture(test_lost_permission_is_logged_once_and_following_goes_on),
		with_fixture(test_each_source_gets_its_lines_even_if_two_have_one_file),
		with_fixture(
			test_files_can_be_added_and_removed_while_others_are_followed),
		with_fixture(test_one_inotify_instance_serves_all_files),
		with_fixture(test_a_refused_line_is_offered_again),
		with_fixture(test_a_long_read_takes_several_turns_of_the_loop),
		with_fixture(test_lines_over_the_rate_are_skipped_and_counted),
		with_fixture(test_a_refused_count_of_skipped_lines_is_offered_again),
		with_fixture(test_the_last_lines_do_not_count_against_the_rate),
		with_fixture(test_an_idle_follow_hardly_wakes_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
