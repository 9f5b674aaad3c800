/* The driver redis with several nodes: names, people, orders, sayings and numbers. */
#include "nodes_fixture.h"

static void
test_a_name_claimed_twice_at_once_is_one_nodes(void **state)
{
	char name[32];

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		unsigned before[2] = { nodes[0].answers, nodes[1].answers };

		snprintf(name, sizeof(name), "name%u", i);
		begin_claim(i % 2, name, "");
		begin_claim(!(i % 2), name, "");
		AWAIT(nodes[0].answers > before[0] && nodes[1].answers > before[1]);
		assert_true((nodes[0].result == CLUSTER_FREE) !=
			    (nodes[1].result == CLUSTER_FREE));
		assert_true((nodes[0].result == -EEXIST) != (nodes[1].result == -EEXIST));
	}
}

static void
test_who_comes_and_goes_is_told_in_order(void **state)
{
	const char *at;

	(void)state;
	come(0, "ann", "ops");
	tell(0, CLUSTER_LEAVE, "ann", "ops");
	assert_int_equal(cluster_order(&nodes[0].cluster, "kick\nann", 8), 0);
	tell(0, CLUSTER_ENTER, "ann", "lobby");
	cluster_tell(&nodes[0].cluster, &(struct cluster_event){ .kind = CLUSTER_SILENT,
						.number = 0x1fffffffffffffULL });
	tell(0, CLUSTER_LEFT, "ann", NULL);
	AWAIT(was_told(&nodes[1], "1 left ann"));
	at = strstr(nodes[1].told.bytes, "\n1 here");
	assert_non_null(at);
	assert_string_equal(at, "\n1 here ann ann 1 t\n1 enter ann ops ws\n"
				"1 leave ann ops ws\norder kick\nann\n"
				"1 enter ann lobby ws\n1 silent 9007199254740991\n"
				"1 left ann\n");
	/* It hears nothing of its own. */
	assert_null(strstr(nodes[0].told.bytes, "ann"));
}

static void
test_who_comes_back_has_its_name_again(void **state)
{
	const struct cluster_claim again = { NULL, NULL, proofs_of("t") };
	unsigned before = nodes[1].answers;

	(void)state;
	AWAIT(cluster_claim(&nodes[1].cluster, &again, 1) == -EINPROGRESS);
	AWAIT(nodes[1].answers > before);
	assert_int_equal(nodes[1].result, -ENOENT);
	come(0, "ann", "ops");
	tell(0, CLUSTER_LEFT, "ann", NULL);
	cluster_release(&nodes[0].cluster, "ann");
	assert_int_equal(claim(0, "bob", ""), CLUSTER_FREE);
	before = nodes[1].answers;
	proofs_of("t");
	assert_int_equal(cluster_claim(&nodes[1].cluster, &again, 2), -EINPROGRESS);
	AWAIT(nodes[1].answers > before);
	assert_int_equal(nodes[1].result, CLUSTER_FREE);
	assert_string_equal(nodes[1].name, "ann");
}

static void
test_people_and_messages_are_in_one_order(void **state)
{
	const char tail[] = "\"message\":\"hi\"}";
	const struct store_entry entry = {
		.room = "ops",
		.type = "message",
		.ts_ms = 1,
		.tail = tail,
		.tail_len = strlen(tail),
		.words = "hi",
	};
	struct buffer expected = { 0 };

	(void)state;
	come(0, "ann", "lobby");
	AWAIT(was_told(&nodes[1], "1 enter ann lobby ws"));
	clear_told(1);
	buffer_printf(&expected, "\n");
	for (unsigned i = 1; i <= 50; i++) {
		tell(0, CLUSTER_ENTER, "ann", "ops");
		assert_int_equal(claim(0, "ann", "t"), CLUSTER_BY_TOKEN);
		assert_int_equal(store_append(nodes[0].store, &entry, i), 0);
		store_flush(nodes[0].store);
		AWAIT(nodes[0].appended == i);
		tell(0, CLUSTER_LEAVE, "ann", "ops");
		buffer_printf(&expected,
			"1 enter ann ops ws\nmessage ops %u\n1 leave ann ops ws\n", i);
	}
	AWAIT(nodes[1].told.len >= expected.len);
	assert_string_equal(nodes[1].told.bytes, expected.bytes);
	buffer_clear(&expected);
}

static void
test_a_claim_is_answered_after_what_was_before_it(void **state)
{
	(void)state;
	come(0, "ann", "ops");
	tell(0, CLUSTER_LEFT, "ann", NULL);
	cluster_release(&nodes[0].cluster, "ann");
	for (;;) {
		int result = claim(1, "ann", "");

		if (result == CLUSTER_FREE)
			break;
		assert_int_equal(result, -EEXIST);
	}
	assert_true(was_told(&nodes[1], "1 left ann"));
}

static void
test_a_node_that_starts_gets_a_picture(void **state)
{
	char line[64], name[32];

	(void)state;
	come(0, "ann", "ops");
	tell(0, CLUSTER_ENTER, "ann", "lobby");
	for (unsigned i = 0; i < 1500; i++) {
		snprintf(name, sizeof(name), "guest-%u", i);
		tell(1, CLUSTER_HERE, name, NULL);
		tell(1, CLUSTER_ENTER, name, "ops");
	}
	AWAIT(was_told(&nodes[0], "2 enter guest-1499 ops ws"));
	start(2);
	AWAIT(was_told(&nodes[2], "whole"));
	assert_true(was_told(&nodes[2], "anew"));
	assert_true(was_told(&nodes[2], "1 here ann ann 1 t"));
	assert_true(was_told(&nodes[2], "1 enter ann lobby ws"));
	for (unsigned i = 0; i < 1500; i++) {
		snprintf(line, sizeof(line), "2 enter guest-%u ops ws", i);
		assert_true(was_told(&nodes[2], line));
	}
	tell(0, CLUSTER_LEAVE, "ann", "ops");
	AWAIT(was_told(&nodes[2], "1 leave ann ops ws"));
	assert_int_equal(claim(2, "ann", ""), -EEXIST);
	assert_int_equal(claim(2, "ann", "t"), CLUSTER_BY_TOKEN);
}

static void
test_a_rename_is_told_to_all(void **state)
{
	(void)state;
	come(0, "ann", "ops");
	assert_int_equal(claim(1, "ann", "t"), CLUSTER_BY_TOKEN);
	tell(1, CLUSTER_HERE, "ann", NULL);
	tell(1, CLUSTER_ENTER, "ann", "lobby");
	assert_int_equal(claim(0, "bea", "t"), CLUSTER_FREE);
	cluster_tell(&nodes[0].cluster, &(struct cluster_event){
						.kind = CLUSTER_RENAME,
						.key = "bea",
						.name = "bea",
						.was = "ann",
						.was_key = "ann",
					});
	AWAIT(was_told(&nodes[1], "1 rename ann bea"));
	tell(1, CLUSTER_LEAVE, "bea", "lobby");
	AWAIT(was_told(&nodes[0], "2 leave bea lobby ws"));
	assert_int_equal(claim(1, "ann", ""), CLUSTER_FREE);
}

static void
test_sayings_reach_the_others(void **state)
{
	(void)state;
	/* They may be lost while the node subscribes. */
	do {
		assert_int_equal(
			cluster_say(&nodes[0].cluster, "ops", 7, "{\"type\"\n", 8), 0);
		pump(20);
	} while (!strstr(nodes[1].told.bytes, "said"));
	assert_true(was_told(&nodes[1], "said ops 7 {\"type\"\n"));
	assert_null(strstr(nodes[0].told.bytes, "said"));
}

static void
test_numbers_are_not_given_twice(void **state)
{
	static bool was_given[20000];

	(void)state;
	assert_int_equal(nodes[0].cluster.node, 1);
	assert_int_equal(nodes[1].cluster.node, 2);
	for (unsigned i = 0; i < 2000; i++) {
		uint64_t number = 0;

		AWAIT((number = cluster_next_guest(&nodes[i % 2].cluster)));
		assert_true(number < 20000 && !was_given[number]);
		was_given[number] = true;
	}
	stop(1);
	start(1);
	assert_int_equal(nodes[1].cluster.node, 2);
	assert_false(was_given[cluster_next_guest(&nodes[1].cluster)]);
}

static void
test_one_node_is_the_housekeeper(void **state)
{
	(void)state;
	AWAIT(cluster_is_housekeeper(&nodes[0].cluster));
	assert_false(cluster_is_housekeeper(&nodes[1].cluster));
	stop(0);
	AWAIT(cluster_is_housekeeper(&nodes[1].cluster));
}

static void
test_hostile_texts_arrive_as_they_are(void **state)
{
	static const char *const names[] = { "9:", "here", "%s%n", "\xff\xfe", "\"}'\\",
		"order", "\r", "{test:0}:names" };
	char *line, *large = xcalloc(1, 300001);

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		come(0, names[i], names[ARRAY_SIZE(names) - 1 - i]);
		line = xasprintf(
			"1 enter %s %s ws", names[i], names[ARRAY_SIZE(names) - 1 - i]);
		AWAIT(was_told(&nodes[1], line));
		free(line);
	}
	memset(large, 'x', 300000);
	assert_int_equal(cluster_order(&nodes[0].cluster, large, 300000), 0);
	assert_int_equal(cluster_order(&nodes[0].cluster, "", 0), 0);
	line = xasprintf("order %s", large);
	AWAIT(was_told(&nodes[1], line) && was_told(&nodes[1], "order "));
	free(line);
	free(large);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_name_claimed_twice_at_once_is_one_nodes),
		TEST(test_who_comes_and_goes_is_told_in_order),
		TEST(test_who_comes_back_has_its_name_again),
		TEST(test_people_and_messages_are_in_one_order),
		TEST(test_a_claim_is_answered_after_what_was_before_it),
		TEST(test_a_node_that_starts_gets_a_picture),
		TEST(test_a_rename_is_told_to_all),
		TEST(test_sayings_reach_the_others),
		TEST(test_numbers_are_not_given_twice),
		TEST(test_one_node_is_the_housekeeper),
		TEST(test_hostile_texts_arrive_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
