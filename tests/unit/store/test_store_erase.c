#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>

#include "store_fixture.h"

static struct appended
change(struct fixture *fixture, const char *room, const struct store_change *change)
{
	struct store_entry entry = { .room = room,
		.type = "delete",
		.ts_ms = 5,
		.tail = "\"ts\":5,\"username\":\"root\"",
		.tail_len = strlen("\"ts\":5,\"username\":\"root\""),
		.words = "",
		.change = *change };

	if (change->whole_room)
		entry = (struct store_entry){ .room = room, .change = *change };

	fixture->change[0] = '\0';
	assert_int_equal(try_append_entry(fixture, &entry), 0);
	return commit(fixture);
}

/* Expect that the change is stored under id with this tail, and deletes so many. */
static void
assert_change(const struct fixture *fixture, struct appended answer, uint64_t id,
	size_t deleted, const char *tail)
{
	assert_int_equal(answer.error, 0);
	assert_int_equal(answer.id, id);
	assert_int_equal(answer.deleted, deleted);
	assert_string_equal(fixture->change, tail);
}

static struct appended
erase_ids(struct fixture *fixture, const char *room, const uint64_t *ids, size_t count)
{
	return change(fixture, room,
		&(struct store_change){ .kind = STORE_DELETE,
			.of = ids,
			.count = count,
			.is_admin = true });
}

static void
say_as(struct fixture *fixture, const char *room, const char *type, const char *name,
	const char *text)
{
	char tail[400], words[400];

	snprintf(tail, sizeof(tail), "\"ts\":1,\"username\":\"%s\",\"message\":\"%s\"}",
		name, text);
	snprintf(words, sizeof(words), "%s %s", name, text);
	assert_int_equal(try_append_entry(fixture,
				 &(struct store_entry){
					 .room = room,
					 .type = type,
					 .ts_ms = 1,
					 .tail = tail,
					 .tail_len = strlen(tail),
					 .words = words,
					 .keys = { text },
				 }),
		0);
}

static void
test_a_deletion_is_an_entry_and_erases_what_it_names(void **state)
{
	struct fixture *fixture = *state;

	open_store(fixture);
	say_as(fixture, "a", "message", "ann", "one");
	say_as(fixture, "a", "message", "ann", "two");
	say_as(fixture, "a", "alarm", "ann", "three");
	commit(fixture);
	assert_change(fixture,
		erase_ids(fixture, "a", (uint64_t[]){ 2, 3, 2, 7, UINT64_MAX }, 5), 4, 1,
		"\"ts\":5,\"username\":\"root\",\"of\":2}");
	assert_all(fixture, "a", "1 2 3 4");
	assert_non_null(strstr(fixture->page_tails,
		"|\"ts\":1,\"username\":\"ann\",\"deleted\":true}|"));
	ask_before(fixture, "a", UINT64_MAX, 2, PLENTY);
	assert_page(fixture, "2 3 ...");
	assert_found(fixture, "a", "two", "");
	assert_found(fixture, "a", "ann", "3 1");
	assert_int_equal(erase_ids(fixture, "a", (uint64_t[]){ 2, 4 }, 2).error, -ENOENT);
	assert_int_equal(
		erase_ids(fixture, "nowhere", (uint64_t[]){ 1 }, 1).error, -ENOENT);
	/* The key stays. */
	say_as(fixture, "a", "message", "ann", "two");
	assert_int_equal(commit(fixture).id, 2);
}

static void
test_changes_do_not_push_messages_out_of_the_history(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.keep.messages = 4;
	open_store(fixture);
	for (int i = 1; i <= 4; i++) {
		char text[20];
		snprintf(text, sizeof(text), "m%d", i);
		say_as(fixture, "a", "message", "ann", text);
	}
	commit(fixture);
	erase_ids(fixture, "a", (uint64_t[]){ 3 }, 1);
	erase_ids(fixture, "a", (uint64_t[]){ 2 }, 1);
	assert_all(fixture, "a", "1 2 3 4 5 6");
	say_as(fixture, "a", "message", "ann", "m7");
	commit(fixture);
	wait_trimmed(fixture, "a", 2);
	for (int i = 8; i <= 9; i++) {
		char text[20];
		snprintf(text, sizeof(text), "m%d", i);
		say_as(fixture, "a", "message", "ann", text);
	}
	commit(fixture);
	wait_trimmed(fixture, "a", 4);
	assert_all(fixture, "a", "4 5 6 7 8 9");
}

static void
test_a_deleted_room_is_empty_at_once_and_keeps_its_numbers_and_keys(void **state)
{
	struct fixture *fixture = *state;

	open_store(fixture);
	keep_many(fixture, "a", 900);
	say_as(fixture, "a", "message", "ann", "keyed");
	assert_int_equal(try_append_state(fixture, "a", "state", "disk", "full"), 0);
	commit(fixture);
	keep(fixture, "b", "x", 1);
	assert_change(fixture,
		change(fixture, "a",
			&(struct store_change){
				.kind = STORE_DELETE, .whole_room = true }),
		0, 0, "");
	assert_all(fixture, "a", "");
	assert_int_equal(fixture->page_first_id, 904);
	ask_before(fixture, "a", UINT64_MAX, 10, PLENTY);
	assert_page(fixture, "");
	assert_found(fixture, "a", "77", "");
	assert_all(fixture, "b", "1");
	say_as(fixture, "a", "message", "ann", "keyed");
	assert_int_equal(commit(fixture).id, 901);
	keep(fixture, "a", "77", 903);
	assert_found(fixture, "a", "77", "903");
	if (strcmp(fixture->options.driver, "sqlite") != 0)
		return;
	reopen_store(fixture);
	assert_string_equal(fixture->states, "");
	assert_all(fixture, "a", "903");
	assert_found(fixture, "a", "77", "903");
}

/* The ids that store_said finds for name from after on. */
static void
assert_said(struct fixture *fixture, const char *name, uint64_t after, const char *ids)
{
	assert_int_equal(
		store_said(fixture->store, "a", name, after, ++fixture->last_ticket), 0);
	wait_page(fixture);
	assert_page(fixture, ids);
}

static void
test_a_name_is_found_and_erased_everywhere(void **state)
{
	struct fixture *fixture = *state;
	const uint64_t ids[] = { 1, 3, 4, 5 };

	open_store(fixture);
	say_as(fixture, "a", "message", "Ann", "one");
	say_as(fixture, "a", "message", "annabel", "two about ann");
	say_as(fixture, "a", "cursor", "ANN", "three");
	say_as(fixture, "a", "alarm", "ann", "four");
	say_as(fixture, "a", "message", "ann", "five");
	commit(fixture);
	keep_state(fixture, "a", "disk", "{\"username\":\"ann\",\"title\":\"full\"}");
	erase_ids(fixture, "a", (uint64_t[]){ 5 }, 1);
	assert_said(fixture, "ann", 0, "1 3 4 5");
	assert_said(fixture, "ann", 3, "4 5");
	assert_said(fixture, "an", 0, "");
	assert_change(fixture,
		change(fixture, "a",
			&(struct store_change){ .kind = STORE_DELETE,
				.of = ids,
				.count = 4,
				.is_admin = true,
				.forgotten = "ann" }),
		8, 2, "\"ts\":5,\"username\":\"root\",\"of\":[1,3]}");
	assert_said(fixture, "ann", 0, "");
	assert_found(fixture, "a", "ann", "2");
	assert_found(fixture, "a", "four", "4");
	if (strcmp(fixture->options.driver, "memory") != 0) {
		reopen_store(fixture);
		assert_string_equal(fixture->states, "a/disk={\"title\":\"full\"}@6");
	}
}

static void
test_the_oldest_of_the_largest_room_go_when_the_history_is_too_large(void **state)
{
	struct fixture *fixture = *state;
	static char large[20000];
	struct store_entry entry = { .type = "message",
		.tail = large,
		.tail_len = sizeof(large) - 1,
		.words = "" };

	memset(large, 'x', sizeof(large) - 1);
	fixture->options.max_bytes = 1 << 20;
	open_store(fixture);
	for (int i = 0; i < 300; i++) {
		entry.room = i % 10 ? "large" : "small";
		assert_int_equal(try_append_entry(fixture, &entry), 0);
		if (i % 20 == 19)
			commit(fixture);
	}
	/* About 50 of 300 messages have room: none of the small room has to go before it
	 * is the larger one. */
	do
		ask_after(fixture, "large", 0, UINT64_MAX, 1000, PLENTY);
	while (fixture->page_first_id < 200);
	assert_true(fixture->page_first_id <= 270);
	ask_after(fixture, "small", 0, UINT64_MAX, 1000, PLENTY);
	assert_true(fixture->page_first_id <= 12);
	keep(fixture, "large", "last", 271);
}

static void
test_words_of_deleted_messages_do_not_count(void **state)
{
	struct fixture *fixture = *state;
	char words[400];

	fixture->options.max_bytes = 1 << 20;
	open_store(fixture);
	/* About 1,000 of them have room. */
	for (unsigned i = 1; i <= 6000; i++) {
		size_t len = 0;

		for (unsigned k = 0; k < 30; k++)
			len += (size_t)snprintf(words + len, sizeof(words) - len, "%x ",
				(i * 30 + k) * 2654435761U);
		append(fixture, "a", words);
		if (i % 100)
			continue;
		commit(fixture);
		ask_after(fixture, "a", 0, UINT64_MAX, 1, PLENTY);
		assert_true(i < 1500 || i - fixture->page_first_id >= 400);
		assert_true(i < 3000 || i - fixture->page_first_id <= 2000);
	}
}

/* Connections that read in turns, so that at any time most of them do. */
struct readers {
	const char *path;
	atomic_bool is_over;
};

static void *
read_in_turns(void *context)
{
	const struct timespec pause = { .tv_nsec = 5000000 };
	struct readers *readers = context;
	sqlite3 *open[4] = { NULL };

	for (size_t i = 0; !readers->is_over; i = (i + 1) % ARRAY_SIZE(open)) {
		sqlite3_close(open[i]);
		open[i] = begin_sql(readers->path, "BEGIN; SELECT count(*) FROM room");
		nanosleep(&pause, NULL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(open); i++)
		sqlite3_close(open[i]);
	return NULL;
}

static off_t
log_bytes(const struct fixture *fixture)
{
	struct stat status;

	assert_int_equal(stat(name_in_folder(fixture, "test.db-wal"), &status), 0);
	return status.st_size;
}

static void
test_the_log_is_truncated_though_there_is_always_a_reader(void **state)
{
	struct fixture *fixture = *state;
	struct readers readers = { .path = fixture->path };
	time_t end = time(NULL) + 120;
	off_t before;
	pthread_t thread;

	open_store(fixture);
	say_as(fixture, "a", "message", "ann", "secretword");
	commit(fixture);
	pthread_create(&thread, NULL, read_in_turns, &readers);
	erase_ids(fixture, "a", (uint64_t[]){ 1 }, 1);
	/* Only an erasure truncates a log as small as this. */
	do {
		assert_true(time(NULL) < end);
		before = log_bytes(fixture);
		append(fixture, "b", "x");
		commit(fixture);
	} while (log_bytes(fixture) >= before);
	readers.is_over = true;
	pthread_join(thread, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CLOSED_EACH(test_a_deletion_is_an_entry_and_erases_what_it_names),
		CLOSED_EACH(test_changes_do_not_push_messages_out_of_the_history),
		CLOSED_EACH(
			test_a_deleted_room_is_empty_at_once_and_keeps_its_numbers_and_keys),
		CLOSED_EACH(test_a_name_is_found_and_erased_everywhere),
		CLOSED_BOTH(
			test_the_oldest_of_the_largest_room_go_when_the_history_is_too_large),
		CLOSED_SQLITE(test_words_of_deleted_messages_do_not_count),
		CLOSED_SQLITE(test_the_log_is_truncated_though_there_is_always_a_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
