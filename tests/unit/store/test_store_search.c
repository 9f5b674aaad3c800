#include "store_fixture.h"

static void
test_words_are_whole_and_regardless_of_case_and_accents(void **state)
{
	struct fixture *fixture = *state;

	open_store(fixture);
	keep(fixture, "a", "The Disk is full", 1);
	keep(fixture, "a", "disks", 2);
	keep(fixture, "a", "DISK, again: /dev/disk2", 3);
	keep(fixture, "a", "Größe café ПРИВЕТ", 4);
	assert_found(fixture, "a", "disk", "3 1");
	assert_found(fixture, "a", "DISK full", "1");
	assert_found(fixture, "a", "full disk", "1");
	assert_found(fixture, "a", "dis", "");
	assert_found(fixture, "a", "groSSe", "");
	assert_found(fixture, "a", "große CAFE привет", "4");
	assert_found(fixture, "b", "disk", "");
}

static void
test_short_words_are_found(void **state)
{
	struct fixture *fixture = *state;

	open_store(fixture);
	keep(fixture, "a", "x is up", 1);
	keep(fixture, "a", "y is up 5", 2);
	assert_found(fixture, "a", "x", "1");
	assert_found(fixture, "a", "is", "2 1");
	assert_found(fixture, "a", "5", "2");
}

static void
test_text_without_spaces_is_found_by_any_part_of_it(void **state)
{
	struct fixture *fixture = *state;

	open_store(fixture);
	keep(fixture, "a", "服务器的磁盘满了，请处理", 1);
	keep(fixture, "a", "磁带和光盘", 2);
	keep(fixture, "a", "ディスクが一杯です", 3);
	keep(fixture, "a", "디스크가 가득 찼습니다", 4);
	keep(fixture, "a", "CPU过热", 5);
	keep(fixture, "a", "𠮷野家", 6);
	assert_found(fixture, "a", "磁盘", "1");
	assert_found(fixture, "a", "磁盘满了", "1");
	assert_found(fixture, "a", "磁", "2 1");
	assert_found(fixture, "a", "盘 磁", "2 1");
	assert_found(fixture, "a", "盘磁", "");
	assert_found(fixture, "a", "磁盘\u3000处理", "1");
	assert_found(fixture, "a", "スク", "3");
	assert_found(fixture, "a", "디스크", "4");
	assert_found(fixture, "a", "過熱", "");
	assert_found(fixture, "a", "cpu过热", "5");
	assert_found(fixture, "a", "cpu", "5");
	assert_found(fixture, "a", "热", "5");
	assert_found(fixture, "a", "𠮷", "6");
}

static void
test_emoji_are_found(void **state)
{
	struct fixture *fixture = *state;

	open_store(fixture);
	keep(fixture, "a", "done😀", 1);
	keep(fixture, "a", "😀😎 🎉", 2);
	keep(fixture, "a", "it is 25°C", 3);
	assert_found(fixture, "a", "😀", "2 1");
	assert_found(fixture, "a", "done", "1");
	assert_found(fixture, "a", "😎", "2");
	assert_found(fixture, "a", "25", "3");
}

static void
test_what_stands_together_is_found_in_that_order(void **state)
{
	struct fixture *fixture = *state;

	open_store(fixture);
	keep(fixture, "a", "the disk-full alarm", 1);
	keep(fixture, "a", "full disk", 2);
	assert_found(fixture, "a", "disk-full", "1");
	assert_found(fixture, "a", "disk full", "2 1");
	assert_found(fixture, "a", "full.disk", "2");
}

static void
test_operators_and_quotes_are_only_text(void **state)
{
	struct fixture *fixture = *state;
	static const char *const none[] = { "\"", "\"\"", "'", "(", ")", "*", "-", "^",
		":", "{}", "\"a", "a OR", "NOT a", "room:a", "room:in1", "words:b",
		"NEAR(a b)", "in1", "a*", "\\", "%", "a;b", "b + a", "NULL", "a\"b\"c" };

	open_store(fixture);
	keep(fixture, "a", "b c", 1);
	keep(fixture, "a", "b or not c and near words", 2);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_found(fixture, "a", none[i], "");
	assert_found(fixture, "a", "b OR c", "2");
	assert_found(fixture, "a", "\"b\"", "2 1");
	assert_found(fixture, "a", "b*", "2 1");
	assert_found(fixture, "a", "b - c", "2 1");
	assert_found(fixture, "a", "(b) AND words:", "2");
}

static void
test_a_query_without_a_word_finds_nothing(void **state)
{
	struct fixture *fixture = *state;

	open_store(fixture);
	keep(fixture, "a", "x", 1);
	keep(fixture, "a", "", 2);
	keep(fixture, "a", "...", 3);
	assert_found(fixture, "a", "", "");
	assert_found(fixture, "a", " \t ", "");
	assert_found(fixture, "a", "...", "");
	assert_found(fixture, "a", "!? x", "1");
}

static void
test_long_queries_have_a_limit(void **state)
{
	struct fixture *fixture = *state;
	char query[STORE_QUERY_BYTES + 2];

	open_store(fixture);
	keep(fixture, "a", "x", 1);
	for (size_t i = 0; i < STORE_QUERY_BYTES; i++)
		query[i] = i % 2 ? ' ' : 'x';
	query[STORE_QUERY_BYTES] = '\0';
	assert_found(fixture, "a", query, "1");
	memset(query, '"', STORE_QUERY_BYTES);
	assert_found(fixture, "a", query, "");
	for (size_t i = 0; i < STORE_QUERY_BYTES; i += 2)
		query[i] = ' ';
	assert_found(fixture, "a", query, "");
	memset(query, 0, sizeof(query));
	for (size_t i = 0; i + 3 <= STORE_QUERY_BYTES; i += 3)
		memcpy(query + i, "磁", 3);
	assert_found(fixture, "a", query, "");
	memset(query, 'x', STORE_QUERY_BYTES + 1);
	query[STORE_QUERY_BYTES + 1] = '\0';
	assert_int_equal(store_search(fixture->store, "a", query, 1, PLENTY, 0), -E2BIG);
}

static void
test_the_newest_are_found_first_within_the_limit(void **state)
{
	struct fixture *fixture = *state;

	open_store(fixture);
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
test_a_room_is_not_found_by_its_number(void **state)
{
	struct fixture *fixture = *state;

	open_store(fixture);
	keep(fixture, "a", "one", 1);
	keep(fixture, "b", "in1 room 2", 1);
	assert_found(fixture, "a", "in1", "");
	assert_found(fixture, "a", "2", "");
	assert_found(fixture, "b", "in1", "1");
}

static void
test_bytes_that_are_not_utf_8_do_no_harm(void **state)
{
	struct fixture *fixture = *state;

	open_store(fixture);
	keep(fixture, "a", "one \xff\xfe two \xe7\xa3", 1);
	assert_found(fixture, "a", "two", "1");
	ask_search(fixture, "a", "\xff \xe7", 5);
	assert_int_equal(fixture->page_error, 0);
}

/* A text of some pieces, from a list that has every kind of character. */
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
		strcat(text, pieces[(size_t)rand_r(seed) %
				     (sizeof(pieces) / sizeof(pieces[0]))]);
}

static void
test_both_drivers_find_the_same(void **state)
{
	struct fixture *fixture = *state, *other = fixture_new("memory");
	unsigned seed = 1;
	char text[100];
	size_t found = 0;

	open_store(fixture);
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
		BOTH(test_words_are_whole_and_regardless_of_case_and_accents),
		BOTH(test_short_words_are_found),
		BOTH(test_text_without_spaces_is_found_by_any_part_of_it),
		BOTH(test_emoji_are_found),
		BOTH(test_what_stands_together_is_found_in_that_order),
		BOTH(test_operators_and_quotes_are_only_text),
		BOTH(test_a_query_without_a_word_finds_nothing),
		BOTH(test_long_queries_have_a_limit),
		BOTH(test_the_newest_are_found_first_within_the_limit),
		BOTH(test_a_room_is_not_found_by_its_number),
		BOTH(test_bytes_that_are_not_utf_8_do_no_harm),
		SQLITE(test_both_drivers_find_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
