/* The history in a Redis that goes, comes back, has lost something, or is shared. */
#include "../store/store_fixture.h"

#include "../relay.h"

#define ROOM "a"

/* A server of the test's own, and two nodes that share it. */
struct cluster_of_two {
	struct redis_server server;
	struct relay relay;
	char relay_uri[420];
	struct fixture *one, *two; /* two is NULL until open_two */
};

/* What a node was told of room a: "ID:TAIL ID:TAIL ...", "!" for another epoch. */
struct told {
	char text[8192];
	unsigned epochs;
};
static struct told told_one, told_two;

static void
tell(struct told *told, const struct store_record *record)
{
	size_t used = strlen(told->text);

	snprintf(told->text + used, sizeof(told->text) - used, "%s%" PRIu64 ":%.*s",
		used ? " " : "", record->message.id, (int)record->message.tail_len,
		record->message.tail);
}

static void
on_message_one(void *context, uint64_t ticket, const struct store_record *record)
{
	on_message(context, ticket, record);
	tell(&told_one, record);
}

static void
on_message_two(void *context, uint64_t ticket, const struct store_record *record)
{
	on_message(context, ticket, record);
	tell(&told_two, record);
}

static void
on_epoch(void *context, unsigned shard)
{
	struct fixture *fixture = context;

	(void)shard;
	fixture->rooms[0] = fixture->states[0] = '\0';
	(fixture->options.callbacks.on_message == on_message_one ? &told_one : &told_two)
		->epochs++;
}

static struct fixture *
open_node(const char *uri, const char *name,
	void (*on_told)(
		void *context, uint64_t ticket, const struct store_record *record))
{
	struct fixture *fixture = fixture_new("redis");

	fixture->redis_uri = uri;
	fixture->redis_prefix = "test";
	fixture->redis_name = name;
	fixture->options.callbacks.on_message = on_told;
	fixture->options.callbacks.on_epoch = on_epoch;
	open_store(fixture);
	return fixture;
}

static int
set_up(void **state)
{
	struct cluster_of_two *cluster = calloc(1, sizeof(*cluster));

	memset(&told_one, 0, sizeof(told_one));
	memset(&told_two, 0, sizeof(told_two));
	redis_server_init(&cluster->server);
	redis_server_start(&cluster->server);
	relay_start(&cluster->relay, cluster->server.folder, cluster->server.socket);
	snprintf(cluster->relay_uri, sizeof(cluster->relay_uri), "unix://%s",
		cluster->relay.path);
	cluster->one = open_node(cluster->relay_uri, "one", on_message_one);
	*state = cluster;
	return 0;
}

static void
open_two(struct cluster_of_two *cluster)
{
	cluster->two = open_node(cluster->server.uri, "two", on_message_two);
}

static int
tear_down_cluster(void **state)
{
	struct cluster_of_two *cluster = *state;

	if (cluster->two)
		fixture_free(cluster->two);
	fixture_free(cluster->one);
	relay_stop(&cluster->relay);
	redis_server_fini(&cluster->server);
	free(cluster);
	return 0;
}

/* Wait until told has text. */
static void
await_told(struct fixture *fixture, const struct told *told, const char *text)
{
	while (strcmp(told->text, text) != 0) {
		if (strlen(told->text) >= strlen(text))
			fail_msg("told \"%s\", not \"%s\"", told->text, text);
		dispatch_one(fixture);
	}
}

static void
await_failure(struct fixture *fixture, int error)
{
	while (fixture->failure != error)
		dispatch_one(fixture);
}

static void
await_epoch(struct fixture *fixture, const struct told *told)
{
	unsigned epochs = told->epochs;

	while (told->epochs == epochs || fixture->failure)
		dispatch_one(fixture);
}

static void
test_all_nodes_are_told_the_same(void **state)
{
	struct cluster_of_two *cluster = *state;

	open_two(cluster);
	assert_int_equal(
		try_append_entry(cluster->one, &(struct store_entry){ .room = ROOM,
						       .type = "message",
						       .tail = "x",
						       .tail_len = 1,
						       .words = "",
						       .note = "noted" }),
		0);
	assert_int_equal(commit(cluster->one).id, 1);
	await_told(cluster->two, &told_two, "1:x");
	assert_string_equal(cluster->two->note, "noted");
	keep(cluster->two, ROOM, "y", 2);
	await_told(cluster->one, &told_one, "1:x 2:y");
	assert_int_equal(cluster->one->told_ticket, 0);
	assert_all(cluster->one, ROOM, "1 2");
	/* Neither is told twice. */
	keep(cluster->one, ROOM, "z", 3);
	assert_string_equal(told_one.text, "1:x 2:y 3:z");
	await_told(cluster->two, &told_two, "1:x 2:y 3:z");
}

static void
test_two_nodes_that_append_at_once_get_one_order(void **state)
{
	struct cluster_of_two *cluster = *state;

	open_two(cluster);
	for (int i = 0; i < 100; i++) {
		append(cluster->one, ROOM, "1");
		append(cluster->two, ROOM, "2");
		store_flush(cluster->one->store);
		store_flush(cluster->two->store);
	}
	while (!strstr(told_one.text, "200:"))
		dispatch_one(cluster->one);
	while (!strstr(told_two.text, "200:"))
		dispatch_one(cluster->two);
	assert_string_equal(told_one.text, told_two.text);
	assert_int_equal(cluster->one->appended_count, 100);
	assert_int_equal(cluster->two->appended_count, 100);
}

static void
test_a_key_is_known_to_all_nodes(void **state)
{
	struct cluster_of_two *cluster = *state;

	open_two(cluster);
	keep_keyed(cluster->one, ROOM, "k", NULL, 1, false);
	keep_keyed(cluster->two, ROOM, "k", NULL, 1, true);
	keep_keyed(cluster->two, ROOM, NULL, NULL, 2, false);
}

static void
test_a_state_that_another_node_has_changed_is_refused(void **state)
{
	struct cluster_of_two *cluster = *state;
	const struct store_entry entry = { .room = ROOM,
		.type = "alarm",
		.tail = "x",
		.tail_len = 1,
		.words = "",
		.state_key = "k",
		.state_value = "2",
		.state_value_len = 1 };

	open_two(cluster);
	keep_state(cluster->one, ROOM, "k", "1");
	assert_int_equal(try_append_entry(cluster->two, &entry), 0);
	assert_int_equal(commit(cluster->two).error, -ESTALE);
	/* What it is now was told before. */
	assert_string_equal(told_two.text, "1:state");
}

static void
react(struct fixture *fixture, const char *name)
{
	const uint64_t of = 1;

	assert_int_equal(
		try_append_entry(fixture, &(struct store_entry){ .room = ROOM,
						  .type = "react",
						  .ts_ms = 8,
						  .tail = "\"ts\":8",
						  .tail_len = 6,
						  .words = "",
						  .change = { .kind = STORE_REACT,
							  .of = &of,
							  .count = 1,
							  .emoji = "+",
							  .name = name,
							  .is_on = true } }),
		0);
}

static void
test_two_nodes_that_change_a_message_at_once_lose_nothing(void **state)
{
	struct cluster_of_two *cluster = *state;
	static const char tail[] = "\"message\":\"x\"}";
	char name[20];

	open_two(cluster);
	assert_int_equal(
		try_append_entry(cluster->one, &(struct store_entry){ .room = ROOM,
						       .type = "message",
						       .tail = tail,
						       .tail_len = sizeof(tail) - 1,
						       .words = "" }),
		0);
	commit(cluster->one);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "a%d", i);
		react(cluster->one, name);
		snprintf(name, sizeof(name), "b%d", i);
		react(cluster->two, name);
	}
	store_flush(cluster->one->store);
	store_flush(cluster->two->store);
	wait_appended(cluster->one, 21);
	wait_appended(cluster->two, 20);
	while (!strstr(told_two.text, "41:"))
		dispatch_one(cluster->two);
	assert_non_null(strstr(told_two.text, "\"of\":1,\"emoji\":\"+\",\"on\":true}"));
	ask_before(cluster->one, ROOM, 2, 1, PLENTY);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "\"a%d\"", i);
		assert_non_null(strstr(cluster->one->page_tails, name));
		snprintf(name, sizeof(name), "\"b%d\"", i);
		assert_non_null(strstr(cluster->one->page_tails, name));
	}
}

static void
test_a_sync_waits_for_what_others_have_stored(void **state)
{
	struct cluster_of_two *cluster = *state;

	open_two(cluster);
	for (uint64_t id = 1; id <= 20; id++) {
		char last[20];

		keep(cluster->one, ROOM, "x", id);
		assert_int_equal(store_sync(cluster->two->store, ROOM,
					 ++cluster->two->last_ticket),
			0);
		wait_page(cluster->two);
		assert_int_equal(cluster->two->page_error, 0);
		snprintf(last, sizeof(last), "%" PRIu64 ":x", id);
		assert_non_null(strstr(told_two.text, last));
	}
}

static void
test_a_node_that_comes_later_has_the_picture(void **state)
{
	struct cluster_of_two *cluster = *state;

	for (int i = 0; i < 300; i++) {
		char room[20];
		snprintf(room, sizeof(room), "r%d", i);
		append(cluster->one, room, "x");
	}
	commit(cluster->one);
	keep_state(cluster->one, "r7", "k", "v");
	open_two(cluster);
	assert_non_null(strstr(cluster->two->rooms, "r7 2/0@1000"));
	assert_non_null(strstr(cluster->two->rooms, "r299 1/0@1000"));
	assert_string_equal(cluster->two->states, "r7/k=v@2");
	keep(cluster->one, "r7", "y", 3);
	await_told(cluster->two, &told_two, "3:y");
}

/* Entries are sent while Redis does not answer; then the connection is given up, and
 * Redis reads them when it goes on. */
static void
test_a_redis_that_stands_still_stores_everything_once(void **state)
{
	struct cluster_of_two *cluster = *state;

	keep(cluster->one, ROOM, "x", 1);
	kill(cluster->server.pid, SIGSTOP);
	append(cluster->one, ROOM, "y");
	store_flush(cluster->one->store);
	await_failure(cluster->one, -EIO);
	append(cluster->one, ROOM, "z");
	kill(cluster->server.pid, SIGCONT);
	assert_int_equal(commit(cluster->one).id, 3);
	assert_string_equal(told_one.text, "1:x 2:y 3:z");
	assert_all(cluster->one, ROOM, "1 2 3");
}

/* What was sent on the former connection reaches Redis when the node has sent it again.
 */
static void
test_what_comes_too_late_is_not_stored_twice(void **state)
{
	struct cluster_of_two *cluster = *state;
	redisReply *reply;
	long long entries;

	keep(cluster->one, ROOM, "x", 1);
	relay_hold(&cluster->relay);
	append(cluster->one, ROOM, "y");
	store_flush(cluster->one->store);
	await_failure(cluster->one, -EIO);
	assert_int_equal(commit(cluster->one).error, 0);
	relay_let_go(&cluster->relay);
	/* Redis has read what was held when it has counted another failed call. */
	do {
		reply = redis_server_run(&cluster->server, "INFO errorstats");
		entries = strstr(reply->str, "errorstat_STALE") != NULL;
		freeReplyObject(reply);
		reply = redis_server_run(&cluster->server, "HGET {test:0}:meta entries");
		entries |= strtoll(reply->str, NULL, 10) > 3;
		freeReplyObject(reply);
	} while (!entries);
	ask_after(cluster->one, ROOM, 0, UINT64_MAX, 10, PLENTY);
	if (strcmp(cluster->one->page_ids, "1 2") != 0)
		fail_msg("a message was stored twice: %s", cluster->one->page_ids);
}

static void
test_a_connection_that_is_cut_within_a_reply_stores_everything_once(void **state)
{
	static const int cuts[] = { 0, 1, 5, 9, 17, 40 };
	struct cluster_of_two *cluster = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
		cluster->relay.cut_after = cuts[i];
		keep(cluster->one, ROOM, "x", 2 * i + 1);
		keep(cluster->one, ROOM, "y", 2 * i + 2);
	}
	assert_all(cluster->one, ROOM, "1 2 3 4 5 6 7 8 9 10 11 12");
}

static void
test_a_redis_that_is_killed_and_has_everything_goes_on(void **state)
{
	struct cluster_of_two *cluster = *state;
	char epoch[STORE_EPOCH_BYTES + 1];

	open_two(cluster);
	keep_keyed(cluster->one, ROOM, "k", NULL, 1, false);
	await_told(cluster->two, &told_two, "1:keyed");
	strcpy(epoch, store_epoch(cluster->one->store, ROOM));
	redis_server_do(&cluster->server, "SAVE");
	redis_server_kill(&cluster->server);
	await_failure(cluster->one, -EIO);
	append(cluster->one, ROOM, "y");
	redis_server_start(&cluster->server);
	assert_int_equal(commit(cluster->one).id, 2);
	await_told(cluster->two, &told_two, "1:keyed 2:y");
	keep_keyed(cluster->two, ROOM, "k", NULL, 1, true);
	assert_string_equal(epoch, store_epoch(cluster->two->store, ROOM));
	assert_int_equal(told_one.epochs + told_two.epochs, 0);
}

/* Redis comes back with less than was seen. */
static void
test_ids_are_not_given_twice_in_one_epoch(void **state)
{
	struct cluster_of_two *cluster = *state;
	struct appended answer;
	char epoch[STORE_EPOCH_BYTES + 1];

	strcpy(epoch, store_epoch(cluster->one->store, ROOM));
	keep(cluster->one, ROOM, "x", 1);
	redis_server_do(&cluster->server, "SAVE");
	keep(cluster->one, ROOM, "y", 2);
	redis_server_kill(&cluster->server);
	await_failure(cluster->one, -EIO);
	redis_server_start(&cluster->server);
	append(cluster->one, ROOM, "z");
	answer = commit(cluster->one);
	await_failure(cluster->one, 0); /* without the check it may have gone again */
	ask_after(cluster->one, ROOM, 1, 2, 1, PLENTY);
	assert_string_equal(cluster->one->page_tails, "z");
	if (!strcmp(epoch, store_epoch(cluster->one->store, ROOM)))
		fail_msg("an id was given twice in one epoch");
	assert_int_equal(answer.id, 2);
	assert_int_equal(told_one.epochs, 1);
	assert_string_equal(cluster->one->rooms, "a 1/0@1000");
}

static void
test_all_nodes_go_to_the_other_epoch(void **state)
{
	struct cluster_of_two *cluster = *state;

	open_two(cluster);
	redis_server_kill(&cluster->server);
	await_failure(cluster->one, -EIO);
	append(cluster->one, ROOM, "x");
	redis_server_start(&cluster->server);
	await_epoch(cluster->two, &told_two);
	assert_int_equal(commit(cluster->one).id, 1);
	assert_int_equal(told_one.epochs, 1);
	assert_string_equal(store_epoch(cluster->one->store, ROOM),
		store_epoch(cluster->two->store, ROOM));
	await_told(cluster->two, &told_two, "1:x");
}

static void
test_scripts_are_sent_again_after_they_were_flushed(void **state)
{
	struct cluster_of_two *cluster = *state;

	keep(cluster->one, ROOM, "x", 1);
	redis_server_do(&cluster->server, "SCRIPT FLUSH");
	keep(cluster->one, ROOM, "y", 2);
	assert_all(cluster->one, ROOM, "1 2");
	assert_int_equal(cluster->one->ups, 1);
}

static void
test_a_full_redis_can_be_read_and_goes_on_by_itself(void **state)
{
	struct cluster_of_two *cluster = *state;

	keep(cluster->one, ROOM, "x", 1);
	redis_server_do(&cluster->server, "CONFIG SET maxmemory 1");
	append(cluster->one, ROOM, "y");
	store_flush(cluster->one->store);
	await_failure(cluster->one, -ENOSPC);
	assert_all(cluster->one, ROOM, "1");
	assert_int_equal(cluster->one->appended_count, 1);
	redis_server_do(&cluster->server, "CONFIG SET maxmemory 0");
	assert_int_equal(commit(cluster->one).id, 2);
	assert_string_equal(told_one.text, "1:x 2:y");
}

static void
test_an_evicting_redis_is_refused(void **state)
{
	struct cluster_of_two *cluster = *state;
	struct fixture *fixture = fixture_new("redis");

	redis_server_do(&cluster->server, "CONFIG SET maxmemory-policy allkeys-lru");
	fixture->redis_uri = cluster->server.uri;
	fixture->redis_name = "three";
	assert_open_fails(fixture, -ENOTSUP, "noeviction");
	fixture_free(fixture);
}

static void
test_a_node_whose_place_in_the_log_is_gone_takes_a_picture(void **state)
{
	struct cluster_of_two *cluster = *state;

	open_two(cluster);
	keep(cluster->two, ROOM, "x", 1);
	await_told(cluster->one, &told_one, "1:x");
	relay_hold(&cluster->relay);
	for (uint64_t id = 2; id <= 4; id++)
		keep(cluster->two, ROOM, "y", id);
	redis_server_do(&cluster->server, "XTRIM {test:0}:log MAXLEN 1");
	cluster->one->rooms[0] = '\0';
	while (!*cluster->one->rooms)
		dispatch_one(cluster->one);
	assert_string_equal(cluster->one->rooms, "a 4/0@1000");
	assert_int_equal(told_one.epochs, 0);
	keep(cluster->one, ROOM, "z", 5);
}

static void
test_what_waits_is_answered_when_the_store_closes(void **state)
{
	struct cluster_of_two *cluster = *state;

	redis_server_kill(&cluster->server);
	await_failure(cluster->one, -EIO);
	append(cluster->one, ROOM, "x");
	assert_int_equal(store_before(cluster->one->store, ROOM, 1, 1, 1, 1), 0);
	close_store(cluster->one);
	assert_int_equal(cluster->one->appended_count, 1);
	assert_int_equal(cluster->one->appended[0].error, -EIO);
	assert_int_equal(cluster->one->page_error, -EIO);
	redis_server_start(&cluster->server);
	open_store(cluster->one);
	keep(cluster->one, ROOM, "y", 1);
}

static void
test_a_search_ends_after_some_megabytes(void **state)
{
	struct cluster_of_two *cluster = *state;
	char *text = calloc(1, 100001);

	keep(cluster->one, ROOM, "needle", 1);
	memset(text, 'x', 100000);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(try_append_entry(cluster->one,
					 &(struct store_entry){ .room = ROOM,
						 .type = "message",
						 .tail = text,
						 .tail_len = 100000,
						 .words = "x" }),
			0);
		if (i % 10 == 9)
			commit(cluster->one);
	}
	assert_found(cluster->one, ROOM, "needle", "");
	/* 8 MiB are 84 of them. */
	assert_in_range(cluster->one->page_searched_from, 2, 101 - 83);
	free(text);
}

#define SHARED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down_cluster)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		SHARED(test_all_nodes_are_told_the_same),
		SHARED(test_two_nodes_that_append_at_once_get_one_order),
		SHARED(test_a_key_is_known_to_all_nodes),
		SHARED(test_a_state_that_another_node_has_changed_is_refused),
		SHARED(test_two_nodes_that_change_a_message_at_once_lose_nothing),
		SHARED(test_a_sync_waits_for_what_others_have_stored),
		SHARED(test_a_node_that_comes_later_has_the_picture),
		SHARED(test_a_redis_that_stands_still_stores_everything_once),
		SHARED(test_what_comes_too_late_is_not_stored_twice),
		SHARED(test_a_connection_that_is_cut_within_a_reply_stores_everything_once),
		SHARED(test_a_redis_that_is_killed_and_has_everything_goes_on),
		SHARED(test_ids_are_not_given_twice_in_one_epoch),
		SHARED(test_all_nodes_go_to_the_other_epoch),
		SHARED(test_scripts_are_sent_again_after_they_were_flushed),
		SHARED(test_a_full_redis_can_be_read_and_goes_on_by_itself),
		SHARED(test_an_evicting_redis_is_refused),
		SHARED(test_a_node_whose_place_in_the_log_is_gone_takes_a_picture),
		SHARED(test_what_waits_is_answered_when_the_store_closes),
		SHARED(test_a_search_ends_after_some_megabytes),
	};

	/* The name of one test, for the negative controls. */
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
