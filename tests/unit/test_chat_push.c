/* What programs push: messages, alarms and metrics, and who comes later. */
#include "chat_fixture.h"

#include <stdio.h>

/* What a program that pushes text, an array of objects, is answered, one answer a line.
 * Valid until the next call. */
static const char *
push(struct fixture *fixture, const char *text)
{
	static const struct session_ops ops = { .wake = fake_on_wake,
		.drop = fake_on_drop };
	static char answers[65536];
	struct fake errand = { .fixture = fixture };
	struct pace pace = { 0 };
	struct frame *frame;
	size_t expected, count = 0, len = 0;

	session_init(&errand.session, &ops, "http", 0, SIZE_MAX);
	errand.session.wire = WIRE_OBJECT;
	chat_open_errand(fixture->chat, &errand.session, &pace);
	expected = chat_push(fixture->chat, &errand.session, "push",
		json_loads(text, 0, NULL), fixture->now_ms += 1000);
	settle(fixture);
	while ((frame = frame_queue_peek(&errand.session.queue))) {
		assert_true(len + frame->len + 2 < sizeof(answers));
		memcpy(answers + len, frame_bytes(frame), frame->len);
		len += frame->len;
		answers[len++] = '\n';
		count++;
		frame_queue_pop(&errand.session.queue);
	}
	answers[len] = '\0';
	assert_int_equal(count, expected);
	go(fixture, &errand);
	return answers;
}

#define assert_answer(fixture, text, part)                                               \
	do {                                                                             \
		const char *answer_ = push(fixture, text);                               \
		if (!strstr(answer_, part))                                              \
			fail_msg("answered \"%s\", not %s", answer_, part);              \
	} while (0)

#define DISK "[{\"type\":\"alarm\",\"key\":\"disk\",\"severity\":\"%s\"}]"

static void
test_a_push_is_a_message_that_says_where_it_is_from(void **state)
{
	struct fixture *fixture = *state;

	assert_answer(fixture, "[{\"message\":\"hi\",\"room\":\"lobby\"}]", "\"id\":1,");
	assert_hears(&fixture->bob,
		"\"username\":\"push\",\"message\":\"hi\",\"via\":\"push\"}");
	assert_answer(fixture, "[{\"message\":\"hi\",\"username\":\"guest-1\"}]",
		"\"bad_name\"");
	assert_answer(fixture,
		"[{\"type\":\"metric\",\"name\":\"a\",\"value\":1,\"username\":\"*\"}]",
		"\"bad_name\"");
}

static void
test_a_push_is_not_taken_for_what_the_server_or_a_client_says(void **state)
{
	static const char *const types[] = { "joined", "presence", "error", "pong", "log",
		"ack", "history", "search", "typing", "nick", "join", "leave", "ping" };
	struct fixture *fixture = *state;
	char text[64];
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		snprintf(text, sizeof(text), "[{\"type\":\"%s\"}]", types[i]);
		assert_answer(fixture, text, "\"reserved_type\"");
	}
	assert_answer(fixture, "[{\"type\":\"build\",\"n\":1}]", "\"id\":1,");
	assert_hears(&fixture->bob, "\"type\":\"build\"");
}

static void
test_who_comes_later_is_told_which_alarms_stand(void **state)
{
	struct fixture *fixture = *state;
	struct fake late;

	push(fixture, "[{\"type\":\"alarm\",\"key\":\"disk\",\"severity\":\"critical\","
		      "\"title\":\"Full\"}]");
	assert_hears(&fixture->bob, "\"id\":1,");
	come(fixture, &late, NULL);
	assert_hears(&late, "{\"type\":\"alarm\",\"room\":\"lobby\",\"standing\":true,"
			    "\"key\":\"disk\"");
	assert_hears_nothing(&late);
	go(fixture, &late);
	push(fixture, "[{\"type\":\"alarm\",\"key\":\"disk\",\"severity\":\"ok\"}]");
	assert_hears(&fixture->bob, "\"title\":\"Full\"}");
	come(fixture, &late, NULL);
	assert_hears_nothing(&late);
	go(fixture, &late);
}

static void
test_an_alarm_is_forgotten_to_be_acknowledged_only_when_it_gets_worse(void **state)
{
	struct fixture *fixture = *state;
	const char *heard;
	char text[80];

	snprintf(text, sizeof(text), DISK, "warning");
	push(fixture, text);
	assert_hears(&fixture->bob, "\"state\":\"raised\"");
	say(fixture, &fixture->ann, "{\"type\":\"ack\",\"key\":\"disk\"}");
	assert_hears(&fixture->bob, "\"state\":\"acknowledged\"");
	snprintf(text, sizeof(text), DISK, "info");
	push(fixture, text);
	assert_hears(&fixture->bob, "\"acknowledged_by\":\"guest-1\"");
	snprintf(text, sizeof(text), DISK, "critical");
	push(fixture, text);
	heard = hears(&fixture->bob);
	assert_non_null(strstr(heard, "\"state\":\"updated\""));
	assert_null(strstr(heard, "acknowledged_by"));
}

static void
test_an_alarm_that_does_not_stand_is_neither_cleared_nor_acknowledged(void **state)
{
	struct fixture *fixture = *state;
	char text[80];

	snprintf(text, sizeof(text), DISK, "ok");
	assert_answer(fixture, text, "\"delivered\":0}");
	assert_hears_nothing(&fixture->bob);
	say(fixture, &fixture->ann, "{\"type\":\"ack\",\"key\":\"disk\"}");
	assert_hears(&fixture->ann, "\"no_such_alarm\"");
}

static void
test_a_push_again_under_its_ref_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	const char *raise =
		"[{\"type\":\"alarm\",\"key\":\"disk\",\"severity\":\"error\","
		"\"ref\":\"r1\"}]";
	struct fake late;

	assert_answer(fixture, raise, "\"id\":1,");
	push(fixture, "[{\"type\":\"alarm\",\"key\":\"disk\",\"severity\":\"ok\"}]");
	assert_answer(fixture, raise, "\"duplicate\":true");
	come(fixture, &late, NULL);
	assert_hears_nothing(&late);
	go(fixture, &late);
	assert_answer(fixture, "[{\"message\":\"other words\",\"ref\":\"r1\"}]",
		"\"id\":1,\"epoch\"");
	say(fixture, &fixture->ann,
		"{\"message\":\"m\",\"username\":\"push\",\"ref\":\"r1\"}");
	assert_hears(&fixture->ann, "\"severity\":\"error\"");
	assert_hears(&fixture->ann, "\"state\":\"cleared\"");
	assert_hears(&fixture->ann, "{\"type\":\"ack\",\"ref\":\"r1\",\"room\":\"lobby\","
				    "\"id\":3}");
}

static void
test_a_flood_of_values_is_thinned_to_the_newest(void **state)
{
	struct fixture *fixture = *state;
	char text[4096];
	struct fake late;
	size_t len = 0;
	int n;

	for (n = 0; n < 50; n++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
			"%c{\"type\":\"metric\",\"name\":\"cpu\",\"value\":%d}",
			n ? ',' : '[', n);
	snprintf(text + len, sizeof(text) - len, "]");
	push(fixture, text);
	assert_hears(&fixture->bob, "\"value\":0}");
	assert_hears_nothing(&fixture->bob);
	chat_tick(fixture->chat, fixture->now_ms + 100);
	assert_hears_nothing(&fixture->bob);
	chat_tick(fixture->chat, fixture->now_ms + 250);
	assert_hears(&fixture->bob, "\"value\":49}");
	chat_tick(fixture->chat, fixture->now_ms + 1000);
	assert_hears_nothing(&fixture->bob);
	come(fixture, &late, NULL);
	assert_hears(&late, "\"name\":\"cpu\",\"value\":49}");
	go(fixture, &late);
}

static void
test_there_is_an_end_to_alarms_and_metrics_of_a_room(void **state)
{
	struct fixture *fixture = *state;
	char text[128];
	int n;

	for (n = 0; n <= 1000; n++) {
		snprintf(text, sizeof(text),
			"[{\"type\":\"metric\",\"name\":\"m%d\",\"value\":1}]", n);
		assert_answer(fixture, text, n < 1000 ? "\"ack\"" : "too_many_metrics");
		snprintf(text, sizeof(text),
			"[{\"type\":\"alarm\",\"key\":\"k%d\",\"severity\":\"info\"}]",
			n);
		assert_answer(fixture, text, n < 1000 ? "\"id\"" : "too_many_alarms");
		forget_heard(&fixture->ann);
		forget_heard(&fixture->bob);
		forget_heard(&fixture->eve);
	}
	assert_answer(fixture,
		"[{\"type\":\"alarm\",\"key\":\"k7\",\"severity\":\"ok\"}]", "\"id\"");
	assert_answer(fixture, text, "\"id\"");
}

static void
test_a_token_of_a_wrong_form_is_not_taken(void **state)
{
	static const char *const tokens[] = { "a", "", "0123456789abcdef0123456789abcdeg",
		"0123456789abcdef0123456789abcdef0" };
	struct fixture *fixture = *state;
	struct fake late;
	size_t i;

	for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		come(fixture, &late,
			&(struct chat_wishes){ .name = "late",
				.token = tokens[i],
				.wants_joined = true });
		assert_hears(&late, "\"bad_field\"");
		assert_hears(&late, "\"you\":{\"username\":\"guest-");
		go(fixture, &late);
	}
}

static void
test_who_is_strict_is_not_there_at_all_under_another_name(void **state)
{
	struct fixture *fixture = *state;
	struct fake late;

	say(fixture, &fixture->ann, "{\"type\":\"join\",\"username\":\"ann\"}");
	forget_heard(&fixture->ann);
	come(fixture, &late, &(struct chat_wishes){ .name = "ANN", .is_strict = true });
	assert_hears(&late, "\"name_taken\"");
	go(fixture, &late);
	assert_hears_nothing(&fixture->ann);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chat_test(test_a_push_is_a_message_that_says_where_it_is_from),
		chat_test(test_a_push_is_not_taken_for_what_the_server_or_a_client_says),
		chat_test(test_who_comes_later_is_told_which_alarms_stand),
		chat_test(
			test_an_alarm_is_forgotten_to_be_acknowledged_only_when_it_gets_worse),
		chat_test(
			test_an_alarm_that_does_not_stand_is_neither_cleared_nor_acknowledged),
		chat_test(test_a_push_again_under_its_ref_changes_nothing),
		chat_test(test_a_flood_of_values_is_thinned_to_the_newest),
		chat_test(test_there_is_an_end_to_alarms_and_metrics_of_a_room),
		chat_test(test_a_token_of_a_wrong_form_is_not_taken),
		chat_test(test_who_is_strict_is_not_there_at_all_under_another_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
