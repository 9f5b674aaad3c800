#include "store_fixture.h"

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
	assert_int_equal(store_search(fixture->store, "a", query, 1, PLENTY, 0), -E2BIG);
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
		BOTH(test_a_search_finds_whole_words_regardless_of_case_and_accents),
		BOTH(test_short_words_are_found),
		BOTH(test_text_without_spaces_is_found_by_any_part_of_it),
		BOTH(test_emoji_are_found),
		BOTH(test_words_without_a_space_between_are_found_in_that_order),
		BOTH(test_operators_and_quotes_are_plain_text),
		BOTH(test_a_query_without_a_word_finds_nothing),
		BOTH(test_the_length_of_a_query_is_limited),
		BOTH(test_the_newest_messages_are_found_first_within_the_limit),
		BOTH(test_a_search_finds_messages_of_its_room_only),
		BOTH(test_the_number_of_a_room_is_not_found),
		BOTH(test_bytes_that_are_not_utf_8_do_no_harm),
		SQLITE(test_both_drivers_find_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
