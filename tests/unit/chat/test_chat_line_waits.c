/* Lines that have to wait are not lost, sent twice or refused. */
#include "chat/chat_session.h"
#include "chat_fixture.h"

/* ann and bob are line sessions. */
static int
set_up_terminals(void **state, const char *const *settings, size_t count)
{
	struct fixture *fixture;
	int r = set_up_with(state, settings, count);

	fixture = *state;
	fixture->ann.session.wire = fixture->bob.session.wire = WIRE_LINE;
	fixture->ann.session.chat->wants_progress = true;
	return r;
}

static int
set_up_unhurried(void **state)
{
	static const char *const settings[] = { "limits.message_rate=0" };

	return set_up_terminals(state, settings, 1);
}

static int
set_up_with_10000(void **state)
{
	static const char *const settings[] = { "limits.message_rate=0.001",
		"limits.message_burst=10000" };

	return set_up_terminals(state, settings, 2);
}

static int
set_up_tail(void **state)
{
	static const char *const settings[] = {
		"tails=( { room = \"syslog\"; path = \"/nonexistent\"; } )"
	};

	return set_up_terminals(state, settings, 1);
}

static int
set_up_hurried(void **state)
{
	static const char *const settings[] = { "limits.message_rate=10",
		"limits.message_burst=2" };

	return set_up_terminals(state, settings, 2);
}

static int64_t
type_at(struct fixture *fixture, const char *line, int64_t now_ms)
{
	return chat_handle_line(
		fixture->chat, &fixture->ann.session, line, strlen(line), true, now_ms);
}

static void
assert_bob_reads(struct fixture *fixture, const char *expected)
{
	assert_string_equal(hears(&fixture->bob), expected);
}

static void
test_a_line_over_the_rate_waits_and_is_sent_once(void **state)
{
	struct fixture *fixture = *state;
	int64_t wait_ms;

	assert_int_equal(type_at(fixture, "one", 1000), 0);
	assert_int_equal(type_at(fixture, "two", 1000), 0);
	wait_ms = type_at(fixture, "three", 1000);
	assert_in_range(wait_ms, 1, 101);
	assert_int_equal(type_at(fixture, "three", 1000 + wait_ms), 0);
	settle(fixture);
	assert_bob_reads(fixture, "guest-1: one\n");
	assert_bob_reads(fixture, "guest-1: two\n");
	assert_bob_reads(fixture, "guest-1: three\n");
	assert_bob_reads(fixture, "");
	assert_string_equal(hears(&fixture->ann), "");
}

static void
test_a_refused_long_line_costs_as_much_as_a_message(void **state)
{
	struct fixture *fixture = *state;
	struct session *session = &fixture->ann.session;
	int64_t wait_ms;

	assert_int_equal(chat_refuse_line(fixture->chat, session, 1000), 0);
	assert_int_equal(type_at(fixture, "one", 1000), 0);
	wait_ms = chat_refuse_line(fixture->chat, session, 1000);
	assert_in_range(wait_ms, 1, 101);
	assert_string_equal(hears(&fixture->ann),
		"* that line is longer than 16384 bytes and was not sent\n");
	assert_string_equal(hears(&fixture->ann), "");
}

/* The store accepts a limited number of bytes and answers only in settle. */
static void
test_a_line_waits_while_the_store_is_full(void **state)
{
	struct fixture *fixture = *state;
	static char line[16000];
	unsigned said = 0, heard = 0;

	memset(line, 'x', sizeof(line) - 1);
	while (type_at(fixture, line, 1000) == 0)
		assert_true(++said < 100000);
	assert_true(said > 100);
	assert_true(type_at(fixture, "the next one", 1000) > 0);
	forget_heard(&fixture->bob);
	fixture->bob.session.queue_max_bytes = SIZE_MAX;
	settle(fixture);
	assert_int_equal(type_at(fixture, "the next one", 1000), 0);
	settle(fixture);
	while (strcmp(hears(&fixture->bob), "guest-1: the next one\n") != 0)
		heard++;
	assert_int_equal(heard, said);
	assert_string_equal(hears(&fixture->ann), "");
}

static void
test_waiting_for_the_store_is_free(void **state)
{
	struct fixture *fixture = *state;
	static char line[16000];
	unsigned said = 0, i;

	memset(line, 'x', sizeof(line) - 1);
	while (type_at(fixture, line, 1000) == 0)
		assert_true(++said < 10000);
	for (i = 0; i < 1000; i++)
		assert_in_range(type_at(fixture, line, 1000), 1, 100);
	settle(fixture);
	for (; type_at(fixture, "x", 1000) == 0; said++)
		settle(fixture);
	assert_int_equal(said, 10000);
}

static void
test_a_command_waits_until_earlier_lines_are_stored(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(type_at(fixture, "one", 1000), 0);
	assert_int_equal(type_at(fixture, "/history", 1000), CHAT_WHEN_WOKEN);
	assert_int_equal(type_at(fixture, "/me waves", 1000), 0);
	fixture->ann.wakes = 0;
	settle(fixture);
	assert_true(fixture->ann.wakes > 0);
	assert_int_equal(type_at(fixture, "/history", 1000), 0);
	assert_int_equal(type_at(fixture, "/nick ann", 1000), CHAT_WHEN_WOKEN);
	assert_int_equal(type_at(fixture, "Q", 1000), CHAT_WHEN_WOKEN);
	settle(fixture);
	assert_string_equal(hears(&fixture->ann), "guest-1: one\n* guest-1 waves\n"
						  "* That was the latest of lobby\n");
	assert_int_equal(type_at(fixture, "Q", 1000), 0);
	assert_int_equal(fixture->ann.code, CLOSE_NORMAL);
}

/* Nobody needs the answer, but the session waits for one read less. */
static void
test_a_session_that_left_a_room_is_woken_by_its_pending_read(void **state)
{
	struct fixture *fixture = *state;

	chat_log(fixture->chat, "syslog", "line", 4, 0, 1000);
	settle(fixture);
	fixture->ann.session.permissions = &permissions_of_all;
	assert_int_equal(type_at(fixture, "/join syslog", 1000), 0);
	assert_int_equal(chat_request_count(&fixture->ann.session), 1);
	chat_on_closing(fixture->chat, &fixture->ann.session); /* it departs */
	chat_turn(fixture->chat);
	fixture->ann.wakes = 0;
	settle(fixture);
	assert_int_equal(chat_request_count(&fixture->ann.session), 0);
	assert_true(fixture->ann.wakes > 0);
}

#define CROWD 1100

/* Every read is answered in its turn. */
static void
test_reads_beyond_the_stores_limit_wait_for_their_turn(void **state)
{
	struct fixture *fixture = *state;
	struct fake *crowd = test_calloc(CROWD, sizeof(*crowd));
	size_t i;

	for (i = 0; i < CROWD; i++) {
		come(fixture, &crowd[i], NULL);
		crowd[i].session.wire = WIRE_LINE;
	}
	for (i = 0; i < CROWD; i++)
		chat_handle_line(
			fixture->chat, &crowd[i].session, "/history", 8, true, 1000);
	go(fixture, &crowd[CROWD - 1]); /* while it waits */
	settle(fixture);
	for (i = 0; i < CROWD - 1; i++) {
		assert_string_equal(hears(&crowd[i]), "* That was nothing: there is no "
						      "history of lobby\n");
		go(fixture, &crowd[i]);
	}
	test_free(crowd);
}

#define UNHURRIED(test) cmocka_unit_test_setup_teardown(test, set_up_unhurried, tear_down)
#define HURRIED(test) cmocka_unit_test_setup_teardown(test, set_up_hurried, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HURRIED(test_a_line_over_the_rate_waits_and_is_sent_once),
		HURRIED(test_a_refused_long_line_costs_as_much_as_a_message),
		UNHURRIED(test_a_line_waits_while_the_store_is_full),
		cmocka_unit_test_setup_teardown(
			test_waiting_for_the_store_is_free, set_up_with_10000, tear_down),
		UNHURRIED(test_a_command_waits_until_earlier_lines_are_stored),
		cmocka_unit_test_setup_teardown(
			test_a_session_that_left_a_room_is_woken_by_its_pending_read,
			set_up_tail, tear_down),
		UNHURRIED(test_reads_beyond_the_stores_limit_wait_for_their_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
