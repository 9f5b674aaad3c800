/* Who is told of people that come and go, and when. */
#include "chat_fixture.h"

#define CROWD 60

/* Guests with other names fill a room. */
struct crowd {
	struct fake people[CROWD];
};

static void
crowd_comes(struct fixture *fixture, struct crowd *crowd, const char *room, bool listens)
{
	const struct chat_wishes wishes = { .room = room, .wants_events = listens };

	for (size_t i = 0; i < CROWD; i++)
		come(fixture, &crowd->people[i], &wishes);
}

static void
crowd_goes(struct fixture *fixture, struct crowd *crowd)
{
	for (size_t i = 0; i < CROWD; i++)
		go(fixture, &crowd->people[i]);
}

static void
come_listening(
	struct fixture *fixture, struct fake *fake, const char *room, const char *name)
{
	come(fixture, fake,
		&(struct chat_wishes){
			.room = room, .name = name, .wants_events = true });
	forget_heard(fake);
}

static void
wait_ms(struct fixture *fixture, int64_t ms)
{
	int64_t end_ms = fixture->now_ms + ms;

	while (fixture->now_ms < end_ms)
		chat_tick(fixture->chat, fixture->now_ms += 250);
}

static void
test_in_a_small_room_an_enter_is_announced_at_once(void **state)
{
	struct fixture *fixture = *state;
	struct fake ida, zoe;

	come_listening(fixture, &ida, "ops", "ida");
	come_listening(fixture, &zoe, "ops", "zoe");
	assert_hears(&ida, JSON("event":"enter","username":"zoe","via":"ws","count":2));
	go(fixture, &zoe);
	assert_hears(&ida, JSON("event":"leave","username":"zoe","via":"ws","count":1));
	go(fixture, &ida);
}

static void
test_in_a_large_room_a_short_visit_is_not_announced(void **state)
{
	struct fixture *fixture = *state;
	struct crowd crowd;
	struct fake ida, zoe, call;

	come_listening(fixture, &ida, "ops", "ida");
	say(fixture, &ida, JSON({"message":"this makes the room","room":"ops"}));
	crowd_comes(fixture, &crowd, "ops", false);
	wait_ms(fixture, 2000);
	forget_heard(&ida);
	come_listening(fixture, &zoe, "ops", "zoe");
	/* Lists and counts are true all the time. */
	come_as_call(fixture, &call);
	ask_at(fixture, &call, JSON({"type":"rooms"}), fixture->now_ms);
	assert_hears(&call, JSON("room":"ops","topic":"","count":62));
	go(fixture, &call);
	wait_ms(fixture, 750);
	assert_hears_nothing(&ida);
	go(fixture, &zoe);
	wait_ms(fixture, 2000);
	assert_hears_nothing(&ida);
	crowd_goes(fixture, &crowd);
	go(fixture, &ida);
}

static void
test_who_stays_is_announced_after_a_second_and_so_is_its_leave(void **state)
{
	struct fixture *fixture = *state;
	struct crowd crowd;
	struct fake ida, zoe;

	come_listening(fixture, &ida, "ops", "ida");
	crowd_comes(fixture, &crowd, "ops", false);
	wait_ms(fixture, 2000);
	forget_heard(&ida);
	come_listening(fixture, &zoe, "ops", "zoe");
	wait_ms(fixture, 1250);
	assert_hears(&ida, JSON("event":"enter","username":"zoe","via":"ws","count":62));
	assert_hears_nothing(&zoe);
	go(fixture, &zoe);
	assert_hears(&ida, JSON("event":"leave","username":"zoe","via":"ws","count":61));
	crowd_goes(fixture, &crowd);
	go(fixture, &ida);
}

static void
test_a_held_enter_comes_before_the_first_message_or_typing(void **state)
{
	struct fixture *fixture = *state;
	struct crowd crowd;
	struct fake ida, zoe, eva;

	come_listening(fixture, &ida, "ops", "ida");
	crowd_comes(fixture, &crowd, "ops", false);
	wait_ms(fixture, 2000);
	come_listening(fixture, &zoe, "ops", "zoe");
	come_listening(fixture, &eva, "ops", "eva");
	forget_heard(&ida);
	say(fixture, &zoe, JSON({"message":"hi"}));
	assert_hears(&ida, JSON("event":"enter","username":"zoe"));
	assert_hears(&ida, JSON("username":"zoe","message":"hi"));
	say(fixture, &eva, JSON({"type":"typing","room":"ops"}));
	assert_hears(&ida, JSON("event":"enter","username":"eva"));
	assert_hears(&ida, JSON("type":"typing"));
	wait_ms(fixture, 2000);
	assert_hears_nothing(&ida);
	go(fixture, &eva);
	go(fixture, &zoe);
	crowd_goes(fixture, &crowd);
	go(fixture, &ida);
}

/* A listener that joined meanwhile has the person in its list, so it needs the rename and
 * the leave. The others need only the enter, under the last name. */
static void
test_a_rename_or_leave_meanwhile_is_told_to_those_whose_list_has_the_person(void **state)
{
	struct fixture *fixture = *state;
	struct crowd crowd;
	struct fake ida, zoe, eva, amy;

	come_listening(fixture, &ida, "ops", "ida");
	crowd_comes(fixture, &crowd, "ops", false);
	wait_ms(fixture, 2000);
	come_listening(fixture, &zoe, "ops", "zoe");
	come_listening(fixture, &amy, "ops", "amy");
	come_listening(fixture, &eva, "ops", "eva");
	forget_heard(&ida);
	say(fixture, &zoe, JSON({"type":"nick","username":"zora"}));
	assert_hears(&zoe, JSON("event":"rename","username":"zora","was":"zoe"));
	assert_hears(&eva, JSON("event":"rename","username":"zora","was":"zoe"));
	assert_hears_nothing(&ida);
	go(fixture, &amy);
	assert_hears(&eva, JSON("event":"leave","username":"amy"));
	assert_hears_nothing(&ida);
	wait_ms(fixture, 2000);
	assert_hears(&ida, JSON("event":"enter","username":"zora"));
	assert_hears(&ida, JSON("event":"enter","username":"eva"));
	assert_hears_nothing(&ida);
	/* eva's list had zoe: it is not told that zora has entered. */
	assert_hears_nothing(&eva);
	go(fixture, &eva);
	go(fixture, &zoe);
	crowd_goes(fixture, &crowd);
	go(fixture, &ida);
}

static void
test_a_second_session_of_a_held_person_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct crowd crowd;
	struct fake ida, zoe, too;
	const struct chat_wishes wishes = {
		.room = "ops", .name = "zoe", .token = "00112233445566778899aabbccddeeff"
	};

	come_listening(fixture, &ida, "ops", "ida");
	crowd_comes(fixture, &crowd, "ops", false);
	wait_ms(fixture, 2000);
	forget_heard(&ida);
	come(fixture, &zoe, &wishes);
	come(fixture, &too, &wishes);
	go(fixture, &zoe);
	wait_ms(fixture, 2000);
	assert_hears(&ida, JSON("event":"enter","username":"zoe"));
	assert_hears_nothing(&ida);
	go(fixture, &too);
	assert_hears(&ida, JSON("event":"leave","username":"zoe"));
	crowd_goes(fixture, &crowd);
	go(fixture, &ida);
}

static void
test_nothing_is_encoded_when_nobody_wants_events(void **state)
{
	struct fixture *fixture = *state;
	struct fake one, two;

	come(fixture, &one, &(struct chat_wishes){ .room = "ops" });
	come(fixture, &two, &(struct chat_wishes){ .room = "ops" });
	assert_hears_nothing(&one);
	/* A later wish counts, too. */
	say(fixture, &one, JSON({"type":"join","room":"ops"}));
	assert_hears(&one, JSON("type":"joined"));
	go(fixture, &two);
	assert_hears(&one, JSON("event":"leave"));
	go(fixture, &one);
}

static void
test_the_list_of_people_is_true_after_every_change(void **state)
{
	struct fixture *fixture = *state;
	struct fake ida, zoe, line;

	come_listening(fixture, &ida, "ops", "ida \\\"i\\\"");
	come(fixture, &zoe, &(struct chat_wishes){ .room = "ops", .name = "zoe" });
#define assert_lists(text)                                                               \
	do {                                                                             \
		forget_heard(&ida);                                                      \
		say(fixture, &ida, JSON({"type":"join","room":"ops"}));                  \
		assert_hears(&ida, "\"users\":[" text "],\"count\":");                   \
	} while (0)
	assert_lists("{\"username\":\"ida \\\\\\\"i\\\\\\\"\",\"via\":\"ws\"},"
		     "{\"username\":\"zoe\",\"via\":\"ws\"}");
	say(fixture, &ida, JSON({"type":"nick","username":"ida"}));
	assert_lists("{\"username\":\"ida\",\"via\":\"ws\"},"
		     "{\"username\":\"zoe\",\"via\":\"ws\"}");
	go(fixture, &zoe);
	assert_lists("{\"username\":\"ida\",\"via\":\"ws\"}");
	come_by_line(fixture, &line, "ops", "zoe");
	assert_lists("{\"username\":\"ida\",\"via\":\"ws\"},"
		     "{\"username\":\"zoe\",\"via\":\"line\"}");
	go(fixture, &line);
	go(fixture, &ida);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chat_test(test_in_a_small_room_an_enter_is_announced_at_once),
		chat_test(test_in_a_large_room_a_short_visit_is_not_announced),
		chat_test(test_who_stays_is_announced_after_a_second_and_so_is_its_leave),
		chat_test(test_a_held_enter_comes_before_the_first_message_or_typing),
		chat_test(
			test_a_rename_or_leave_meanwhile_is_told_to_those_whose_list_has_the_person),
		chat_test(test_a_second_session_of_a_held_person_changes_nothing),
		chat_test(test_nothing_is_encoded_when_nobody_wants_events),
		chat_test(test_the_list_of_people_is_true_after_every_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
