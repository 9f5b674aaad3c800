#include "hooks_fixture.h"

#include <time.h>

/* A JSON string: part, count times. The caller frees it. */
static json_t *
repeated(const char *part, size_t count)
{
	size_t len = strlen(part), i;
	char *text = malloc(len * count + 1);
	json_t *value;

	for (i = 0; i < count; i++)
		memcpy(text + i * len, part, len);
	text[len * count] = '\0';
	value = json_string(text);
	free(text);
	return value;
}

static void
test_other_bodies_are_rejected(void **state)
{
	static const char *const texts[] = { "{}", "[]", "7", "null", "{\"alerts\":{}}",
		"{\"alerts\":[7,\"x\",null]}", "{\"ruleName\":\"r\"}",
		"{\"ruleName\":\"r\",\"state\":7}", "{\"message\":[\"m\"]}",
		"{\"text\":\" \\n\\u0007\",\"title\":\"\"}", "[[\"nested\"],{}]" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_bad("alertmanager", NULL, texts[i]);
		assert_bad("grafana", NULL, texts[i]);
		assert_bad("generic", NULL, texts[i]);
	}
	assert_bad("generic", NULL, "\" \\t \"");
}

static void
test_a_group_without_alerts_pushes_nothing(void **state)
{
	(void)state;
	assert_nothing("alertmanager", NULL, "{\"alerts\":[]}");
	assert_nothing("grafana", NULL, "{\"alerts\":[]}");
}

static void
test_an_alert_with_only_wrong_members_is_still_an_alarm(void **state)
{
	json_t *pushes = pushes_of_text("alertmanager", NULL,
		"{\"externalURL\":[],\"alerts\":[{\"status\":7,\"labels\":[1],"
		"\"annotations\":\"x\",\"fingerprint\":\"3f2a\",\"generatorURL\":{}}]}");
	const char *key = member(pushes, 0, "key");

	(void)state;
	assert_memory_equal(key, "alert-", 6);
	assert_push(pushes, 0,
		(struct expected){
			.key = key,
			.severity = "warning",
			.username = "alertmanager",
			.title = "alert",
			.message = "alert",
		});
	json_decref(pushes);
}

static void
test_thousands_of_alerts_are_cut_and_counted(void **state)
{
	json_t *alert = json_pack("{s{ss}}", "labels", "alertname", "A");
	json_t *alerts = json_array(), *pushes;
	int i;

	(void)state;
	for (i = 0; i < 3000; i++)
		json_array_append(alerts, alert);
	pushes = pushes_of("alertmanager", NULL,
		json_pack("{sOsi}", "alerts", alerts, "truncatedAlerts", 5));
	assert_int_equal(json_array_size(pushes), 201);
	assert_member(pushes, 200, "message", "2805 more alerts were left out");
	json_decref(pushes);
	json_decref(alerts);
	json_decref(alert);
}

static void
test_long_arrays_are_cut_and_counted(void **state)
{
	json_t *array = json_array(), *pushes;
	int i;

	(void)state;
	for (i = 0; i < 201; i++)
		json_array_append_new(array, json_string("m"));
	pushes = pushes_of("generic", NULL, array);
	assert_int_equal(json_array_size(pushes), 201);
	assert_member(pushes, 200, "message", "1 more message was left out");
	json_decref(pushes);
}

static void
test_long_text_is_cut_between_characters(void **state)
{
	json_t *pushes = pushes_of("generic", NULL,
		json_pack("{soso}", "title", repeated("标题", 100000), "text",
			repeated("😀", 100000)));
	const char *title = member(pushes, 0, "title");
	const char *message = member(pushes, 0, "message");

	(void)state;
	/* 84 characters of 3 bytes and "…"; 1,023 characters of 4 bytes and "…". */
	assert_int_equal(strlen(title), 255);
	assert_string_equal(title + 252, "…");
	assert_memory_equal(title + 246, "标题", 6);
	assert_int_equal(strlen(message), 4095);
	assert_string_equal(message + 4088, "😀…");
	json_decref(pushes);
}

/* Otherwise each "<" would be compared with the rest of the text. */
static void
test_a_link_of_slack_that_does_not_end_costs_little(void **state)
{
	json_t *body = json_pack("{s[]so}", "blocks", "text",
		repeated("<", 1000000)); /* the limit of a body */
	clock_t start = clock();
	json_t *pushes = pushes_of("generic", NULL, body);

	(void)state;
	assert_true(clock() - start < CLOCKS_PER_SEC / 10);
	assert_int_equal(strlen(member(pushes, 0, "message")), 4096);
	json_decref(pushes);
}

static void
test_text_of_exactly_the_limit_is_not_cut(void **state)
{
	json_t *pushes = pushes_of("generic", NULL,
		json_pack("{soso}", "title", repeated("t", 256), "text",
			repeated("m", 4096)));

	(void)state;
	assert_int_equal(strlen(member(pushes, 0, "title")), 256);
	assert_int_equal(strlen(member(pushes, 0, "message")), 4096);
	assert_null(strstr(member(pushes, 0, "title"), "…"));
	assert_null(strstr(member(pushes, 0, "message"), "…"));
	json_decref(pushes);
}

static void
test_long_keys_are_cut_and_stay_different(void **state)
{
	json_t *one = pushes_of("generic", NULL,
		json_pack("{soss}", "key", repeated("key 名", 100), "level", "error"));
	json_t *other = pushes_of("generic", NULL,
		json_pack("{soss}", "key", repeated("key 名", 101), "level", "error"));

	(void)state;
	assert_in_range(strlen(member(one, 0, "key")), 120, 128);
	assert_null(strchr(member(one, 0, "key"), ' '));
	assert_string_not_equal(member(one, 0, "key"), member(other, 0, "key"));
	assert_memory_equal(member(one, 0, "key"), member(other, 0, "key"), 110);
	json_decref(one);
	json_decref(other);
}

static void
test_the_mark_of_a_long_alert_name_is_kept(void **state)
{
	json_t *pushes = pushes_of("alertmanager", NULL,
		json_pack("{s[{s{so}ss}]}", "alerts", "labels", "alertname",
			repeated("Long", 100), "fingerprint", "3F2A9C04D1B7E865"));
	const char *key = member(pushes, 0, "key");

	(void)state;
	assert_int_equal(strlen(key), 128);
	assert_string_equal(key + 119, "-3f2a9c04");
	json_decref(pushes);
}

static void
test_control_characters_are_removed(void **state)
{
	json_t *pushes = pushes_of_text("generic", NULL,
		"{\"key\":\" a\\n\\u0001b\\u0007 c \",\"status\":\"down\","
		"\"title\":\"\\u001b[31mred\\r\\n two\",\"text\":\"\\r\\none\\r\\n\\ttwo"
		"\\u0007\\u009b \\n\"}");

	(void)state;
	assert_push(pushes, 0,
		(struct expected){
			.key = "a-b-c",
			.severity = "error",
			.title = "[31mred two",
			.message = "one\n\ttwo",
		});
	json_decref(pushes);
}

static void
test_only_http_urls_are_passed_on(void **state)
{
	static const char *const urls[] = { "javascript:alert(1)", "ftp://x/", "//x/",
		"httpx://x", "http://x/ y", "http://x/\\u0001", "" };
	char text[200];
	json_t *pushes;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		snprintf(
			text, sizeof(text), "{\"text\":\"t\",\"click\":\"%s\"}", urls[i]);
		pushes = pushes_of_text("generic", NULL, text);
		assert_push(pushes, 0, (struct expected){ .message = "t" });
		json_decref(pushes);
	}
	pushes = pushes_of_text(
		"generic", NULL, "{\"text\":\"t\",\"click\":\"HTTPS://x/\"}");
	assert_member(pushes, 0, "click", "HTTPS://x/");
	json_decref(pushes);
	pushes = pushes_of("generic", NULL,
		json_pack("{ssso}", "text", "t", "click", repeated("http://x/", 300)));
	assert_member(pushes, 0, "click", NULL);
	json_decref(pushes);
}

/* Items that say nothing take time, too. */
static void
test_only_the_first_thousand_items_of_an_array_are_read(void **state)
{
	struct buffer text = { 0 };
	struct message_fault fault;
	json_t *body, *pushes;

	(void)state;
	buffer_append(&text, "[", 1);
	for (int i = 0; i < 999; i++)
		buffer_append(&text, "{},", 3);
	buffer_printf(&text, "\"here\",\"there\"]");
	body = json_loadb(text.bytes, text.len, 0, NULL);
	pushes = hook_convert(HOOK_GENERIC, NULL, body, 16384, &fault);
	assert_int_equal(json_array_size(pushes), 2);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(pushes, 1), "message")),
		"1 more message was left out");
	json_decref(pushes);
	json_decref(body);
	buffer_clear(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_other_bodies_are_rejected),
		cmocka_unit_test(test_a_group_without_alerts_pushes_nothing),
		cmocka_unit_test(test_an_alert_with_only_wrong_members_is_still_an_alarm),
		cmocka_unit_test(test_thousands_of_alerts_are_cut_and_counted),
		cmocka_unit_test(test_long_arrays_are_cut_and_counted),
		cmocka_unit_test(test_long_text_is_cut_between_characters),
		cmocka_unit_test(test_a_link_of_slack_that_does_not_end_costs_little),
		cmocka_unit_test(test_text_of_exactly_the_limit_is_not_cut),
		cmocka_unit_test(test_long_keys_are_cut_and_stay_different),
		cmocka_unit_test(test_the_mark_of_a_long_alert_name_is_kept),
		cmocka_unit_test(test_control_characters_are_removed),
		cmocka_unit_test(test_only_http_urls_are_passed_on),
		cmocka_unit_test(test_only_the_first_thousand_items_of_an_array_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
