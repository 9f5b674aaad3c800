/* Alarms and the store: what is under way, what is sent again, what stands over a restart
 * and what a store that fails leaves of them. */
#include "../folder.h"
#include "alarm_fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* Where the store of these tests lies. */
static char folder[FOLDER_BYTES];

static int
set_up_file(void **state)
{
	char path[100];
	const char *const settings[] = { "store.driver=\"sqlite\"", path };

	folder_make(folder);
	snprintf(path, sizeof(path), "store.path=\"%s/test.db\"", folder);
	return set_up_with(state, settings, 2);
}

static int
tear_down_file(void **state)
{
	tear_down(state);
	folder_remove(folder);
	return 0;
}

static void
restart(struct fixture *fixture)
{
	close_chat(fixture);
	open_chat(fixture);
}

static void
test_changes_that_are_still_under_way_build_on_each_other(void **state)
{
	struct fixture *fixture = *state;
	struct fake calls[4], carol;
	const char *heard;
	size_t i;

	push_later(fixture, &calls[0], WARNING);
	push_later(fixture, &calls[1], CRITICAL);
	push_later(fixture, &calls[2], OK);
	push_later(fixture, &calls[3], WARNING);
	come(fixture, &carol, NULL); /* and settle */
	assert_hears(&fixture->bob, "\"state\":\"raised\",\"since\":1000}");
	assert_hears(&fixture->bob, "\"state\":\"updated\",\"since\":1000}");
	assert_hears(&fixture->bob, "\"state\":\"cleared\",\"since\":1000}");
	assert_hears(&fixture->bob, "\"state\":\"raised\",\"since\":4000}");
	for (i = 0; i < 4; i++) {
		assert_hears(&carol, "\"id\":");
		assert_hears(&calls[i], "\"id\":");
		go(fixture, &calls[i]);
	}
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	come(fixture, &carol, NULL);
	heard = hears(&carol);
	assert_non_null(strstr(heard, "\"standing\":true"));
	assert_non_null(strstr(heard, "\"since\":4000"));
	go(fixture, &carol);
}

static void
test_an_alarm_raised_and_cleared_in_one_turn_leaves_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct fake calls[2], carol;

	push_later(fixture, &calls[0], WARNING);
	push_later(fixture, &calls[1], OK);
	settle(fixture);
	come(fixture, &carol, NULL);
	assert_hears_nothing(&carol);
	assert_push(fixture, OK, "\"room\":\"lobby\",\"epoch\""); /* has no id */
	go(fixture, &carol);
	go(fixture, &calls[0]);
	go(fixture, &calls[1]);
}

static void
test_who_comes_while_an_alarm_is_under_way_is_told_it_once(void **state)
{
	struct fixture *fixture = *state;
	struct fake call, carol;

	push_later(fixture, &call, WARNING);
	come(fixture, &carol, NULL);
	assert_hears(&carol, "\"id\":1,");
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	go(fixture, &call);
}

static void
test_an_alarm_is_kept_when_its_program_does_not_wait(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;

	push_later(fixture, &call,
		ALARM("\"severity\":\"error\",\"room\":\"new\",\"ref\":\"1\""));
	go(fixture, &call);
	settle(fixture);
	say(fixture, &fixture->ann, "{\"type\":\"join\",\"room\":\"new\"}");
	assert_hears(&fixture->ann, "\"type\":\"joined\"");
	assert_hears(&fixture->ann, "\"standing\":true,\"key\":\"disk\"");
}

static void
test_a_push_that_is_sent_again_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;

	assert_push(fixture, ALARM("\"severity\":\"error\",\"ref\":\"r1\""), "\"id\":1");
	assert_push(fixture, ALARM("\"severity\":\"info\",\"ref\":\"r2\""), "\"id\":2");
	forget_heard(&fixture->bob);
	assert_push(fixture, ALARM("\"severity\":\"error\",\"ref\":\"r1\""),
		"\"id\":1,\"epoch\"");
	assert_push(fixture, ALARM("\"severity\":\"error\",\"ref\":\"r1\""),
		"\"delivered\":0,\"duplicate\":true}");
	assert_hears_nothing(&fixture->bob);
	come(fixture, &carol, NULL);
	assert_hears(&carol, "\"severity\":\"info\"");
	go(fixture, &carol);
	assert_push(fixture, OK, "\"id\":3");
	assert_push(fixture, ALARM("\"severity\":\"error\",\"ref\":\"r1\""),
		"\"duplicate\":true");
	come(fixture, &carol, NULL);
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	/* Nothing is under way any more: it is known to be well. */
	assert_push(fixture, OK, "\"room\":\"lobby\",\"epoch\"");
}

static void
test_a_repeated_push_between_others_does_not_undo_them(void **state)
{
	struct fixture *fixture = *state;
	struct fake calls[3], carol;
	size_t i;

	assert_push(fixture, ALARM("\"severity\":\"error\",\"ref\":\"r1\""), "\"id\":1");
	push_later(fixture, &calls[0], WARNING);
	push_later(fixture, &calls[1], ALARM("\"severity\":\"critical\",\"ref\":\"r1\""));
	push_later(fixture, &calls[2], ALARM("\"severity\":\"info\""));
	settle(fixture);
	for (i = 0; i < 3; i++)
		go(fixture, &calls[i]);
	come(fixture, &carol, NULL);
	assert_hears(&carol, "\"severity\":\"info\"");
	go(fixture, &carol);
	push_later(fixture, &calls[0], WARNING);
	push_later(fixture, &calls[1], ALARM("\"severity\":\"ok\",\"ref\":\"r1\""));
	settle(fixture);
	go(fixture, &calls[0]);
	go(fixture, &calls[1]);
	come(fixture, &carol, NULL);
	assert_hears(&carol, "\"severity\":\"warning\"");
	go(fixture, &carol);
	forget_heard(&fixture->bob);
	assert_push(fixture, OK, "\"id\":5");
	assert_hears(&fixture->bob, "\"state\":\"cleared\"");
}

static void
test_alarms_stand_over_a_restart(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, "{\"type\":\"nick\",\"username\":\"ann\"}");
	assert_push(fixture, CRITICAL, "\"id\":1");
	assert_push(fixture, "{\"type\":\"alarm\",\"key\":\"a\",\"severity\":\"info\"}",
		"\"id\":2");
	assert_push(fixture, "{\"type\":\"alarm\",\"key\":\"b\",\"severity\":\"info\"}",
		"\"id\":3");
	assert_push(fixture, "{\"type\":\"alarm\",\"key\":\"a\",\"severity\":\"ok\"}",
		"\"id\":4");
	say(fixture, &fixture->ann, "{\"type\":\"ack\",\"key\":\"disk\"}");
	restart(fixture);
	assert_string_equal(hears(&fixture->bob),
		"{\"type\":\"alarm\",\"room\":\"lobby\",\"standing\":true,"
		"\"key\":\"disk\",\"severity\":\"critical\",\"message\":\"98 %\","
		"\"state\":\"acknowledged\",\"since\":2000,\"ts\":6000,"
		"\"username\":\"cron\",\"acknowledged_by\":\"ann\","
		"\"acknowledged_ms\":6000}");
	assert_hears(&fixture->bob, "\"key\":\"b\"");
	assert_hears_nothing(&fixture->bob);
	assert_push(fixture, OK, "\"id\":6");
	assert_hears(&fixture->bob, "\"state\":\"cleared\",\"since\":2000");
	restart(fixture);
	assert_hears(&fixture->bob, "\"key\":\"b\"");
	assert_hears_nothing(&fixture->bob);
}

/* The largest file that this process may write from now on: what is there, and more. */
static void
limit_files(rlim_t more)
{
	struct rlimit limit;
	struct stat status;
	char path[100];

	snprintf(path, sizeof(path), "%s/test.db-wal", folder);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(stat(path, &status), 0);
	limit.rlim_cur =
		more == RLIM_INFINITY ? limit.rlim_max : (rlim_t)status.st_size + more;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* An alarm that is too large for the limit below. */
static char *
large_alarm(const char *severity)
{
	char *text = malloc(400200);
	int len = sprintf(text,
		"{\"type\":\"alarm\",\"key\":\"disk\",\"severity\":\"%s\",\"message\":\"",
		severity);

	memset(text + len, 'x', 400000);
	strcpy(text + len + 400000, "\"}");
	return text;
}

static void
test_a_store_that_fails_leaves_what_stood(void **state)
{
	struct fixture *fixture = *state;
	char *large = large_alarm("critical");
	struct fake calls[3], carol;
	size_t i;

	signal(SIGXFSZ, SIG_IGN);
	assert_push(fixture, WARNING, "\"id\":1");
	forget_heard(&fixture->bob);
	limit_files(100000);
	push_later(fixture, &calls[0], OK);
	push_later(fixture, &calls[1], large);
	push_later(fixture, &calls[2], ALARM("\"severity\":\"info\",\"ref\":\"r\""));
	settle(fixture);
	for (i = 0; i < 3; i++) {
		assert_hears(&calls[i], "\"code\":\"store_failed\"");
		go(fixture, &calls[i]);
	}
	assert_hears_nothing(&fixture->bob);
	come(fixture, &carol, NULL);
	assert_hears(&carol, "\"severity\":\"warning\",\"state\":\"raised\"");
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	limit_files(RLIM_INFINITY);
	assert_push(fixture, ALARM("\"severity\":\"info\",\"ref\":\"r\""), "\"id\":2");
	assert_hears(&fixture->bob, "\"state\":\"updated\",\"since\":1000}");
	free(large);
}

static void
test_an_alarm_that_was_never_kept_does_not_stand(void **state)
{
	struct fixture *fixture = *state;
	char *large = large_alarm("critical");
	struct fake call, carol;

	signal(SIGXFSZ, SIG_IGN);
	say(fixture, &fixture->bob, "{\"message\":\"x\"}");
	forget_heard(&fixture->ann);
	limit_files(100000);
	push_later(fixture, &call, large);
	settle(fixture);
	assert_hears(&call, "\"code\":\"store_failed\"");
	come(fixture, &carol, NULL);
	assert_hears_nothing(&carol);
	say(fixture, &fixture->ann, "{\"type\":\"ack\",\"key\":\"disk\"}");
	assert_hears(&fixture->ann, "\"code\":\"no_such_alarm\"");
	limit_files(RLIM_INFINITY);
	assert_push(fixture, OK, "\"room\":\"lobby\",\"epoch\"");
	go(fixture, &carol);
	go(fixture, &call);
	free(large);
}

/* The store takes 32 MiB that it has not answered. */
static void
test_a_change_that_the_store_does_not_take_leaves_those_under_way(void **state)
{
	struct fixture *fixture = *state;
	char *large = large_alarm("critical");
	struct fake call, carol;
	int i;

	come_as_call(fixture, &call);
	for (i = 0; !call.session.queue.count; i++) {
		assert_true(i < 100);
		push_as(fixture, &call, "cron", large);
	}
	assert_hears(&call, "\"code\":\"busy\"");
	push_as(fixture, &call, "cron", OK);
	assert_hears(&call, "\"code\":\"busy\"");
	settle(fixture);
	forget_heard(&call);
	come(fixture, &carol, NULL);
	assert_true(carol.session.queue.count == 1);
	forget_heard(&fixture->bob);
	go(fixture, &carol);
	assert_push(fixture, OK, "\"id\":");
	come(fixture, &carol, NULL);
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	go(fixture, &call);
	free(large);
}

#define file_test(test) cmocka_unit_test_setup_teardown(test, set_up_file, tear_down_file)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chat_test(test_changes_that_are_still_under_way_build_on_each_other),
		chat_test(test_an_alarm_raised_and_cleared_in_one_turn_leaves_nothing),
		chat_test(test_who_comes_while_an_alarm_is_under_way_is_told_it_once),
		chat_test(test_an_alarm_is_kept_when_its_program_does_not_wait),
		chat_test(test_a_push_that_is_sent_again_changes_nothing),
		chat_test(test_a_repeated_push_between_others_does_not_undo_them),
		file_test(test_alarms_stand_over_a_restart),
		file_test(test_a_store_that_fails_leaves_what_stood),
		file_test(test_an_alarm_that_was_never_kept_does_not_stand),
		chat_test(
			test_a_change_that_the_store_does_not_take_leaves_those_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
