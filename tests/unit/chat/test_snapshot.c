/* Snapshots: what a newcomer is sent of a room, however large. */
#include "chat_fixture.h"

#define ALARMS 50
#define METRICS 100

/* Push the formatted text and discard what the fixture's sessions receive. */
__attribute__((format(printf, 2, 3))) static void
push(struct fixture *fixture, const char *format, ...)
{
	va_list arguments;
	char text[160];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	assert_push(fixture, text, JSON("type":"ack"));
	forget_heard(&fixture->ann);
	forget_heard(&fixture->bob);
	forget_heard(&fixture->eve);
}

static void
fill(struct fixture *fixture)
{
	int i;

	for (i = 0; i < METRICS; i++)
		push(fixture, JSON({"type":"metric","name":"m%d","value":1}), i);
	for (i = 0; i < ALARMS; i++)
		push(fixture, JSON({"type":"alarm","key":"a%d","severity":"info"}), i);
}

/* The next text that fake is sent. An empty queue is reported to the chat first. */
static const char *
hears_next(struct fake *fake)
{
	if (!fake->session.queue.count)
		chat_on_drained(fake->fixture->chat, &fake->session);
	return hears(fake);
}

__attribute__((format(printf, 2, 3))) static void
assert_next(struct fake *fake, const char *format, ...)
{
	const char *heard = hears_next(fake);
	va_list arguments;
	char part[80];

	va_start(arguments, format);
	vsnprintf(part, sizeof(part), format, arguments);
	va_end(arguments);
	if (!strstr(heard, part))
		fail_msg("heard " JSON("%s", not %s), heard, part);
}

static void
test_a_newcomer_is_sent_the_snapshot_as_fast_as_it_reads(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;
	int i;

	fill(fixture);
	come(fixture, &carol, NULL);
	assert_in_range(carol.session.queue.bytes, 1, carol.session.queue_max_bytes / 8);
	for (i = 0; i < ALARMS; i++)
		assert_next(&carol, JSON("standing":true,"key":"a%d"), i);
	for (i = 0; i < METRICS; i++)
		assert_next(&carol, JSON("name":"m%d","value":1), i);
	assert_string_equal(hears_next(&carol), "");
	assert_int_equal(carol.drops, 0);
	go(fixture, &carol);
}

static void
test_a_newcomer_to_several_rooms_is_sent_each_snapshot(void **state)
{
	struct fixture *fixture = *state;
	int i, joined = 0, metrics_heard[4] = { 0 };
	const char *heard, *room;
	struct fake carol;
	char text[80];

	for (i = 0; i < 160; i++)
		push(fixture, JSON({"type":"metric","room":"r%d","name":"m%d","value":1}),
				      i % 4, i);
	come(fixture, &carol, NULL);
	for (i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), JSON({"type":"join","room":"r%d"}), i);
		say(fixture, &carol, text);
	}
	while (*(heard = hears_next(&carol))) {
		room = strstr(heard, "\"room\":\"r") + strlen("\"room\":\"r");
		if (strstr(heard, JSON("type":"metric")))
			metrics_heard[*room - '0']++;
		else
			joined++;
	}
	assert_int_equal(joined, 4);
	for (i = 0; i < 4; i++)
		assert_int_equal(metrics_heard[i], 40);
	assert_int_equal(carol.drops, 0);
	go(fixture, &carol);
}

static void
test_a_change_during_a_snapshot_is_sent_as_it_is_then(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;
	int i;

	fill(fixture);
	come(fixture, &carol, NULL);
	while (carol.session.queue.count)
		hears(&carol);
	push(fixture, JSON({"type":"alarm","key":"a%d","severity":"ok"}), 48);
	assert_hears(&carol, JSON("state":"cleared"));
	push(fixture, JSON({"type":"metric","name":"m%d","value":2}), 99);
	assert_hears(&carol, JSON("name":"m99","value":2));
	push(fixture, JSON({"type":"metric","name":"new%d","value":3}), 1);
	assert_hears(&carol, JSON("name":"new1"));
	while (!strstr(hears_next(&carol), JSON("key":"a47")))
		continue;
	assert_next(&carol, JSON("standing":true,"key":"a%d"), 49);
	for (i = 0; i < METRICS - 1; i++)
		assert_next(&carol, JSON("name":"m%d","value":1), i);
	assert_next(&carol, JSON("name":"m%d","value":2), 99);
	assert_string_equal(hears_next(&carol), "");
	go(fixture, &carol);
}

static void
test_a_polls_snapshot_is_cut_to_its_answer(void **state)
{
	static const struct chat_wishes wishes = { .is_silent = true };
	struct fixture *fixture = *state;
	struct fake carol;

	fill(fixture);
	fake_init(fixture, &carol, WIRE_OBJECT);
	chat_open(fixture->chat, &carol.session, &wishes);
	assert_in_range(carol.session.queue.bytes, carol.session.queue_max_bytes - 300,
		carol.session.queue_max_bytes);
	assert_int_equal(carol.drops, 0);
	go(fixture, &carol);
}

static int
set_up_small(void **state)
{
	static const char *const settings[] = { "limits.queue_bytes=4096" };

	return set_up_with(state, settings, 1);
}

#define small_test(test) cmocka_unit_test_setup_teardown(test, set_up_small, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		small_test(test_a_newcomer_is_sent_the_snapshot_as_fast_as_it_reads),
		small_test(test_a_newcomer_to_several_rooms_is_sent_each_snapshot),
		small_test(test_a_change_during_a_snapshot_is_sent_as_it_is_then),
		small_test(test_a_polls_snapshot_is_cut_to_its_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
