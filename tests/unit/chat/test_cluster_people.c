/* People on several nodes: lists, counts, events, names and proofs. */
#include "fake_bus.h"

#define TOKEN "00112233445566778899aabbccddeeff"
#define OTHER_TOKEN "ffeeddccbbaa99887766554433221100"

static void
test_guests_and_sessions_have_numbers_of_their_own(void **state)
{
	struct nodes *nodes = *state;
	struct fake more;

	assert_string_equal(session_username(&nodes->at[1]->ann.session), "guest-1");
	assert_string_equal(session_username(&nodes->at[2]->ann.session), "guest-101");
	assert_string_equal(session_username(&nodes->at[3]->ann.session), "guest-201");
	assert_true(nodes->at[1]->ann.session.number >> 32 == 1);
	assert_true(nodes->at[3]->ann.session.number >> 32 == 3);
	/* A node that is cut off still has guests. */
	bus.nodes[2].is_cut = true;
	for (int i = 0; i < 250; i++) {
		come(nodes->at[2], &more, NULL);
		if (i < 249)
			go(nodes->at[2], &more);
	}
	assert_true(strlen(session_username(&more.session)) > strlen("guest-1000"));
	go(nodes->at[2], &more);
	bus.nodes[2].is_cut = false;
	bus_settle(nodes);
}

static void
test_people_of_other_nodes_are_listed_and_counted(void **state)
{
	struct nodes *nodes = *state;
	struct fake carol, dave;

	come_at(nodes, 1, &carol,
		&(struct chat_wishes){ .name = "carol", .wants_events = true });
	forget_heard(&carol);
	come_at(nodes, 2, &dave,
		&(struct chat_wishes){ .name = "dave", .wants_events = true });
	assert_hears(&dave, JSON({"username":"carol","via":"ws"}));
	assert_hears(
		&carol, JSON("event":"enter","username":"dave","via":"ws","count":11));
	say_at(nodes, 2, &dave, JSON({"type":"nick","username":"david"}));
	assert_hears(&carol, JSON("event":"rename","username":"david","was":"dave","via":"ws","count":11));
	say_at(nodes, 1, &carol, JSON({"type":"join"}));
	assert_hears(&carol, JSON({"username":"david","via":"ws"}));
	go_at(nodes, 2, &dave);
	assert_hears(
		&carol, JSON("event":"leave","username":"david","via":"ws","count":10));
	assert_hears_nothing(&carol);
	go_at(nodes, 1, &carol);
}

static void
test_a_name_is_one_persons_on_all_nodes(void **state)
{
	struct nodes *nodes = *state;

	bus_forget_heard(nodes);
	say_at(nodes, 1, &nodes->at[1]->ann, JSON({"type":"nick","username":"zoe"}));
	say_at(nodes, 2, &nodes->at[2]->ann, JSON({"type":"nick","username":"Zoe"}));
	assert_hears(&nodes->at[2]->ann, JSON("code":"name_taken"));
	/* One that looks like it is refused from what this node knows. */
	say_at(nodes, 2, &nodes->at[2]->ann, JSON({"type":"nick","username":"zоe"}));
	assert_hears(&nodes->at[2]->ann, JSON("code":"name_taken"));
	/* In the same moment: one has it. */
	say(nodes->at[1], &nodes->at[1]->bob, JSON({"type":"nick","username":"yan"}));
	say(nodes->at[2], &nodes->at[2]->bob, JSON({"type":"nick","username":"yan"}));
	bus_settle(nodes);
	assert_hears_nothing(&nodes->at[1]->bob);
	assert_hears(&nodes->at[2]->bob, JSON("code":"name_taken"));
	/* It is free when its last session goes. */
	go_at(nodes, 1, &nodes->at[1]->bob);
	say_at(nodes, 2, &nodes->at[2]->bob, JSON({"type":"nick","username":"yan"}));
	assert_hears_nothing(&nodes->at[2]->bob);
	assert_string_equal(session_username(&nodes->at[2]->bob.session), "yan");
	come_at(nodes, 1, &nodes->at[1]->bob, NULL);
}

static void
test_one_person_on_two_nodes_enters_once_and_leaves_with_the_last(void **state)
{
	struct nodes *nodes = *state;
	struct fake watcher, here, there;
	const struct chat_wishes wishes = {
		.name = "zoe", .token = TOKEN, .wants_events = true
	};

	come_at(nodes, 3, &watcher, &(struct chat_wishes){ .wants_events = true });
	forget_heard(&watcher);
	come_at(nodes, 1, &here, &wishes);
	assert_hears(&watcher, JSON("event":"enter","username":"zoe"));
	come_at(nodes, 2, &there, &wishes);
	assert_hears_nothing(&watcher);
	assert_hears(&there,
		JSON("username":"zoe","session":"00112233445566778899aabbccddeeff"));
	/* A rename is the person's, on both. */
	say_at(nodes, 2, &there, JSON({"type":"nick","username":"zora"}));
	assert_hears(&watcher, JSON("event":"rename","username":"zora","was":"zoe"));
	assert_string_equal(session_username(&here.session), "zora");
	go_at(nodes, 1, &here);
	assert_hears_nothing(&watcher);
	/* The name is still the other one's. */
	say_at(nodes, 1, &nodes->at[1]->ann, JSON({"type":"nick","username":"zora"}));
	assert_true(strcmp(session_username(&nodes->at[1]->ann.session), "zora") != 0);
	go_at(nodes, 2, &there);
	assert_hears(&watcher, JSON("event":"leave","username":"zora"));
	assert_hears_nothing(&watcher);
	go_at(nodes, 3, &watcher);
}

static void
test_a_token_of_another_node_gives_its_name(void **state)
{
	struct nodes *nodes = *state;
	struct fake here, there;

	come_at(nodes, 1, &here, &(struct chat_wishes){ .name = "zoe", .token = TOKEN });
	come_at(nodes, 2, &there, &(struct chat_wishes){ .token = TOKEN });
	assert_string_equal(session_username(&there.session), "zoe");
	go_at(nodes, 2, &there);
	come_at(nodes, 2, &there,
		&(struct chat_wishes){ .name = "zoe", .token = OTHER_TOKEN });
	assert_hears(&there, JSON("code":"name_taken"));
	assert_true(strcmp(session_username(&there.session), "zoe") != 0);
	go_at(nodes, 2, &there);
	go_at(nodes, 1, &here);
	/* A guest, too. */
	come_at(nodes, 1, &here, &(struct chat_wishes){ .token = TOKEN });
	come_at(nodes, 2, &there, &(struct chat_wishes){ .token = TOKEN });
	assert_string_equal(
		session_username(&there.session), session_username(&here.session));
	go_at(nodes, 2, &there);
	go_at(nodes, 1, &here);
}

static void
test_a_node_that_dies_takes_its_people_along(void **state)
{
	struct nodes *nodes = *state;
	struct fake watcher;

	come_at(nodes, 3, &watcher, &(struct chat_wishes){ .wants_events = true });
	say_at(nodes, 1, &nodes->at[1]->ann, JSON({"type":"nick","username":"zoe"}));
	forget_heard(&watcher);
	bus.nodes[1].is_cut = true;
	bus_reap(1);
	assert_hears(&watcher, JSON("event":"leave"));
	assert_hears(&watcher, JSON("event":"leave"));
	assert_hears(&watcher, JSON("event":"leave"));
	assert_hears_nothing(&watcher);
	say_at(nodes, 3, &watcher, JSON({"type":"nick","username":"zoe"}));
	assert_string_equal(session_username(&watcher.session), "zoe");
	go_at(nodes, 3, &watcher);
	bus_close(nodes, 1);
}

static void
test_a_new_picture_tells_only_what_has_changed(void **state)
{
	struct nodes *nodes = *state;
	struct fake watcher;

	come_at(nodes, 3, &watcher, &(struct chat_wishes){ .wants_events = true });
	say_at(nodes, 1, &nodes->at[1]->ann, JSON({"type":"nick","username":"zoe"}));
	forget_heard(&watcher);
	bus_picture(3);
	assert_hears_nothing(&watcher);
	bus.nodes[3].is_cut = true;
	go_at(nodes, 1, &nodes->at[1]->bob);
	come_at(nodes, 2, &nodes->at[1]->bob, &(struct chat_wishes){ .name = "new" });
	assert_hears_nothing(&watcher);
	bus.nodes[3].is_cut = false;
	bus_picture(3);
	assert_hears(&watcher, JSON("event":"enter","username":"new"));
	assert_hears(&watcher, JSON("event":"leave","username":"guest-2"));
	assert_hears_nothing(&watcher);
	go_at(nodes, 3, &watcher);
	go_at(nodes, 2, &nodes->at[1]->bob);
	come_at(nodes, 1, &nodes->at[1]->bob, NULL);
}

static void
test_a_lost_answer_gives_no_name(void **state)
{
	struct nodes *nodes = *state;

	bus_forget_heard(nodes);
	bus.nodes[2].is_cut = true;
	say_at(nodes, 2, &nodes->at[2]->ann, JSON({"type":"nick","username":"zoe"}));
	for (int ms = 0; ms <= 10000; ms += CHAT_TICK_MS)
		chat_tick(nodes->at[2]->chat, nodes->at[2]->now_ms);
	assert_hears(&nodes->at[2]->ann, JSON("code":"store_unavailable"));
	bus.nodes[2].is_cut = false;
	bus_settle(nodes); /* the late name is given back */
	assert_null(bus_name("zoe"));
	say_at(nodes, 1, &nodes->at[1]->ann, JSON({"type":"nick","username":"zoe"}));
	assert_string_equal(session_username(&nodes->at[1]->ann.session), "zoe");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		bus_test(test_guests_and_sessions_have_numbers_of_their_own),
		bus_test(test_people_of_other_nodes_are_listed_and_counted),
		bus_test(test_a_name_is_one_persons_on_all_nodes),
		bus_test(
			test_one_person_on_two_nodes_enters_once_and_leaves_with_the_last),
		bus_test(test_a_token_of_another_node_gives_its_name),
		bus_test(test_a_node_that_dies_takes_its_people_along),
		bus_test(test_a_new_picture_tells_only_what_has_changed),
		bus_test(test_a_lost_answer_gives_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
