#include "store_fixture.h"

#include <time.h>

/* Store messages of these texts, with the ids 1, 2, ..., in room a. */
#define store_texts(fixture, ...)                                                        \
	append_all(fixture, (const char *const[]){ __VA_ARGS__, NULL })

static void
append_all(struct fixture *fixture, const char *const *texts)
{
	while (*texts)
		append(fixture, "a", *texts++);
	assert_int_equal(commit(fixture).error, 0);
}

/* A search for query in room a finds the messages with these ids, newest first. */
static void
assert_finds(struct fixture *fixture, const char *query, const char *ids)
{
	assert_found(fixture, "a", query, ids);
}

static void
test_a_search_finds_whole_words_regardless_of_case_and_accents(void **state)
{
	store_texts(*state, "The Disk is full", "disks", "DISK, again: /dev/disk2",
		"Größe café ПРИВЕТ");
	assert_finds(*state, "disk", "3 1");
	assert_finds(*state, "DISK full", "1");
	assert_finds(*state, "full disk", "1");
	assert_finds(*state, "dis", "");
	assert_finds(*state, "groSSe", "");
	assert_finds(*state, "große CAFE привет", "4");
}

static void
test_short_words_are_found(void **state)
{
	store_texts(*state, "x is up", "y is up 5");
	assert_finds(*state, "x", "1");
	assert_finds(*state, "is", "2 1");
	assert_finds(*state, "5", "2");
}

static void
test_text_without_spaces_is_found_by_any_part_of_it(void **state)
{
	store_texts(*state, "服务器的磁盘满了，请处理", "磁带和光盘",
		"ディスクが一杯です", "디스크가 가득 찼습니다", "CPU过热", "𠮷野家");
	assert_finds(*state, "磁盘", "1");
	assert_finds(*state, "磁盘满了", "1");
	assert_finds(*state, "磁", "2 1");
	assert_finds(*state, "盘 磁", "2 1");
	assert_finds(*state, "盘磁", "");
	assert_finds(*state, "磁盘\u3000处理", "1");
	assert_finds(*state, "スク", "3");
	assert_finds(*state, "디스크", "4");
	assert_finds(*state, "過熱", "");
	assert_finds(*state, "cpu过热", "5");
	assert_finds(*state, "cpu", "5");
	assert_finds(*state, "热", "5");
	assert_finds(*state, "𠮷", "6");
}

static void
test_emoji_are_found(void **state)
{
	store_texts(*state, "done😀", "😀😎 🎉", "it is 25°C");
	assert_finds(*state, "😀", "2 1");
	assert_finds(*state, "done", "1");
	assert_finds(*state, "😎", "2");
	assert_finds(*state, "25", "3");
}

static void
test_words_without_a_space_between_are_found_in_that_order(void **state)
{
	store_texts(*state, "the disk-full alarm", "full disk");
	assert_finds(*state, "disk-full", "1");
	assert_finds(*state, "disk full", "2 1");
	assert_finds(*state, "full.disk", "2");
}

static void
test_operators_and_quotes_are_plain_text(void **state)
{
	static const char *const none[] = { "\"", "\"\"", "'", "(", ")", "*", "-", "^",
		":", "{}", "\"a", "a OR", "NOT a", "room:a", "room:in1", "words:b",
		"NEAR(a b)", "in1", "a*", "\\", "%", "a;b", "b + a", "NULL", "a\"b\"c" };

	store_texts(*state, "b c", "b or not c and near words");
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_finds(*state, none[i], "");
	assert_finds(*state, "b OR c", "2");
	assert_finds(*state, "\"b\"", "2 1");
	assert_finds(*state, "b*", "2 1");
	assert_finds(*state, "b - c", "2 1");
	assert_finds(*state, "(b) AND words:", "2");
}

static void
test_a_query_without_a_word_finds_nothing(void **state)
{
	store_texts(*state, "x", "", "...");
	assert_finds(*state, "", "");
	assert_finds(*state, " \t ", "");
	assert_finds(*state, "...", "");
	assert_finds(*state, "!? x", "1");
}

/* Fill query with copies of text, as many as a query may have. */
static const char *
repeat(char *query, const char *text)
{
	size_t len = strlen(text), used = 0;

	for (; used + len <= STORE_QUERY_BYTES; used += len)
		memcpy(query + used, text, len);
	query[used] = '\0';
	return query;
}

static void
test_the_length_of_a_query_is_limited(void **state)
{
	struct fixture *fixture = *state;
	char query[STORE_QUERY_BYTES + 2];

	store_texts(fixture, "x");
	assert_finds(fixture, repeat(query, "x "), "1");
	assert_finds(fixture, repeat(query, "\""), "");
	assert_finds(fixture, repeat(query, " \""), "");
	assert_finds(fixture, repeat(query, "磁"), "");
	repeat(query, "x");
	strcat(query, "x");
	assert_int_equal(
		store_search(fixture->store, "a", query, UINT64_MAX, 1, PLENTY, 0),
		-E2BIG);
}

static void
test_the_number_of_different_words_is_limited(void **state)
{
	struct fixture *fixture = *state;

	store_texts(fixture, "a b c d e f g h i j k l m n o p");
	assert_finds(fixture, "a b c d e f g h i j k l m n o p", "1");
	assert_finds(fixture, "a b c d e f g h i j k l m n o p A b C p", "1");
	assert_int_equal(
		store_search(fixture->store, "a", "a b c d e f g h i j k l m n o p q",
			UINT64_MAX, 1, PLENTY, 0),
		-E2BIG);
}

/* Store count messages, a multiple of 100, of 16 KB: "a b a b ... z". */
static void
keep_long(struct fixture *fixture, unsigned count)
{
	char words[16001];

	for (size_t i = 0; i < sizeof(words); i += 2)
		memcpy(words + i, i % 4 ? "b " : "a ", i + 1 < sizeof(words) ? 2 : 1);
	memcpy(words + sizeof(words) - 3, " z", 3);
	for (unsigned i = 0; i < count; i++) {
		struct store_entry entry = {
			.room = "a",
			.type = "message",
			.tail = "x",
			.tail_len = 1,
			.words = words,
		};
		assert_int_equal(try_append_entry(fixture, &entry), 0);
		if (i % 100 == 99)
			commit(fixture);
	}
}

/* The most expensive queries that were found: a long phrase that is nearly everywhere,
 * for the index, and phrases at the ends of the messages, for the memory driver. */
static const char *
worst_query(const struct fixture *fixture, char *query)
{
	size_t used = 0;

	if (!strcmp(fixture->options.driver, "sqlite")) {
		repeat(query, "a-b-");
		strcpy(query + 252, "b");
		return query;
	}
	for (int i = 0; i < 15; i++) {
		for (int k = i; k > 0; k--)
			used += (size_t)sprintf(query + used, "%s", k % 2 ? "a-" : "b-");
		used += (size_t)sprintf(query + used, "z ");
	}
	strcpy(query + used, "y");
	return query;
}

static int64_t
cpu_ms(void)
{
	return (int64_t)clock() * 1000 / CLOCKS_PER_SEC;
}

static void
test_a_search_over_its_time_says_how_far_it_came(void **state)
{
	struct fixture *fixture = *state;
	char query[STORE_QUERY_BYTES + 1];
	int64_t begin_ms;

	keep_long(fixture, 2000);
	begin_ms = cpu_ms();
	ask_search(fixture, "a", worst_query(fixture, query), 5);
	assert_true(cpu_ms() - begin_ms < 3 * STORE_SEARCH_MS);
	assert_page(fixture, "");
	assert_in_range(fixture->page_searched_from, 2, 2001);
	/* What is found is the newest, and a search that is done says nothing. */
	ask_search(fixture, "a", "z", 5);
	assert_page(fixture, "2000 1999 1998 1997 1996 ...");
	assert_int_equal(fixture->page_searched_from, 0);
	ask_search(fixture, "a", "y", 5);
	assert_page(fixture, "");
	assert_int_equal(fixture->page_searched_from, 0);
}

static void
test_a_page_passes_searches_that_were_asked_for_before(void **state)
{
	struct fixture *fixture = *state;
	char query[STORE_QUERY_BYTES + 1];

	keep_long(fixture, 600);
	worst_query(fixture, query);
	for (int i = 0; i < 6; i++)
		assert_int_equal(store_search(fixture->store, "a", query, UINT64_MAX, 5,
					 PLENTY, ++fixture->last_ticket),
			0);
	assert_int_equal(store_before(fixture->store, "a", 3, 5, PLENTY, 77777), 0);
	fixture->first_page_ticket = 0;
	fixture->page_count = 0;
	while (fixture->page_count < 7)
		dispatch_one(fixture);
	assert_int_equal(fixture->first_page_ticket, 77777);
}

static void
test_the_memory_driver_searches_in_small_steps(void **state)
{
	struct fixture *fixture = *state;
	char query[STORE_QUERY_BYTES + 1];
	int64_t longest_ms = 0;

	keep_long(fixture, 2000);
	fixture->page_count = 0;
	assert_int_equal(store_search(fixture->store, "a", worst_query(fixture, query),
				 UINT64_MAX, 5, PLENTY, ++fixture->last_ticket),
		0);
	while (!fixture->page_count) {
		int64_t begin_ms = cpu_ms();

		dispatch_one(fixture);
		if (cpu_ms() - begin_ms > longest_ms)
			longest_ms = cpu_ms() - begin_ms;
	}
	assert_true(longest_ms < 30);
}

static void
test_messages_may_be_deleted_under_a_search(void **state)
{
	struct fixture *fixture = *state;
	char query[STORE_QUERY_BYTES + 1];

	fixture->options.keep.messages = 100;
	reopen_store(fixture);
	keep_long(fixture, 100);
	fixture->page_count = 0;
	for (int i = 0; i < 20; i++)
		assert_int_equal(
			store_search(fixture->store, "a", worst_query(fixture, query),
				UINT64_MAX, 5, PLENTY, ++fixture->last_ticket),
			0);
	store_dispatch(fixture->store, SIZE_MAX);
	keep_many(fixture, "a", 100);
	while (fixture->page_count < 20)
		dispatch_one(fixture);
	assert_page(fixture, "");
}

static void
test_a_store_closes_in_the_middle_of_searches(void **state)
{
	struct fixture *fixture = *state;
	char query[STORE_QUERY_BYTES + 1];
	int64_t begin_ms;

	keep_long(fixture, 600);
	worst_query(fixture, query);
	fixture->page_count = 0;
	for (int i = 0; i < STORE_SEARCHES_MAX; i++)
		assert_int_equal(store_search(fixture->store, "a", query, UINT64_MAX, 5,
					 PLENTY, 1),
			0);
	begin_ms = cpu_ms();
	close_store(fixture);
	assert_int_equal(fixture->page_count, STORE_SEARCHES_MAX);
	assert_true(cpu_ms() - begin_ms < 5 * STORE_SEARCH_MS);
	open_store(fixture);
}

static void
test_the_newest_messages_are_found_first_within_the_limit(void **state)
{
	struct fixture *fixture = *state;

	for (uint64_t id = 1; id <= 9; id++) {
		append(fixture, "b", "x");
		keep(fixture, "a", id % 2 ? "x" : "y", id);
	}
	ask_search(fixture, "a", "x", 3);
	assert_page(fixture, "9 7 5 ...");
	ask_search(fixture, "a", "x", 5);
	assert_page(fixture, "9 7 5 3 1");
	ask_search(fixture, "a", "x", 0);
	assert_page(fixture, "...");
	ask_search(fixture, "a", "y x", 5);
	assert_page(fixture, "");
}

static void
test_a_search_finds_messages_of_its_room_only(void **state)
{
	store_texts(*state, "disk");
	keep(*state, "b", "disk", 1);
	keep(*state, "b", "full", 2);
	assert_found(*state, "a", "disk", "1");
	assert_found(*state, "a", "full", "");
	assert_found(*state, "b", "disk full", "");
	assert_found(*state, "c", "disk", "");
}

/* The index has rows of the room's word "in1"; a query must not match it. */
static void
test_the_number_of_a_room_is_not_found(void **state)
{
	store_texts(*state, "one");
	keep(*state, "b", "in1 room 2", 1);
	assert_found(*state, "a", "in1", "");
	assert_found(*state, "a", "2", "");
	assert_found(*state, "b", "in1", "1");
}

static void
test_bytes_that_are_not_utf_8_do_no_harm(void **state)
{
	struct fixture *fixture = *state;

	store_texts(fixture, "one \xff\xfe two \xe7\xa3");
	assert_finds(fixture, "two", "1");
	ask_search(fixture, "a", "\xff \xe7", 5);
	assert_int_equal(fixture->page_error, 0);
}

/* Make a random text of pieces from a list that has every kind of character. */
static void
make_text(unsigned *seed, char *text)
{
	static const char *const pieces[] = { "a", "b", "A", "ab", " ", " ", " ", "-",
		"\"", "磁", "盘", "か", "한", "。", "，", "\u3000", "😀", "👍🏽", "é",
		"É", "e\u0301", "ß", "ı", "Ω", "1", "½", "①", "°", "™", "ﬁ", "\u200d",
		"\ufe0f", "न", "म\u094d", "ไ", "\x80", "\t", "_", "'", "*", "ａ", "ｶ",
		"\U000e0041", "\ue000" };

	*text = '\0';
	for (int left = rand_r(seed) % 6; left >= 0; left--)
		strcat(text, pieces[(size_t)rand_r(seed) % (ARRAY_SIZE(pieces))]);
}

static void
test_both_drivers_find_the_same(void **state)
{
	struct fixture *fixture = *state, *other = fixture_new("memory");
	unsigned seed = 1;
	char text[100];
	size_t found = 0;

	open_store(other);
	for (int i = 0; i < 500; i++) {
		make_text(&seed, text);
		append(fixture, "a", text);
		append(other, "a", text);
	}
	commit(fixture);
	commit(other);
	for (int i = 0; i < 1500; i++) {
		make_text(&seed, text);
		ask_search(other, "a", text, 1000);
		assert_found(fixture, "a", text, other->page_ids);
		found += *other->page_ids != '\0';
	}
	assert_true(found > 100);
	fixture_free(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(test_a_search_finds_whole_words_regardless_of_case_and_accents),
		EACH(test_short_words_are_found),
		EACH(test_text_without_spaces_is_found_by_any_part_of_it),
		EACH(test_emoji_are_found),
		EACH(test_words_without_a_space_between_are_found_in_that_order),
		EACH(test_operators_and_quotes_are_plain_text),
		EACH(test_a_query_without_a_word_finds_nothing),
		EACH(test_the_length_of_a_query_is_limited),
		EACH(test_the_number_of_different_words_is_limited),
		BOTH(test_a_search_over_its_time_says_how_far_it_came),
		EACH(test_a_page_passes_searches_that_were_asked_for_before),
		MEMORY(test_the_memory_driver_searches_in_small_steps),
		MEMORY(test_messages_may_be_deleted_under_a_search),
		EACH(test_a_store_closes_in_the_middle_of_searches),
		EACH(test_the_newest_messages_are_found_first_within_the_limit),
		EACH(test_a_search_finds_messages_of_its_room_only),
		EACH(test_the_number_of_a_room_is_not_found),
		EACH(test_bytes_that_are_not_utf_8_do_no_harm),
		SQLITE(test_both_drivers_find_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
