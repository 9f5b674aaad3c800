/* Edits, reactions and deletions by authors, in all drivers. */
#include <time.h>

#include "store_fixture.h"

#define TAIL "\"ts\":5,\"username\":\"ann\""

static const unsigned char ann[STORE_AUTHOR_BYTES] = "ann's token";
static const unsigned char bob[STORE_AUTHOR_BYTES] = "bob's token";

/* Append what name says; author and key may be NULL. Returns the answer. */
static struct appended
say(struct fixture *fixture, const char *type, const char *name, const char *text,
	const unsigned char *author, const char *key)
{
	char tail[400], words[400];

	snprintf(tail, sizeof(tail),
		"\"ts\":7,\"username\":\"%s\",\"message\":\"%s\",\"x\":0.1}", name, text);
	snprintf(words, sizeof(words), "%s %s", name, text);
	assert_int_equal(try_append_entry(fixture,
				 &(struct store_entry){
					 .room = "a",
					 .type = type,
					 .ts_ms = 7,
					 .tail = tail,
					 .tail_len = strlen(tail),
					 .words = words,
					 .author = author,
					 .keys = { key },
				 }),
		0);
	return commit(fixture);
}

static struct appended
change_at(struct fixture *fixture, const char *room, const struct store_change *change,
	const unsigned char *author, const char *key, int64_t ts_ms)
{
	static const char *const types[] = {
		[STORE_DELETE] = "delete",
		[STORE_EDIT] = "edit",
		[STORE_REACT] = "react",
	};

	fixture->change[0] = '\0';
	assert_int_equal(try_append_entry(fixture,
				 &(struct store_entry){
					 .room = room,
					 .type = types[change->kind],
					 .ts_ms = ts_ms,
					 .tail = TAIL,
					 .tail_len = strlen(TAIL),
					 .words = "",
					 .author = author,
					 .keys = { key },
					 .change = *change,
				 }),
		0);
	return commit(fixture);
}

static struct appended
edit(struct fixture *fixture, uint64_t of, const char *text, const unsigned char *author)
{
	return change_at(fixture, "a",
		&(struct store_change){
			.kind = STORE_EDIT, .of = &of, .count = 1, .text = text },
		author, NULL, 1000 + (int64_t)fixture->last_ticket);
}

static struct appended
unsay(struct fixture *fixture, uint64_t of, const unsigned char *author)
{
	return change_at(fixture, "a",
		&(struct store_change){ .kind = STORE_DELETE, .of = &of, .count = 1 },
		author, NULL, 5);
}

static struct appended
react_as(struct fixture *fixture, uint64_t of, const char *emoji, const char *name,
	bool is_on, const char *key)
{
	return change_at(fixture, "a",
		&(struct store_change){ .kind = STORE_REACT,
			.of = &of,
			.count = 1,
			.emoji = emoji,
			.name = name,
			.is_on = is_on },
		NULL, key, 8);
}

static void
react(struct fixture *fixture, uint64_t of, const char *emoji, const char *name,
	bool is_on)
{
	struct appended answer = react_as(fixture, of, emoji, name, is_on, NULL);

	assert_int_equal(answer.error, 0);
	assert_false(answer.is_duplicate);
}

/* The whole history of room a, as messages are now, is like this. */
static void
assert_history(struct fixture *fixture, const char *tails)
{
	ask_before(fixture, "a", UINT64_MAX, 1000, PLENTY);
	assert_string_equal(fixture->page_tails, tails);
}

static void
assert_entries(struct fixture *fixture, uint64_t after, const char *tails)
{
	ask_after(fixture, "a", after, UINT64_MAX, 1000, PLENTY);
	assert_string_equal(fixture->page_tails, tails);
}

/* What is kept is still so after the store was closed. */
static void
reopen_if_kept(struct fixture *fixture)
{
	if (strcmp(fixture->options.driver, "memory") != 0)
		reopen_store(fixture);
}

static void
test_an_edit_replaces_the_text_and_nothing_else(void **state)
{
	struct fixture *fixture = *state;
	char now[200];
	int64_t ts_ms;

	say(fixture, "message", "ann", "oldword", ann, NULL);
	say(fixture, "message", "bob", "two", bob, NULL);
	assert_int_equal(edit(fixture, 1, "first \\\"try\\\"", ann).id, 3);
	ts_ms = fixture->appended[fixture->appended_count - 1].ts_ms;
	assert_string_equal(fixture->change,
		TAIL ",\"of\":1,\"message\":\"first \\\\\\\"try\\\\\\\"\"}");
	assert_int_equal(edit(fixture, 1, "newword", ann).id, 4);
	ts_ms = 1000 + (int64_t)fixture->last_ticket - 1;
	reopen_if_kept(fixture);
	snprintf(now, sizeof(now),
		"\"ts\":7,\"username\":\"ann\",\"message\":\"newword\",\"x\":0.1,"
		"\"edited\":%" PRId64 "}|"
		"\"ts\":7,\"username\":\"bob\",\"message\":\"two\",\"x\":0.1}",
		ts_ms);
	assert_history(fixture, now);
	/* Each edit has the text of now. */
	assert_entries(fixture, 2,
		TAIL ",\"of\":1,\"message\":\"newword\"}|" TAIL
		     ",\"of\":1,\"message\":\"newword\"}");
	assert_found(fixture, "a", "newword", "1");
	assert_found(fixture, "a", "ann", "1");
	assert_found(fixture, "a", "oldword", "");
	assert_found(fixture, "a", "try", "");
}

/* Append a change without waiting for its answer. */
static void
append_change(struct fixture *fixture, const struct store_change *change)
{
	assert_int_equal(try_append_entry(fixture,
				 &(struct store_entry){
					 .room = "a",
					 .type = "change",
					 .ts_ms = 8,
					 .tail = TAIL,
					 .tail_len = strlen(TAIL),
					 .words = "",
					 .author = ann,
					 .change = *change,
				 }),
		0);
}

static void
test_edits_of_a_message_with_many_reactions_are_read_quickly(void **state)
{
	struct fixture *fixture = *state;
	const uint64_t of = 1;
	clock_t begin, written;

	say(fixture, "message", "ann", "one", ann, NULL);
	for (int i = 0; i < 1000; i++) {
		char emoji[20], name[40];
		snprintf(emoji, sizeof(emoji), "e%d", i / 50);
		snprintf(name, sizeof(name), "%032d", i);
		append_change(fixture, &(struct store_change){ .kind = STORE_REACT,
					       .of = &of,
					       .count = 1,
					       .emoji = emoji,
					       .name = name,
					       .is_on = true });
	}
	assert_int_equal(commit(fixture).error, 0);
	begin = clock();
	for (int i = 0; i < 200; i++)
		append_change(fixture, &(struct store_change){ .kind = STORE_EDIT,
					       .of = &of,
					       .count = 1,
					       .text = "two" });
	assert_int_equal(commit(fixture).id, 1201);
	written = clock();
	ask_after(fixture, "a", 1001, UINT64_MAX, 200, PLENTY);
	assert_true(clock() - written < (written - begin) / 3);
	assert_non_null(strstr(fixture->page_tails, ",\"of\":1,\"message\":\"two\"}|"));
}

/* Clients may have members of any name. */
static void
test_an_edit_finds_the_text_beside_any_members(void **state)
{
	static const char *const tails[] = {
		"\"ts\":7,\"data\":{\"x\":1,\"reactions\":{\"y\":[]}},\"message\":\"m\"}",
		"\"ts\":7,\"x\":1,\"reactions\":{\"y\":[]},\"message\":\"m\"}",
		"\"ts\":7,\"x\":\",\\\"reactions\\\":{\",\"message\":\"m\"}",
	};
	struct fixture *fixture = *state;

	for (uint64_t id = 1; id <= ARRAY_SIZE(tails); id++) {
		assert_int_equal(try_append_entry(fixture,
					 &(struct store_entry){ .room = "a",
						 .type = "message",
						 .ts_ms = 7,
						 .tail = tails[id - 1],
						 .tail_len = strlen(tails[id - 1]),
						 .words = "m",
						 .author = ann }),
			0);
		assert_int_equal(commit(fixture).id, id);
	}
	for (uint64_t id = 1; id <= ARRAY_SIZE(tails); id++) {
		char text[2] = { (char)('0' + id), 0 };
		assert_int_equal(edit(fixture, id, text, ann).error, 0);
	}
	assert_entries(fixture, 3,
		TAIL ",\"of\":1,\"message\":\"1\"}|" TAIL
		     ",\"of\":2,\"message\":\"2\"}|" TAIL ",\"of\":3,\"message\":\"3\"}");
}

static void
test_what_is_no_message_is_no_target(void **state)
{
	struct fixture *fixture = *state;
	static const char no_text[] = "\"ts\":7,\"username\":\"ann\",\"message\":3}";
	static const struct store_entry entry = { .room = "a",
		.type = "cursor",
		.tail = no_text,
		.tail_len = sizeof(no_text) - 1,
		.words = "",
		.author = ann };
	const uint64_t one = 1;

	say(fixture, "message", "ann", "one", ann, NULL);
	say(fixture, "alarm", "ann", "two", ann, NULL);
	say(fixture, "react", "ann", "three", ann, NULL);
	assert_int_equal(try_append_entry(fixture, &entry), 0);
	assert_int_equal(edit(fixture, 1, "uno", ann).id, 5);
	say(fixture, "file", "ann", "six", ann, NULL);
	for (uint64_t of = 2; of <= 5; of++) {
		assert_int_equal(edit(fixture, of, "x", ann).error, -ENOENT);
		assert_int_equal(unsay(fixture, of, ann).error, -ENOENT);
		assert_int_equal(
			react_as(fixture, of, "+", "bob", true, NULL).error, -ENOENT);
	}
	assert_int_equal(edit(fixture, 7, "x", ann).error, -ENOENT);
	assert_int_equal(edit(fixture, UINT64_MAX, "x", ann).error, -ENOENT);
	assert_int_equal(
		change_at(fixture, "nowhere",
			&(struct store_change){
				.kind = STORE_EDIT, .of = &one, .count = 1, .text = "x" },
			ann, NULL, 5)
			.error,
		-ENOENT);
	assert_int_equal(edit(fixture, 6, "other types have a text, too", ann).id, 7);
	assert_int_equal(unsay(fixture, 6, ann).id, 8);
	assert_int_equal(unsay(fixture, 6, ann).error, -ENOENT);
}

static void
test_only_the_author_edits_and_only_an_admin_deletes_for_others(void **state)
{
	struct fixture *fixture = *state;
	const uint64_t both[] = { 1, 2 };

	say(fixture, "message", "ann", "one", ann, NULL);
	say(fixture, "message", "ann", "two", NULL, NULL);
	for (uint64_t of = 1; of <= 2; of++) {
		assert_int_equal(edit(fixture, of, "x", bob).error, -EACCES);
		assert_int_equal(edit(fixture, of, "x", NULL).error, -EACCES);
		assert_int_equal(unsay(fixture, of, bob).error, -EACCES);
		assert_int_equal(unsay(fixture, of, NULL).error, -EACCES);
	}
	assert_int_equal(unsay(fixture, 1, ann).id, 3);
	assert_string_equal(fixture->change, TAIL ",\"of\":1}");
	assert_int_equal(change_at(fixture, "a",
				 &(struct store_change){ .kind = STORE_DELETE,
					 .of = both,
					 .count = 2,
					 .is_admin = true },
				 NULL, NULL, 5)
				 .deleted,
		1);
	assert_history(fixture, "\"ts\":7,\"username\":\"ann\",\"deleted\":true}|"
				"\"ts\":7,\"username\":\"ann\",\"deleted\":true}");
}

static void
test_a_reaction_belongs_to_a_name_and_is_set_once(void **state)
{
	struct fixture *fixture = *state;
	struct appended answer;

	say(fixture, "message", "ann", "one", ann, NULL);
	react(fixture, 1, "👍", "Bob", true);
	assert_string_equal(
		fixture->change, TAIL ",\"of\":1,\"emoji\":\"👍\",\"on\":true}");
	react(fixture, 1, "👍", "ann", true);
	react(fixture, 1, "🎉", "ann", true);
	/* Nothing changes: no entry, and its key is free. */
	answer = react_as(fixture, 1, "👍", "bob", true, "k");
	assert_true(answer.is_duplicate);
	assert_int_equal(answer.id, 2);
	assert_int_equal(answer.ts_ms, 8);
	answer = react_as(fixture, 1, "🎉", "bob", false, "k");
	assert_true(answer.is_duplicate);
	assert_int_equal(answer.id, 0);
	reopen_if_kept(fixture);
	assert_history(fixture,
		"\"ts\":7,\"username\":\"ann\",\"message\":\"one\",\"x\":0.1,"
		"\"reactions\":{\"👍\":[\"Bob\",\"ann\"],\"🎉\":[\"ann\"]}}");
	react(fixture, 1, "👍", "bob", false);
	assert_string_equal(
		fixture->change, TAIL ",\"of\":1,\"emoji\":\"👍\",\"on\":false}");
	answer = react_as(fixture, 1, "👍", "BOB", false, "k");
	assert_true(answer.is_duplicate);
	assert_int_equal(answer.id, 5);
	react(fixture, 1, "🎉", "ann", false);
	react(fixture, 1, "👍", "bob", true);
	assert_history(fixture,
		"\"ts\":7,\"username\":\"ann\",\"message\":\"one\",\"x\":0.1,"
		"\"reactions\":{\"👍\":[\"ann\",\"bob\"]}}");
	react(fixture, 1, "👍", "ann", false);
	react(fixture, 1, "👍", "bob", false);
	assert_history(
		fixture, "\"ts\":7,\"username\":\"ann\",\"message\":\"one\",\"x\":0.1}");
	/* The edit of a message keeps its reactions. */
	react(fixture, 1, "x", "bob", true);
	assert_int_equal(edit(fixture, 1, "uno", ann).error, 0);
	assert_non_null(
		strstr((assert_found(fixture, "a", "uno", "1"), fixture->page_tails),
			"\"reactions\":{\"x\":[\"bob\"]},\"edited\":"));
	assert_int_equal(react_as(fixture, 1, "x", "carl", true, "k").id, 12);
	answer = react_as(fixture, 1, "y", "carl", true, "k");
	assert_true(answer.is_duplicate);
	assert_int_equal(answer.id, 12);
}

static void
test_a_message_has_twenty_emoji_at_most(void **state)
{
	struct fixture *fixture = *state;
	char emoji[] = "a";

	say(fixture, "message", "ann", "one", ann, NULL);
	for (; *emoji < 'a' + STORE_EMOJI_MAX; ++*emoji)
		react(fixture, 1, emoji, "ann", true);
	assert_int_equal(react_as(fixture, 1, "z", "ann", true, "k").error, -E2BIG);
	react(fixture, 1, "b", "bob", true);
	react(fixture, 1, "c", "ann", false);
	assert_int_equal(react_as(fixture, 1, "z", "ann", true, "k").error, 0);
	assert_int_equal(react_as(fixture, 1, "c", "ann", true, NULL).error, -E2BIG);
}

/* The names of emoji x that message 1 has. */
static const char *
names_of_x(struct fixture *fixture)
{
	ask_before(fixture, "a", UINT64_MAX, 1000, PLENTY);
	return strstr(fixture->page_tails, "\"x\":[");
}

static void
test_many_names_are_counted(void **state)
{
	struct fixture *fixture = *state;
	char name[20], last[80];

	say(fixture, "message", "ann", "one", ann, NULL);
	for (int i = 1; i <= STORE_REACTION_NAMES; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		react(fixture, 1, "x", name, true);
	}
	snprintf(last, sizeof(last), "\"n%d\"]}}", STORE_REACTION_NAMES);
	assert_non_null(strstr(names_of_x(fixture), last));
	react(fixture, 1, "x", "one more", true);
	react(fixture, 1, "x", "two more", true);
	snprintf(last, sizeof(last), "\"n%d\"]},\"reaction_counts\":{\"x\":%d}}",
		STORE_REACTION_NAMES, STORE_REACTION_NAMES + 2);
	assert_non_null(strstr(names_of_x(fixture), last));
	react(fixture, 1, "x", "n1", false);
	snprintf(last, sizeof(last), "\"one more\"]},\"reaction_counts\":{\"x\":%d}}",
		STORE_REACTION_NAMES + 1);
	assert_non_null(strstr(names_of_x(fixture), last));
	assert_null(strstr(names_of_x(fixture), "\"n1\""));
	react(fixture, 1, "x", "two more", false);
	assert_non_null(strstr(names_of_x(fixture), "\"one more\"]}}"));
}

static void
test_a_deletion_takes_edits_and_reactions_along(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, "message", "ann", "one", ann, "k");
	assert_int_equal(edit(fixture, 1, "uno", ann).error, 0);
	react(fixture, 1, "👍", "bob", true);
	react(fixture, 1, "👍", "bob", false);
	assert_entries(fixture, 2,
		TAIL ",\"of\":1,\"emoji\":\"👍\",\"on\":true}|" TAIL
		     ",\"of\":1,\"emoji\":\"👍\",\"on\":false}");
	assert_true(fixture->page_kinds[0] == STORE_REACT);
	ask_after(fixture, "a", 1, 2, 10, PLENTY);
	assert_true(fixture->page_kinds[0] == STORE_EDIT && fixture->page_has_text);
	assert_int_equal(unsay(fixture, 1, ann).deleted, 1);
	reopen_if_kept(fixture);
	assert_entries(fixture, 0,
		"\"ts\":7,\"username\":\"ann\",\"deleted\":true}|" TAIL ",\"of\":1}|" TAIL
		",\"of\":1,\"on\":true}|" TAIL ",\"of\":1,\"on\":false}|" TAIL
		",\"of\":1}");
	ask_after(fixture, "a", 1, 2, 10, PLENTY);
	assert_false(fixture->page_has_text);
	assert_found(fixture, "a", "uno", "");
	assert_int_equal(react_as(fixture, 1, "x", "bob", true, NULL).error, -ENOENT);
	assert_int_equal(edit(fixture, 1, "x", ann).error, -ENOENT);
	/* The key stays, and comes before everything else. */
	struct appended answer = say(fixture, "message", "ann", "one", ann, "k");
	assert_true(answer.is_duplicate);
	assert_int_equal(answer.id, 1);
	assert_int_equal(answer.ts_ms, 7);
}

static void
test_a_known_key_is_answered_first(void **state)
{
	struct fixture *fixture = *state;
	const uint64_t one = 1;
	const struct store_change removal = {
		.kind = STORE_DELETE, .of = &one, .count = 1
	};
	struct appended answer;

	say(fixture, "message", "ann", "one", ann, NULL);
	assert_int_equal(change_at(fixture, "a", &removal, ann, "k", 50).id, 2);
	reopen_if_kept(fixture);
	answer = change_at(fixture, "a", &removal, bob, "k", 51);
	assert_int_equal(answer.error, 0);
	assert_true(answer.is_duplicate);
	assert_int_equal(answer.id, 2);
	assert_int_equal(answer.ts_ms, 50);
	assert_int_equal(say(fixture, "message", "ann", "two", ann, NULL).id, 3);
}

static void
test_changes_are_not_more_than_messages_may_be(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.keep.messages = 4;
	open_store(fixture);
	say(fixture, "message", "ann", "one", ann, "first");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
			react_as(fixture, 1, "x", "bob", true, i ? NULL : "second").id,
			2 + 2 * i);
		react(fixture, 1, "x", "bob", false);
	}
	say(fixture, "message", "ann", "eight", ann, NULL);
	/* 2 and 3 go, so whoever has seen less than 3 cannot resume. */
	wait_trimmed(fixture, "a", 4);
	assert_all(fixture, "a", "1 4 5 6 7 8");
	reopen_if_kept(fixture);
	assert_all(fixture, "a", "1 4 5 6 7 8");
	assert_int_equal(fixture->page_first_id, 4);
	ask_before(fixture, "a", UINT64_MAX, 2, PLENTY);
	assert_page(fixture, "1 8");
	assert_true(say(fixture, "message", "ann", "one", ann, "first").is_duplicate);
	assert_int_equal(react_as(fixture, 1, "x", "carl", true, "second").id, 9);
	for (int i = 10; i <= 12; i++)
		say(fixture, "message", "ann", "more", ann, NULL);
	/* Message 1 goes, and what is before the next one. */
	do
		ask_after(fixture, "a", 0, UINT64_MAX, 1000, PLENTY);
	while (!strncmp(fixture->page_ids, "1 ", 2));
	assert_page(fixture, "5 6 7 8 9 10 11 12");
	assert_int_equal(fixture->page_first_id, 5);
	/* A reaction to a message that is gone. */
	assert_entries(fixture, 8,
		TAIL ",\"of\":1,\"emoji\":\"x\",\"on\":true}|"
		     "\"ts\":7,\"username\":\"ann\",\"message\":\"more\",\"x\":0.1}|"
		     "\"ts\":7,\"username\":\"ann\",\"message\":\"more\",\"x\":0.1}|"
		     "\"ts\":7,\"username\":\"ann\",\"message\":\"more\",\"x\":0.1}");
	assert_int_equal(react_as(fixture, 1, "x", "dan", true, NULL).error, -ENOENT);
}

static void
test_history_is_read_in_both_directions(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 1; i <= 5; i++) {
		char text[20];
		snprintf(text, sizeof(text), "m%d", i);
		say(fixture, "message", "ann", text, ann, NULL);
		react(fixture, (uint64_t)i * 2 - 1, "x", "bob", true);
	}
	assert_int_equal(
		store_newer(fixture->store, "a", 3, 2, PLENTY, ++fixture->last_ticket),
		0);
	wait_page(fixture);
	assert_page(fixture, "5 7 ...");
	assert_int_equal(
		store_newer(fixture->store, "a", 7, 2, PLENTY, ++fixture->last_ticket),
		0);
	wait_page(fixture);
	assert_page(fixture, "9");
	assert_int_equal(store_newer(fixture->store, "a", UINT64_MAX, 2, PLENTY,
				 ++fixture->last_ticket),
		0);
	wait_page(fixture);
	assert_page(fixture, "");
	ask_before(fixture, "a", 7, 2, PLENTY);
	assert_page(fixture, "3 5 ...");
	ask_before(fixture, "a", 4, 2, PLENTY);
	assert_page(fixture, "1 3");
	assert_all(fixture, "a", "1 2 3 4 5 6 7 8 9 10");
}

static void
test_a_forgotten_name_loses_its_reactions(void **state)
{
	struct fixture *fixture = *state;
	const uint64_t found[] = { 1, 2, 4, 6 };

	say(fixture, "message", "bobby", "one", ann, NULL);
	say(fixture, "message", "bob", "two", bob, NULL);
	react(fixture, 1, "x", "carl", true);
	react(fixture, 1, "x", "Bob", true);
	react(fixture, 2, "x", "carl", true);
	assert_int_equal(edit(fixture, 1, "uno", ann).id, 6);
	react(fixture, 1, "y", "bob", true);
	react(fixture, 1, "y", "bob", false);
	assert_int_equal(
		store_said(fixture->store, "a", "bob", 0, ++fixture->last_ticket), 0);
	wait_page(fixture);
	assert_page(fixture, "1 2");
	assert_int_equal(change_at(fixture, "a",
				 &(struct store_change){ .kind = STORE_DELETE,
					 .of = found,
					 .count = ARRAY_SIZE(found),
					 .is_admin = true,
					 .forgotten = "bob" },
				 NULL, NULL, 5)
				 .deleted,
		1);
	reopen_if_kept(fixture);
	assert_found(fixture, "a", "bobby uno", "1");
	assert_non_null(strstr(fixture->page_tails, "\"reactions\":{\"x\":[\"carl\"]}"));
	ask_after(fixture, "a", 1, 2, 10, PLENTY);
	assert_string_equal(fixture->page_tails, "\"ts\":7,\"deleted\":true}");
	assert_int_equal(
		store_said(fixture->store, "a", "bob", 0, ++fixture->last_ticket), 0);
	wait_page(fixture);
	assert_page(fixture, "");
	react(fixture, 1, "x", "bob", true);
}

static void
test_changes_are_no_messages_of_a_search_or_page_of_said(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, "message", "ann", "one", ann, NULL);
	react(fixture, 1, "👍", "bob", true);
	assert_int_equal(edit(fixture, 1, "👍", ann).id, 3);
	assert_found(fixture, "a", "👍", "1");
	assert_int_equal(
		store_said(fixture->store, "a", "ann", 0, ++fixture->last_ticket), 0);
	wait_page(fixture);
	assert_page(fixture, "1 2 3");
}

/* A number that sql finds in the closed file. */
static int
number_of(const struct fixture *fixture, const char *sql)
{
	sqlite3 *db = begin_sql(fixture->path, "BEGIN");
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
test_reactions_go_with_their_messages_and_are_counted(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.keep.messages = 2;
	open_store(fixture);
	for (uint64_t i = 1; i <= 3; i += 2) {
		say(fixture, "message", "ann", "one", ann, NULL);
		react(fixture, i, "x", "bob", true);
	}
	close_store(fixture);
	assert_int_equal(number_of(fixture, "SELECT count(*) FROM reaction"), 2);
	assert_int_equal(number_of(fixture, "SELECT bytes - (SELECT sum(length(tail) +"
					    " length(words)) FROM message) FROM room"),
		200);
	open_store(fixture);
	say(fixture, "message", "ann", "one", ann, NULL);
	wait_trimmed(fixture, "a", 2);
	assert_int_equal(unsay(fixture, 3, ann).error, 0);
	wait_trimmed(fixture, "a", 3);
	close_store(fixture);
	assert_int_equal(number_of(fixture, "SELECT count(*) FROM reaction"), 0);
	assert_int_equal(number_of(fixture, "SELECT bytes - (SELECT sum(length(tail) +"
					    " length(words)) FROM message) FROM room"),
		0);
	assert_int_equal(
		number_of(fixture, "SELECT messages * 100 + changes * 10 + (SELECT"
				   " count(*) FROM message) FROM room"),
		224);
}

/* True if a file of the store has the word. */
static bool
files_have(const struct fixture *fixture, const char *word)
{
	static const char *const names[] = { "test.db", "test.db-wal" };
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		FILE *file = fopen(name_in_folder(fixture, names[i]), "rb");
		static char bytes[32 << 20];
		size_t len = file ? fread(bytes, 1, sizeof(bytes), file) : 0;

		assert_true(len < sizeof(bytes));
		found |= memmem(bytes, len, word, strlen(word)) != NULL;
		if (file)
			fclose(file);
	}
	return found;
}

static void
test_the_text_before_an_edit_leaves_the_files(void **state)
{
	struct fixture *fixture = *state;
	int64_t end = clock_now_ms() + PATIENCE_MS;

	keep_many(fixture, "a", 1000);
	assert_int_equal(
		say(fixture, "message", "ann", "secretword", ann, NULL).id, 1001);
	keep_many(fixture, "b", 1000);
	assert_true(files_have(fixture, "secretword"));
	assert_int_equal(edit(fixture, 1001, "harmless", ann).error, 0);
	while (files_have(fixture, "secretword")) {
		assert_true(clock_now_ms() < end);
		ask_before(fixture, "a", UINT64_MAX, 1, PLENTY);
	}
	assert_found(fixture, "a", "harmless", "1001");
}

/* SQLite leaves copies of rows that it moves to another page, because others grow. */
static void
test_texts_leave_the_files_that_were_moved_before_they_were_deleted(void **state)
{
	struct fixture *fixture = *state;
	int64_t end = clock_now_ms() + PATIENCE_MS;
	char text[300];
	uint64_t id;

	for (id = 1; id <= 300; id++) {
		snprintf(text, sizeof(text), "movedword%d %0*d", (int)id,
			20 + (int)(id * 7 % 90), 0);
		say(fixture, "message", "ann", text, ann, NULL);
	}
	for (id = 1; id <= 300; id += 3) {
		snprintf(text, sizeof(text), "movedword%d %0*d", (int)id,
			20 + (int)(id * 31 % 250), 0);
		assert_int_equal(edit(fixture, id, text, ann).error, 0);
		react(fixture, id + 1, "👍", "ann", true);
	}
	assert_true(files_have(fixture, "movedword"));
	for (id = 1; id <= 300; id++)
		assert_int_equal(unsay(fixture, id, ann).error, 0);
	while (files_have(fixture, "movedword")) {
		assert_true(clock_now_ms() < end);
		ask_before(fixture, "a", UINT64_MAX, 1, PLENTY);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(test_an_edit_replaces_the_text_and_nothing_else),
		EACH(test_edits_of_a_message_with_many_reactions_are_read_quickly),
		EACH(test_an_edit_finds_the_text_beside_any_members),
		EACH(test_what_is_no_message_is_no_target),
		EACH(test_only_the_author_edits_and_only_an_admin_deletes_for_others),
		EACH(test_a_reaction_belongs_to_a_name_and_is_set_once),
		EACH(test_a_message_has_twenty_emoji_at_most),
		EACH(test_many_names_are_counted),
		EACH(test_a_deletion_takes_edits_and_reactions_along),
		EACH(test_a_known_key_is_answered_first),
		CLOSED_EACH(test_changes_are_not_more_than_messages_may_be),
		EACH(test_history_is_read_in_both_directions),
		EACH(test_a_forgotten_name_loses_its_reactions),
		EACH(test_changes_are_no_messages_of_a_search_or_page_of_said),
		CLOSED_SQLITE(test_reactions_go_with_their_messages_and_are_counted),
		SQLITE(test_the_text_before_an_edit_leaves_the_files),
		SQLITE(test_texts_leave_the_files_that_were_moved_before_they_were_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
