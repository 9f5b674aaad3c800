/* Alarms and the store: pending changes, resends, restarts and failures. */
#include "../folder.h"
#include "alarm_fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* Path of the store of these tests. */
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

/* Do the timed work at now_ms. */
static void
trim(struct fixture *fixture, int64_t now_ms)
{
	chat_prune(fixture->chat, now_ms);
	chat_trim(fixture->chat, now_ms);
	settle(fixture);
}

static void
test_pending_changes_of_an_alarm_build_on_each_other(void **state)
{
	struct fixture *fixture = *state;
	struct fake calls[4], carol;
	const char *heard;
	size_t i;

	push_later(fixture, &calls[0], WARNING);
	push_later(fixture, &calls[1], CRITICAL);
	push_later(fixture, &calls[2], OK);
	push_later(fixture, &calls[3], WARNING);
	come(fixture, &carol, NULL); /* and settles */
	assert_hears(&fixture->bob, JSON("state":"raised","since":1000) "}");
	assert_hears(&fixture->bob, JSON("state":"updated","since":1000) "}");
	assert_hears(&fixture->bob, JSON("state":"cleared","since":1000) "}");
	assert_hears(&fixture->bob, JSON("state":"raised","since":4000) "}");
	for (i = 0; i < 4; i++) {
		assert_hears(&carol, JSON("id":));
		assert_hears(&calls[i], JSON("id":));
		go(fixture, &calls[i]);
	}
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	come(fixture, &carol, NULL);
	heard = hears(&carol);
	assert_non_null(strstr(heard, JSON("standing":true)));
	assert_non_null(strstr(heard, JSON("since":4000)));
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
	assert_push(fixture, OK, JSON("room":"lobby","epoch")); /* without an id */
	go(fixture, &carol);
	go(fixture, &calls[0]);
	go(fixture, &calls[1]);
}

static void
test_a_session_that_joins_while_an_alarm_is_stored_gets_it_once(void **state)
{
	struct fixture *fixture = *state;
	struct fake call, carol;

	push_later(fixture, &call, WARNING);
	come(fixture, &carol, NULL);
	assert_hears(&carol, JSON("id":1,));
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	go(fixture, &call);
}

static void
test_an_alarm_is_stored_although_its_program_disconnects(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;

	push_later(
		fixture, &call, ALARM(JSON("severity":"error","room":"new","ref":"1")));
	go(fixture, &call);
	settle(fixture);
	say(fixture, &fixture->ann, JSON({"type":"join","room":"new"}));
	assert_hears(&fixture->ann, JSON("type":"joined"));
	assert_hears(&fixture->ann, JSON("standing":true,"key":"disk"));
}

static void
test_a_resent_push_changes_no_alarm(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;

	assert_push(fixture, ALARM(JSON("severity":"error","ref":"r1")), JSON("id":1));
	assert_push(fixture, ALARM(JSON("severity":"info","ref":"r2")), JSON("id":2));
	forget_heard(&fixture->bob);
	assert_push(fixture, ALARM(JSON("severity":"error","ref":"r1")),
				     JSON("id":1,"epoch"));
	assert_push(fixture, ALARM(JSON("severity":"error","ref":"r1")),
				     JSON("delivered":0,"duplicate":true) "}");
	assert_hears_nothing(&fixture->bob);
	come(fixture, &carol, NULL);
	assert_hears(&carol, JSON("severity":"info"));
	go(fixture, &carol);
	assert_push(fixture, OK, JSON("id":3));
	assert_push(fixture, ALARM(JSON("severity":"error","ref":"r1")),
				     JSON("duplicate":true));
	come(fixture, &carol, NULL);
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	/* Nothing is pending, so the alarm is known to be cleared. */
	assert_push(fixture, OK, JSON("room":"lobby","epoch"));
}

static void
test_a_resent_push_does_not_undo_later_changes(void **state)
{
	struct fixture *fixture = *state;
	struct fake calls[3], carol;
	size_t i;

	assert_push(fixture, ALARM(JSON("severity":"error","ref":"r1")), JSON("id":1));
	push_later(fixture, &calls[0], WARNING);
	push_later(fixture, &calls[1], ALARM(JSON("severity":"critical","ref":"r1")));
	push_later(fixture, &calls[2], ALARM(JSON("severity":"info")));
	settle(fixture);
	for (i = 0; i < 3; i++)
		go(fixture, &calls[i]);
	come(fixture, &carol, NULL);
	assert_hears(&carol, JSON("severity":"info"));
	go(fixture, &carol);
	push_later(fixture, &calls[0], WARNING);
	push_later(fixture, &calls[1], ALARM(JSON("severity":"ok","ref":"r1")));
	settle(fixture);
	go(fixture, &calls[0]);
	go(fixture, &calls[1]);
	come(fixture, &carol, NULL);
	assert_hears(&carol, JSON("severity":"warning"));
	go(fixture, &carol);
	forget_heard(&fixture->bob);
	assert_push(fixture, OK, JSON("id":5));
	assert_hears(&fixture->bob, JSON("state":"cleared"));
}

static void
test_alarms_survive_a_restart(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"type":"nick","username":"ann"}));
	assert_push(fixture, CRITICAL, JSON("id":1));
	assert_push(fixture, JSON({"type":"alarm","key":"a","severity":"info"}),
				     JSON("id":2));
	assert_push(fixture, JSON({"type":"alarm","key":"b","severity":"info"}),
				     JSON("id":3));
	assert_push(
		fixture, JSON({"type":"alarm","key":"a","severity":"ok"}), JSON("id":4));
	say(fixture, &fixture->ann, JSON({"type":"ack","key":"disk"}));
	restart(fixture);
	assert_hears_exactly(&fixture->bob,
		JSON({"type":"alarm","room":"lobby","standing":true,"key":"disk",
			"severity":"critical","message":"98 %",
			"state":"acknowledged","since":2000,"ts":6000,
			"username":"cron","acknowledged_by":"ann",
			"acknowledged_ms":6000}));
	assert_hears(&fixture->bob, JSON("key":"b"));
	assert_hears_nothing(&fixture->bob);
	assert_push(fixture, OK, JSON("id":6));
	assert_hears(&fixture->bob, JSON("state":"cleared","since":2000));
	restart(fixture);
	assert_hears(&fixture->bob, JSON("key":"b"));
	assert_hears_nothing(&fixture->bob);
}

/* Limit this process's files to the present size and a little more. */
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

/* An alarm larger than the limit below. */
static char *
large_alarm(struct fixture *fixture, const char *severity)
{
	char *text = malloc(400200);
	int len = sprintf(text,
		"{\"type\":\"alarm\",\"key\":\"disk\",\"severity\":\"%s\",\"message\":\"",
		severity);

	fixture->config->limits.message_bytes = 400000;
	memset(text + len, 'x', 400000);
	strcpy(text + len + 400000, "\"}");
	return text;
}

static void
test_a_store_failure_leaves_the_active_alarms_unchanged(void **state)
{
	struct fixture *fixture = *state;
	char *large = large_alarm(fixture, "critical");
	struct fake calls[3], carol;
	size_t i;

	signal(SIGXFSZ, SIG_IGN);
	assert_push(fixture, WARNING, JSON("id":1));
	forget_heard(&fixture->bob);
	limit_files(100000);
	push_later(fixture, &calls[0], OK);
	push_later(fixture, &calls[1], large);
	push_later(fixture, &calls[2], ALARM(JSON("severity":"info","ref":"r")));
	settle_in_vain(fixture);
	for (i = 0; i < 3; i++) {
		assert_hears(&calls[i], JSON("code":"store_unavailable"));
		go(fixture, &calls[i]);
	}
	assert_hears_nothing(&fixture->bob);
	come(fixture, &carol, NULL);
	assert_hears(&carol, JSON("severity":"warning","state":"raised"));
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	limit_files(RLIM_INFINITY);
	assert_push(fixture, ALARM(JSON("severity":"info","ref":"r")), JSON("id":2));
	assert_hears(&fixture->bob, JSON("state":"updated","since":1000) "}");
	free(large);
}

static void
test_an_end_that_the_store_refuses_is_tried_again(void **state)
{
	struct fixture *fixture = *state;
	char *large = large_alarm(fixture, "critical");
	struct fake call;

	signal(SIGXFSZ, SIG_IGN);
	assert_push(fixture,
		JSON({"type":"alarm","key":"short","severity":"info","lasts_s":1}),
			JSON("id":1));
	forget_heard(&fixture->bob);
	limit_files(100000);
	/* The end and a large alarm are stored in one transaction. */
	push_later(fixture, &call, large);
	chat_trim(fixture->chat, 60000);
	settle_in_vain(fixture);
	assert_hears(&call, JSON("code":"store_unavailable"));
	go(fixture, &call);
	assert_hears_nothing(&fixture->bob);
	limit_files(RLIM_INFINITY);
	trim(fixture, 60000);
	assert_hears(&fixture->bob, JSON("key":"short","severity":"ok"));
	assert_hears_nothing(&fixture->bob);
	free(large);
}

static void
test_an_alarm_that_was_not_stored_is_not_active(void **state)
{
	struct fixture *fixture = *state;
	char *large = large_alarm(fixture, "critical");
	struct fake call, carol;

	signal(SIGXFSZ, SIG_IGN);
	say(fixture, &fixture->bob, JSON({"message":"x"}));
	forget_heard(&fixture->ann);
	limit_files(100000);
	push_later(fixture, &call, large);
	settle_in_vain(fixture);
	assert_hears(&call, JSON("code":"store_unavailable"));
	come(fixture, &carol, NULL);
	assert_hears_nothing(&carol);
	say(fixture, &fixture->ann, JSON({"type":"ack","key":"disk"}));
	assert_hears(&fixture->ann, JSON("code":"no_such_alarm"));
	limit_files(RLIM_INFINITY);
	assert_push(fixture, OK, JSON("room":"lobby","epoch"));
	go(fixture, &carol);
	go(fixture, &call);
	free(large);
}

/* The store accepts 32 MiB of pending entries. */
static void
test_a_change_that_the_store_refuses_leaves_pending_changes_alone(void **state)
{
	struct fixture *fixture = *state;
	char *large = large_alarm(fixture, "critical");
	struct fake call, carol;
	int i;

	come_as_call(fixture, &call);
	for (i = 0; !call.session.queue.count; i++) {
		assert_true(i < 100);
		push_as(fixture, &call, "cron", large);
	}
	assert_hears(&call, JSON("code":"busy"));
	push_as(fixture, &call, "cron", OK);
	assert_hears(&call, JSON("code":"busy"));
	settle(fixture);
	forget_heard(&call);
	come(fixture, &carol, NULL);
	assert_true(carol.session.queue.count == 1);
	forget_heard(&fixture->bob);
	go(fixture, &carol);
	assert_push(fixture, OK, JSON("id":));
	come(fixture, &carol, NULL);
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	go(fixture, &call);
	free(large);
}

static void
test_an_alarm_ends_by_itself_also_over_a_restart(void **state)
{
	struct fixture *fixture = *state;

	assert_push(fixture, ALARM(JSON("severity":"error","title":"A test",
				     "lasts_s":3600,"ends_ms":1)),
				     JSON("id":1));
	assert_hears_exactly(&fixture->bob,
		JSON({"type":"alarm","room":"lobby","id":1,"ts":1000,"username":"cron",
			"key":"disk","severity":"error","title":"A test",
			"state":"raised","since":1000,"ends_ms":3601000}));
	assert_push(fixture, JSON({"type":"alarm","key":"b","severity":"info"}),
				     JSON("id":2));
	say(fixture, &fixture->ann, JSON({"type":"nick","username":"ann"}));
	say(fixture, &fixture->ann, JSON({"type":"ack","key":"disk"}));
	restart(fixture);
	assert_hears(&fixture->bob, JSON("standing":true,"key":"disk"));
	assert_hears(&fixture->bob, JSON("key":"b"));
	chat_trim(fixture->chat, INT64_MIN);
	trim(fixture, 3600999);
	assert_hears_nothing(&fixture->bob);
	trim(fixture, 3601000);
	assert_hears_exactly(&fixture->bob,
		JSON({"type":"alarm","room":"lobby","id":4,"ts":3601000,
			"username":"cron","key":"disk","severity":"ok",
			"title":"A test","state":"cleared","since":1000,
			"ends_ms":3601000,"acknowledged_by":"ann",
			"acknowledged_ms":4000}));
	trim(fixture, 9000000);
	assert_hears_nothing(&fixture->bob);
	restart(fixture);
	assert_hears(&fixture->bob, JSON("key":"b"));
	assert_hears_nothing(&fixture->bob);
}

static void
test_an_alarm_that_is_pushed_again_ends_as_the_last_push_says(void **state)
{
	struct fixture *fixture = *state;

	trim(fixture, 1);
	assert_push(fixture, ALARM(JSON("severity":"error","lasts_s":10)), JSON("id":1));
	assert_push(fixture, ALARM(JSON("severity":"error","lasts_s":20)), JSON("id":2));
	forget_heard(&fixture->bob);
	trim(fixture, 21999);
	assert_hears_nothing(&fixture->bob);
	trim(fixture, 22000);
	assert_hears(&fixture->bob, JSON("state":"cleared"));
	assert_push(fixture, ALARM(JSON("severity":"error","lasts_s":1)), JSON("id":4));
	assert_push(fixture, ALARM(JSON("severity":"error")), JSON("id":5));
	forget_heard(&fixture->bob);
	trim(fixture, 90000000);
	assert_hears_nothing(&fixture->bob);
	assert_push(fixture, ALARM(JSON("severity":"error","lasts_s":2592001)),
				     JSON("code":"bad_field"));
	assert_push(fixture, ALARM(JSON("severity":"error","lasts_s":-1)),
				     JSON("code":"bad_field"));
}

#define file_test(test) cmocka_unit_test_setup_teardown(test, set_up_file, tear_down_file)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chat_test(test_pending_changes_of_an_alarm_build_on_each_other),
		chat_test(test_an_alarm_raised_and_cleared_in_one_turn_leaves_nothing),
		chat_test(
			test_a_session_that_joins_while_an_alarm_is_stored_gets_it_once),
		chat_test(test_an_alarm_is_stored_although_its_program_disconnects),
		chat_test(test_a_resent_push_changes_no_alarm),
		chat_test(test_a_resent_push_does_not_undo_later_changes),
		file_test(test_alarms_survive_a_restart),
		file_test(test_an_alarm_ends_by_itself_also_over_a_restart),
		chat_test(test_an_alarm_that_is_pushed_again_ends_as_the_last_push_says),
		file_test(test_a_store_failure_leaves_the_active_alarms_unchanged),
		file_test(test_an_end_that_the_store_refuses_is_tried_again),
		file_test(test_an_alarm_that_was_not_stored_is_not_active),
		chat_test(
			test_a_change_that_the_store_refuses_leaves_pending_changes_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
