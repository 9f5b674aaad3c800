#include "store_fixture.h"

static void
test_values_are_listed_in_the_order_they_were_set(void **state)
{
	struct fixture *fixture = *state;

	keep_state(fixture, "b", "k3", "one");
	keep_state(fixture, "a", "k2", "two");
	keep_state(fixture, "b", "k1", "three");
	keep_state(fixture, "b", "k2", "");
	reopen_store(fixture);
	assert_string_equal(
		fixture->states, "b/k3=one@1 b/k1=three@2 b/k2=@3 a/k2=two@1");
}

static void
test_a_replaced_value_keeps_its_place(void **state)
{
	struct fixture *fixture = *state;

	keep_state(fixture, "a", "k1", "one");
	keep_state(fixture, "a", "k2", "two");
	keep_state(fixture, "a", "k1", "another");
	reopen_store(fixture);
	assert_string_equal(fixture->states, "a/k1=another@3 a/k2=two@2");
	keep_state(fixture, "a", "k1", "a third");
	reopen_store(fixture);
	assert_string_equal(fixture->states, "a/k1=a third@4 a/k2=two@2");
}

static void
test_a_removed_value_is_not_listed(void **state)
{
	struct fixture *fixture = *state;

	keep_state(fixture, "a", "k1", "one");
	keep_state(fixture, "a", "k2", "two");
	keep_state(fixture, "b", "k1", "three");
	keep_state(fixture, "a", "k1", NULL);
	keep_state(fixture, "a", "never", NULL);
	reopen_store(fixture);
	assert_string_equal(fixture->states, "a/k2=two@2 b/k1=three@1");
	keep_state(fixture, "a", "k1", "again");
	keep_state(fixture, "b", "k1", NULL);
	reopen_store(fixture);
	assert_string_equal(fixture->states, "a/k2=two@2 a/k1=again@5");
}

static void
test_one_transaction_may_change_a_value_several_times(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(try_append_state(fixture, "a", "x", "k1", "one"), 0);
	assert_int_equal(try_append_state(fixture, "a", "x", "k2", "two"), 0);
	assert_int_equal(try_append_state(fixture, "a", "x", "k1", NULL), 0);
	assert_int_equal(try_append_state(fixture, "a", "x", "k1", "three"), 0);
	assert_int_equal(try_append_state(fixture, "a", "x", "k2", NULL), 0);
	assert_int_equal(commit(fixture).id, 5);
	reopen_store(fixture);
	assert_string_equal(fixture->states, "a/k1=three@4");
	assert_all(fixture, "a", "1 2 3 4 5");
}

static void
test_a_duplicate_does_not_change_the_state(void **state)
{
	struct fixture *fixture = *state;
	struct store_entry entry = {
		.room = "a",
		.type = "alarm",
		.tail = "x",
		.tail_len = 1,
		.words = "",
		.keys = { "known" },
		.state_key = "k",
		.state_version = STORE_ANY_VERSION,
		.state_value = "two",
		.state_value_len = 3,
	};

	keep_keyed(fixture, "a", "known", NULL, 1, false);
	keep_state(fixture, "a", "k", "one");
	assert_int_equal(try_append_entry(fixture, &entry), 0);
	assert_true(commit(fixture).is_duplicate);
	entry.state_value = NULL;
	assert_int_equal(try_append_entry(fixture, &entry), 0);
	assert_true(commit(fixture).is_duplicate);
	reopen_store(fixture);
	assert_string_equal(fixture->states, "a/k=one@2");
}

static void
test_a_value_is_read_back_unchanged(void **state)
{
	struct fixture *fixture = *state;
	char key[STORE_STATE_KEY_BYTES + 1], value[] = "{\"x\":\"\xc3\xa4\\u0000'\"}",
					     expected[400];
	struct store_entry entry = {
		.room = "a b",
		.type = "alarm",
		.tail = "x",
		.tail_len = 1,
		.words = "",
		.state_key = key,
		.state_version = STORE_ANY_VERSION,
		.state_value = value,
		.state_value_len = strlen(value),
	};

	memset(key, 'k', STORE_STATE_KEY_BYTES);
	key[STORE_STATE_KEY_BYTES] = '\0';
	snprintf(expected, sizeof(expected), "a b/%s=%s@1", key, value);
	assert_int_equal(try_append_entry(fixture, &entry), 0);
	/* store_append has copied everything. */
	memset(key, 'x', strlen(key));
	memset(value, 'x', strlen(value));
	commit(fixture);
	reopen_store(fixture);
	assert_string_equal(fixture->states, expected);
}

static void
test_a_value_stays_when_its_message_is_deleted(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.keep.messages = 2;
	fixture->options.keep.days = 1;
	open_store(fixture);
	keep_state(fixture, "a", "k", "one");
	keep_state(fixture, "b", "k", "two");
	keep_many(fixture, "a", 4);
	wait_trimmed(fixture, "a", 4);
	store_prune(fixture->store, INT64_MAX);
	wait_trimmed(fixture, "a", 6);
	wait_trimmed(fixture, "b", 2);
	reopen_store(fixture);
	assert_string_equal(fixture->states, "a/k=one@1 b/k=two@1");
	keep_state(fixture, "a", "k", NULL);
	reopen_store(fixture);
	assert_string_equal(fixture->states, "b/k=two@1");
}

static void
test_messages_that_set_a_value_are_normal_messages(void **state)
{
	struct fixture *fixture = *state;

	assert_string_equal(fixture->states, "");
	keep_state(fixture, "a", "k", "one");
	keep(fixture, "a", "x", 2);
	keep_state(fixture, "a", "k", NULL);
	assert_all(fixture, "a", "1 2 3");
	assert_string_equal(fixture->page_tails, "state|x|state");
	assert_found(fixture, "a", "state", "3 1");
}

static void
test_a_memory_store_opens_without_state(void **state)
{
	struct fixture *fixture = *state;

	keep_state(fixture, "a", "k", "one");
	reopen_store(fixture);
	assert_string_equal(fixture->states, "");
}

static void
test_the_bytes_of_a_value_count_as_under_way(void **state)
{
	struct fixture *fixture = *state;
	char *value = calloc(1, STORE_WRITE_BYTES_MAX + 1);

	memset(value, 'x', STORE_WRITE_BYTES_MAX);
	assert_int_equal(try_append_state(fixture, "a", "x", "k", value), 0);
	assert_int_equal(try_append(fixture, "a", "x", NULL, NULL), -EAGAIN);
	assert_int_equal(commit(fixture).error, 0);
	keep(fixture, "a", "x", 2);
	free(value);
}

/* Append an entry that sets key k of room a to value, made from the value before (NULL:
 * none), and return its error. */
static int
replace(struct fixture *fixture, const char *before, const char *value)
{
	assert_int_equal(try_append_entry(fixture,
				 &(struct store_entry){
					 .room = "a",
					 .type = "alarm",
					 .ts_ms = 1000,
					 .tail = "x",
					 .tail_len = 1,
					 .words = "",
					 .state_key = "k",
					 .state_value = value,
					 .state_value_len = value ? strlen(value) : 0,
					 .state_version = before ? store_version(before,
									   strlen(before))
								 : 0,
				 }),
		0);
	return commit(fixture).error;
}

static void
test_a_value_made_from_another_one_is_refused(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(replace(fixture, "none", "x"), -ESTALE);
	assert_int_equal(replace(fixture, NULL, "one"), 0);
	assert_int_equal(replace(fixture, NULL, "two"), -ESTALE);
	assert_int_equal(replace(fixture, "one", "two"), 0);
	assert_int_equal(replace(fixture, "one", NULL), -ESTALE);
	assert_int_equal(replace(fixture, "two", NULL), 0);
	assert_int_equal(replace(fixture, "two", "three"), -ESTALE);
	assert_int_equal(replace(fixture, NULL, "three"), 0);
	assert_all(fixture, "a", "1 2 3 4"); /* what was refused has no id */
	reopen_store(fixture);
	assert_string_equal(fixture->states, "a/k=three@4");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KEPT(test_values_are_listed_in_the_order_they_were_set),
		KEPT(test_a_replaced_value_keeps_its_place),
		KEPT(test_a_removed_value_is_not_listed),
		KEPT(test_one_transaction_may_change_a_value_several_times),
		KEPT(test_a_duplicate_does_not_change_the_state),
		KEPT(test_a_value_is_read_back_unchanged),
		CLOSED_KEPT(test_a_value_stays_when_its_message_is_deleted),
		EACH(test_messages_that_set_a_value_are_normal_messages),
		MEMORY(test_a_memory_store_opens_without_state),
		BOTH(test_the_bytes_of_a_value_count_as_under_way),
		KEPT(test_a_value_made_from_another_one_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
