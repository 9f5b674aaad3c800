#include "follow_fixture.h"

#include <time.h>

/* A followed log of which one line was delivered; its writer has it open as fixture->log.
 */
static int
setup_followed(void **state)
{
	struct fixture *fixture;

	setup(state);
	fixture = *state;
	fixture->log = writer(fixture, "log");
	put(fixture->log, "one\n");
	start(fixture, "log", 1);
	expect(fixture, "one|");
	return 0;
}

static int
teardown_followed(void **state)
{
	struct fixture *fixture = *state;

	close(fixture->log);
	return teardown(state);
}

static void
test_a_renamed_file_is_read_to_its_end_before_the_new_one(void **state)
{
	struct fixture *fixture = *state;
	int old = fixture->log, new;

	put(old, "two\n");
	move(fixture, "log", "log.1");
	put(old, "three\n");
	new = writer(fixture, "log");
	put(old, "four\n");
	expect(fixture, "two|three|four|");
	put(old, "five\n");
	put(new, "six\n");
	expect(fixture, "five|six|");
	put(old, "late\n");
	expect(fixture, "late|");
	put(new, "seven\n");
	expect(fixture, "seven|");
	close(new);
	assert_int_equal(logged(fixture, "tail_rotated"), 1);
	assert_int_equal(logged(fixture, "tail_missing"), 0);
}

static void
test_a_line_split_by_a_rename_is_delivered_whole(void **state)
{
	struct fixture *fixture = *state;

	put(fixture->log, "two\nthr");
	expect(fixture, "two|");
	move(fixture, "log", "log.1");
	append(fixture, "log", "");
	put(fixture->log, "ee\nfour\n");
	expect(fixture, "three|four|");
}

static void
test_an_unfinished_line_is_delivered_before_the_new_file(void **state)
{
	struct fixture *fixture = *state;

	put(fixture->log, "unfin");
	move(fixture, "log", "log.1");
	append(fixture, "log", "two\n");
	expect(fixture, "unfin|two|");
}

static void
test_an_unfinished_line_is_delivered_when_its_file_is_deleted(void **state)
{
	struct fixture *fixture = *state;

	put(fixture->log, "unfin");
	unlink(at(fixture, "log"));
	expect(fixture, "unfin|");
	append(fixture, "log", "two\n");
	expect(fixture, "two|");
}

static void
rotate(struct fixture *fixture, int files)
{
	char from[16], to[16];

	for (; files > 0; files--) {
		snprintf(from, sizeof(from), files > 1 ? "log.%d" : "log", files - 1);
		snprintf(to, sizeof(to), "log.%d", files);
		if (rename(at(fixture, from), at(fixture, to)) < 0)
			assert_int_equal(errno, ENOENT);
	}
}

static void
test_files_created_and_renamed_between_two_looks_are_read(void **state)
{
	struct fixture *fixture = *state;

	append(fixture, "log.1", "never\n");
	append(fixture, "log", "two\n");
	rotate(fixture, 9);
	append(fixture, "log", "three\n");
	rotate(fixture, 9);
	append(fixture, "log", "four\nfive\n");
	rotate(fixture, 9);
	append(fixture, "log", "six\n");
	expect(fixture, "two|three|four|five|six|");
	assert_int_equal(logged(fixture, "tail_rotated"), 1);
}

static bool
has_come(const struct fixture *fixture, const void *count)
{
	return fixture->next >= *(const uint64_t *)count;
}

static void
note_newest(struct fixture *fixture, size_t index, const char *text, size_t len)
{
	uint64_t number = strtoull(text, NULL, 10);

	(void)index;
	assert_true(len > 0 && number > fixture->next);
	fixture->next = number;
}

static void
test_too_fast_rotation_is_logged_and_following_goes_on(void **state)
{
	struct fixture *fixture = *state;
	const uint64_t newest = 40;
	char line[32];
	uint64_t i;

	append(fixture, "log", "");
	fixture->on_line = note_newest;
	start(fixture, "log", 0);
	for (i = 1; i <= newest; i++) {
		snprintf(line, sizeof(line), "%" PRIu64 "\n", i);
		append(fixture, "log", line);
		if (i < newest)
			rotate(fixture, 50);
	}
	run_until(fixture, has_come, &newest);
	assert_in_range(fixture->lines, FOLLOW_DESCRIPTORS - 1, newest - 1);
	assert_true(logged(fixture, "rotated faster than it is read") > 0);
}

static void
test_a_file_renamed_away_and_back_is_read_on(void **state)
{
	struct fixture *fixture = *state;

	move(fixture, "log", "log.1");
	append(fixture, "log.1", "two\n");
	expect(fixture, "two|");
	expect_log(fixture, "tail_missing");
	move(fixture, "log.1", "log");
	append(fixture, "log", "three\n");
	expect(fixture, "three|");
	assert_int_equal(logged(fixture, "tail_missing"), 1);
}

static void
test_a_deleted_file_is_read_to_its_end_and_the_new_one_from_its_beginning(void **state)
{
	struct fixture *fixture = *state;

	unlink(at(fixture, "log"));
	put(fixture->log, "two\n");
	expect(fixture, "two|");
	expect_log(fixture, "tail_missing");
	append(fixture, "log", "three\n");
	expect(fixture, "three|");
	assert_int_equal(logged(fixture, "tail_open"), 2);
}

static void
test_a_file_replaced_by_a_rename_is_read_to_its_end_first(void **state)
{
	struct fixture *fixture = *state;

	append(fixture, "log", "two\n");
	append(fixture, "other", "three\nfour\n");
	move(fixture, "other", "log");
	expect(fixture, "two|three|four|");
}

static void
test_a_truncated_file_is_read_from_its_beginning(void **state)
{
	struct fixture *fixture = *state;

	put(fixture->log, "two\nunfin");
	expect(fixture, "two|");
	assert_int_equal(truncate(at(fixture, "log"), 0), 0);
	append(fixture, "log", "three\n");
	expect(fixture, "unfin|three|");
	assert_int_equal(logged(fixture, "tail_truncated"), 1);
}

static void
test_a_truncated_file_that_has_grown_again_is_recognised_by_its_bytes(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(truncate(at(fixture, "log"), 0), 0);
	append(fixture, "log", "two\nthree\nfour\n");
	expect(fixture, "two|three|four|");
	assert_int_equal(truncate(at(fixture, "log"), 0), 0);
	append(fixture, "log", "as\nlong\n123456\n");
	expect(fixture, "as|long|123456|");
	assert_int_equal(logged(fixture, "tail_truncated"), 2);
}

static void
test_a_switched_link_leads_to_its_new_file(void **state)
{
	struct fixture *fixture = *state;

	append(fixture, "monday", "one\n");
	assert_int_equal(symlink("monday", at(fixture, "log")), 0);
	start(fixture, "log", 1);
	expect(fixture, "one|");
	append(fixture, "monday", "two\n");
	append(fixture, "tuesday", "three\n");
	assert_int_equal(symlink("tuesday", at(fixture, "new")), 0);
	move(fixture, "new", "log");
	expect(fixture, "two|three|");
	append(fixture, "tuesday", "four\n");
	expect(fixture, "four|");
}

static void
test_rotation_behind_a_link_is_followed(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mkdir(at(fixture, "pods"), 0755), 0);
	append(fixture, "pods/0.log", "one\n");
	assert_int_equal(symlink(at(fixture, "pods/0.log"), at(fixture, "log")), 0);
	start(fixture, "log", 1);
	expect(fixture, "one|");
	move(fixture, "pods/0.log", "pods/0.log.1");
	append(fixture, "pods/0.log", "two\n");
	move(fixture, "pods/0.log", "pods/0.log.2");
	append(fixture, "pods/0.log", "three\n");
	expect(fixture, "two|three|");
}

static void
test_the_rotated_event_comes_between_the_lines_of_both_files(void **state)
{
	struct fixture *fixture = *state;
	int old = fixture->log, new;

	fixture->wants_events = true;
	put(old, "two\n");
	move(fixture, "log", "log.1");
	new = writer(fixture, "log");
	put(old, "three\n");
	put(new, "four\n");
	expect(fixture, "two|three|<rotated>|four|");
	/* A late line of the old file is not an event. */
	put(old, "late\n");
	expect(fixture, "late|");
	put(new, "five\n");
	expect(fixture, "five|");
	close(new);
}

static void
test_each_file_of_a_fast_rotation_has_its_rotated_event(void **state)
{
	struct fixture *fixture = *state;

	fixture->wants_events = true;
	fixture->refusals = 2;
	append(fixture, "log", "two\n");
	rotate(fixture, 9);
	append(fixture, "log", "three\n");
	rotate(fixture, 9);
	append(fixture, "log", "");
	rotate(fixture, 9);
	append(fixture, "log", "four\nfive\n");
	expect(fixture, "two|<rotated>|three|<rotated>|four|five|");
}

static void
test_the_truncated_event_comes_at_once(void **state)
{
	struct fixture *fixture = *state;

	fixture->wants_events = true;
	put(fixture->log, "two\nunfin");
	expect(fixture, "two|");
	assert_int_equal(truncate(at(fixture, "log"), 0), 0);
	expect(fixture, "unfin|<truncated>|");
	append(fixture, "log", "three\n");
	expect(fixture, "three|");
}

static void
test_no_event_comes_before_the_first_line(void **state)
{
	struct fixture *fixture = *state;

	fixture->wants_events = true;
	append(fixture, "log", "never\n");
	start(fixture, "log", 0);
	expect_log(fixture, "tail_open");
	rotate(fixture, 3);
	append(fixture, "log", "one\n");
	expect(fixture, "one|");
	assert_int_equal(truncate(at(fixture, "log"), 0), 0);
	expect(fixture, "<truncated>|");
	rotate(fixture, 3);
	append(fixture, "log", "two\n");
	expect(fixture, "two|");
}

/* More events than the kernel keeps: it reports an overflow, and all files are looked at.
 * The slow poll would also find the line, but not within one turn of the loop. */
static void
test_lost_inotify_events_do_no_harm(void **state)
{
	struct fixture *fixture = *state;
	int i;

	for (i = 0; i < 20000; i++) {
		assert_int_equal(mkdir(at(fixture, "folder"), 0755), 0);
		assert_int_equal(rmdir(at(fixture, "folder")), 0);
	}
	move(fixture, "log", "log.1");
	append(fixture, "log.1", "two\n");
	append(fixture, "log", "three\n");
	loop_fixture_turn(&fixture->loop, 0);
	assert_string_equal(seen(fixture), "two|three|");
}

/* A writer like a daemon's: it writes numbered lines in pieces of any size. After a
 * rename it goes on writing to the renamed file until a line ends, then opens the new
 * file. */
struct story {
	struct fixture *fixture;
	int fd;
	uint64_t written; /* whole lines */
	char line[32];
	size_t len, at; /* of the current line */
	int rotations;  /* since the reader caught up */
	bool is_renamed;
};

static void
check_number(struct fixture *fixture, size_t index, const char *text, size_t len)
{
	char expected[32];

	(void)index;
	snprintf(expected, sizeof(expected), "line %" PRIu64, fixture->next);
	if (len != strlen(expected) || memcmp(text, expected, len) != 0)
		print_message("got %.*s, expected %s\n", (int)len, text, expected);
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(text, expected, len);
	fixture->next++;
}

static void
write_piece(struct story *story, size_t size)
{
	while (size--) {
		if (story->at == story->len) {
			story->len = (size_t)snprintf(story->line, sizeof(story->line),
				"line %" PRIu64 "\n", story->written);
			story->at = 0;
		}
		assert_int_equal(write(story->fd, story->line + story->at, 1), 1);
		if (++story->at == story->len)
			story->written++;
	}
}

static void
finish_line(struct story *story)
{
	write_piece(story, story->len - story->at);
}

static void
catch_up(struct story *story)
{
	run_until(story->fixture, has_come, &story->written);
	assert_int_equal(story->fixture->next, story->written);
	story->rotations = 0;
}

static void
open_anew(struct story *story)
{
	finish_line(story);
	close(story->fd);
	story->fd = writer(story->fixture, "log");
	story->is_renamed = false;
}

static void
rename_log(struct story *story, bool has_gap)
{
	if (story->is_renamed || story->rotations == 10)
		return;
	rotate(story->fixture, 12);
	story->is_renamed = true;
	story->rotations++;
	if (!has_gap)
		close(writer(story->fixture, "log"));
}

static void
truncate_log(struct story *story)
{
	if (story->is_renamed)
		return;
	finish_line(story);
	catch_up(story);
	assert_int_equal(ftruncate(story->fd, 0), 0);
}

static void
do_something(struct story *story)
{
	int dice = rand() % 100;

	if (dice < 60)
		write_piece(story, (size_t)rand() % 200);
	else if (dice < 68)
		rename_log(story, rand() % 2);
	else if (dice < 80 && story->is_renamed)
		open_anew(story);
	else if (dice < 82)
		truncate_log(story);
	else if (dice < 84)
		catch_up(story);
	else
		loop_fixture_turn(&story->fixture->loop, dice % 2 ? 0 : 5);
}

static void
test_under_random_changes_each_line_comes_once_and_in_order(void **state)
{
	struct fixture *fixture = *state;
	struct story story = { .fixture = fixture, .fd = writer(fixture, "log") };
	const char *given = getenv("LINNET_SEED");
	unsigned seed = given ? (unsigned)atoi(given) : (unsigned)time(NULL);

	print_message("LINNET_SEED=%u\n", seed);
	srand(seed);
	fixture->on_line = check_number;
	start(fixture, "log", 0);
	while (story.written < 10000 && !fixture->has_timed_out)
		do_something(&story);
	finish_line(&story);
	catch_up(&story);
	close(story.fd);
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define with_followed_log(test)                                                          \
	cmocka_unit_test_setup_teardown(test, setup_followed, teardown_followed)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_followed_log(
			test_a_renamed_file_is_read_to_its_end_before_the_new_one),
		with_followed_log(test_a_line_split_by_a_rename_is_delivered_whole),
		with_followed_log(
			test_an_unfinished_line_is_delivered_before_the_new_file),
		with_followed_log(
			test_an_unfinished_line_is_delivered_when_its_file_is_deleted),
		with_followed_log(
			test_files_created_and_renamed_between_two_looks_are_read),
		with_fixture(test_too_fast_rotation_is_logged_and_following_goes_on),
		with_followed_log(test_a_file_renamed_away_and_back_is_read_on),
		with_followed_log(
			test_a_deleted_file_is_read_to_its_end_and_the_new_one_from_its_beginning),
		with_followed_log(
			test_a_file_replaced_by_a_rename_is_read_to_its_end_first),
		with_followed_log(test_a_truncated_file_is_read_from_its_beginning),
		with_followed_log(
			test_a_truncated_file_that_has_grown_again_is_recognised_by_its_bytes),
		with_fixture(test_a_switched_link_leads_to_its_new_file),
		with_fixture(test_rotation_behind_a_link_is_followed),
		with_followed_log(
			test_the_rotated_event_comes_between_the_lines_of_both_files),
		with_followed_log(
			test_each_file_of_a_fast_rotation_has_its_rotated_event),
		with_followed_log(test_the_truncated_event_comes_at_once),
		with_fixture(test_no_event_comes_before_the_first_line),
		with_followed_log(test_lost_inotify_events_do_no_harm),
		with_fixture(test_under_random_changes_each_line_comes_once_and_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
