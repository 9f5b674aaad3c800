/* Names that a cluster gives, late or never. */
#include "chat_fixture.h"

#include <errno.h>

#include "cluster/cluster_driver.h"

#define CLAIMS 200

/* A cluster in the place of "alone", whose claims the test answers. */
static struct {
	struct cluster *cluster;
	struct {
		uint64_t ticket; /* 0: it was answered */
		char name[40];
	} claims[CLAIMS];
	size_t count;
	int granted; /* and not released */
} fake_cluster;

static int
fake_claim(struct cluster *cluster, const struct cluster_claim *claim, uint64_t ticket)
{
	size_t n = fake_cluster.count++;

	assert_true(n < CLAIMS);
	fake_cluster.cluster = cluster;
	fake_cluster.claims[n].ticket = ticket;
	snprintf(fake_cluster.claims[n].name, sizeof(fake_cluster.claims[n].name), "%s",
		claim->name);
	return -EINPROGRESS;
}

static void
fake_release(struct cluster *cluster, const char *key)
{
	(void)cluster;
	assert_true(*key);
	fake_cluster.granted--;
	assert_true(fake_cluster.granted >= 0);
}

static bool
fake_is_housekeeper(const struct cluster *cluster)
{
	(void)cluster;
	return true;
}

const struct cluster_ops cluster_alone_ops = {
	.claim = fake_claim,
	.release = fake_release,
	.is_housekeeper = fake_is_housekeeper,
};

/* Answer claim number n, from 0. */
static void
answer(struct fixture *fixture, size_t n, int error)
{
	uint64_t ticket = fake_cluster.claims[n].ticket;

	assert_true(n < fake_cluster.count && ticket);
	fake_cluster.claims[n].ticket = 0;
	fake_cluster.granted += !error;
	fake_cluster.cluster->callbacks.on_claimed(fake_cluster.cluster->context, ticket,
		fake_cluster.claims[n].name, error);
	settle(fixture);
}

static int
set_up_cluster(void **state)
{
	static const char *const settings[] = { "limits.message_rate=0",
		"limits.address_rate=0" };

	memset(&fake_cluster, 0, sizeof(fake_cluster));
	return set_up_with(state, settings, 2);
}

static int
tear_down_cluster(void **state)
{
	tear_down(state);
	assert_int_equal(fake_cluster.granted, 0);
	return 0;
}

static void
test_commands_wait_in_order_for_a_name(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"message":"one","username":"ann","ref":"1"}));
	say(fixture, &fixture->ann, JSON({"message":"two","ref":"2"}));
	say(fixture, &fixture->ann, JSON({"type":"ping","ref":"3"}));
	assert_hears_nothing(&fixture->ann);
	assert_hears_nothing(&fixture->bob);
	assert_int_equal(chat_request_count(&fixture->ann.session), 4);
	say(fixture, &fixture->eve, JSON({"message":"meanwhile"}));
	assert_hears(&fixture->bob, JSON("message":"meanwhile"));
	answer(fixture, 0, 0);
	assert_hears(&fixture->bob, JSON("username":"ann","message":"one"));
	assert_hears(&fixture->bob, JSON("username":"ann","message":"two"));
	assert_hears_nothing(&fixture->bob);
	assert_hears(&fixture->ann, JSON("message":"meanwhile"));
	assert_hears(&fixture->ann, JSON("type":"pong","ref":"3"));
	assert_hears(&fixture->ann, JSON("ref":"1"));
	assert_hears(&fixture->ann, JSON("ref":"2"));
	assert_hears_nothing(&fixture->ann);
	/* Its own name, in any case, is not asked for again. */
	say(fixture, &fixture->ann, JSON({"message":"three","username":"ann"}));
	say(fixture, &fixture->ann, JSON({"message":"four","username":"Ann"}));
	assert_hears(&fixture->bob, JSON("username":"ann","message":"three"));
	assert_hears(&fixture->bob, JSON("username":"Ann","message":"four"));
	assert_int_equal(fake_cluster.count, 1);
}

static void
test_a_name_that_somebody_has_elsewhere_is_refused(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"message":"one","username":"ann","ref":"1"}));
	say(fixture, &fixture->ann, JSON({"message":"two","username":"zoe","ref":"2"}));
	answer(fixture, 0, -EEXIST);
	assert_hears(&fixture->ann, JSON("code":"name_taken"));
	assert_hears_nothing(&fixture->ann);
	answer(fixture, 1, 0);
	assert_hears(&fixture->ann, JSON("ref":"2"));
	assert_hears(&fixture->bob, JSON("username":"zoe","message":"two"));
	assert_hears_nothing(&fixture->bob);
	say(fixture, &fixture->ann, JSON({"message":"x","username":"yan"}));
	answer(fixture, 2, 0);
	assert_int_equal(fake_cluster.granted, 1); /* zoe was given back */
}

static void
test_a_claim_that_is_never_answered_is_refused_and_a_late_name_given_back(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"type":"nick","username":"ann"}));
	say(fixture, &fixture->ann, JSON({"message":"two","ref":"2"}));
	for (int ms = 0; ms <= 10000; ms += CHAT_TICK_MS)
		chat_tick(fixture->chat, fixture->now_ms);
	settle(fixture);
	assert_hears(&fixture->ann, JSON("code":"store_unavailable"));
	assert_hears(&fixture->ann, JSON("ref":"2"));
	assert_hears_nothing(&fixture->ann);
	assert_hears(&fixture->bob, JSON("username":"guest-1","message":"two"));
	answer(fixture, 0, 0);
	assert_int_equal(fake_cluster.granted, 0);
}

static void
test_a_command_that_is_refused_gives_its_name_back(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"message":"x","room":"a/b","username":"ann"}));
	answer(fixture, 0, 0);
	assert_hears(&fixture->ann, JSON("code":"bad_room"));
	assert_int_equal(fake_cluster.granted, 0);
	say(fixture, &fixture->ann, JSON({"message":"x"}));
	assert_hears(&fixture->bob, JSON("username":"guest-1"));
}

static void
test_a_session_that_goes_gives_back_what_is_granted_later(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;

	say(fixture, &fixture->ann, JSON({"message":"one","username":"ann"}));
	come_as_call(fixture, &call);
	send_at(fixture, &call, &fixture->ann.session,
		JSON({"message":"two","ref":"2"}), fixture->now_ms);
	assert_hears_nothing(&call);
	go(fixture, &fixture->ann);
	assert_hears(&call, JSON("code":"no_such_session"));
	assert_hears_nothing(&call);
	answer(fixture, 0, 0);
	assert_int_equal(fake_cluster.granted, 0);
	assert_hears_nothing(&fixture->bob);
	go(fixture, &call);
	come(fixture, &fixture->ann, NULL);
}

static void
test_one_person_whose_sessions_want_a_name_at_once_has_it_once(void **state)
{
	struct fixture *fixture = *state;
	const char *nick = JSON({"type":"nick","username":"zoe","session":"00112233445566778899aabbccddeeff"});

	say(fixture, &fixture->ann, nick);
	say(fixture, &fixture->bob, nick);
	answer(fixture, 0, 0);
	answer(fixture, 1, 0);
	say(fixture, &fixture->bob, JSON({"message":"hi"}));
	assert_hears(&fixture->ann, JSON("username":"zoe","message":"hi"));
	assert_int_equal(fake_cluster.granted, 1);
}

static void
test_calls_wait_behind_the_session_and_are_answered_once(void **state)
{
	struct fixture *fixture = *state;
	struct fake calls[66];

	say(fixture, &fixture->ann, JSON({"message":"one","username":"ann"}));
	for (int i = 0; i < 66; i++) {
		come_as_call(fixture, &calls[i]);
		send_at(fixture, &calls[i], &fixture->ann.session,
			JSON({"message":"more"}), fixture->now_ms += 1000);
	}
	assert_hears_nothing(&calls[62]);
	for (int i = 63; i < 66; i++)
		assert_hears(&calls[i], JSON("code":"busy"));
	go(fixture, &calls[1]); /* it does not wait, but is carried out */
	answer(fixture, 0, 0);
	for (int i = 0; i < 63; i++) {
		if (i != 1)
			assert_hears(&calls[i], JSON("type":"ack"));
		assert_hears_nothing(&calls[i]);
	}
	for (int i = 0; i < 64; i++)
		assert_hears(&fixture->bob, JSON("username":"ann"));
	assert_hears_nothing(&fixture->bob);
	for (int i = 0; i < 66; i++)
		if (i != 1)
			go(fixture, &calls[i]);
}

static void
test_a_door_stops_reading_while_much_waits(void **state)
{
	struct fixture *fixture = *state;
	char text[40000];

	say(fixture, &fixture->ann, JSON({"message":"one","username":"ann"}));
	for (int i = 0; i < 63; i++) {
		assert_false(chat_is_full(&fixture->ann.session));
		say(fixture, &fixture->ann, JSON({"message":"more"}));
	}
	assert_true(chat_is_full(&fixture->ann.session));
	answer(fixture, 0, 0);
	assert_false(chat_is_full(&fixture->ann.session));
	assert_true(fixture->ann.wakes > 0);
	assert_int_equal(fixture->bob.session.queue.count, 64);
	forget_heard(&fixture->bob);
	fixture->config->limits.message_bytes = 60000;
	say(fixture, &fixture->bob, JSON({"message":"one","username":"bob"}));
	snprintf(text, sizeof(text), "{\"message\":\"%030000d\"}", 1);
	say(fixture, &fixture->bob, text);
	say(fixture, &fixture->bob, text);
	assert_false(chat_is_full(&fixture->bob.session));
	say(fixture, &fixture->bob, text);
	assert_true(chat_is_full(&fixture->bob.session));
	answer(fixture, 1, -ENOTCONN);
	assert_false(chat_is_full(&fixture->bob.session));
}

static void
test_lines_wait_at_their_door(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;

	come_by_line(fixture, &carol, NULL, NULL);
	forget_heard(&carol);
	say_line(fixture, &carol, "/nick carol");
	assert_int_equal(chat_handle_line(fixture->chat, &carol.session, "hi", 2, true,
				 fixture->now_ms),
		CHAT_WHEN_WOKEN);
	assert_int_equal(chat_refuse_line(fixture->chat, &carol.session, fixture->now_ms),
		CHAT_WHEN_WOKEN);
	carol.wakes = 0;
	/* One that cannot wait there, as of a WebSocket. */
	say_line(fixture, &carol, "/text one");
	say_line(fixture, &carol, "/who");
	answer(fixture, 0, 0);
	assert_true(carol.wakes > 0);
	assert_hears(&carol, "guest-4 is now carol");
	assert_hears(&fixture->bob, JSON("username":"carol","message":"one"));
	assert_hears(&fixture->bob, JSON("username":"carol","message":"/who"));
	assert_int_equal(chat_handle_line(fixture->chat, &carol.session, "hi", 2, true,
				 fixture->now_ms += 1000),
		0);
	go(fixture, &carol);
	settle(fixture);
}

static void
test_a_session_opens_when_its_name_is_granted(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol, dave;

	come(fixture, &carol,
		&(struct chat_wishes){ .name = "carol", .wants_events = true });
	say(fixture, &carol, JSON({"message":"hi","ref":"1"}));
	assert_hears_nothing(&carol);
	answer(fixture, 0, 0);
	assert_hears(&carol, JSON("type":"joined"));
	assert_hears(&carol, JSON("ref":"1"));
	assert_hears(&fixture->bob, JSON("username":"carol","message":"hi"));
	come(fixture, &dave,
		&(struct chat_wishes){ .name = "dave", .wants_events = true });
	answer(fixture, 1, -ENOTCONN);
	assert_hears(&dave, JSON("code":"store_unavailable"));
	assert_hears(&dave, JSON("username":"guest-5"));
	go(fixture, &dave);
	come(fixture, &dave, &(struct chat_wishes){ .name = "eve", .is_strict = true });
	answer(fixture, 2, -EEXIST);
	assert_hears(&dave, JSON("code":"name_taken"));
	assert_int_equal(dave.drops, 1);
	go(fixture, &dave);
	come(fixture, &dave, &(struct chat_wishes){ .name = "frank" });
	go(fixture, &dave);
	answer(fixture, 3, 0);
	go(fixture, &carol);
}

#define cluster_test(test)                                                               \
	cmocka_unit_test_setup_teardown(test, set_up_cluster, tear_down_cluster)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cluster_test(test_commands_wait_in_order_for_a_name),
		cluster_test(test_a_name_that_somebody_has_elsewhere_is_refused),
		cluster_test(
			test_a_claim_that_is_never_answered_is_refused_and_a_late_name_given_back),
		cluster_test(test_a_command_that_is_refused_gives_its_name_back),
		cluster_test(test_a_session_that_goes_gives_back_what_is_granted_later),
		cluster_test(
			test_one_person_whose_sessions_want_a_name_at_once_has_it_once),
		cluster_test(test_calls_wait_behind_the_session_and_are_answered_once),
		cluster_test(test_a_door_stops_reading_while_much_waits),
		cluster_test(test_lines_wait_at_their_door),
		cluster_test(test_a_session_opens_when_its_name_is_granted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
