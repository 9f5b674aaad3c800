/* Gitea, GitLab, Uptime Kuma and Sentry. */
#include "hooks_fixture.h"

#define GITEA "https://git.example.org/octo/app"
#define GITLAB "https://gitlab.example.org/mike/diaspora"

static void
assert_gitea(
	const char *event, const char *fixture, const char *message, const char *click)
{
	assert_one("gitea", event, fixture,
		(struct expected){
			.username = "gitea",
			.title = "octo/app",
			.message = message,
			.click = click,
		});
}

static void
assert_gitlab(const char *fixture, const char *message, const char *click)
{
	assert_one("gitlab", NULL, fixture,
		(struct expected){
			.username = "gitlab",
			.title = "mike/diaspora",
			.message = message,
			.click = click,
		});
}

static void
test_events_of_gitea_are_messages(void **state)
{
	(void)state;
	assert_gitea("push", "gitea_push",
		"ann pushed 1 commit to main\nbffeb74 Webhooks yay",
		GITEA "/compare/28e1879d029cb852...bffeb74224043ba2");
	assert_gitea("issues", "gitea_issue_opened",
		"ann opened issue #5: Crash at start\nIt stops at once.",
		GITEA "/issues/5");
	assert_gitea("pull_request_rejected", "gitea_review",
		"ann requested changes to pull request #7: Faster start\n"
		"Please add a test.",
		GITEA "/pulls/7");
	assert_gitea("delete", "gitea_deleted", "ann deleted branch old", GITEA);
}

static void
test_gitea_sends_a_push_for_what_it_creates(void **state)
{
	(void)state;
	assert_nothing("gitea", "create", "{\"ref\":\"x\",\"ref_type\":\"branch\"}");
	assert_nothing("gitea", "wiki", "{}");
	assert_bad("gitea", "push", "{}");
	assert_bad("gitea", NULL, "{}");
}

static void
test_events_of_gitlab_are_messages(void **state)
{
	(void)state;
	assert_gitlab("gitlab_push",
		"ann pushed 4 commits to main\nb6568db Update the catalogue\n"
		"da15608 fixed readme",
		GITLAB "/-/commit/da156088");
	assert_gitlab("gitlab_merge_request",
		"ann opened merge request !1: MS-Viewport\nScales with the window.",
		GITLAB "/-/merge_requests/1");
	assert_gitlab("gitlab_note",
		"ann commented on merge request !1: MS-Viewport\nThis MR needs work.",
		GITLAB "/-/merge_requests/1#note_1244");
}

static void
test_branches_and_tags_of_gitlab_come_and_go(void **state)
{
	static const char zeros[] = "0000000000000000000000000000000000000000";
	static const struct {
		const char *member, *ref, *message;
	} cases[] = {
		{ "before", "refs/heads/a/b", "somebody pushed new branch a/b" },
		{ "after", "refs/heads/x", "somebody deleted branch x" },
		{ "before", "refs/tags/v1", "somebody pushed tag v1" },
		{ "after", "refs/tags/v1", "somebody deleted tag v1" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *body = json_pack("{s:s, s:s, s:s}", "object_kind", "push", "ref",
			cases[i].ref, cases[i].member, zeros);
		json_t *pushes = pushes_of("gitlab", NULL, body);

		assert_int_equal(json_array_size(pushes), 1);
		assert_member(pushes, 0, "message", cases[i].message);
		json_decref(pushes);
	}
}

static void
test_a_pipeline_of_gitlab_is_an_alarm_until_it_passes(void **state)
{
	struct expected pipeline = {
		.key = "mike/diaspora/pipeline/main",
		.severity = "error",
		.username = "gitlab",
		.title = "pipeline failed on main (mike/diaspora)",
		.message = "test\nbcbb5ec by ann",
		.click = GITLAB "/-/pipelines/31",
	};

	(void)state;
	assert_one("gitlab", NULL, "gitlab_pipeline_failed", pipeline);
	pipeline.severity = "ok";
	pipeline.title = "pipeline passed on main (mike/diaspora)";
	assert_one("gitlab", NULL, "gitlab_pipeline_success", pipeline);
	assert_nothing("gitlab", NULL,
		"{\"object_kind\":\"pipeline\",\"object_attributes\":{\"status\":"
		"\"running\"}}");
	assert_nothing("gitlab", NULL, "{\"object_kind\":\"next_year\"}");
	assert_bad("gitlab", NULL, "{}");
	assert_bad("gitlab", NULL, "{\"object_kind\":\"push\"}");
}

static void
test_a_monitor_of_uptime_kuma_is_an_alarm(void **state)
{
	struct expected shop = {
		.key = "kuma-3",
		.severity = "error",
		.username = "kuma",
		.title = "Shop (web)",
		.message = "timeout of 48000ms exceeded",
		.click = "https://shop.example.org",
	};

	(void)state;
	assert_one("kuma", NULL, "generic_uptime_kuma_down", shop);
	shop.severity = "ok";
	shop.message = "200 - OK";
	assert_cleared("kuma", NULL, "generic_uptime_kuma_up", shop, "Shop-(web)-3");
	assert_one("kuma", NULL, "generic_uptime_kuma_test",
		(struct expected){ .username = "kuma", .message = "Linnet Testing" });
	assert_bad("kuma", NULL, "{\"text\":\"t\"}");
}

static void
test_a_metric_alert_of_sentry_is_an_alarm(void **state)
{
	struct expected alert = {
		.key = "sentry-metric-4",
		.severity = "critical",
		.username = "sentry",
		.title = "Critical: Too many errors",
		.message = "1000 events in the last 10 minutes",
		.click = "https://sentry.example.org/organizations/octo/alerts/6/",
	};

	(void)state;
	assert_one("sentry", "metric_alert", "sentry_metric_critical", alert);
	alert.severity = "ok";
	alert.title = "Resolved: Too many errors";
	assert_one("sentry", "metric_alert", "sentry_metric_resolved", alert);
}

static void
test_an_odd_id_of_sentry_makes_a_key_that_can_be_typed(void **state)
{
	static const char body[] = "{\"action\":\"critical\",\"data\":{\"metric_alert\":{"
				   "\"alert_rule\":{\"id\":"
				   "\"a\\nb %s\"}}}}";
	static const char umlauts[] = "äöüäöüäöüäöüäöü";
	char text[256];
	json_t *pushes;

	(void)state;
	snprintf(text, sizeof(text), body, umlauts);
	pushes = pushes_of_text("sentry", "metric_alert", text);
	assert_member(pushes, 0, "key", "sentry-metric-a-b-äöüäöüäöüäöüäöü");
	json_decref(pushes);
}

static void
test_issues_and_events_of_sentry_are_messages(void **state)
{
	(void)state;
	assert_one("sentry", "issue", "sentry_issue_created",
		(struct expected){
			.username = "sentry",
			.title = "app",
			.message =
				"new issue: TypeError: x is undefined\nstart(app/main)",
			.click = "https://octo.sentry.example.org/issues/1170820242/",
		});
	assert_one("sentry", "event_alert", "sentry_event_alert",
		(struct expected){
			.username = "sentry",
			.title = "Very important",
			.message = "Very important: TypeError: x is undefined\n"
				   "start(app/main)",
			.click = "https://octo.sentry.example.org/issues/1170820242/"
				 "events/e4874d66/",
		});
	assert_one("sentry", NULL, "sentry_plugin",
		(struct expected){
			.username = "sentry",
			.title = "App",
			.message = "Broken pipe\nraven.scripts.runner",
			.click = "https://app.example.org/issues/27379932/",
		});
	assert_nothing("sentry", "installation",
		"{\"action\":\"created\",\"data\":{\"installation\":{}}}");
	assert_bad("sentry", "issue", "{\"action\":\"created\",\"data\":{}}");
	assert_bad("sentry", NULL, "{\"action\":\"created\",\"data\":{}}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events_of_gitea_are_messages),
		cmocka_unit_test(test_gitea_sends_a_push_for_what_it_creates),
		cmocka_unit_test(test_events_of_gitlab_are_messages),
		cmocka_unit_test(test_branches_and_tags_of_gitlab_come_and_go),
		cmocka_unit_test(test_a_pipeline_of_gitlab_is_an_alarm_until_it_passes),
		cmocka_unit_test(test_a_monitor_of_uptime_kuma_is_an_alarm),
		cmocka_unit_test(test_a_metric_alert_of_sentry_is_an_alarm),
		cmocka_unit_test(test_an_odd_id_of_sentry_makes_a_key_that_can_be_typed),
		cmocka_unit_test(test_issues_and_events_of_sentry_are_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
