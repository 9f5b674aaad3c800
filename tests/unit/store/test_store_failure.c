#include "store_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define LARGE 400000

static char *
large_text(void)
{
	char *text = malloc(LARGE + 1);

	memset(text, 'x', LARGE);
	text[LARGE] = '\0';
	return text;
}

static off_t
size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) < 0 ? 0 : status.st_size;
}

/* Limit the size of the files that this process may write. */
static void
limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max : bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A transaction of three entries fails as a whole because the second one is large. Nobody
 * waits for it any more then. */
static void
assert_no_space(struct fixture *fixture)
{
	char *text = large_text();

	assert_int_equal(try_append(fixture, "a", "small", "k1", NULL), 0);
	assert_int_equal(try_append(fixture, "a", text, "k2", NULL), 0);
	assert_int_equal(try_append(fixture, "new", "small", "k3", NULL), 0);
	free(text);
	commit_fails(fixture, -ENOSPC);
	assert_all(fixture, "new", "");
}

static void
test_a_full_disk_stores_nothing_and_recovers(void **state)
{
	struct fixture *fixture = *state;

	keep(fixture, "a", "x", 1);
	limit_files((rlim_t)size_of(name_in_folder(fixture, "test.db-wal")) + 300000);
	assert_no_space(fixture);
	assert_no_space(fixture);
	assert_all(fixture, "a", "1");
	keep_keyed(fixture, "a", "k1", NULL, 2, false);
	assert_no_space(fixture);
	limit_files(RLIM_INFINITY);
	keep_keyed(fixture, "a", "k2", NULL, 3, false);
	keep_keyed(fixture, "new", "k3", NULL, 1, false);
	reopen_store(fixture);
	assert_all(fixture, "a", "1 2 3");
	assert_all(fixture, "new", "1");
	assert_found(fixture, "a", "small", "");
	assert_found(fixture, "a", "keyed", "3 2");
}

static void
test_a_full_disk_does_not_change_the_state(void **state)
{
	struct fixture *fixture = *state;
	char *text = large_text();

	keep_state(fixture, "a", "k", "old");
	keep_state(fixture, "a", "l", "old");
	limit_files((rlim_t)size_of(name_in_folder(fixture, "test.db-wal")) + 300000);
	assert_int_equal(try_append_state(fixture, "a", "x", "k", "new"), 0);
	assert_int_equal(try_append_state(fixture, "a", "x", "l", NULL), 0);
	assert_int_equal(try_append_state(fixture, "a", "x", "m", text), 0);
	free(text);
	commit_fails(fixture, -ENOSPC);
	limit_files(RLIM_INFINITY);
	reopen_store(fixture);
	assert_string_equal(fixture->states, "a/k=old@1 a/l=old@2");
}

/* How many messages there are in the file, as another process sees it. */
static int
count_rows(const struct fixture *fixture)
{
	sqlite3 *db = begin_sql(fixture->path, "PRAGMA busy_timeout=10000");
	sqlite3_stmt *statement;
	int count;

	assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM message", -1,
				 &statement, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	count = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return count;
}

static void
test_a_deleted_room_leaves_the_file_after_a_full_disk(void **state)
{
	struct fixture *fixture = *state;
	int64_t end = clock_now_ms() + PATIENCE_MS;
	char text[1000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 1000; i++)
		append(fixture, "gone", text);
	keep(fixture, "a", "x", 1);
	assert_int_equal(count_rows(fixture), 1001);
	limit_files((rlim_t)size_of(name_in_folder(fixture, "test.db-wal")) + 300000);
	assert_int_equal(
		try_append_entry(fixture,
			&(struct store_entry){
				.room = "gone",
				.type = "delete",
				.tail = "",
				.words = "",
				.change = { .kind = STORE_DELETE, .whole_room = true },
			}),
		0);
	assert_int_equal(commit(fixture).error, 0);
	assert_no_space(fixture);
	assert_true(count_rows(fixture) > 1);
	limit_files(RLIM_INFINITY);
	keep(fixture, "a", "x", 2);
	while (count_rows(fixture) != 2) {
		assert_true(clock_now_ms() < end);
		ask_before(fixture, "a", UINT64_MAX, 1, PLENTY);
	}
}

static void
test_a_full_file_system_stores_nothing_and_recovers(void **state)
{
	struct fixture *fixture = *state;

	if (mount("none", fixture->folder, "tmpfs", 0, "size=600k") < 0)
		skip();
	open_store(fixture);
	keep(fixture, "a", "x", 1);
	assert_no_space(fixture);
	assert_no_space(fixture);
	keep_keyed(fixture, "a", "k1", NULL, 2, false);
	assert_int_equal(
		mount("none", fixture->folder, "tmpfs", MS_REMOUNT, "size=8m"), 0);
	char *text = large_text();
	keep(fixture, "a", text, 3);
	free(text);
	reopen_store(fixture);
	ask_before(fixture, "a", UINT64_MAX, 10, 10);
	assert_page(fixture, "3 ...");
}

static void
test_writes_to_a_locked_file_wait_and_are_stored_in_order(void **state)
{
	struct fixture *fixture = *state;
	sqlite3 *db;

	keep(fixture, "a", "x", 1);
	db = begin_sql(fixture->path, "BEGIN EXCLUSIVE");
	append(fixture, "a", "two");
	store_flush(fixture->store);
	append(fixture, "a", "three");
	store_flush(fixture->store);
	assert_all(fixture, "a", "1");
	while (!fixture->failure)
		dispatch_one(fixture);
	assert_int_equal(fixture->failure, -EBUSY);
	append(fixture, "a", "withdrawn");
	append(fixture, "a", "four");
	store_flush(fixture->store);
	store_withdraw(fixture->store, fixture->last_ticket - 1);
	assert_int_equal(fixture->appended_count, 1);
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(commit(fixture).id, 4);
	assert_int_equal(fixture->failure, 0);
	sqlite3_close(db);
	assert_all(fixture, "a", "1 2 3 4");
	assert_string_equal(fixture->page_tails, "x|two|three|four");
}

/* The file is unlocked after the first of two batches has failed. */
static void
test_what_was_written_behind_a_failure_stays_behind_it(void **state)
{
	struct fixture *fixture = *state;
	sqlite3 *db;

	keep(fixture, "a", "x", 1);
	db = begin_sql(fixture->path, "BEGIN EXCLUSIVE");
	for (int i = 0; i < 2 * 2000; i++)
		append(fixture, "a", "x");
	store_flush(fixture->store);
	while (!fixture->failure)
		dispatch_one(fixture);
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	commit(fixture);
	wait_appended(fixture, 1 + 2 * 2000);
	for (size_t i = 0; i < fixture->appended_count; i++) {
		assert_int_equal(fixture->appended[i].error, 0);
		assert_int_equal(
			fixture->appended[i].ticket, fixture->appended[0].ticket + i);
		assert_int_equal(fixture->appended[i].id, i + 1);
	}
}

static void
test_only_so_much_waits_for_a_store_that_is_away(void **state)
{
	struct fixture *fixture = *state;
	char *text = large_text();
	sqlite3 *db;
	int count = 0;

	keep(fixture, "a", "x", 1);
	db = begin_sql(fixture->path, "BEGIN EXCLUSIVE");
	append(fixture, "a", "x");
	store_flush(fixture->store);
	while (!fixture->failure)
		dispatch_one(fixture);
	while (try_append(fixture, "a", text, NULL, NULL) == 0)
		count++;
	assert_int_equal(try_append(fixture, "a", "x", NULL, NULL), -ENOTCONN);
	assert_int_equal(count, STORE_HELD_BYTES_MAX / (2 * LARGE) + 1);
	free(text);
	sqlite3_close(db);
	assert_int_equal(commit(fixture).id, (uint64_t)count + 2);
}

static void
test_a_write_waits_for_a_short_lock(void **state)
{
	struct fixture *fixture = *state;
	sqlite3 *db;

	keep(fixture, "a", "x", 1);
	db = begin_sql(fixture->path, "BEGIN IMMEDIATE");
	append(fixture, "a", "x");
	store_flush(fixture->store);
	assert_all(fixture, "a", "1");
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	wait_appended(fixture, 2);
	assert_int_equal(fixture->appended[1].error, 0);
	assert_int_equal(fixture->appended[1].id, 2);
}

/* Invert bits of all pages but the first; the second call restores them. In a process of
 * its own, because closing the file here would release SQLite's locks. */
static void
swap_pages(const char *path)
{
	int status;

	if (fork() == 0) {
		int fd = open(path, O_RDWR);
		char page[4096];
		for (off_t at = 4096; pread(fd, page, 4096, at) == 4096; at += 4096) {
			for (size_t i = 0; i < sizeof(page); i++)
				page[i] = (char)(page[i] ^ 0xa5);
			if (pwrite(fd, page, 4096, at) != 4096)
				_exit(1);
		}
		_exit(0);
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
}

static void
test_damage_of_an_open_file_is_reported_and_recovers(void **state)
{
	struct fixture *fixture = *state;

	keep_many(fixture, "a", 5000);
	reopen_store(fixture);
	swap_pages(fixture->path);
	ask_after(fixture, "a", 0, 9999, 1000, PLENTY);
	assert_int_equal(fixture->page_error, -EUCLEAN);
	assert_string_equal(fixture->page_ids, "");
	ask_before(fixture, "a", 4000, 10, PLENTY);
	assert_int_equal(fixture->page_error, -EUCLEAN);
	ask_search(fixture, "a", "17", 10);
	assert_int_equal(fixture->page_error, -EUCLEAN);
	append(fixture, "a", "x");
	assert_int_equal(commit(fixture).error, -EUCLEAN);
	append(fixture, "b", "x");
	assert_int_equal(commit(fixture).error, -EUCLEAN);
	swap_pages(fixture->path);
	keep(fixture, "a", "x", 5001);
	ask_before(fixture, "a", 4000, 2, PLENTY);
	assert_page(fixture, "3998 3999 ...");
	assert_found(fixture, "a", "17", "17");
}

static void
test_the_log_does_not_stay_large(void **state)
{
	struct fixture *fixture = *state;
	char text[1001];
	int64_t end = clock_now_ms() + PATIENCE_MS;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 40000; i++) {
		if (try_append(fixture, "a", text, NULL, NULL) < 0) {
			dispatch_one(fixture);
			i--;
		}
		if (i % 100 == 0)
			store_flush(fixture->store);
	}
	commit(fixture);
	/* The checkpointer may still be busy. */
	do {
		assert_true(clock_now_ms() < end);
		append(fixture, "a", "x");
		commit(fixture);
	} while (size_of(name_in_folder(fixture, "test.db-wal")) > 24 * 1024 * 1024);
	assert_true(size_of(fixture->path) > 40000000 / 2);
}

/* An answer that the killed process got. */
struct record {
	uint64_t number, id; /* number is the text of the message */
};

static int record_fd;

static void
record_answer(struct fixture *fixture, uint64_t ticket)
{
	const struct appended *answer = &fixture->appended[fixture->appended_count - 1];
	struct record record = { ticket, answer->id };

	if (answer->error || write(record_fd, &record, sizeof(record)) != sizeof(record))
		_exit(1);
}

/* Append numbers in batches of many sizes until killed. Each number sets the value of its
 * last digit in the state. */
static _Noreturn void
write_for_ever(struct fixture *fixture, uint64_t first_number)
{
	const char *why;
	char text[24];

	fixture->hook = record_answer;
	fixture->last_ticket = first_number - 1;
	if (try_open(fixture, &why) < 0)
		_exit(1);
	for (unsigned i = 0;; i++) {
		for (unsigned j = 0; j < i * 7 % 40; j++) {
			snprintf(
				text, sizeof(text), "%" PRIu64, fixture->last_ticket + 1);
			try_append_state(
				fixture, "a", text, text + strlen(text) - 1, text);
		}
		store_flush(fixture->store);
		store_dispatch(fixture->store, SIZE_MAX);
	}
}

/* Start a process that writes, kill it, and collect the answers it got. */
static size_t
write_and_kill(struct fixture *fixture, uint64_t first_number, struct record *records,
	size_t max)
{
	size_t count = 0;
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		record_fd = ends[1];
		write_for_ever(fixture, first_number);
	}
	close(ends[1]);
	while (count < max &&
		read(ends[0], &records[count], sizeof(*records)) == sizeof(*records)) {
		if (++count == max / 2)
			assert_int_equal(kill(pid, SIGKILL), 0);
	}
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(ends[0]);
	return count;
}

/* The state has the newest number of each last digit among the stored messages. */
static void
assert_state_of_newest(struct fixture *fixture)
{
	char expected[40], *number, *rest;
	uint64_t id, seen = 0;

	ask_before(fixture, "a", UINT64_MAX, 100, PLENTY);
	id = strtoull(fixture->page_ids, NULL, 10) + 100;
	for (unsigned digits = 0; digits != 0x3ff; digits |= 1u << seen) {
		assert_non_null(number = strrchr(fixture->page_tails, '|'));
		*number++ = '\0';
		id--;
		seen = strtoull(number, &rest, 10) % 10;
		if (*rest || digits >> seen & 1)
			continue;
		snprintf(expected, sizeof(expected), "a/%" PRIu64 "=%s@%" PRIu64, seen,
			number, id);
		if (!strstr(fixture->states, expected))
			fail_msg("no %s in %s", expected, fixture->states);
	}
}

static void
test_answered_messages_survive_kill_9(void **state)
{
	struct fixture *fixture = *state;
	struct record records[4000];
	uint64_t last_id = 0;
	char id[24], text[24];

	for (uint64_t round = 1; round <= 6; round++) {
		size_t count = write_and_kill(fixture, round * 1000000, records, 4000);
		assert_true(count >= 2000);
		open_store(fixture);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(records[i].id, last_id + 1 + i);
			ask_after(fixture, "a", records[i].id - 1, records[i].id, 1,
				PLENTY);
			snprintf(id, sizeof(id), "%" PRIu64, records[i].id);
			snprintf(text, sizeof(text), "%" PRIu64, records[i].number);
			assert_page(fixture, id);
			assert_string_equal(fixture->page_tails, text);
		}
		assert_found(fixture, "a", text, id);
		/* Entries without an answer may be stored as well, without a gap. */
		ask_before(fixture, "a", UINT64_MAX, 1, PLENTY);
		last_id = strtoull(fixture->page_ids, NULL, 10);
		assert_true(last_id >= records[count - 1].id);
		assert_state_of_newest(fixture);
		keep(fixture, "a", "x", ++last_id);
		close_store(fixture);
	}
}

static void
test_closing_does_not_wait_for_a_locked_file(void **state)
{
	struct fixture *fixture = *state;
	int64_t begin;
	sqlite3 *db;

	keep(fixture, "a", "x", 1);
	db = begin_sql(fixture->path, "BEGIN EXCLUSIVE");
	for (int i = 0; i < 20000; i++)
		append(fixture, "a", "x");
	begin = clock_now_ms();
	close_store(fixture);
	assert_true(clock_now_ms() - begin < 8000);
	assert_int_equal(fixture->appended_count, 20001);
	assert_int_equal(fixture->appended[20000].error, -EBUSY);
	sqlite3_close(db);
}

/* cmocka calls it after a failure too, so that the next test has no limit or mount. */
static int
tear_down_limits(void **state)
{
	const struct fixture *fixture = *state;

	limit_files(RLIM_INFINITY);
	umount2(fixture->folder, MNT_DETACH);
	return tear_down(state);
}

static int
set_up_limits(void **state)
{
	signal(SIGXFSZ, SIG_IGN);
	return set_up_open(state);
}

#define FULL_DISK(test) STORE_TEST(test, "sqlite", set_up_limits, tear_down_limits)
#define FULL_MOUNT(test) STORE_TEST(test, "sqlite", set_up_closed, tear_down_limits)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FULL_DISK(test_a_full_disk_stores_nothing_and_recovers),
		FULL_DISK(test_a_full_disk_does_not_change_the_state),
		FULL_DISK(test_a_deleted_room_leaves_the_file_after_a_full_disk),
		FULL_MOUNT(test_a_full_file_system_stores_nothing_and_recovers),
		SQLITE(test_writes_to_a_locked_file_wait_and_are_stored_in_order),
		SQLITE(test_what_was_written_behind_a_failure_stays_behind_it),
		SQLITE(test_only_so_much_waits_for_a_store_that_is_away),
		SQLITE(test_a_write_waits_for_a_short_lock),
		SQLITE(test_damage_of_an_open_file_is_reported_and_recovers),
		SQLITE(test_the_log_does_not_stay_large),
		CLOSED_SQLITE(test_answered_messages_survive_kill_9),
		SQLITE(test_closing_does_not_wait_for_a_locked_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
