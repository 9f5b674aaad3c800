/* A store that answers late, or never, and that others append to. */
#include "fake_store.h"

static const struct chat_wishes wants_events = { .wants_events = true };

static void
test_rooms_are_answered_in_any_order_and_each_request_once(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->bob, JSON({"type":"join","room":"ops"}));
	forget_heard(&fixture->bob);
	say_later(fixture, &fixture->ann, JSON({"message":"one","ref":"1"}));
	say_later(fixture, &fixture->ann, JSON({"message":"two","room":"ops","ref":"2"}));
	say_later(fixture, &fixture->ann, JSON({"message":"three","ref":"3"}));
	assert_hears_nothing(&fixture->ann);
	assert_hears_nothing(&fixture->bob);
	fake_answer(fixture, "ops");
	assert_hears(&fixture->ann, JSON("ref":"2","room":"ops","id":1));
	assert_hears(&fixture->bob, JSON("message":"two"));
	fake_answer(fixture, "lobby");
	fake_answer(fixture, "lobby");
	assert_hears(&fixture->ann, JSON("ref":"1","room":"lobby","id":1));
	assert_hears(&fixture->ann, JSON("ref":"3","room":"lobby","id":2));
	assert_hears(&fixture->bob, JSON("message":"one"));
	assert_hears(&fixture->bob, JSON("message":"three"));
	assert_hears_nothing(&fixture->ann);
	assert_hears_nothing(&fixture->bob);
}

static void
test_what_others_have_stored_is_shown_in_the_order_of_the_room(void **state)
{
	struct fixture *fixture = *state;

	say_later(fixture, &fixture->ann, JSON({"message":"near","ref":"1"}));
	fake_add(fixture, "lobby", "far", NULL, NULL, true);
	assert_hears(&fixture->ann, JSON("id":1,"ts":1000,"username":"far"));
	fake_answer(fixture, "lobby");
	assert_hears(&fixture->ann, JSON("ref":"1","room":"lobby","id":2));
	assert_hears(&fixture->bob, JSON("message":"far"));
	assert_hears(&fixture->bob, JSON("message":"near"));
	assert_hears_nothing(&fixture->bob);
	assert_hears_nothing(&fixture->ann);
}

static void
test_an_entry_that_the_picture_had_is_not_shown_again(void **state)
{
	struct fixture *fixture = *state;

	fake_add(fixture, "lobby", "one", NULL, NULL, false);
	fake_picture(fixture, 0, NULL);
	assert_hears(&fixture->bob, JSON("id":1));
	fake_room_of("lobby")->last_id = 0; /* the log has it, too */
	free(fake_room_of("lobby")->tails[1]);
	fake_add(fixture, "lobby", "one", NULL, NULL, true);
	assert_hears_nothing(&fixture->bob);
}

#define FAR_ALARM                                                                        \
	JSON({"key":"disk","severity":"info","state":"raised","since":1,                 \
		"username":"far","ts":1000})

static void
test_an_alarm_that_another_has_changed_is_computed_again(void **state)
{
	struct fixture *fixture = *state;
	struct fake calls[2];

	come_as_call(fixture, &calls[0]);
	come_as_call(fixture, &calls[1]);
	push_as(fixture, &calls[0], "cron",
		JSON({"type":"alarm","key":"disk",
						     "severity":"error"}));
	push_as(fixture, &calls[1], "cron",
		JSON({"type":"alarm","key":"disk",
						     "severity":"critical"}));
	fake_add(fixture, "lobby", "far", "disk", FAR_ALARM, true);
	assert_hears(&fixture->bob, JSON("id":1));
	fake_answer(fixture, "lobby"); /* both were made from none */
	fake_answer(fixture, "lobby");
	assert_hears_nothing(&calls[0]);
	assert_hears_nothing(&fixture->bob);
	fake_answer(fixture, "lobby");
	fake_answer(fixture, "lobby");
	assert_true(STAILQ_EMPTY(&fake_store->given));
	assert_hears(
		&fixture->bob, JSON("username":"cron","key":"disk","severity":"error","state":"updated",
			"since":1));
	assert_hears(
		&fixture->bob, JSON("severity":"critical","state":"updated","since":1));
	assert_hears_nothing(&fixture->bob);
	for (int i = 0; i < 2; i++) {
		assert_hears(&calls[i], JSON("type":"ack"));
		assert_hears_nothing(&calls[i]);
		go(fixture, &calls[i]);
	}
}

static void
test_an_acknowledgement_of_what_another_has_cleared_is_refused(void **state)
{
	struct fixture *fixture = *state;

	fake_add(fixture, "lobby", "far", "disk", FAR_ALARM, true);
	forget_heard(&fixture->ann);
	say_later(fixture, &fixture->ann, JSON({"type":"ack","key":"disk","ref":"1"}));
	fake_add(fixture, "lobby", "far", "disk", NULL, true);
	forget_heard(&fixture->ann);
	fake_answer(fixture, "lobby");
	assert_hears(&fixture->ann, JSON("code":"no_such_alarm"));
	assert_hears_nothing(&fixture->ann);
	assert_true(STAILQ_EMPTY(&fake_store->given));
}

static void
test_an_alarm_that_others_change_all_the_time_is_busy(void **state)
{
	struct fixture *fixture = *state;
	char value[200];

	fake_add(fixture, "lobby", "far", "disk", FAR_ALARM, true);
	say_later(fixture, &fixture->ann, JSON({"type":"ack","key":"disk","ref":"1"}));
	for (int i = 0; i < 6; i++) {
		snprintf(value, sizeof(value), "{\"severity\":\"info\",\"n\":%d}", i);
		fake_add(fixture, "lobby", "far", "disk", value, true);
		forget_heard(&fixture->ann);
		fake_answer(fixture, "lobby");
	}
	assert_hears(&fixture->ann, JSON("code":"busy"));
	assert_hears_nothing(&fixture->ann);
	assert_true(STAILQ_EMPTY(&fake_store->given));
}

static void
test_what_is_never_answered_is_unavailable_and_may_still_appear(void **state)
{
	struct fixture *fixture = *state;

	say_later(fixture, &fixture->ann, JSON({"message":"late","ref":"1"}));
	pass(fixture, 9000);
	assert_hears_nothing(&fixture->ann);
	pass(fixture, 2000);
	assert_hears_exactly(&fixture->ann,
		JSON({"type":"error",
		"code":"store_unavailable",
		"message":"the history has not answered in time: try again","ref":"1"}));
	assert_hears_nothing(&fixture->bob);
	fake_answer(fixture, "lobby");
	assert_hears(&fixture->bob, JSON("id":1));
	assert_hears_nothing(&fixture->bob);
	assert_hears(&fixture->ann, JSON("message":"late"));
	assert_hears_nothing(&fixture->ann);
	/* The next one is answered as ever. */
	say_later(fixture, &fixture->ann, JSON({"message":"next","ref":"2"}));
	fake_answer(fixture, "lobby");
	assert_hears(&fixture->ann, JSON("ref":"2","room":"lobby","id":2));
}

static void
test_reads_that_are_never_answered_are_unavailable(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol, dave;

	fake_add(fixture, "lobby", "one", NULL, NULL, true);
	forget_heard(&fixture->ann);
	fake_store->is_mute = true;
	say_later(fixture, &fixture->ann, JSON({"type":"history","ref":"1"}));
	say_later(fixture, &fixture->bob,
		JSON({"type":"join","room":"ops","since":"first0:9","ref":"2"}));
	come_later(fixture, &carol, &(struct chat_wishes){ .since = "first0:0" });
	come_later(fixture, &dave, &(struct chat_wishes){ .since = "first0:9" });
	forget_heard(&fixture->bob);
	pass(fixture, 1500);
	assert_hears(&fixture->bob, JSON("code":"store_unavailable"));
	assert_hears(&fixture->bob, JSON("event":"leave","username":"guest-5"));
	assert_hears_nothing(&fixture->bob);
	assert_int_equal(fixture->bob.drops, 0);
	assert_hears(&dave, JSON("code":"store_unavailable"));
	assert_int_equal(dave.code, CLOSE_TRY_AGAIN);
	assert_int_equal(carol.drops, 0);
	pass(fixture, 10000);
	assert_hears(&fixture->ann, JSON("code":"store_unavailable"));
	assert_hears_nothing(&fixture->ann);
	assert_hears(&carol, JSON("code":"store_unavailable"));
	assert_int_equal(carol.code, CLOSE_TRY_AGAIN);
	forget_heard(&fixture->bob);
	say_later(fixture, &fixture->bob, JSON({"type":"leave","room":"ops"}));
	assert_hears(&fixture->bob, JSON("code":"no_such_room"));
	go(fixture, &carol);
	go(fixture, &dave);
}

static void
test_a_resume_that_is_ahead_waits_for_what_others_have_seen(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;
	struct store_read *read;

	fake_store->is_mute = true;
	come_later(fixture, &carol,
		&(struct chat_wishes){ .since = "first0:1", .wants_joined = true });
	fake_add(fixture, "lobby", "one", NULL, NULL, true);
	fake_add(fixture, "lobby", "two", NULL, NULL, true);
	assert_hears_nothing(&carol);
	read = STAILQ_FIRST(&fake_store->asked);
	assert_int_equal(read->kind, STORE_SYNC);
	STAILQ_REMOVE_HEAD(&fake_store->asked, link);
	fake_store->is_mute = false;
	store_answer_read(&fake_store->store, read);
	fake_run(fixture);
	assert_true(chat_is_waiting(fixture->chat) || carol.session.queue.count);
	fake_run(fixture);
	assert_hears(&carol, JSON("last_id":2,"recovered":true));
	assert_hears(&carol, JSON("message":"two"));
	assert_hears_nothing(&carol);
	go(fixture, &carol);
}

static void
test_a_join_is_answered_even_if_its_client_leaves_before_it_is_done(void **state)
{
	struct fixture *fixture = *state;
	struct store_read *read;

	fake_store->is_mute = true;
	say_later(fixture, &fixture->bob,
		JSON({"type":"join","room":"ops","since":"first0:9","ref":"j"}));
	forget_heard(&fixture->bob);
	say_later(fixture, &fixture->bob, JSON({"type":"leave","room":"ops"}));
	forget_heard(&fixture->bob);
	read = STAILQ_FIRST(&fake_store->asked);
	STAILQ_REMOVE_HEAD(&fake_store->asked, link);
	store_answer_read(&fake_store->store, read);
	fake_run(fixture);
	assert_hears(&fixture->bob, JSON("code":"not_joined"));
	assert_hears_nothing(&fixture->bob);
}

#define CROWD 1000

/* Open count members of the lobby that wish that. */
static struct fake *
crowd_new(struct fixture *fixture, const struct chat_wishes *wishes)
{
	struct fake *crowd = calloc(CROWD, sizeof(*crowd));

	for (int i = 0; i < CROWD; i++) {
		fake_init(fixture, &crowd[i], WIRE_WS);
		chat_open(fixture->chat, &crowd[i].session, wishes);
	}
	settle(fixture);
	for (int i = 0; i < CROWD; i++)
		forget_heard(&crowd[i]);
	return crowd;
}

static void
crowd_free(struct fixture *fixture, struct fake *crowd)
{
	for (int i = 0; i < CROWD; i++)
		go(fixture, &crowd[i]);
	free(crowd);
}

static void
test_a_second_picture_sends_a_thousand_members_what_they_missed_once(void **state)
{
	struct fixture *fixture = *state;
	struct fake *crowd = crowd_new(fixture, NULL);

	fake_add(fixture, "lobby", "one", NULL, NULL, true);
	fake_add(fixture, "lobby", "two", NULL, NULL, false);
	fake_add(fixture, "lobby", "three", NULL, NULL, false);
	fake_add(fixture, "zoo", "elsewhere", NULL, NULL, false);
	fake_picture(fixture, 0, NULL);
	/* Some members still read when the next one comes. */
	fake_add(fixture, "lobby", "four", NULL, NULL, true);
	settle(fixture);
	fake_add(fixture, "lobby", "five", NULL, NULL, true);
	for (int i = 0; i < CROWD; i++) {
		assert_hears(&crowd[i], JSON("id":1,));
		assert_hears(&crowd[i], JSON("id":2,));
		assert_hears(&crowd[i], JSON("id":3,));
		assert_hears(&crowd[i], JSON("id":4,));
		assert_hears(&crowd[i], JSON("id":5,));
		assert_hears_nothing(&crowd[i]);
		assert_int_equal(crowd[i].drops, 0);
	}
	crowd_free(fixture, crowd);
}

static void
test_a_second_picture_has_the_alarms_that_stand(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;

	fake_add(fixture, "lobby", "one", "disk", FAR_ALARM, true);
	fake_add(fixture, "lobby", "two", "disk", NULL, false);
	fake_add(fixture, "ops", "one", "cpu", FAR_ALARM, false);
	fake_picture(fixture, 0, NULL);
	settle(fixture);
	come(fixture, &carol, NULL);
	assert_hears_nothing(&carol);
	say(fixture, &carol, JSON({"type":"join","room":"ops"}));
	assert_hears(&carol, JSON("type":"joined"));
	assert_hears(&carol, JSON("standing":true));
	assert_hears_nothing(&carol);
	go(fixture, &carol);
}

static void
test_another_epoch_is_told_to_a_thousand_members_before_its_messages(void **state)
{
	struct fixture *fixture = *state;
	struct fake *crowd = crowd_new(fixture, &wants_events);
	struct fake plain, line;

	fake_add(fixture, "lobby", "one", NULL, NULL, true);
	fake_add(fixture, "lobby", "two", NULL, NULL, true);
	come(fixture, &plain, &(struct chat_wishes){ .since = "first0:1" });
	come_by_line(fixture, &line, NULL, NULL);
	forget_heard(&fixture->ann);
	forget_heard(&plain);
	forget_heard(&line);
	for (int i = 0; i < CROWD; i++)
		forget_heard(&crowd[i]);
	say_later(fixture, &fixture->ann, JSON({"message":"held","ref":"1"}));
	fake_room_of("lobby")->last_id = 0;
	for (int id = 1; id <= 2; id++) {
		free(fake_room_of("lobby")->tails[id]);
		fake_room_of("lobby")->tails[id] = NULL;
	}
	fake_picture(fixture, 0, "second0");
	fake_answer(fixture, "lobby");
	for (int i = 0; i < CROWD; i++) {
		assert_hears(&crowd[i], JSON("room":"lobby","epoch":"second0","last_id":0,
				"recovered":false));
		assert_hears(&crowd[i], JSON("event":"leave")); /* plain's */
		assert_hears(&crowd[i], JSON("id":1,));
		assert_hears_nothing(&crowd[i]);
	}
	assert_int_equal(plain.code, CLOSE_TRY_AGAIN);
	assert_hears_exactly(
		&line, "* The history was lost in part; the numbers begin anew.\n");
	assert_hears(&line, "has left");
	assert_hears(&line, "held");
	assert_hears(&fixture->ann, JSON("ref":"1","room":"lobby","id":1));
	assert_hears_nothing(&fixture->ann);
	assert_int_equal(fixture->bob.drops, 0);
	go(fixture, &plain);
	go(fixture, &line);
	crowd_free(fixture, crowd);
}

static void
test_only_the_rooms_of_the_shard_begin_anew(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;

	come(fixture, &carol,
		&(struct chat_wishes){ .room = "zoo", .wants_events = true });
	forget_heard(&carol);
	fake_picture(fixture, 0, "second0");
	assert_hears_nothing(&carol);
	fake_picture(fixture, 1, "second1");
	assert_hears(&carol, JSON("room":"zoo","epoch":"second1"));
	assert_hears_nothing(&carol);
	go(fixture, &carol);
}

static void
test_an_outage_is_told_once_each_way_to_those_who_asked_for_events(void **state)
{
	struct fixture *fixture = *state;
	const char *code, *why;
	struct fake carol, dave;

	come(fixture, &carol, &wants_events);
	come(fixture, &dave,
		&(struct chat_wishes){ .room = "zoo", .wants_events = true });
	forget_heard(&carol);
	forget_heard(&dave);
	fake_go_down(fixture, 0, true);
	assert_true(chat_is_away(fixture->chat, &code, &why));
	assert_string_equal(code, "store_unavailable");
	pass(fixture, 500);
	fake_go_down(fixture, 0, false);
	assert_hears_nothing(&carol); /* too short */
	fake_go_down(fixture, 0, true);
	pass(fixture, 5000);
	assert_hears(&carol, JSON("type":"notice","code":"store_away"));
	assert_hears_nothing(&carol);
	fake_go_down(fixture, 0, false);
	pass(fixture, 5000);
	assert_hears(&carol, JSON("type":"notice","code":"store_back"));
	assert_hears_nothing(&carol);
	assert_hears_nothing(&dave);
	assert_hears_nothing(&fixture->bob);
	assert_false(chat_is_away(fixture->chat, &code, &why));
	go(fixture, &carol);
	go(fixture, &dave);
}

static void
test_an_outage_of_each_shard_is_told_to_its_rooms_only(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol, dave;

	come(fixture, &carol, &wants_events);
	come(fixture, &dave,
		&(struct chat_wishes){ .room = "zoo", .wants_events = true });
	forget_heard(&carol);
	forget_heard(&dave);
	fake_go_down(fixture, 0, true);
	pass(fixture, 5000);
	assert_hears(&carol, JSON("code":"store_away"));
	fake_go_down(fixture, 1, true);
	pass(fixture, 5000);
	assert_hears(&dave, JSON("code":"store_away"));
	fake_go_down(fixture, 0, false);
	assert_hears(&carol, JSON("code":"store_back"));
	assert_hears_nothing(&dave);
	fake_go_down(fixture, 1, false);
	assert_hears(&dave, JSON("code":"store_back"));
	assert_hears_nothing(&carol);
	assert_hears_nothing(&dave);
	go(fixture, &carol);
	go(fixture, &dave);
}

static void
test_who_enters_during_an_outage_is_told_of_it_once(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;

	fake_go_down(fixture, 0, true);
	pass(fixture, 5000);
	come(fixture, &carol, &wants_events);
	assert_hears(&carol, JSON("type":"joined"));
	assert_hears(&carol, JSON("code":"store_away"));
	say(fixture, &carol, JSON({"type":"join","room":"ops"}));
	assert_hears(&carol, JSON("type":"joined"));
	assert_hears_nothing(&carol);
	fake_go_down(fixture, 0, false);
	assert_hears(&carol, JSON("code":"store_back"));
	assert_hears_nothing(&carol);
	go(fixture, &carol);
}

/* Its patience with the other entry begins before, and ends after. */
static void
test_a_resume_that_gives_up_takes_no_entry_along(void **state)
{
	struct fixture *fixture = *state;
	struct store_write *write;
	struct fake carol;

	say_later(fixture, &fixture->ann, JSON({"message":"kept","ref":"1"}));
	fake_store->is_mute = true;
	come_later(fixture, &carol, &(struct chat_wishes){ .since = "first0:99" });
	pass(fixture, 2000);
	assert_int_equal(carol.drops, 1);
	fake_go_down(fixture, 0, true);
	fake_store->store.failure = -EIO;
	STAILQ_FOREACH (write, &fake_store->given, link)
		write->error = -EIO;
	store_answer_writes(&fake_store->store, &fake_store->given);
	fake_run(fixture);
	fake_store->store.failure = 0;
	fake_go_down(fixture, 0, false);
	fake_answer(fixture, "lobby");
	assert_hears(&fixture->ann, JSON("type":"ack","ref":"1"));
	go(fixture, &carol);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fake_test(test_rooms_are_answered_in_any_order_and_each_request_once),
		fake_test(test_what_others_have_stored_is_shown_in_the_order_of_the_room),
		fake_test(test_an_entry_that_the_picture_had_is_not_shown_again),
		fake_test(test_an_alarm_that_another_has_changed_is_computed_again),
		fake_test(test_an_acknowledgement_of_what_another_has_cleared_is_refused),
		fake_test(test_an_alarm_that_others_change_all_the_time_is_busy),
		fake_test(
			test_what_is_never_answered_is_unavailable_and_may_still_appear),
		fake_test(test_reads_that_are_never_answered_are_unavailable),
		fake_test(
			test_a_join_is_answered_even_if_its_client_leaves_before_it_is_done),
		fake_test(test_a_resume_that_is_ahead_waits_for_what_others_have_seen),
		fake_test(
			test_a_second_picture_sends_a_thousand_members_what_they_missed_once),
		fake_test(test_a_second_picture_has_the_alarms_that_stand),
		fake_test(
			test_another_epoch_is_told_to_a_thousand_members_before_its_messages),
		fake_test(test_only_the_rooms_of_the_shard_begin_anew),
		fake_test(
			test_an_outage_is_told_once_each_way_to_those_who_asked_for_events),
		fake_test(test_an_outage_of_each_shard_is_told_to_its_rooms_only),
		fake_test(test_who_enters_during_an_outage_is_told_of_it_once),
		fake_test(test_a_resume_that_gives_up_takes_no_entry_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
