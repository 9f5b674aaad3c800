/* The times of a room's entries always grow. */
#include "../folder.h"
#include "alarm_fixture.h"

static char folder[FOLDER_BYTES];

static int
set_up_file(void **state)
{
	char path[100];
	const char *const settings[] = { "store.driver=\"sqlite\"", path,
		"limits.message_rate=0" };

	folder_make(folder);
	snprintf(path, sizeof(path), "store.path=\"%s/test.db\"", folder);
	return set_up_with(state, settings, 3);
}

static int
tear_down_file(void **state)
{
	tear_down(state);
	folder_remove(folder);
	return 0;
}

/* Let ann say text at now_ms. */
static void
say_at(struct fixture *fixture, const char *text, int64_t now_ms)
{
	fixture->now_ms = now_ms - 1000;
	say(fixture, &fixture->ann, text);
}

static void
test_entries_of_one_millisecond_have_one_time_each(void **state)
{
	struct fixture *fixture = *state;

	say_at(fixture, JSON({"message":"a","ref":"1"}), 5000);
	assert_hears(&fixture->ann, JSON("id":1,"ts":5000) "}");
	say_at(fixture, JSON({"message":"b","ref":"2"}), 5000);
	assert_hears(&fixture->ann, JSON("id":2,"ts":5001) "}");
	assert_hears(&fixture->bob, JSON("id":1,"ts":5000));
	assert_hears(&fixture->bob, JSON("id":2,"ts":5001));
	say_at(fixture, JSON({"message":"c","ref":"3"}), 5001);
	assert_hears(&fixture->ann, JSON("id":3,"ts":5002) "}");
	fixture->now_ms = 4001;
	assert_push(fixture, WARNING, JSON("id":4));
	assert_hears(&fixture->ann, JSON("ts":5003));
	say_at(fixture, JSON({"type":"ack","key":"disk"}), 5001);
	assert_hears(&fixture->ann, JSON("id":5,"ts":5004));
	say_at(fixture, JSON({"message":"d","ref":"4"}), 6000);
	assert_hears(&fixture->ann, JSON("id":6,"ts":6000) "}");
	/* Another room has its own time. */
	say_at(fixture, JSON({"message":"d","room":"new","ref":"5"}), 5000);
	assert_hears(&fixture->ann, JSON("room":"new","id":1,"ts":5000) "}");
}

static void
test_a_clock_that_jumps_back_does_not_turn_the_times_back(void **state)
{
	struct fixture *fixture = *state;

	say_at(fixture, JSON({"message":"a","ref":"1"}), 900000);
	forget_heard(&fixture->ann);
	forget_heard(&fixture->bob);
	say_at(fixture, JSON({"message":"b","ref":"2"}), 5000);
	assert_hears(&fixture->ann, JSON("id":2,"ts":900001) "}");
	assert_hears(&fixture->bob, JSON("id":2,"ts":900001));
	say_at(fixture, JSON({"type":"history"}), 5000);
	assert_hears(&fixture->ann, JSON("id":2,"ts":900001));
}

static void
test_the_times_grow_over_a_restart(void **state)
{
	struct fixture *fixture = *state;

	say_at(fixture, JSON({"message":"a","ref":"1"}), 900000);
	forget_heard(&fixture->ann);
	close_chat(fixture);
	open_chat(fixture);
	say_at(fixture, JSON({"message":"b","ref":"2"}), 5000);
	assert_hears(&fixture->ann, JSON("id":2,"ts":900001) "}");
}

static void
test_a_duplicate_has_the_time_of_the_first(void **state)
{
	struct fixture *fixture = *state;

	say_at(fixture, JSON({"type":"nick","username":"ann"}), 1000);
	say_at(fixture, JSON({"message":"a","ref":"1"}), 5000);
	say_at(fixture, JSON({"message":"b"}), 6000);
	forget_heard(&fixture->ann);
	say_at(fixture, JSON({"message":"a","ref":"1"}), 7000);
	assert_hears_exactly(&fixture->ann, JSON({"type":"ack","ref":"1","room":"lobby","id":1,"ts":5000,
			"duplicate":true}));
	close_chat(fixture);
	open_chat(fixture);
	say_at(fixture, JSON({"type":"nick","username":"ann"}), 1000);
	forget_heard(&fixture->ann);
	say_at(fixture, JSON({"message":"a","ref":"1"}), 7000);
	assert_hears(&fixture->ann, JSON("id":1,"ts":5000,"duplicate":true));
}

static void
test_what_is_not_stored_is_acknowledged_without_a_time(void **state)
{
	struct fixture *fixture = *state;

	say_at(fixture, JSON({"type":"x","ephemeral":true,"ref":"1"}), 5000);
	assert_hears_exactly(
		&fixture->ann, JSON({"type":"ack","ref":"1","room":"lobby"}));
}

static void
test_the_list_of_rooms_has_the_last_time(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;
	int i;

	say_at(fixture, JSON({"message":"a"}), 5000);
	assert_push(fixture, WARNING, JSON("id":2));
	assert_push(fixture, JSON({"type":"metric","name":"cpu","value":1}), "ack");
	assert_push(fixture, JSON({"type":"alarm","key":"b","severity":"info"}),
				     JSON("id":3));
	for (i = 0; i < 2; i++) {
		come_as_call(fixture, &call);
		ask_at(fixture, &call, JSON({"type":"rooms"}), 9000);
		assert_hears(
			&call, i ? JSON("last_id":3,"alarms":2,"metrics":0,
				    "read_only":false,"last_ts":8000)
					   : JSON("last_id":3,"alarms":2,"metrics":1,
				    "read_only":false,"last_ts":8000));
		go(fixture, &call);
		close_chat(fixture);
		open_chat(fixture);
	}
	assert_push(fixture, OK, JSON("id":4));
	come_as_call(fixture, &call);
	ask_at(fixture, &call, JSON({"type":"rooms"}), 9000);
	assert_hears(&call, JSON("last_id":4,"alarms":1,));
	go(fixture, &call);
}

/* A history of linnetd 0.2.0: its room ops ends with the id 13. */
static void
copy_old_history(void)
{
	static char bytes[1 << 20];
	char path[FOLDER_BYTES + 20];
	FILE *file =
		fopen(LINNET_SOURCE_DIR "/tests/fixtures/histories/version-3.db", "rb");
	size_t len;

	assert_non_null(file);
	len = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	snprintf(path, sizeof(path), "%s/test.db", folder);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	fclose(file);
}

static void
test_an_old_history_goes_on_in_any_spelling_with_later_times(void **state)
{
	struct fixture *fixture = *state;

	close_chat(fixture);
	folder_remove(folder);
	assert_int_equal(mkdir(folder, 0700), 0);
	copy_old_history();
	open_chat(fixture);
	say_at(fixture, JSON({"room":"OPS","message":"a","ref":"1"}), 5000);
	assert_hears(&fixture->ann, JSON("room":"ops","id":14,"ts":1796032227075) "}");
	forget_heard(&fixture->ann);
	say_at(fixture, JSON({"room":"Ops","message":"a","ref":"2"}), 1796032227080);
	assert_hears(&fixture->ann, JSON("room":"ops","id":15,"ts":1796032227080) "}");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_file, tear_down_file)
	const struct CMUnitTest tests[] = {
		TEST(test_entries_of_one_millisecond_have_one_time_each),
		TEST(test_a_clock_that_jumps_back_does_not_turn_the_times_back),
		TEST(test_the_times_grow_over_a_restart),
		TEST(test_a_duplicate_has_the_time_of_the_first),
		TEST(test_what_is_not_stored_is_acknowledged_without_a_time),
		TEST(test_the_list_of_rooms_has_the_last_time),
		TEST(test_an_old_history_goes_on_in_any_spelling_with_later_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
