#include "store_fixture.h"

#define DAY_MS INT64_C(86400000)

/* Append text at a time; its key is the text. */
static void
append_at(struct fixture *fixture, const char *room, const char *text, int64_t ts_ms)
{
	struct store_entry entry = { .room = room,
		.type = "message",
		.ts_ms = ts_ms,
		.tail = text,
		.tail_len = strlen(text),
		.words = text,
		.keys = { text } };

	assert_int_equal(try_append_entry(fixture, &entry), 0);
}

/* Close the store. Its search index must agree with its messages, and its tables must
 * have nothing of the deleted ones. */
static void
close_and_check_tables(struct fixture *fixture)
{
	static const char *const statements[] = {
		"INSERT INTO search(search, rank) VALUES('integrity-check', 1)",
		("SELECT 1 / (count(*) = 0) FROM key"
		 " WHERE NOT EXISTS (SELECT 1 FROM message AS m"
		 " WHERE m.room = key.room AND m.id = key.id)"),
		("SELECT 1 / (count(*) = 0) FROM room WHERE last_id <"
		 " (SELECT max(id) FROM message AS m WHERE m.room = room.id)"),
	};
	sqlite3_stmt *statement;
	sqlite3 *db;

	close_store(fixture);
	if (strcmp(fixture->options.driver, "sqlite") != 0)
		return;
	assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
	for (size_t i = 0; i < ARRAY_SIZE(statements); i++) {
		assert_int_equal(
			sqlite3_prepare_v2(db, statements[i], -1, &statement, NULL),
			SQLITE_OK);
		int rc = sqlite3_step(statement);
		if (rc != SQLITE_DONE &&
			(rc != SQLITE_ROW ||
				sqlite3_column_type(statement, 0) == SQLITE_NULL))
			fail_msg("%s: %s", statements[i], sqlite3_errmsg(db));
		sqlite3_finalize(statement);
	}
	sqlite3_close(db);
}

static void
test_the_oldest_messages_over_keep_messages_are_deleted(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.keep.messages = 5;
	open_store(fixture);
	for (uint64_t id = 1; id <= 12; id++)
		keep(fixture, "a", "x", id);
	keep(fixture, "b", "x", 1);
	wait_trimmed(fixture, "a", 8);
	assert_all(fixture, "a", "8 9 10 11 12");
	ask_before(fixture, "a", 8, 10, PLENTY);
	assert_page(fixture, "");
	assert_int_equal(fixture->page_first_id, 8);
	assert_found(fixture, "a", "x", "12 11 10 9 8");
	assert_all(fixture, "b", "1");
	assert_int_equal(fixture->page_first_id, 1);
	close_and_check_tables(fixture);
}

static void
test_a_large_transaction_is_trimmed_in_steps(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.keep.messages = 10;
	open_store(fixture);
	keep_many(fixture, "a", 3000);
	wait_trimmed(fixture, "a", 2991);
	assert_all(fixture, "a", "2991 2992 2993 2994 2995 2996 2997 2998 2999 3000");
	assert_found(fixture, "a", "2990", "");
	assert_found(fixture, "a", "2991", "2991");
	close_and_check_tables(fixture);
}

static void
test_keys_are_deleted_with_their_messages(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.keep.messages = 2;
	open_store(fixture);
	keep_keyed(fixture, "a", "k1", "k1b", 1, false);
	keep_keyed(fixture, "a", "k2", NULL, 2, false);
	keep_keyed(fixture, "a", "k3", NULL, 3, false);
	wait_trimmed(fixture, "a", 2);
	keep_keyed(fixture, "a", "k2", NULL, 2, true);
	keep_keyed(fixture, "a", "k1", "k1b", 4, false);
	wait_trimmed(fixture, "a", 3);
	keep_keyed(fixture, "a", NULL, "k1b", 4, true);
	close_and_check_tables(fixture);
}

static void
test_messages_older_than_keep_days_are_deleted(void **state)
{
	struct fixture *fixture = *state;
	char text[20];

	fixture->options.keep.days = 2;
	open_store(fixture);
	for (int i = 1; i <= 1000; i++) {
		snprintf(text, sizeof(text), "m%d", i);
		append_at(fixture, i % 2 ? "a" : "b", text, i * DAY_MS / 100);
	}
	commit(fixture);
	store_prune(fixture->store, 2 * DAY_MS);
	assert_found(fixture, "a", "m1", "1");
	store_prune(fixture->store, 7 * DAY_MS); /* up to m499 */
	wait_trimmed(fixture, "a", 251);
	wait_trimmed(fixture, "b", 250);
	assert_found(fixture, "a", "m499", "");
	assert_found(fixture, "b", "m500", "250");
	append_at(fixture, "a", "m1", 12 * DAY_MS);
	assert_int_equal(commit(fixture).id, 501);
	close_and_check_tables(fixture);
}

/* Store two messages of room a and have both pruned. */
static void
prune_two(struct fixture *fixture)
{
	fixture->options.keep.days = 1;
	open_store(fixture);
	append_at(fixture, "a", "x", 0);
	append_at(fixture, "a", "y", 0);
	commit(fixture);
	store_prune(fixture->store, 3 * DAY_MS);
	wait_trimmed(fixture, "a", 3);
}

static void
test_ids_continue_after_all_messages_are_deleted(void **state)
{
	struct fixture *fixture = *state;

	prune_two(fixture);
	assert_all(fixture, "a", "");
	assert_int_equal(fixture->page_first_id, 3);
	append_at(fixture, "a", "x", 2 * DAY_MS);
	assert_int_equal(commit(fixture).id, 3);
	assert_all(fixture, "a", "3");
	assert_int_equal(fixture->page_first_id, 3);
}

static void
test_nothing_is_deleted_without_a_limit(void **state)
{
	struct fixture *fixture = *state;

	append_at(fixture, "a", "x", 0);
	commit(fixture);
	store_prune(fixture->store, INT64_MAX);
	keep(fixture, "a", "x", 2);
	assert_all(fixture, "a", "1 2");
}

static void
test_an_empty_room_has_its_last_id_after_reopening(void **state)
{
	struct fixture *fixture = *state;

	prune_two(fixture);
	reopen_store(fixture);
	assert_all(fixture, "a", "");
	assert_int_equal(fixture->page_first_id, 3);
	keep(fixture, "a", "z", 3);
}

static void
test_a_smaller_keep_messages_trims_after_opening(void **state)
{
	struct fixture *fixture = *state;

	keep_many(fixture, "a", 700);
	keep_many(fixture, "b", 7);
	fixture->options.keep.messages = 3;
	reopen_store(fixture);
	wait_trimmed(fixture, "a", 698);
	wait_trimmed(fixture, "b", 5);
	assert_all(fixture, "b", "5 6 7");
	keep(fixture, "a", "x", 701);
	close_and_check_tables(fixture);
}

/* Set the limits of rooms "a" and "b". */
static void
set_limits(struct fixture *fixture, struct store_keep a, struct store_keep b)
{
	fixture->limits[0] = (struct store_limit){ "a", a };
	fixture->limits[1] = (struct store_limit){ "b", b };
	fixture->limit_count = 2;
}

static void
test_a_room_has_limits_of_its_own(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.keep.messages = 5;
	set_limits(fixture, (struct store_keep){ .messages = 2 },
		(struct store_keep){ .messages = 0 });
	open_store(fixture);
	for (uint64_t id = 1; id <= 9; id++) {
		keep(fixture, "a", "x", id);
		keep(fixture, "b", "x", id);
		keep(fixture, "A", "x", id);
	}
	wait_trimmed(fixture, "a", 8);
	wait_trimmed(fixture, "A", 5);
	assert_all(fixture, "a", "8 9");
	assert_all(fixture, "b", "1 2 3 4 5 6 7 8 9");
	assert_all(fixture, "A", "5 6 7 8 9");
	close_and_check_tables(fixture);
}

static void
test_limits_may_change_at_any_time(void **state)
{
	struct fixture *fixture = *state;

	keep_many(fixture, "a", 600);
	keep_many(fixture, "b", 9);
	set_limits(fixture, (struct store_keep){ .messages = 3 },
		(struct store_keep){ .messages = 4 });
	store_limit_rooms(fixture->store, fixture->limits, 1);
	wait_trimmed(fixture, "a", 598);
	assert_all(fixture, "b", "1 2 3 4 5 6 7 8 9");
	store_limit_rooms(fixture->store, fixture->limits + 1, 1);
	wait_trimmed(fixture, "b", 6);
	keep(fixture, "a", "x", 601);
	assert_all(fixture, "a", "598 599 600 601");
	store_limit_rooms(fixture->store, NULL, 0);
	store_limit_rooms(fixture->store, fixture->limits, 2);
	wait_trimmed(fixture, "a", 599);
	close_and_check_tables(fixture);
}

static void
test_a_room_has_days_of_its_own(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.keep.days = 3;
	set_limits(fixture, (struct store_keep){ .days = 1 },
		(struct store_keep){ .days = 0 });
	open_store(fixture);
	for (int i = 1; i <= 6; i++)
		for (const char *const *room =
				(const char *const[]){ "a", "b", "c", NULL };
			*room; room++) {
			char text[20];

			snprintf(text, sizeof(text), "%s%d", *room, i);
			append_at(fixture, *room, text, i * DAY_MS);
		}
	commit(fixture);
	store_prune(fixture->store, 6 * DAY_MS);
	wait_trimmed(fixture, "a", 5);
	wait_trimmed(fixture, "c", 3);
	assert_all(fixture, "b", "1 2 3 4 5 6");
	/* Days alone, without any of the store's. */
	fixture->options.keep.days = 0;
	if (strcmp(fixture->options.driver, "memory") != 0) {
		reopen_store(fixture);
		store_prune(fixture->store, 7 * DAY_MS);
		wait_trimmed(fixture, "a", 6);
		assert_all(fixture, "c", "3 4 5 6");
	}
	close_and_check_tables(fixture);
}

static void
test_opening_leaves_what_a_room_keeps(void **state)
{
	struct fixture *fixture = *state;

	keep_many(fixture, "a", 300);
	keep_many(fixture, "b", 300);
	fixture->options.keep.messages = 3;
	set_limits(fixture, (struct store_keep){ .messages = 0 },
		(struct store_keep){ .messages = 5 });
	reopen_store(fixture);
	wait_trimmed(fixture, "b", 296);
	ask_before(fixture, "a", 2, 10, PLENTY);
	assert_page(fixture, "1");
	close_and_check_tables(fixture);
}

/* Messages arrive faster than single steps could delete them. */
static void
test_trimming_keeps_up_with_a_flood(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.keep.messages = 100;
	open_store(fixture);
	for (int i = 1; i <= 20000; i++) {
		append(fixture, "a", "x");
		if (i % 500 == 0)
			store_flush(fixture->store);
	}
	wait_appended(fixture, 20000);
	ask_before(fixture, "a", UINT64_MAX, 0, 0);
	assert_true(fixture->page_first_id > 10000);
	wait_trimmed(fixture, "a", 19901);
}

static void
test_the_oldest_messages_over_keep_bytes_are_deleted(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.keep_bytes = 10;
	open_store(fixture);
	keep(fixture, "a", "1234", 1);
	keep(fixture, "a", "123456", 2);
	keep(fixture, "b", "12345678", 1);
	assert_all(fixture, "a", "1 2");
	keep(fixture, "a", "1", 3);
	assert_all(fixture, "a", "2 3");
	assert_int_equal(fixture->page_first_id, 2);
	keep(fixture, "a", "1234", 4);
	assert_all(fixture, "a", "3 4");
	assert_found(fixture, "a", "1234", "4");
	assert_all(fixture, "b", "1");
}

static void
test_the_newest_message_stays_even_over_keep_bytes(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.keep_bytes = 3;
	open_store(fixture);
	keep(fixture, "a", "1", 1);
	keep(fixture, "a", "12345", 2);
	assert_all(fixture, "a", "2");
	keep(fixture, "a", "123456", 3);
	assert_all(fixture, "a", "3");
	keep(fixture, "a", "1", 4);
	keep(fixture, "a", "12", 5);
	assert_all(fixture, "a", "4 5");
}

static void
test_keep_messages_and_keep_bytes_both_apply(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.keep.messages = 3;
	fixture->options.keep_bytes = 10;
	open_store(fixture);
	keep_many(fixture, "a", 5);
	assert_all(fixture, "a", "3 4 5");
	keep_keyed(fixture, "a", "k", NULL, 6, false);
	assert_all(fixture, "a", "4 5 6");
	keep(fixture, "a", "12345", 7);
	assert_all(fixture, "a", "6 7");
	keep_keyed(fixture, "a", "k", NULL, 6, true);
	keep(fixture, "a", "1", 8);
	assert_all(fixture, "a", "7 8");
	keep_keyed(fixture, "a", "k", NULL, 9, false);
}

static void
test_pruned_messages_do_not_count_for_keep_bytes(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.keep.days = 1;
	fixture->options.keep_bytes = 10;
	open_store(fixture);
	append_at(fixture, "a", "1234567890", 0);
	commit(fixture);
	store_prune(fixture->store, 3 * DAY_MS);
	append_at(fixture, "a", "1234", 3 * DAY_MS);
	append_at(fixture, "a", "123456", 3 * DAY_MS);
	commit(fixture);
	assert_all(fixture, "a", "2 3");
}

static void
test_a_smaller_max_bytes_takes_from_each_of_the_largest_rooms(void **state)
{
	static const char *const rooms[] = { "a", "b", "c" };
	struct fixture *fixture = *state;
	size_t i;

	open_store(fixture);
	for (i = 0; i < ARRAY_SIZE(rooms); i++)
		keep_many(fixture, rooms[i], 1000); /* 2893 bytes */
	store_limit(fixture->store, &fixture->options.keep, 3000);
	store_limit_rooms(fixture->store, NULL, 0);
	for (i = 0; i < ARRAY_SIZE(rooms); i++) {
		ask_after(fixture, rooms[i], 0, 1000, 1, PLENTY);
		assert_in_range(fixture->page_first_id, 500, 800);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CLOSED_EACH(test_the_oldest_messages_over_keep_messages_are_deleted),
		CLOSED_EACH(test_a_large_transaction_is_trimmed_in_steps),
		CLOSED_EACH(test_keys_are_deleted_with_their_messages),
		CLOSED_EACH(test_messages_older_than_keep_days_are_deleted),
		CLOSED_EACH(test_ids_continue_after_all_messages_are_deleted),
		EACH(test_nothing_is_deleted_without_a_limit),
		CLOSED_EACH(test_trimming_keeps_up_with_a_flood),
		CLOSED_KEPT(test_an_empty_room_has_its_last_id_after_reopening),
		KEPT(test_a_smaller_keep_messages_trims_after_opening),
		CLOSED_EACH(test_a_room_has_limits_of_its_own),
		EACH(test_limits_may_change_at_any_time),
		CLOSED_EACH(test_a_room_has_days_of_its_own),
		KEPT(test_opening_leaves_what_a_room_keeps),
		CLOSED_MEMORY(test_the_oldest_messages_over_keep_bytes_are_deleted),
		CLOSED_MEMORY(test_the_newest_message_stays_even_over_keep_bytes),
		CLOSED_MEMORY(test_keep_messages_and_keep_bytes_both_apply),
		CLOSED_MEMORY(
			test_a_smaller_max_bytes_takes_from_each_of_the_largest_rooms),
		CLOSED_MEMORY(test_pruned_messages_do_not_count_for_keep_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
