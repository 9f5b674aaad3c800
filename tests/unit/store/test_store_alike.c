/* Whatever is said, edited, reacted to and deleted: all drivers answer the same. */
#include "store_fixture.h"

#define STEPS 3000

/* A driver that keeps what it has, the driver memory, and a source of numbers. memory is
 * NULL in the test of sqlite alone. */
struct pair {
	struct fixture *file, *memory;
	uint32_t seed;
	uint64_t last_id;
};

static const char *const names[] = { "ann", "Ann", "bob", "annabel" };
static const char *const words[] = { "disk", "full", "caf\303\251",
	"\346\236\204\345\273\272" };
static const char *const emoji[] = { "\360\237\221\215", "x", "y" };

/* A number below count. */
static unsigned
draw(struct pair *pair, unsigned count)
{
	pair->seed = pair->seed * 1664525 + 1013904223;
	return (unsigned)((uint64_t)pair->seed * count >> 32);
}

static const unsigned char *
draw_author(struct pair *pair)
{
	static const unsigned char authors[2][STORE_AUTHOR_BYTES] = { "one", "two" };
	unsigned i = draw(pair, 3);

	return i < 2 ? authors[i] : NULL;
}

/* One of the last ids, or one that is none. */
static uint64_t
draw_id(struct pair *pair)
{
	uint64_t back = draw(pair, 40);

	return back <= pair->last_id + 1 ? pair->last_id + 1 - back : 0;
}

static void
append_both(struct pair *pair, const struct store_entry *entry)
{
	struct appended file, memory;

	pair->file->change[0] = '\0';
	assert_int_equal(try_append_entry(pair->file, entry), 0);
	file = commit(pair->file);
	if (file.id > pair->last_id)
		pair->last_id = file.id;
	if (!pair->memory)
		return;
	pair->memory->change[0] = '\0';
	assert_int_equal(try_append_entry(pair->memory, entry), 0);
	memory = commit(pair->memory);
	assert_int_equal(file.error, memory.error);
	assert_int_equal(file.id, memory.id);
	assert_int_equal(file.ts_ms, memory.ts_ms);
	assert_int_equal(file.is_duplicate, memory.is_duplicate);
	assert_int_equal(file.deleted, memory.deleted);
	assert_string_equal(pair->file->change, pair->memory->change);
}

static void
say(struct pair *pair, int64_t ts_ms)
{
	static const char *const types[] = { "message", "message", "alarm", "edit" };
	const char *name = names[draw(pair, ARRAY_SIZE(names))];
	const char *word = words[draw(pair, ARRAY_SIZE(words))];
	char tail[200], text[100], key[20];

	snprintf(tail, sizeof(tail),
		"\"ts\":%" PRId64 ",\"username\":\"%s\",\"message\":\"%s %u\"}", ts_ms,
		name, word, draw(pair, 10));
	snprintf(text, sizeof(text), "%s %s", name, word);
	snprintf(key, sizeof(key), "k%u", draw(pair, 200));
	append_both(pair, &(struct store_entry){ .room = "a",
				  .type = types[draw(pair, ARRAY_SIZE(types))],
				  .ts_ms = ts_ms,
				  .tail = tail,
				  .tail_len = strlen(tail),
				  .words = text,
				  .author = draw_author(pair),
				  .keys = { draw(pair, 2) ? key : NULL } });
}

/* Make a change of the drawn name and author. */
static void
change(struct pair *pair, int64_t ts_ms, const struct store_change *what)
{
	char tail[100], key[20];

	snprintf(tail, sizeof(tail), "\"ts\":%" PRId64 ",\"username\":\"%s\"", ts_ms,
		what->name ? what->name : names[draw(pair, ARRAY_SIZE(names))]);
	snprintf(key, sizeof(key), "k%u", draw(pair, 200));
	append_both(pair, &(struct store_entry){ .room = "a",
				  .type = "change",
				  .ts_ms = ts_ms,
				  .tail = tail,
				  .tail_len = strlen(tail),
				  .words = "",
				  .author = draw_author(pair),
				  .keys = { draw(pair, 2) ? NULL : key },
				  .change = *what });
}

static void
edit(struct pair *pair, int64_t ts_ms)
{
	uint64_t of = draw_id(pair);

	change(pair, ts_ms,
		&(struct store_change){ .kind = STORE_EDIT,
			.of = &of,
			.count = 1,
			.text = words[draw(pair, ARRAY_SIZE(words))] });
}

static void
react(struct pair *pair, int64_t ts_ms)
{
	uint64_t of = draw_id(pair);

	change(pair, ts_ms,
		&(struct store_change){ .kind = STORE_REACT,
			.of = &of,
			.count = 1,
			.emoji = emoji[draw(pair, ARRAY_SIZE(emoji))],
			.name = names[draw(pair, ARRAY_SIZE(names))],
			.is_on = draw(pair, 3) });
}

static void
erase(struct pair *pair, int64_t ts_ms)
{
	uint64_t of[] = { draw_id(pair), draw_id(pair) };

	change(pair, ts_ms,
		&(struct store_change){ .kind = STORE_DELETE,
			.of = of,
			.count = 1 + draw(pair, 2),
			.is_admin = draw(pair, 2) });
}

/* What name has said from after on is the same in both. */
static void
find_said(struct pair *pair, const char *name)
{
	struct fixture *both[] = { pair->file, pair->memory };

	for (size_t i = 0; i < ARRAY_SIZE(both) && both[i]; i++) {
		assert_int_equal(
			store_said(both[i]->store, "a", name, 0, ++both[i]->last_ticket),
			0);
		wait_page(both[i]);
	}
	if (pair->memory)
		assert_string_equal(pair->file->page_ids, pair->memory->page_ids);
}

static void
forget(struct pair *pair, int64_t ts_ms)
{
	uint64_t of[STORE_DELETE_MAX];
	size_t count = 0;
	char *next;

	find_said(pair, "ann");
	next = pair->file->page_ids;
	while (*next >= '0' && *next <= '9') {
		of[count++] = strtoull(next, &next, 10);
		next += *next == ' ';
	}
	change(pair, ts_ms,
		&(struct store_change){ .kind = STORE_DELETE,
			.of = of,
			.count = count,
			.is_admin = true,
			.forgotten = "ann" });
}

static void
assert_same_page(const struct pair *pair)
{
	assert_int_equal(pair->file->page_error, 0);
	assert_string_equal(pair->file->page_ids, pair->memory->page_ids);
	assert_string_equal(pair->file->page_tails, pair->memory->page_tails);
	assert_int_equal(pair->file->page_first_id, pair->memory->page_first_id);
}

static void
compare(struct pair *pair)
{
	struct fixture *both[] = { pair->file, pair->memory };
	uint64_t id = draw_id(pair);
	const char *word = words[draw(pair, ARRAY_SIZE(words))];

	for (size_t i = 0; i < ARRAY_SIZE(both); i++)
		ask_after(both[i], "a", id, UINT64_MAX, 20, PLENTY);
	assert_same_page(pair);
	for (size_t i = 0; i < ARRAY_SIZE(both); i++)
		ask_before(both[i], "a", id, 20, PLENTY);
	assert_same_page(pair);
	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		assert_int_equal(store_newer(both[i]->store, "a", id / 2, 20, PLENTY,
					 ++both[i]->last_ticket),
			0);
		wait_page(both[i]);
	}
	assert_same_page(pair);
	find_said(pair, "bob");
	for (size_t i = 0; i < ARRAY_SIZE(both); i++)
		ask_search(both[i], "a", word, 20);
	assert_same_page(pair);
}

static void
step(struct pair *pair, int64_t ts_ms)
{
	unsigned what = draw(pair, 1000);

	if (what < 350)
		say(pair, ts_ms);
	else if (what < 550)
		edit(pair, ts_ms);
	else if (what < 900)
		react(pair, ts_ms);
	else if (what < 990)
		erase(pair, ts_ms);
	else if (what < 998)
		forget(pair, ts_ms);
	else
		change(pair, ts_ms,
			&(struct store_change){
				.kind = STORE_DELETE, .whole_room = true });
}

/* The closed file knows how much it has. */
static void
assert_sums(const struct fixture *fixture)
{
	run_sql(fixture->path,
		"INSERT INTO search(search) VALUES('integrity-check');"
		"CREATE TABLE check_1(x CHECK(x)); INSERT INTO check_1 SELECT"
		" messages = (SELECT count(*) FROM message WHERE id > gone_id"
		"	AND kind NOT IN (1, 3, 4))"
		" AND changes = (SELECT count(*) FROM message WHERE id > gone_id"
		"	AND kind IN (1, 3, 4))"
		" AND bytes = (SELECT ifnull(sum(length(CAST(tail AS BLOB)) +"
		"	length(CAST(words AS BLOB))), 0) FROM message WHERE id > gone_id)"
		"	+ 100 * (SELECT count(*) FROM reaction WHERE target > gone_id)"
		" AND lost_id >= gone_id AND last_id - lost_id ="
		"	(SELECT count(*) FROM message WHERE id > lost_id)"
		" AND changes = (SELECT count(*) FROM change WHERE id > gone_id)"
		" FROM room; INSERT INTO check_1 SELECT NOT EXISTS(SELECT id FROM change"
		"	EXCEPT SELECT id FROM message WHERE kind IN (1, 3, 4));"
		" INSERT INTO check_1 SELECT NOT EXISTS(SELECT 1 FROM reaction"
		" WHERE target NOT IN (SELECT id FROM message WHERE kind = 0));"
		" DROP TABLE check_1");
}

static void
test_a_driver_answers_as_memory_does(void **state)
{
	struct pair pair = { .file = *state, .memory = fixture_new("memory"), .seed = 1 };

	open_store(pair.memory);
	for (int64_t ts_ms = 1; ts_ms <= STEPS; ts_ms++) {
		step(&pair, ts_ms);
		if (ts_ms % 10 == 0)
			compare(&pair);
		if (ts_ms % 500 == 0)
			reopen_store(pair.file);
	}
	fixture_free(pair.memory);
	close_store(pair.file);
	if (!is_redis(pair.file))
		assert_sums(pair.file);
}

static void
test_a_file_that_is_trimmed_knows_what_it_has(void **state)
{
	struct pair pair = { .file = *state, .seed = 2 };

	pair.file->options.keep.messages = 20;
	open_store(pair.file);
	for (int64_t ts_ms = 1; ts_ms <= STEPS; ts_ms++) {
		step(&pair, ts_ms);
		if (ts_ms % 500)
			continue;
		close_store(pair.file);
		assert_sums(pair.file);
		open_store(pair.file);
	}
	assert_true(pair.file->appended_count == STEPS);
	find_said(&pair, "ann");
	assert_true(pair.file->page_first_id > 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KEPT(test_a_driver_answers_as_memory_does),
		CLOSED_SQLITE(test_a_file_that_is_trimmed_knows_what_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
