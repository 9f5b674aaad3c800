#include "store_fixture.h"

static void
test_ids_are_dense_from_1_in_each_room(void **state)
{
	struct fixture *fixture = *state;

	keep(fixture, "a", "one", 1);
	keep(fixture, "b", "one", 1);
	keep(fixture, "a", "two", 2);
	append(fixture, "a", "three");
	append(fixture, "b", "two");
	append(fixture, "a", "four");
	commit(fixture);
	assert_all(fixture, "a", "1 2 3 4");
	assert_string_equal(fixture->page_tails, "one|two|three|four");
	assert_all(fixture, "b", "1 2");
	assert_string_equal(fixture->page_tails, "one|two");
}

static void
test_answers_come_in_the_order_of_appends(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 300; i++) {
		append(fixture, i % 3 ? "a" : "b", "x");
		if (i % 7 == 0)
			store_flush(fixture->store);
	}
	store_flush(fixture->store);
	wait_appended(fixture, 300);
	for (size_t i = 0; i < 300; i++) {
		assert_int_equal(fixture->appended[i].ticket, i + 1);
		assert_int_equal(fixture->appended[i].error, 0);
		assert_int_equal(fixture->appended[i].id, i % 3 ? i - i / 3 : i / 3 + 1);
	}
}

static void
test_entries_are_stored_only_after_a_flush(void **state)
{
	struct fixture *fixture = *state;

	store_flush(fixture->store);
	append(fixture, "a", "x");
	assert_all(fixture, "a", "");
	assert_int_equal(fixture->appended_count, 0);
	commit(fixture);
	assert_all(fixture, "a", "1");
}

static void
test_a_message_is_read_back_unchanged(void **state)
{
	struct fixture *fixture = *state;
	char room[] = "r\xc3\xa4um 'x'", type[] = "alarm",
	     tail[] = "\"ts\":1,\"x\":\"\"}";
	char words[] = "", key[] = "";
	struct store_entry entry = {
		.room = room,
		.type = type,
		.ts_ms = INT64_C(1795168487123),
		.tail = tail,
		.tail_len = strlen(tail),
		.words = words,
		.keys = { NULL, key },
	};

	assert_int_equal(try_append_entry(fixture, &entry), 0);
	/* store_append has copied everything. */
	memset(type, 'x', strlen(type));
	memset(tail, 'x', strlen(tail));
	memset(key, 'x', strlen(key));
	commit(fixture);
	assert_all(fixture, room, "1");
	assert_string_equal(fixture->page_tails, "\"ts\":1,\"x\":\"\"}");
	assert_all(fixture, "r\xc3\xa4um", "");
}

static void
test_a_note_is_told(void **state)
{
	struct fixture *fixture = *state;
	char note[] = "7 k";
	struct store_entry entry = { .room = "a",
		.type = "message",
		.tail = "x",
		.tail_len = 1,
		.words = "",
		.note = note };

	assert_int_equal(try_append_entry(fixture, &entry), 0);
	memset(note, 'x', strlen(note)); /* store_append has copied it */
	commit(fixture);
	assert_string_equal(fixture->note, "7 k");
	entry.note = NULL;
	assert_int_equal(try_append_entry(fixture, &entry), 0);
	commit(fixture);
	assert_string_equal(fixture->note, "(none)");
}

static void
test_an_entry_with_a_known_key_is_a_duplicate(void **state)
{
	struct fixture *fixture = *state;

	keep_keyed(fixture, "a", "k1", "k2", 1, false);
	keep_keyed(fixture, "a", "k1", NULL, 1, true);
	keep_keyed(fixture, "a", NULL, "k2", 1, true);
	keep_keyed(fixture, "a", "k2", "k9", 1, true);
	keep_keyed(fixture, "a", "k9", NULL, 2, false);
	keep_keyed(fixture, "a", NULL, NULL, 3, false);
	keep_keyed(fixture, "a", NULL, NULL, 4, false);
	keep_keyed(fixture, "a", "K1", "same", 5, false);
	keep_keyed(fixture, "a", "twice", "twice", 6, false);
	keep_keyed(fixture, "a", "", NULL, 7, false);
	keep_keyed(fixture, "a", NULL, "", 7, true);
	keep_keyed(fixture, "a", "k9", "k1", 2, true);
	keep_keyed(fixture, "b", "k1", "k2", 1, false);
	assert_all(fixture, "a", "1 2 3 4 5 6 7");
}

static void
test_duplicates_are_found_within_one_transaction(void **state)
{
	struct fixture *fixture = *state;
	const uint64_t ids[] = { 1, 1, 2, 1, 3 };
	const bool duplicates[] = { false, true, false, true, false };

	assert_int_equal(try_append(fixture, "a", "x", "k1", "k2"), 0);
	assert_int_equal(try_append(fixture, "a", "x", "k1", NULL), 0);
	assert_int_equal(try_append(fixture, "a", "x", "k3", NULL), 0);
	assert_int_equal(try_append(fixture, "a", "x", NULL, "k2"), 0);
	append(fixture, "a", "x");
	commit(fixture);
	assert_int_equal(fixture->appended_count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(fixture->appended[i].id, ids[i]);
		assert_int_equal(fixture->appended[i].is_duplicate, duplicates[i]);
	}
}

static void
test_store_after_respects_bounds_and_limit(void **state)
{
	struct fixture *fixture = *state;

	keep_many(fixture, "a", 12);
	ask_after(fixture, "a", 0, 12, 5, PLENTY);
	assert_page(fixture, "1 2 3 4 5 ...");
	assert_int_equal(fixture->page_first_id, 1);
	ask_after(fixture, "a", 5, 12, 7, PLENTY);
	assert_page(fixture, "6 7 8 9 10 11 12");
	ask_after(fixture, "a", 5, 8, 3, PLENTY);
	assert_page(fixture, "6 7 8");
	ask_after(fixture, "a", 5, 9, 3, PLENTY);
	assert_page(fixture, "6 7 8 ...");
	ask_after(fixture, "a", 5, 5, 3, PLENTY);
	assert_page(fixture, "");
	ask_after(fixture, "a", 9, 5, 3, PLENTY);
	assert_page(fixture, "");
	ask_after(fixture, "a", 10, UINT64_MAX, 10, PLENTY);
	assert_page(fixture, "11 12");
	ask_after(fixture, "a", UINT64_MAX, UINT64_MAX, 10, PLENTY);
	assert_page(fixture, "");
	ask_after(fixture, "a", 3, 12, 0, PLENTY);
	assert_page(fixture, "...");
	ask_after(fixture, "a", 12, 20, 0, PLENTY);
	assert_page(fixture, "");
}

static void
test_store_before_returns_the_newest_messages_oldest_first(void **state)
{
	struct fixture *fixture = *state;

	keep_many(fixture, "a", 12);
	ask_before(fixture, "a", UINT64_MAX, 3, PLENTY);
	assert_page(fixture, "10 11 12 ...");
	ask_before(fixture, "a", 13, 3, PLENTY);
	assert_page(fixture, "10 11 12 ...");
	ask_before(fixture, "a", 5, 4, PLENTY);
	assert_page(fixture, "1 2 3 4");
	ask_before(fixture, "a", 5, 3, PLENTY);
	assert_page(fixture, "2 3 4 ...");
	ask_before(fixture, "a", 1, 3, PLENTY);
	assert_page(fixture, "");
	ask_before(fixture, "a", 0, 3, PLENTY);
	assert_page(fixture, "");
}

static void
test_max_bytes_cuts_a_page_but_leaves_one_message(void **state)
{
	struct fixture *fixture = *state;

	keep_many(fixture, "a", 12); /* one byte each, then two */
	ask_after(fixture, "a", 0, 12, 100, 3);
	assert_page(fixture, "1 2 3 ...");
	ask_after(fixture, "a", 8, 12, 100, 2);
	assert_page(fixture, "9 ...");
	ask_after(fixture, "a", 8, 12, 100, 0);
	assert_page(fixture, "9 ...");
	ask_after(fixture, "a", 8, 12, 100, 7);
	assert_page(fixture, "9 10 11 12");
	ask_after(fixture, "a", 11, 12, 100, 0);
	assert_page(fixture, "12");
	ask_before(fixture, "a", 13, 100, 5);
	assert_page(fixture, "11 12 ...");
	ask_before(fixture, "a", 13, 100, 1);
	assert_page(fixture, "12 ...");
	keep(fixture, "a", "word", 13);
	keep(fixture, "a", "word", 14);
	assert_int_equal(store_search(fixture->store, "a", "word", UINT64_MAX, 100, 7,
				 ++fixture->last_ticket),
		0);
	wait_page(fixture);
	assert_page(fixture, "14 ...");
}

static void
test_a_room_without_history_has_an_empty_page(void **state)
{
	struct fixture *fixture = *state;

	keep(fixture, "a", "x", 1);
	assert_all(fixture, "b", "");
	assert_int_equal(fixture->page_first_id, 1);
	ask_before(fixture, "b", UINT64_MAX, 10, PLENTY);
	assert_page(fixture, "");
	assert_found(fixture, "b", "x", "");
}

static void
test_a_page_has_every_entry_that_was_answered_before(void **state)
{
	struct fixture *fixture = *state;

	for (uint64_t id = 1; id <= 50; id++) {
		keep(fixture, "a", "x", id);
		ask_before(fixture, "a", UINT64_MAX, 1, PLENTY);
		assert_int_equal(strtoull(fixture->page_ids, NULL, 10), id);
	}
}

static void
check_page(void *context, uint64_t ticket, int error, const struct store_page *page)
{
	struct fixture *fixture = context;

	(void)ticket;
	fixture->page_count++;
	assert_int_equal(error, 0);
	assert_int_equal(page->more, page->count && page->messages[0].id != 1);
	for (size_t i = 1; i < page->count; i++)
		assert_int_equal(page->messages[i].id, page->messages[0].id + i);
}

static void
test_pages_have_no_gaps_during_appends(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.callbacks.on_page = check_page;
	open_store(fixture);
	for (unsigned i = 0; i < 500; i++) {
		for (unsigned j = 0; j < i % 10; j++)
			append(fixture, "a", "x");
		store_flush(fixture->store);
		assert_int_equal(
			store_before(fixture->store, "a", UINT64_MAX, 20, PLENTY, i), 0);
		assert_int_equal(store_after(fixture->store, "a", 0, 1, 2, PLENTY, i), 0);
		if (i % 5 == 0)
			store_dispatch(fixture->store, SIZE_MAX);
	}
	wait_appended(fixture, 2250);
	while (fixture->page_count < 1000)
		dispatch_one(fixture);
	assert_int_equal(fixture->appended[2249].id, 2250);
}

static void
test_too_many_entries_under_way_are_refused(void **state)
{
	struct fixture *fixture = *state;
	struct store_entry entry = {
		.room = "a", .type = "message", .tail = "x", .tail_len = 1, .words = ""
	};

	for (int i = 0; i < STORE_WRITES_MAX; i++)
		assert_int_equal(try_append_entry(fixture, &entry), 0);
	assert_int_equal(try_append_entry(fixture, &entry), -EAGAIN);
	store_flush(fixture->store);
	assert_int_equal(try_append_entry(fixture, &entry), -EAGAIN);
	wait_appended(fixture, STORE_WRITES_MAX);
	assert_int_equal(fixture->appended[STORE_WRITES_MAX - 1].id, STORE_WRITES_MAX);
	keep(fixture, "a", "x", STORE_WRITES_MAX + 1);
}

static void
test_too_many_bytes_under_way_are_refused_but_not_one_large_entry(void **state)
{
	struct fixture *fixture = *state;
	char *tail = calloc(1, STORE_WRITE_BYTES_MAX + 1);

	memset(tail, 'x', STORE_WRITE_BYTES_MAX);
	struct store_entry entry = { .room = "a",
		.type = "message",
		.tail = tail,
		.tail_len = STORE_WRITE_BYTES_MAX,
		.words = "" };
	assert_int_equal(try_append_entry(fixture, &entry), 0);
	assert_int_equal(try_append(fixture, "a", "x", NULL, NULL), -EAGAIN);
	assert_int_equal(commit(fixture).error, 0);
	keep(fixture, "a", "x", 2);
	free(tail);
}

static void
test_too_many_reads_under_way_are_refused(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < STORE_READS_MAX; i++)
		assert_int_equal(store_before(fixture->store, "a", 1, 1, 1,
					 ++fixture->last_ticket),
			0);
	assert_int_equal(store_before(fixture->store, "a", 1, 1, 1, 0), -EAGAIN);
	assert_int_equal(store_after(fixture->store, "a", 1, 1, 1, 1, 0), -EAGAIN);
	for (int i = 0; i < STORE_SEARCHES_MAX; i++)
		assert_int_equal(
			store_search(fixture->store, "a", "x", UINT64_MAX, 1, 1, 0), 0);
	assert_int_equal(
		store_search(fixture->store, "a", "x", UINT64_MAX, 1, 1, 0), -EAGAIN);
	while (fixture->page_count < STORE_READS_MAX + STORE_SEARCHES_MAX)
		dispatch_one(fixture);
	assert_all(fixture, "a", "");
}

static void
append_from_callback(struct fixture *fixture, uint64_t ticket)
{
	if (ticket > 5)
		return;
	append(fixture, "a", "again");
	store_flush(fixture->store);
	assert_int_equal(
		store_before(fixture->store, "a", UINT64_MAX, 1, PLENTY, ticket), 0);
}

static void
test_a_callback_may_append_and_read(void **state)
{
	struct fixture *fixture = *state;

	fixture->hook = append_from_callback;
	append(fixture, "a", "x");
	store_flush(fixture->store);
	while (fixture->appended_count < 6 || fixture->page_count < 5)
		dispatch_one(fixture);
	assert_int_equal(fixture->appended[5].id, 6);
}

static void
append_while_closing(struct fixture *fixture, uint64_t ticket)
{
	(void)ticket;
	assert_int_equal(try_append(fixture, "a", "x", NULL, NULL), -EAGAIN);
	assert_int_equal(store_before(fixture->store, "a", 1, 1, 1, 0), -EAGAIN);
}

static void
test_closing_answers_everything_and_refuses_new_requests(void **state)
{
	struct fixture *fixture = *state;

	fixture->hook = append_while_closing;
	for (int i = 0; i < 100; i++) {
		append(fixture, "a", "x");
		if (i == 50)
			store_flush(fixture->store);
		assert_int_equal(
			store_before(fixture->store, "a", UINT64_MAX, 1, PLENTY, 7), 0);
	}
	close_store(fixture);
	assert_int_equal(fixture->appended_count, 100);
	assert_int_equal(fixture->appended[99].error, 0);
	assert_int_equal(fixture->appended[99].id, 100);
	assert_int_equal(fixture->page_count, 100);
	store_close(NULL);
}

static void
test_an_unknown_driver_is_refused(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.driver = "mysql";
	assert_open_fails(fixture, -EINVAL, "no such driver");
}

static void
test_each_history_has_its_own_epoch(void **state)
{
	struct fixture *fixture = *state, *other = fixture_new(fixture->options.driver);
	const char *epoch;

	open_store(other);
	epoch = store_epoch(fixture->store, "a");
	assert_true(strlen(epoch) >= 8 && strlen(epoch) <= STORE_EPOCH_BYTES);
	assert_int_equal(
		strspn(epoch, "abcdefghijklmnopqrstuvwxyz0123456789"), strlen(epoch));
	assert_string_not_equal(epoch, store_epoch(other->store, "a"));
	fixture_free(other);
}

/* As in linnetd: one store on disk and one in memory in one process. */
static void
test_two_open_stores_are_independent(void **state)
{
	struct fixture *fixture = *state, *other = fixture_new("memory");

	open_store(other);
	assert_string_not_equal(
		store_epoch(fixture->store, "a"), store_epoch(other->store, "a"));
	for (uint64_t id = 1; id <= 300; id++) {
		assert_int_equal(try_append(fixture, "a", "mine", "k", NULL), 0);
		append(fixture, "a", "mine");
		append(other, "a", "its");
		store_flush(fixture->store);
		store_flush(other->store);
		if (id % 10 == 0) {
			ask_before(other, "a", UINT64_MAX, 1, PLENTY);
			assert_string_equal(other->page_tails, "its");
			assert_int_equal(strtoull(other->page_ids, NULL, 10), id);
		}
	}
	wait_appended(fixture, 600);
	wait_appended(other, 300);
	assert_int_equal(fixture->appended[599].id, 301);
	assert_int_equal(other->appended[299].id, 300);
	assert_found(fixture, "a", "its", "");
	assert_found(other, "a", "mine", "");
	fixture_free(other);
	keep(fixture, "a", "x", 302);
	keep_keyed(fixture, "a", "k", NULL, 1, true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(test_ids_are_dense_from_1_in_each_room),
		EACH(test_answers_come_in_the_order_of_appends),
		EACH(test_entries_are_stored_only_after_a_flush),
		EACH(test_a_message_is_read_back_unchanged),
		EACH(test_a_note_is_told),
		EACH(test_an_entry_with_a_known_key_is_a_duplicate),
		EACH(test_duplicates_are_found_within_one_transaction),
		EACH(test_store_after_respects_bounds_and_limit),
		EACH(test_store_before_returns_the_newest_messages_oldest_first),
		EACH(test_max_bytes_cuts_a_page_but_leaves_one_message),
		EACH(test_a_room_without_history_has_an_empty_page),
		EACH(test_a_page_has_every_entry_that_was_answered_before),
		CLOSED_EACH(test_pages_have_no_gaps_during_appends),
		EACH(test_too_many_entries_under_way_are_refused),
		EACH(test_too_many_bytes_under_way_are_refused_but_not_one_large_entry),
		EACH(test_too_many_reads_under_way_are_refused),
		EACH(test_a_callback_may_append_and_read),
		EACH(test_closing_answers_everything_and_refuses_new_requests),
		CLOSED_EACH(test_an_unknown_driver_is_refused),
		EACH(test_each_history_has_its_own_epoch),
		EACH(test_two_open_stores_are_independent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
