/* The search index follows the messages. These tests hold it back, to see what becomes of
 * a message that it does not have yet. */
#include <signal.h>
#include <sys/wait.h>

#include "store_fixture.h"

static const unsigned char author[STORE_AUTHOR_BYTES + 1] =
	"0123456789abcdef0123456789abcdef";

/* Open the store so that its index stays as it is. */
static void
open_held(struct fixture *fixture)
{
	close_store(fixture);
	run_sql(fixture->path,
		"CREATE TRIGGER held BEFORE UPDATE ON meta WHEN new.name = 'indexed'"
		" BEGIN SELECT raise(ABORT, 'held'); END");
	open_store(fixture);
}

#define ALL "SELECT count(*) FROM message"
#define UNINDEXED                                                                        \
	ALL " WHERE seq > (SELECT CAST(value AS INTEGER) FROM meta WHERE name = "        \
	    "'indexed')"

static int
count(const struct fixture *fixture, const char *sql)
{
	sqlite3 *db = begin_sql(fixture->path, "SELECT 1");
	sqlite3_stmt *statement;
	int number;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	number = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return number;
}

static void
wait_none(const struct fixture *fixture, const char *sql)
{
	int64_t end = clock_now_ms() + PATIENCE_MS;

	while (count(fixture, sql))
		assert_true(clock_now_ms() < end);
}

/* Open the store again and let the index follow. */
static void
open_and_index(struct fixture *fixture)
{
	close_store(fixture);
	run_sql(fixture->path, "DROP TRIGGER held");
	open_store(fixture);
	wait_none(fixture, UNINDEXED);
}

/* Close the store. Its index must have the words of its messages, and no others. */
static void
close_and_check(struct fixture *fixture)
{
	close_store(fixture);
	run_sql(fixture->path,
		"DROP VIEW searchable; CREATE VIEW searchable AS"
		"	SELECT seq, 'in' || room AS room, words FROM message"
		"	WHERE words <> '';"
		"INSERT INTO search(search, rank) VALUES('integrity-check', 1)");
}

/* The closed file has text, or does not, outside of the index, too. */
static void
assert_file_has(const struct fixture *fixture, const char *text, bool expected)
{
	static char bytes[1 << 22];
	FILE *file = fopen(fixture->path, "rb");
	size_t len;

	assert_non_null(file);
	len = fread(bytes, 1, sizeof(bytes), file);
	assert_in_range(len, 1, sizeof(bytes) - 1);
	fclose(file);
	assert_int_equal(memmem(bytes, len, text, strlen(text)) != NULL, expected);
}

static struct appended
enter(struct fixture *fixture, const char *room, const char *text,
	const struct store_change *change)
{
	char tail[200];
	struct store_entry entry = { .room = room,
		.type = "message",
		.ts_ms = 5,
		.tail = tail,
		.words = text ? text : "",
		.author = author };

	snprintf(tail, sizeof(tail), "\"ts\":5,\"username\":\"ann\"%s%s%s",
		text ? ",\"message\":\"" : "", text ? text : "", text ? "\"}" : "");
	entry.tail_len = strlen(tail);
	if (change)
		entry.change = *change;
	assert_int_equal(try_append_entry(fixture, &entry), 0);
	return commit(fixture);
}

static void
say(struct fixture *fixture, const char *room, const char *text)
{
	assert_int_equal(enter(fixture, room, text, NULL).error, 0);
}

static void
change(struct fixture *fixture, const char *room, const struct store_change *change)
{
	assert_int_equal(enter(fixture, room, NULL, change).error, 0);
}

static void
test_a_message_is_found_before_it_is_in_the_index(void **state)
{
	struct fixture *fixture = *state;

	open_held(fixture);
	say(fixture, "a", "disk full");
	say(fixture, "b", "disk");
	assert_found(fixture, "a", "full", "1");
	assert_found(fixture, "a", "disk full", "1");
	assert_found(fixture, "a", "in1", "");
	assert_found(fixture, "b", "disk", "1");
	assert_found(fixture, "b", "full", "");
	assert_int_equal(count(fixture, UNINDEXED), 2);
	open_and_index(fixture);
	assert_found(fixture, "a", "disk full", "1");
	assert_found(fixture, "b", "disk", "1");
	close_and_check(fixture);
}

/* Expect the newest limit messages that have x, and are older than before. All but those
 * whose id is a multiple of three have it. */
static void
assert_page_of_x(struct fixture *fixture, uint64_t before, unsigned limit)
{
	char expected[100] = "";
	size_t len = 0;
	unsigned found = 0;

	for (uint64_t id = before - 1; id; id--) {
		if (id % 3 == 0)
			continue;
		if (found++ == limit) {
			strcat(expected, len ? " ..." : "...");
			break;
		}
		len += (size_t)snprintf(expected + len, sizeof(expected) - len,
			"%s%" PRIu64, len ? " " : "", id);
	}
	assert_int_equal(store_search(fixture->store, "a", "x", before, limit, PLENTY,
				 ++fixture->last_ticket),
		0);
	wait_page(fixture);
	assert_page(fixture, expected);
	assert_int_equal(fixture->page_searched_from, 0);
}

static void
test_pages_of_a_search_go_on_in_the_index(void **state)
{
	struct fixture *fixture = *state;

	for (uint64_t id = 1; id <= 12; id++) {
		if (id == 7)
			open_held(fixture);
		say(fixture, "b", "x");
		say(fixture, "a", id % 3 ? "x" : "y");
	}
	assert_int_equal(count(fixture, UNINDEXED), 12);
	for (uint64_t before = 1; before <= 13; before++)
		for (unsigned limit = 0; limit <= 9; limit++)
			assert_page_of_x(fixture, before, limit);
	assert_found(fixture, "a", "y", "12 9 6 3");
}

static void
test_a_message_is_found_after_a_kill_before_it_was_indexed(void **state)
{
	struct fixture *fixture = *state;
	int ends[2];
	char told;
	pid_t pid;

	say(fixture, "a", "one");
	close_store(fixture);
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		open_held(fixture);
		say(fixture, "a", "two words");
		if (write(ends[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &told, 1), 1);
	close(ends[0]);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(count(fixture, UNINDEXED), 1);
	open_store(fixture);
	assert_found(fixture, "a", "words", "2");
	open_and_index(fixture);
	assert_found(fixture, "a", "words", "2");
	assert_found(fixture, "a", "one", "1");
	close_and_check(fixture);
}

static void
test_a_message_that_was_deleted_first_is_never_indexed(void **state)
{
	struct fixture *fixture = *state;

	open_held(fixture);
	say(fixture, "a", "keptword");
	say(fixture, "a", "secretword");
	change(fixture, "a",
		&(struct store_change){
			.kind = STORE_DELETE, .of = (uint64_t[]){ 2 }, .count = 1 });
	assert_found(fixture, "a", "secretword", "");
	assert_found(fixture, "a", "keptword", "1");
	open_and_index(fixture);
	assert_found(fixture, "a", "secretword", "");
	assert_found(fixture, "a", "keptword", "1");
	close_and_check(fixture);
	assert_file_has(fixture, "secretword", false);
	assert_file_has(fixture, "keptword", true);
}

static void
test_a_message_that_was_edited_first_is_indexed_as_it_is_then(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, "a", "oldest");
	open_held(fixture);
	say(fixture, "a", "secretword");
	change(fixture, "a",
		&(struct store_change){ .kind = STORE_EDIT,
			.of = (uint64_t[]){ 2 },
			.count = 1,
			.text = "newword" });
	/* One that is in the index changes there. */
	change(fixture, "a",
		&(struct store_change){ .kind = STORE_EDIT,
			.of = (uint64_t[]){ 1 },
			.count = 1,
			.text = "newword too" });
	for (int i = 0; i < 2; i++) {
		assert_found(fixture, "a", "secretword", "");
		assert_found(fixture, "a", "oldest", "");
		assert_found(fixture, "a", "newword", "2 1");
		if (!i)
			open_and_index(fixture);
	}
	close_and_check(fixture);
	assert_file_has(fixture, "secretword", false);
}

static void
test_a_forgotten_name_is_never_indexed(void **state)
{
	struct fixture *fixture = *state;

	open_held(fixture);
	say(fixture, "a", "ann secretword");
	change(fixture, "a",
		&(struct store_change){ .kind = STORE_DELETE,
			.of = (uint64_t[]){ 1 },
			.count = 1,
			.is_admin = true,
			.forgotten = "ann" });
	open_and_index(fixture);
	assert_found(fixture, "a", "ann", "");
	assert_found(fixture, "a", "secretword", "");
	close_and_check(fixture);
	assert_file_has(fixture, "secretword", false);
}

/* The rows of the room wait to be deleted while the index comes to them. */
static void
test_a_room_that_was_deleted_first_is_never_indexed(void **state)
{
	struct fixture *fixture = *state;

	open_held(fixture);
	run_sql(fixture->path, "CREATE TRIGGER kept BEFORE DELETE ON message"
			       " BEGIN SELECT raise(ABORT, 'kept'); END");
	for (unsigned i = 0; i < 2000; i++)
		append(fixture, "a", "secretword");
	assert_int_equal(commit(fixture).id, 2000);
	say(fixture, "b", "kept");
	change(fixture, "a",
		&(struct store_change){ .kind = STORE_DELETE, .whole_room = true });
	assert_found(fixture, "a", "secretword", "");
	open_and_index(fixture);
	assert_found(fixture, "a", "secretword", "");
	assert_found(fixture, "b", "kept", "1");
	say(fixture, "a", "later");
	wait_none(fixture, UNINDEXED);
	close_and_check(fixture);
	run_sql(fixture->path, "DROP TRIGGER kept; CREATE TABLE check_1(x CHECK(x));"
			       "CREATE VIRTUAL TABLE term USING fts5vocab(search, 'row');"
			       "INSERT INTO check_1 SELECT count(*) = 2001 FROM message"
			       " WHERE room = 1;"
			       "INSERT INTO check_1 SELECT count(*) = 0 FROM term"
			       " WHERE term = 'secretword';"
			       "DROP TABLE term; DROP TABLE check_1");
	open_store(fixture);
	assert_found(fixture, "a", "later", "2001");
}

static void
test_a_message_that_was_trimmed_first_is_never_indexed(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.keep.messages = 2;
	say(fixture, "a", "zero");
	open_held(fixture);
	say(fixture, "a", "secretword");
	say(fixture, "a", "one");
	say(fixture, "a", "two");
	wait_trimmed(fixture, "a", 3);
	assert_found(fixture, "a", "secretword", "");
	open_and_index(fixture);
	assert_found(fixture, "a", "secretword", "");
	assert_found(fixture, "a", "zero", "");
	assert_found(fixture, "a", "one", "3");
	close_and_check(fixture);
}

static void
test_a_deleted_message_s_number_is_not_used_again(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, "a", "one");
	say(fixture, "a", "two");
	wait_none(fixture, UNINDEXED);
	change(fixture, "a",
		&(struct store_change){ .kind = STORE_DELETE, .whole_room = true });
	wait_none(fixture, ALL);
	open_held(fixture);
	say(fixture, "a", "three");
	assert_found(fixture, "a", "three", "3");
	open_and_index(fixture);
	assert_found(fixture, "a", "three", "3");
	close_and_check(fixture);
}

/* However many messages come, a search compares only so many one by one. */
static void
test_commits_wait_for_an_index_that_is_late(void **state)
{
	struct fixture *fixture = *state;

	for (unsigned i = 0; i < 20000; i++)
		append(fixture, "a", "many words are in this message");
	assert_int_equal(commit(fixture).id, 20000);
	assert_in_range(count(fixture, UNINDEXED), 0, 7000);
	assert_int_equal(store_search(fixture->store, "a", "many", UINT64_MAX, 2, PLENTY,
				 ++fixture->last_ticket),
		0);
	wait_page(fixture);
	assert_page(fixture, "20000 19999 ...");
	wait_none(fixture, UNINDEXED);
	close_and_check(fixture);
}

static void
test_closing_finishes_the_index(void **state)
{
	struct fixture *fixture = *state;

	keep_many(fixture, "a", 3000);
	close_store(fixture);
	assert_int_equal(count(fixture, UNINDEXED), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SQLITE(test_a_message_is_found_before_it_is_in_the_index),
		SQLITE(test_pages_of_a_search_go_on_in_the_index),
		SQLITE(test_a_message_is_found_after_a_kill_before_it_was_indexed),
		SQLITE(test_a_message_that_was_deleted_first_is_never_indexed),
		SQLITE(test_a_message_that_was_edited_first_is_indexed_as_it_is_then),
		SQLITE(test_a_forgotten_name_is_never_indexed),
		SQLITE(test_a_room_that_was_deleted_first_is_never_indexed),
		SQLITE(test_a_message_that_was_trimmed_first_is_never_indexed),
		SQLITE(test_a_deleted_message_s_number_is_not_used_again),
		SQLITE(test_commits_wait_for_an_index_that_is_late),
		SQLITE(test_closing_finishes_the_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
