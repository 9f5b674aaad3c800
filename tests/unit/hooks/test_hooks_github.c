#include "hooks_fixture.h"

#define APP "https://github.com/octo/app"

static void
assert_event(
	const char *event, const char *fixture, const char *message, const char *click)
{
	assert_one("github", event, fixture,
		(struct expected){
			.username = "github",
			.title = "octo/app",
			.message = message,
			.click = click,
		});
}

/* Check that the event with this body becomes message. */
static void
assert_said(const char *event, const char *text, const char *message)
{
	json_t *pushes = pushes_of_text("github", event, text);

	assert_int_equal(json_array_size(pushes), 1);
	assert_member(pushes, 0, "message", message);
	json_decref(pushes);
}

static void
test_a_push_names_its_commits_by_their_first_lines(void **state)
{
	(void)state;
	assert_event("push", "github_push",
		"ann pushed 2 commits to main\n"
		"fe05bcd store: close the file when it cannot be read\n"
		"ad782ec docs: what a restart keeps",
		APP "/compare/51de2b835bd3...ad782ecdac77");
}

static void
test_a_forced_push_says_so(void **state)
{
	(void)state;
	assert_event("push", "github_push_forced",
		"ann force-pushed feature/queue from 51de2b8 to b802f38\n"
		"b802f38 queue: begin anew",
		APP "/compare/51de2b835bd3...b802f384302c");
}

static void
test_branches_and_tags_are_created_and_deleted(void **state)
{
	(void)state;
	assert_event("push", "github_push_tag", "ann pushed tag v1.4.0",
		APP "/compare/v1.4.0");
	assert_event(
		"push", "github_push_deleted", "ann deleted branch feature/queue", APP);
	assert_said("push",
		"{\"ref\":\"refs/heads/x\",\"created\":true,\"commits\":[],"
		"\"sender\":{\"login\":\"ann\"}}",
		"ann pushed new branch x");
	/* GitHub sends a push beside these two. */
	assert_nothing("github", "create", "{\"ref\":\"x\",\"ref_type\":\"branch\"}");
	assert_nothing("github", "delete", "{\"ref\":\"v1\",\"ref_type\":\"tag\"}");
}

static void
test_a_push_of_many_commits_names_the_newest(void **state)
{
	json_t *body = body_of("github_push"), *pushes;
	json_t *commits = json_object_get(body, "commits");
	const char *message, *at;
	int lines = 0;

	(void)state;
	while (json_array_size(commits) < 500)
		json_array_insert(commits, 0, json_array_get(commits, 0));
	pushes = pushes_of("github", "push", body);
	message = member(pushes, 0, "message");
	for (at = message; *at; at++)
		lines += *at == '\n';
	assert_ptr_equal(
		strstr(message, "ann pushed 500 commits to main\n… and 490 before\n"),
		message);
	assert_int_equal(lines, 11);
	assert_non_null(strstr(message, "\nad782ec docs: what a restart keeps"));
	json_decref(pushes);
}

static void
test_pull_requests_are_pushed_when_their_state_changes(void **state)
{
	static const char *const dids[][2] = {
		{ "opened", "opened" },
		{ "reopened", "reopened" },
		{ "ready_for_review", "asks for review of" },
		{ "closed", "closed" },
	};
	char text[300], message[100];
	size_t i;

	(void)state;
	assert_event("pull_request", "github_pull_request_merged",
		"bob merged pull request #12: Queues that do not grow", APP "/pull/12");
	for (i = 0; i < sizeof(dids) / sizeof(dids[0]); i++) {
		snprintf(text, sizeof(text),
			"{\"action\":\"%s\",\"sender\":{\"login\":\"bob\"},"
			"\"pull_request\":{\"number\":3,\"title\":\"T\"}}",
			dids[i][0]);
		snprintf(message, sizeof(message), "bob %s pull request #3: T",
			dids[i][1]);
		assert_said("pull_request", text, message);
	}
	assert_nothing("github", "pull_request",
		"{\"action\":\"synchronize\",\"pull_request\":{}}");
}

static void
test_a_review_has_its_result(void **state)
{
	(void)state;
	assert_event("pull_request_review", "github_review",
		"bob requested changes to pull request #12: Queues that do not grow\n"
		"One thing is left.",
		APP "/pull/12#pullrequestreview-771");
	assert_said("pull_request_review",
		"{\"action\":\"submitted\",\"review\":{\"state\":\"approved\"},"
		"\"pull_request\":{\"number\":3,\"title\":\"T\"}}",
		"somebody approved pull request #3: T");
}

static void
test_issues_and_comments_are_quoted(void **state)
{
	(void)state;
	assert_event("issues", "github_issue_opened",
		"ann opened issue #5: Queue grows without bound\n"
		"After a night it has 40,000 jobs.",
		APP "/issues/5");
	assert_event("issue_comment", "github_comment",
		"bob commented on issue #5: Queue grows without bound\n"
		"Here too.\n\n> After a night\n\nSince **1.3**.",
		APP "/issues/5#issuecomment-88");
	assert_said("issue_comment",
		"{\"action\":\"created\",\"comment\":{\"body\":\"b\"},"
		"\"issue\":{\"number\":3,\"title\":\"T\",\"pull_request\":{}}}",
		"somebody commented on pull request #3: T\nb");
	assert_nothing("github", "issues", "{\"action\":\"labeled\",\"issue\":{}}");
}

static void
test_a_release_is_announced(void **state)
{
	(void)state;
	assert_event("release", "github_release",
		"ann published release v1.4.0: Bounded queues\n"
		"* queues are bounded\n* restarts keep jobs",
		APP "/releases/tag/v1.4.0");
	assert_nothing("github", "release", "{\"action\":\"created\",\"release\":{}}");
}

static void
test_a_failed_workflow_is_an_alarm_until_it_passes(void **state)
{
	struct expected run = {
		.key = "octo/app/ci.yml/main",
		.severity = "error",
		.username = "github",
		.title = "Build and test failed on main (octo/app)",
		.message = "docs: what a restart keeps\nad782ec by ann",
		.click = APP "/actions/runs/4411",
	};

	(void)state;
	assert_one("github", "workflow_run", "github_workflow_failure", run);
	run.severity = "ok";
	run.title = "Build and test passed on main (octo/app)";
	assert_cleared("github", "workflow_run", "github_workflow_success", run,
		"octo/app/Build-and-test/main");
	assert_nothing("github", "workflow_run",
		"{\"action\":\"completed\",\"workflow_run\":{\"conclusion\":"
		"\"cancelled\"}}");
}

static void
test_a_branch_of_a_fork_has_its_own_alarm(void **state)
{
	json_t *pushes =
		pushes_of("github", "workflow_run", body_of("github_workflow_fork"));

	(void)state;
	assert_member(pushes, 0, "key", "octo/app/ci.yml/eve:main");
	json_decref(pushes);
}

static void
test_checks_deployments_and_security_alerts_are_alarms(void **state)
{
	struct expected expected = {
		.key = "octo/app/circleci/unit-tests/main",
		.severity = "error",
		.username = "github",
		.title = "unit tests failed on main (octo/app)",
		.message = "3 of 120 tests failed",
		.click = APP "/runs/128",
	};

	(void)state;
	assert_one("github", "check_run", "github_check_failed", expected);
	assert_nothing("github", "check_run",
		"{\"action\":\"completed\",\"check_run\":{\"conclusion\":\"failure\","
		"\"app\":{\"slug\":\"github-actions\"}}}");
	expected = (struct expected){
		.key = "octo/app/deploy/production",
		.severity = "error",
		.username = "github",
		.title = "Deployment of octo/app to production failed",
		.message = "health check timed out",
		.click = "https://ci.example.org/deploys/5",
	};
	assert_one("github", "deployment_status", "github_deployment_failed", expected);
	expected = (struct expected){
		.key = "octo/app/dependabot_alert/2",
		.severity = "critical",
		.username = "github",
		.title = "octo/app: Open redirect in django",
		.message = "octo/app: Open redirect in django",
		.click = APP "/security/dependabot/2",
	};
	assert_one("github", "dependabot_alert", "github_dependabot_alert", expected);
}

static void
test_a_security_alert_ends_when_it_is_fixed(void **state)
{
	json_t *body = body_of("github_dependabot_alert"), *pushes;

	(void)state;
	json_object_set_new(body, "action", json_string("fixed"));
	pushes = pushes_of("github", "dependabot_alert", body);
	assert_member(pushes, 0, "key", "octo/app/dependabot_alert/2");
	assert_member(pushes, 0, "severity", "ok");
	json_decref(pushes);
}

static void
test_comments_on_lines_and_discussions_are_quoted(void **state)
{
	(void)state;
	assert_event("pull_request_review_comment", "github_review_comment",
		"ann commented on pull request #7: Faster start\nsrc/main.c:\n"
		"Maybe use a table here?",
		APP "/pull/7#discussion_r284312630");
	assert_said("discussion",
		"{\"action\":\"created\",\"discussion\":{\"number\":3,\"title\":"
		"\"Ideas\","
		"\"body\":\"Any?\"}}",
		"somebody started discussion #3: Ideas\nAny?");
	assert_said("discussion_comment",
		"{\"action\":\"created\",\"discussion\":{\"number\":3,\"title\":"
		"\"Ideas\"},"
		"\"comment\":{\"body\":\"One.\"}}",
		"somebody commented on discussion #3: Ideas\nOne.");
}

static void
test_stars_forks_and_pings_are_pushed(void **state)
{
	(void)state;
	assert_said("star",
		"{\"action\":\"created\",\"repository\":{\"stargazers_count\":42},"
		"\"sender\":{\"login\":\"bob\"}}",
		"bob gave a star (42 in all)");
	assert_said("fork",
		"{\"forkee\":{\"full_name\":\"bob/app\"},\"sender\":{\"login\":\"bob\"}}",
		"bob forked it to bob/app");
	assert_event("ping", "github_ping", "webhook connected: push, pull_request", APP);
}

static void
test_events_of_no_interest_push_nothing(void **state)
{
	(void)state;
	assert_nothing("github", "check_suite", "{\"action\":\"completed\"}");
	assert_nothing("github", "status", "{\"state\":\"success\"}");
	assert_nothing("github", "what_comes_next_year", "{}");
}

static void
test_a_body_without_the_subject_of_the_event_is_rejected(void **state)
{
	static const char *const events[] = { "push", "pull_request",
		"pull_request_review", "issues", "issue_comment", "release",
		"workflow_run", "star", "fork", "check_run", "deployment_status",
		"dependabot_alert", "discussion" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		assert_bad("github", events[i], "{\"action\":\"opened\",\"issue\":7}");
	assert_bad("github", NULL, "{\"ref\":\"refs/heads/main\"}");
	assert_bad("github", "push", "[]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_push_names_its_commits_by_their_first_lines),
		cmocka_unit_test(test_a_forced_push_says_so),
		cmocka_unit_test(test_branches_and_tags_are_created_and_deleted),
		cmocka_unit_test(test_a_push_of_many_commits_names_the_newest),
		cmocka_unit_test(test_pull_requests_are_pushed_when_their_state_changes),
		cmocka_unit_test(test_a_review_has_its_result),
		cmocka_unit_test(test_issues_and_comments_are_quoted),
		cmocka_unit_test(test_a_release_is_announced),
		cmocka_unit_test(test_a_failed_workflow_is_an_alarm_until_it_passes),
		cmocka_unit_test(test_a_branch_of_a_fork_has_its_own_alarm),
		cmocka_unit_test(test_checks_deployments_and_security_alerts_are_alarms),
		cmocka_unit_test(test_a_security_alert_ends_when_it_is_fixed),
		cmocka_unit_test(test_comments_on_lines_and_discussions_are_quoted),
		cmocka_unit_test(test_stars_forks_and_pings_are_pushed),
		cmocka_unit_test(test_events_of_no_interest_push_nothing),
		cmocka_unit_test(
			test_a_body_without_the_subject_of_the_event_is_rejected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
