#include "hooks_fixture.h"
#include "linnet/base/util.h"

#define GRAPH "http://prometheus.example.org:9090/graph?g0.expr=node_load1+%3E+8&g0.tab=1"

static void
assert_tags(const json_t *pushes, const char *const *expected, size_t count)
{
	const json_t *tags = json_object_get(json_array_get(pushes, 0), "tags");
	size_t i;

	assert_int_equal(json_array_size(tags), count);
	for (i = 0; i < count; i++)
		assert_string_equal(
			json_string_value(json_array_get(tags, i)), expected[i]);
}

static void
test_kinds_are_found_by_name(void **state)
{
	(void)state;
	assert_int_equal(hook_find("alertmanager"), HOOK_ALERTMANAGER);
	assert_int_equal(hook_find("grafana"), HOOK_GRAFANA);
	assert_int_equal(hook_find("github"), HOOK_GITHUB);
	assert_int_equal(hook_find("gitea"), HOOK_GITEA);
	assert_int_equal(hook_find("gitlab"), HOOK_GITLAB);
	assert_int_equal(hook_find("kuma"), HOOK_KUMA);
	assert_int_equal(hook_find("sentry"), HOOK_SENTRY);
	assert_int_equal(hook_find("generic"), HOOK_GENERIC);
	assert_int_equal(hook_find("GitHub"), HOOK_UNKNOWN);
	assert_int_equal(hook_find(""), HOOK_UNKNOWN);
}

static void
test_an_alert_that_fires_is_an_alarm(void **state)
{
	(void)state;
	assert_one("alertmanager", NULL, "alertmanager_firing",
		(struct expected){
			.key = "HighLoad-3f2a9c04",
			.severity = "critical",
			.username = "alertmanager",
			.title = "HighLoad (web1:9100)",
			.message = "Load of web1 is 12.4\n"
				   "The one minute load has been over 8 for ten minutes.",
			.click = GRAPH,
		});
}

static void
test_a_resolved_alert_clears_the_alarm_that_it_raised(void **state)
{
	json_t *fired = pushes_of("alertmanager", NULL, body_of("alertmanager_firing"));
	json_t *resolved =
		pushes_of("alertmanager", NULL, body_of("alertmanager_resolved"));

	(void)state;
	assert_member(resolved, 0, "severity", "ok");
	assert_member(resolved, 0, "key", member(fired, 0, "key"));
	json_decref(fired);
	json_decref(resolved);
}

static void
test_each_alert_of_a_group_is_an_alarm_of_its_own(void **state)
{
	json_t *pushes = pushes_of("alertmanager", NULL, body_of("alertmanager_mixed"));

	(void)state;
	assert_int_equal(json_array_size(pushes), 4);
	assert_member(pushes, 0, "severity", "critical");
	assert_member(pushes, 1, "severity", "ok");
	assert_member(pushes, 1, "key", "DiskFull-b1c2d3e4");
	assert_push(pushes, 2,
		(struct expected){
			.key = "DiskFull-c2d3e4f5",
			.severity = "warning",
			.username = "alertmanager",
			.title = "DiskFull (db3:9100)",
			.message = "instance=db3:9100 job=node mountpoint=/srv",
			.click = GRAPH,
		});
	assert_member(pushes, 3, "severity", "info");
	assert_member(pushes, 3, "message", "数据盘快满了");
	json_decref(pushes);
}

static void
test_alerts_that_were_not_sent_are_counted(void **state)
{
	json_t *pushes =
		pushes_of("alertmanager", NULL, body_of("alertmanager_truncated"));

	(void)state;
	assert_int_equal(json_array_size(pushes), 3);
	assert_member(pushes, 1, "key", "InstanceDown-55110002");
	assert_push(pushes, 2,
		(struct expected){
			.username = "alertmanager",
			.message = "38 more alerts were left out",
			.click = "http://alertmanager.example.org:9093",
		});
	json_decref(pushes);
}

static void
test_without_a_fingerprint_the_key_depends_on_the_labels_in_any_order(void **state)
{
	json_t *pushes = pushes_of_text("alertmanager", NULL,
		"{\"alerts\":[{\"labels\":{\"alertname\":\"A\",\"job\":\"x\"}},"
		"{\"status\":\"resolved\",\"labels\":{\"job\":\"x\",\"alertname\":\"A\"}}"
		","
		"{\"labels\":{\"alertname\":\"A\",\"job\":\"y\"}}]}");
	const char *key = member(pushes, 0, "key");

	(void)state;
	assert_int_equal(strlen(key), strlen("A-01234567"));
	assert_memory_equal(key, "A-", 2);
	assert_member(pushes, 1, "key", key);
	assert_string_not_equal(member(pushes, 2, "key"), key);
	json_decref(pushes);
}

static void
test_severities_of_other_programs_become_linnets(void **state)
{
	static const char *const pairs[][2] = {
		{ "emergency", "critical" },
		{ "Fatal", "critical" },
		{ "disaster", "critical" },
		{ "ERROR", "error" },
		{ "major", "error" },
		{ "warn", "warning" },
		{ "minor", "warning" },
		{ "notice", "info" },
		{ "none", "info" },
		{ "purple", "warning" },
		{ "ok", "warning" },
	};
	char text[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		json_t *pushes;

		snprintf(text, sizeof(text),
			"{\"alerts\":[{\"labels\":{\"severity\":\"%s\"}}]}", pairs[i][0]);
		pushes = pushes_of_text("alertmanager", NULL, text);
		assert_member(pushes, 0, "severity", pairs[i][1]);
		json_decref(pushes);
	}
}

static void
test_grafana_alerts_link_to_their_panel(void **state)
{
	json_t *pushes = pushes_of("grafana", NULL, body_of("grafana_firing"));

	(void)state;
	assert_int_equal(json_array_size(pushes), 2);
	assert_push(pushes, 0,
		(struct expected){
			.key = "High-memory-use-c6eadffa",
			.severity = "critical",
			.username = "grafana",
			.title = "High memory use (web1)",
			.message = "Memory of web1 is at 92 %",
			.click = "https://grafana.example.org/d/servers?orgId=1"
				 "&viewPanel=4",
		});
	assert_member(pushes, 1, "click",
		"https://grafana.example.org/alerting/grafana/ddx7k2vq1a/view?orgId=1");
	assert_member(pushes, 1, "message", "B of web2 is 91.7, C of web2 is 1");
	json_decref(pushes);
	pushes = pushes_of("grafana", NULL, body_of("grafana_resolved"));
	assert_member(pushes, 0, "key", "High-memory-use-c6eadffa");
	assert_member(pushes, 0, "severity", "ok");
	json_decref(pushes);
}

static void
test_rules_of_an_old_grafana_raise_and_clear_alarms(void **state)
{
	struct expected expected = {
		.key = "grafana-31",
		.severity = "warning",
		.username = "grafana",
		.title = "Queue length",
		.message = "A queue grows.\nmail: 1250.5",
		.click = "https://grafana.example.org/d/queues?tab=alert&viewPanel=4"
			 "&orgId=1",
	};

	(void)state;
	assert_one("grafana", NULL, "grafana_legacy_alerting", expected);
	expected.severity = "ok";
	expected.message = "Queue length";
	assert_cleared("grafana", NULL, "grafana_legacy_ok", expected, "Queue-length-31");
}

/* The lasts_s of the only push of fixture; 0: none. */
static json_int_t
lasts_of(const char *kind, const char *fixture)
{
	json_t *pushes = pushes_of(kind, NULL, body_of(fixture));
	const json_t *push = json_array_get(pushes, 0);
	json_int_t lasts = json_integer_value(json_object_get(push, "lasts_s"));

	assert_int_equal(json_array_size(pushes), 1);
	json_decref(pushes);
	return lasts;
}

static void
test_an_alarm_of_a_test_button_lasts_an_hour(void **state)
{
	(void)state;
	assert_int_equal(lasts_of("grafana", "grafana_test"), 3600);
	assert_int_equal(lasts_of("alertmanager", "grafana_test"), 3600);
	assert_int_equal(lasts_of("grafana", "grafana_legacy_test"), 3600);
	assert_int_equal(lasts_of("grafana", "grafana_legacy_alerting"), 0);
	assert_int_equal(lasts_of("alertmanager", "alertmanager_firing"), 0);
	assert_int_equal(lasts_of("kuma", "kuma_test"), 0);
	assert_one("kuma", NULL, "kuma_test",
		(struct expected){ .username = "kuma", .message = "Linnet Testing" });
}

static void
test_no_data_paused_and_pending_states_of_an_old_grafana(void **state)
{
	json_t *pushes = pushes_of_text(
		"grafana", NULL, "{\"ruleName\":\"r\",\"state\":\"no_data\"}");

	(void)state;
	assert_member(pushes, 0, "severity", "warning");
	assert_member(pushes, 0, "message", "no data");
	json_decref(pushes);
	pushes = pushes_of_text(
		"grafana", NULL, "{\"ruleName\":\"r\",\"state\":\"paused\"}");
	assert_member(pushes, 0, "severity", "ok");
	json_decref(pushes);
	assert_nothing("grafana", NULL, "{\"ruleName\":\"r\",\"state\":\"pending\"}");
}

static void
test_plain_text_in_any_usual_member_is_a_message(void **state)
{
	json_t *pushes = pushes_of("generic", NULL, body_of("generic_text"));

	(void)state;
	assert_push(pushes, 0,
		(struct expected){
			.username = "backup",
			.title = "Backup",
			.message = "Backup of db1 is done: 41 GB in 12 min",
			.click = "https://backup.example.org/runs/88",
		});
	assert_tags(pushes, (const char *[]){ "info", "backup", "db1" }, 3);
	json_decref(pushes);
	pushes = pushes_of_text("generic", NULL, "\"hello\"");
	assert_push(pushes, 0, (struct expected){ .message = "hello" });
	json_decref(pushes);
	pushes = pushes_of_text(
		"generic", NULL, "{\"text\":\" \",\"msg\":\"m\",\"username\":\"guest\"}");
	assert_push(pushes, 0, (struct expected){ .message = "m" });
	json_decref(pushes);
}

static void
test_a_key_and_a_severity_make_an_alarm(void **state)
{
	(void)state;
	assert_one("generic", NULL, "generic_alarm",
		(struct expected){
			.key = "raid-md0",
			.severity = "error",
			.title = "md0 is degraded (db1)",
			.message = "sdb has left the array",
		});
	assert_one("generic", NULL, "generic_alarm_cleared",
		(struct expected){
			.key = "raid-md0",
			.severity = "ok",
			.title = "md0 is whole again",
			.message = "md0 is whole again",
		});
}

static void
test_a_text_is_shown_with_what_it_belongs_to(void **state)
{
	/* body, title, message */
	static const char *const examples[][3] = {
		{ "{\"name\":\"cpu\",\"description\":\"97 %\",\"host\":\"db1\"}",
			"cpu (db1)", "97 %" },
		{ "{\"text\":\"disk full\",\"hostname\":\"db1\"}", "db1", "disk full" },
		{ "{\"text\":\"disk of DB1 full\",\"host\":\"db1\"}", NULL,
			"disk of DB1 full" },
		{ "{\"text\":\"db10 and adb1 are full\",\"host\":\"db1\"}", "db1",
			"db10 and adb1 are full" },
		{ "{\"text\":\"db10: db1.example\",\"host\":\"db1\"}", NULL,
			"db10: db1.example" },
		{ "{\"title\":\"webhook failed\",\"service\":\"web\"}",
			"webhook failed (web)", NULL },
		{ "{\"title\":\"db1 is down\",\"host\":\"db1\",\"service\":\"ssh\"}",
			"db1 is down (ssh)", NULL },
		{ "{\"summary\":\"s\",\"description\":\"d\"}", "s", "d" },
		{ "{\"summary\":\"s\",\"text\":\"t\",\"description\":\"d\"}", "s",
			"t\nd" },
		{ "{\"title\":\"t\",\"summary\":\"s\",\"description\":\"d\"}", "t",
			"s\nd" },
		{ "{\"title\":\"t\",\"summary\":\"t\",\"message\":\"t2\","
		  "\"description\":\"t2\"}",
			"t", "t2" },
		{ "{\"summary\":\"s\"}", NULL, "s" },
		{ "{\"text\":\"<https://x.example|x> &amp; y\"}", NULL,
			"x (https://x.example) & y" },
		{ "{\"text\":\"a <https://x.example> | b &amp; c\"}", NULL,
			"a <https://x.example> | b &amp; c" },
		{ "{\"description\":\"d\",\"instance\":{\"name\":\"i\"}}", "i", "d" },
		{ "{\"name\":\"n\",\"host\":7,\"service\":\" \"}", NULL, "n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(examples); i++) {
		json_t *pushes = pushes_of_text("generic", NULL, examples[i][0]);

		assert_int_equal(json_array_size(pushes), 1);
		assert_push(pushes, 0,
			(struct expected){
				.title = examples[i][2] ? examples[i][1] : NULL,
				.message =
					examples[i][2] ? examples[i][2] : examples[i][1],
			});
		json_decref(pushes);
	}
	assert_bad("generic", NULL, "{\"host\":\"db1\",\"service\":\"ssh\"}");
}

static void
test_a_rule_is_an_alarm_of_its_own_in_each_place(void **state)
{
	struct expected load = {
		.key = "High-load-web-app1.example.org",
		.severity = "warning",
		.title = "High load (web, app1.example.org)",
		.message = "The load is 12\nIt was above 8 for 10 minutes.",
	};

	(void)state;
	assert_one("generic", NULL, "generic_rule", load);
	load.severity = "ok";
	load.message = "The load is 12";
	assert_cleared("generic", NULL, "generic_rule_resolved", load, "High-load");
}

static void
test_an_id_alone_makes_no_alarm(void **state)
{
	json_t *pushes = pushes_of_text("generic", NULL,
		"{\"id\":7,\"status\":\"open\",\"priority\":\"low\",\"text\":\"t\"}");

	(void)state;
	assert_push(pushes, 0, (struct expected){ .message = "t" });
	json_decref(pushes);
	pushes = pushes_of_text("generic", NULL, "{\"id\":7,\"level\":\"warn\"}");
	assert_push(pushes, 0,
		(struct expected){ .key = "7",
			.severity = "warning",
			.title = "7",
			.message = "7" });
	json_decref(pushes);
}

static void
test_each_readable_item_of_an_array_is_pushed(void **state)
{
	json_t *pushes = pushes_of("generic", NULL, body_of("generic_array"));

	(void)state;
	assert_int_equal(json_array_size(pushes), 3);
	assert_member(pushes, 0, "message", "first");
	assert_member(pushes, 1, "message", "second");
	assert_push(pushes, 2, (struct expected){ .title = "Third", .message = "third" });
	json_decref(pushes);
}

static void
test_attachments_of_slack_are_read(void **state)
{
	json_t *pushes = pushes_of("generic", NULL, body_of("generic_slack"));

	(void)state;
	assert_push(pushes, 0,
		(struct expected){
			.username = "deploy",
			.message =
				"Deployed *app* to production\napp 1.4.0\n2 of 3 hosts\n"
				"Stage: production",
			.click = "https://ci.example.org/deploys/7",
		});
	assert_tags(pushes, (const char *[]){ "error" }, 1);
	json_decref(pushes);
}

static void
test_blocks_and_escapes_of_slack_are_read(void **state)
{
	json_t *pushes = pushes_of("generic", NULL, body_of("generic_slack_blocks"));

	(void)state;
	assert_member(pushes, 0, "message",
		"Deploy & test\nbuild 7 (https://ci.example.org/7) by @U123: a < b\n"
		"*Host*: db1\nLoad: 12.4");
	json_decref(pushes);
}

static void
test_an_alarm_of_an_unknown_severity_is_rejected(void **state)
{
	(void)state;
	assert_bad("generic", NULL, "{\"key\":\"disk\",\"severity\":\"purple\"}");
	assert_bad("generic", NULL,
		"{\"id\":7,\"level\":\"verbose\",\"text\":\"t\",\"status\":\"odd\"}");
}

static void
test_a_link_without_a_host_is_dropped(void **state)
{
	static const char *const links[] = { "http://", "https:///path", "http://:80/",
		"https://?q" };
	char text[100];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		json_t *pushes;

		snprintf(text, sizeof(text), "{\"text\":\"t\",\"url\":\"%s\"}", links[i]);
		pushes = pushes_of_text("generic", NULL, text);
		assert_member(pushes, 0, "click", NULL);
		json_decref(pushes);
	}
}

static void
test_monitors_raise_an_alarm_when_something_is_down(void **state)
{
	struct expected shop = {
		.key = "kuma-3",
		.severity = "error",
		.title = "Shop (web)",
		.message = "timeout of 48000ms exceeded",
		.click = "https://shop.example.org",
	};

	(void)state;
	assert_one("generic", NULL, "generic_uptime_kuma_down", shop);
	shop.severity = "ok";
	shop.message = "200 - OK";
	assert_cleared("generic", NULL, "generic_uptime_kuma_up", shop, "Shop-(web)-3");
	assert_one("generic", NULL, "generic_uptime_kuma_test",
		(struct expected){ .message = "Linnet Testing" });
	assert_one("generic", NULL, "generic_check_down",
		(struct expected){
			.key = "nightly-backup",
			.severity = "error",
			.title = "nightly backup",
			.message = "nightly backup",
		});
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds_are_found_by_name),
		cmocka_unit_test(test_an_alert_that_fires_is_an_alarm),
		cmocka_unit_test(test_a_resolved_alert_clears_the_alarm_that_it_raised),
		cmocka_unit_test(test_each_alert_of_a_group_is_an_alarm_of_its_own),
		cmocka_unit_test(test_alerts_that_were_not_sent_are_counted),
		cmocka_unit_test(
			test_without_a_fingerprint_the_key_depends_on_the_labels_in_any_order),
		cmocka_unit_test(test_severities_of_other_programs_become_linnets),
		cmocka_unit_test(test_grafana_alerts_link_to_their_panel),
		cmocka_unit_test(test_an_alarm_of_a_test_button_lasts_an_hour),
		cmocka_unit_test(test_rules_of_an_old_grafana_raise_and_clear_alarms),
		cmocka_unit_test(
			test_no_data_paused_and_pending_states_of_an_old_grafana),
		cmocka_unit_test(test_plain_text_in_any_usual_member_is_a_message),
		cmocka_unit_test(test_a_key_and_a_severity_make_an_alarm),
		cmocka_unit_test(test_a_text_is_shown_with_what_it_belongs_to),
		cmocka_unit_test(test_a_rule_is_an_alarm_of_its_own_in_each_place),
		cmocka_unit_test(test_an_id_alone_makes_no_alarm),
		cmocka_unit_test(test_each_readable_item_of_an_array_is_pushed),
		cmocka_unit_test(test_attachments_of_slack_are_read),
		cmocka_unit_test(test_blocks_and_escapes_of_slack_are_read),
		cmocka_unit_test(test_an_alarm_of_an_unknown_severity_is_rejected),
		cmocka_unit_test(test_a_link_without_a_host_is_dropped),
		cmocka_unit_test(test_monitors_raise_an_alarm_when_something_is_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
