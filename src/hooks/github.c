/* The webhooks of GitHub, and those of Gitea and Forgejo, which follow them. */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "hooks/hooks_private.h"
#include "linnet/base/util.h"

#define MAX_COMMITS 10

enum forge {
	FORGE_GITHUB = 1,
	FORGE_GITEA = 2,
	FORGE_BOTH = FORGE_GITHUB | FORGE_GITEA,
};

/* An event that becomes a message or an alarm. */
struct github_event {
	const char *name;
	enum forge forges; /* which have it */
	/* Members of the body that must be objects. The message is about the first one
	 * and links to it; if there is none, to the repository. */
	const char *objects[2];
	const char *action; /* the only action of interest; NULL: say checks it */
	/* Append the text. An event without text is of no interest. */
	void (*say)(struct hooks_request *request, struct buffer *text,
		const json_t *subject);
};

static struct hooks_line
github_sender(const struct hooks_request *request)
{
	return hooks_line(json_object_get(request->body, "sender"), "login", "somebody");
}

/* The action of the event, or "". */
static const char *
github_action(const struct hooks_request *request)
{
	const char *name = hooks_string(request->body, "action");

	return name ? name : "";
}

/* The name of the repository, or of the organization if there is no repository. */
static const char *
github_place(const struct hooks_request *request)
{
	const char *name =
		hooks_string(json_object_get(request->body, "repository"), "full_name");

	return name ? name
		    : hooks_string(
			      json_object_get(request->body, "organization"), "login");
}

/* "ann opened issue #5: Title" */
static void
github_say_did(const struct hooks_request *request, struct buffer *text, const char *did,
	const json_t *object)
{
	buffer_printf(text, "%s %s #%" JSON_INTEGER_FORMAT ": %s",
		github_sender(request).text, did,
		json_integer_value(json_object_get(object, "number")),
		hooks_line(object, "title", "(no title)").text);
}

void
hooks_say_commits(struct buffer *text, const json_t *commits)
{
	size_t count = json_array_size(commits), i = 0;

	if (count > MAX_COMMITS) {
		i = count - MAX_COMMITS;
		buffer_printf(text, "\n… and %zu before", i);
	}
	for (; i < count; i++) {
		const json_t *commit = json_array_get(commits, i);
		const char *said = hooks_string(commit, "message");

		said = said ? said + strspn(said, "\r\n") : "(no message)";
		buffer_printf(text, "\n%.*s %s", HOOKS_SHORT_HASH,
			hooks_line(commit, "id", "-------").text,
			hooks_line_of(said, strcspn(said, "\r\n")).text);
	}
}

/* "ann pushed 2 commits to main" */
static void
github_say_push(const struct hooks_request *request, struct buffer *text,
	const char *kind, const char *name)
{
	const json_t *body = request->body, *commits = json_object_get(body, "commits");
	size_t count = json_array_size(commits);
	struct hooks_line who = github_sender(request);

	if (json_is_true(json_object_get(body, "deleted")))
		buffer_printf(text, "%s deleted %s %s", who.text, kind, name);
	else if (!strcmp(kind, "tag"))
		buffer_printf(text, "%s pushed tag %s", who.text, name);
	else if (json_is_true(json_object_get(body, "forced")))
		buffer_printf(text, "%s force-pushed %s from %.*s to %.*s", who.text,
			name, HOOKS_SHORT_HASH, hooks_line(body, "before", "?").text,
			HOOKS_SHORT_HASH, hooks_line(body, "after", "?").text);
	else if (json_is_true(json_object_get(body, "created")))
		buffer_printf(text, "%s pushed new branch %s", who.text, name);
	else
		buffer_printf(text, "%s pushed %zu commit%s to %s", who.text, count,
			count == 1 ? "" : "s", name);
	if (strcmp(kind, "tag") != 0)
		hooks_say_commits(text, commits);
}

static void
github_on_push(struct hooks_request *request, struct buffer *text, const json_t *subject)
{
	const char *ref = hooks_string(request->body, "ref");
	const char *kind = "branch";

	(void)subject;
	if (!ref) {
		message_refuse(request->fault, "bad_hook",
			"not a GitHub push: the string \"ref\" is missing");
		return;
	}
	if (!strncmp(ref, "refs/tags/", 10)) {
		kind = "tag";
		ref += 10;
	} else if (!strncmp(ref, "refs/heads/", 11)) {
		ref += 11;
	}
	github_say_push(request, text, kind, hooks_line_of(ref, strlen(ref)).text);
}

/* An issue or a pull request. did says what happened to it; NULL: nothing of interest. */
static void
github_say_opened_or_closed(const struct hooks_request *request, struct buffer *text,
	const char *did, const json_t *subject)
{
	if (!did)
		return;
	github_say_did(request, text, did, subject);
	if (!strcmp(github_action(request), "opened"))
		hooks_quote(text, subject, "body");
}

static void
github_on_pull_request(
	struct hooks_request *request, struct buffer *text, const json_t *pull)
{
	bool is_draft = json_is_true(json_object_get(pull, "draft"));
	bool is_merged = json_is_true(json_object_get(pull, "merged"));
	const char *action = github_action(request), *did = NULL;

	if (!strcmp(action, "opened"))
		did = is_draft ? "opened draft pull request" : "opened pull request";
	else if (!strcmp(action, "closed"))
		did = is_merged ? "merged pull request" : "closed pull request";
	else if (!strcmp(action, "reopened"))
		did = "reopened pull request";
	else if (!strcmp(action, "ready_for_review"))
		did = "asks for review of pull request";
	github_say_opened_or_closed(request, text, did, pull);
}

static void
github_on_issues(struct hooks_request *request, struct buffer *text, const json_t *issue)
{
	const char *action = github_action(request);
	const char *did = !strcmp(action, "opened")     ? "opened issue"
			  : !strcmp(action, "closed")   ? "closed issue"
			  : !strcmp(action, "reopened") ? "reopened issue"
							: NULL;

	github_say_opened_or_closed(request, text, did, issue);
}

static void
github_on_issue_comment(
	struct hooks_request *request, struct buffer *text, const json_t *comment)
{
	const json_t *issue = json_object_get(request->body, "issue");
	/* GitHub sends comments on a pull request as comments on an issue with this
	 * member. */
	bool is_pull = json_is_object(json_object_get(issue, "pull_request"));

	github_say_did(request, text,
		is_pull ? "commented on pull request" : "commented on issue", issue);
	hooks_quote(text, comment, "body");
}

static void
github_on_pull_request_review(
	struct hooks_request *request, struct buffer *text, const json_t *review)
{
	const char *state = hooks_string(review, "state");
	const char *did = "reviewed pull request";

	if (state && !strcasecmp(state, "approved"))
		did = "approved pull request";
	else if (state && !strcasecmp(state, "changes_requested"))
		did = "requested changes to pull request";
	github_say_did(
		request, text, did, json_object_get(request->body, "pull_request"));
	hooks_quote(text, review, "body");
}

static void
github_on_release(
	struct hooks_request *request, struct buffer *text, const json_t *release)
{
	bool is_early = json_is_true(json_object_get(release, "prerelease"));
	struct hooks_line tag = hooks_line(release, "tag_name", "(no tag)");
	struct hooks_line name = hooks_line(release, "name", tag.text);

	buffer_printf(text, "%s published %s %s", github_sender(request).text,
		is_early ? "pre-release" : "release", tag.text);
	if (strcmp(name.text, tag.text) != 0)
		buffer_printf(text, ": %s", name.text);
	hooks_quote(text, release, "body");
}

/* "owner:branch" for a branch of a fork, which often has the name of one of the
 * repository's own branches. */
static struct hooks_line
github_branch(const struct hooks_request *request, const json_t *run)
{
	const json_t *head = json_object_get(run, "head_repository");
	const char *from = hooks_string(head, "full_name");
	struct hooks_line branch = hooks_line(run, "head_branch", "(no branch)");
	struct buffer text = { 0 };

	if (!from || !github_place(request) || !strcmp(from, github_place(request)))
		return branch;
	buffer_printf(&text, "%s:%s", hooks_line_of(from, strcspn(from, "/")).text,
		branch.text);
	branch = hooks_line_of(text.bytes, text.len);
	buffer_clear(&text);
	return branch;
}

/* Raise or clear the alarm whose key is words. former_words: the key of earlier versions,
 * or NULL. */
static void
github_add_alarm(struct hooks_request *request, const char *words,
	const char *former_words, const struct hooks_push *push)
{
	char key[HOOKS_KEY_BYTES + 1], former[HOOKS_KEY_BYTES + 1];
	struct hooks_push alarm = *push;

	hooks_make_key(key, words, NULL);
	alarm.key = key;
	if (former_words) {
		hooks_make_key(former, former_words, NULL);
		alarm.former_key = former;
	}
	hooks_add(request, &alarm);
}

static const char *
github_repository(const struct hooks_request *request)
{
	const char *place = github_place(request);

	return place ? place : "repository";
}

static void
github_add_run(struct hooks_request *request, const json_t *run, bool is_good)
{
	const char *repository = github_repository(request);
	const char *path = hooks_string(run, "path"), *file;
	struct hooks_line name = hooks_line(run, "name", "workflow");
	struct hooks_line branch = github_branch(request, run);
	struct buffer title = { 0 }, message = { 0 }, words = { 0 }, former = { 0 };

	/* A workflow is its file. Its name is for people, and may change. */
	file = path ? strrchr(path, '/') : NULL;
	file = file ? file + 1 : path;
	buffer_printf(&former, "%s/%s/%s", repository, name.text, branch.text);
	buffer_printf(
		&words, "%s/%s/%s", repository, file ? file : name.text, branch.text);
	buffer_printf(&title, "%s %s on %s (%s)", name.text,
		is_good ? "passed" : "failed", branch.text, repository);
	buffer_printf(&message, "%s\n%.*s by %s",
		hooks_line(run, "display_title", name.text).text, HOOKS_SHORT_HASH,
		hooks_line(run, "head_sha", "-------").text, github_sender(request).text);
	github_add_alarm(request, words.bytes, former.bytes,
		&(struct hooks_push){
			.severity = is_good ? "ok" : "error",
			.title = title.bytes,
			.message = message.bytes,
			.click = hooks_string(run, "html_url"),
		});
	buffer_clear(&title);
	buffer_clear(&message);
	buffer_clear(&words);
	buffer_clear(&former);
}

enum outcome {
	OUTCOME_NONE, /* cancelled, skipped, stale, under way: says nothing */
	OUTCOME_GOOD,
	OUTCOME_BAD,
};

static enum outcome
github_outcome(const char *conclusion)
{
	static const char *const bad[] = { "failure", "timed_out", "startup_failure",
		"error" };
	size_t i;

	if (!conclusion)
		return OUTCOME_NONE;
	if (!strcmp(conclusion, "success"))
		return OUTCOME_GOOD;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (!strcmp(conclusion, bad[i]))
			return OUTCOME_BAD;
	return OUTCOME_NONE;
}

/* Adds an alarm instead of a message. */
static void
github_on_workflow_run(
	struct hooks_request *request, struct buffer *text, const json_t *run)
{
	enum outcome outcome = github_outcome(hooks_string(run, "conclusion"));

	(void)text;
	if (outcome != OUTCOME_NONE)
		github_add_run(request, run, outcome == OUTCOME_GOOD);
}

/* A check of another program than GitHub Actions, whose checks come as workflow_run. */
static void
github_on_check_run(struct hooks_request *request, struct buffer *text, const json_t *run)
{
	enum outcome outcome = github_outcome(hooks_string(run, "conclusion"));
	const json_t *suite = json_object_get(run, "check_suite");
	struct hooks_line app = hooks_line(json_object_get(run, "app"), "slug", "check");
	struct hooks_line name = hooks_line(run, "name", "check");
	struct hooks_line branch = hooks_line(suite, "head_branch", "(no branch)");
	const char *repository = github_repository(request);
	struct buffer words = { 0 };

	if (outcome == OUTCOME_NONE || !strcmp(app.text, "github-actions"))
		return;
	buffer_printf(text, "%s %s on %s (%s)", name.text,
		outcome == OUTCOME_GOOD ? "passed" : "failed", branch.text, repository);
	buffer_printf(
		&words, "%s/%s/%s/%s", repository, app.text, name.text, branch.text);
	github_add_alarm(request, words.bytes, NULL,
		&(struct hooks_push){
			.severity = outcome == OUTCOME_GOOD ? "ok" : "error",
			.title = text->bytes,
			.message = hooks_string(json_object_get(run, "output"), "title"),
			.click = hooks_string(run, "html_url"),
		});
	buffer_clear(&words);
	buffer_clear(text);
}

static void
github_on_deployment_status(
	struct hooks_request *request, struct buffer *text, const json_t *status)
{
	enum outcome outcome = github_outcome(hooks_string(status, "state"));
	const json_t *deployment = json_object_get(request->body, "deployment");
	struct hooks_line environment =
		hooks_line(deployment, "environment", "(no environment)");
	const char *link = hooks_string(status, "target_url");
	struct buffer words = { 0 };

	if (outcome == OUTCOME_NONE)
		return;
	buffer_printf(text, "Deployment of %s to %s %s", github_repository(request),
		environment.text, outcome == OUTCOME_GOOD ? "succeeded" : "failed");
	buffer_printf(
		&words, "%s/deploy/%s", github_repository(request), environment.text);
	github_add_alarm(request, words.bytes, NULL,
		&(struct hooks_push){
			.severity = outcome == OUTCOME_GOOD ? "ok" : "error",
			.title = text->bytes,
			.message = hooks_string(status, "description"),
			.click = link ? link : hooks_string(status, "log_url"),
		});
	buffer_clear(&words);
	buffer_clear(text);
}

/* Whether an action of a security alert raises it ("created"), ends it, or does
 * neither. */
static enum outcome
github_alert_outcome(const char *action)
{
	static const char *const raised[] = { "created", "create", "reopened",
		"reopened_by_user", "reintroduced", "auto_reopened",
		"appeared_in_branch" };
	static const char *const ended[] = { "fixed", "dismissed", "dismiss",
		"auto_dismissed", "closed_by_user", "resolved", "resolve", "revoked" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(raised); i++)
		if (!strcmp(action, raised[i]))
			return OUTCOME_BAD;
	for (i = 0; i < ARRAY_SIZE(ended); i++)
		if (!strcmp(action, ended[i]))
			return OUTCOME_GOOD;
	return OUTCOME_NONE;
}

/* dependabot_alert, code_scanning_alert, secret_scanning_alert. */
static void
github_on_alert(struct hooks_request *request, struct buffer *text, const json_t *alert)
{
	static const char *const names[] = { "summary", "description", "name", "id",
		NULL };
	enum outcome outcome = github_alert_outcome(github_action(request));
	const json_t *advisory = json_object_get(alert, "security_advisory");
	const json_t *rule = advisory ? advisory : json_object_get(alert, "rule");
	const char *severity =
		hooks_severity(hooks_string(rule, "security_severity_level"));
	const char *what = hooks_first(rule, names);
	struct buffer words = { 0 };

	if (outcome == OUTCOME_NONE)
		return;
	if (!severity)
		severity = hooks_severity(hooks_string(rule, "severity"));
	if (!what)
		what = hooks_string(alert, "secret_type_display_name");
	if (!severity || !strcmp(severity, "ok"))
		severity = "error";
	buffer_printf(text, "%s: %s", github_repository(request),
		what ? hooks_line_of(what, strlen(what)).text : "security alert");
	buffer_printf(&words, "%s/%s/%" JSON_INTEGER_FORMAT, github_repository(request),
		request->event, json_integer_value(json_object_get(alert, "number")));
	github_add_alarm(request, words.bytes, NULL,
		&(struct hooks_push){
			.severity = outcome == OUTCOME_GOOD ? "ok" : severity,
			.title = text->bytes,
			.click = hooks_string(alert, "html_url"),
		});
	buffer_clear(&words);
	buffer_clear(text);
}

/* A comment on a line of a pull request. */
static void
github_on_review_comment(
	struct hooks_request *request, struct buffer *text, const json_t *comment)
{
	github_say_did(request, text, "commented on pull request",
		json_object_get(request->body, "pull_request"));
	if (hooks_string(comment, "path"))
		buffer_printf(text, "\n%s:", hooks_line(comment, "path", "").text);
	hooks_quote(text, comment, "body");
}

static void
github_on_discussion(
	struct hooks_request *request, struct buffer *text, const json_t *discussion)
{
	const char *action = github_action(request);
	const char *did = !strcmp(action, "created")    ? "started discussion"
			  : !strcmp(action, "closed")   ? "closed discussion"
			  : !strcmp(action, "answered") ? "answered discussion"
							: NULL;

	if (!did)
		return;
	github_say_did(request, text, did, discussion);
	if (!strcmp(action, "created"))
		hooks_quote(text, discussion, "body");
}

static void
github_on_discussion_comment(
	struct hooks_request *request, struct buffer *text, const json_t *comment)
{
	github_say_did(request, text, "commented on discussion",
		json_object_get(request->body, "discussion"));
	hooks_quote(text, comment, "body");
}

/* Gitea has an event for each result of a review. */
static void
github_on_gitea_review(
	struct hooks_request *request, struct buffer *text, const json_t *pull)
{
	const char *did = !strcmp(request->event, "pull_request_approved")
				  ? "approved pull request"
			  : !strcmp(request->event, "pull_request_rejected")
				  ? "requested changes to pull request"
				  : "reviewed pull request";

	github_say_did(request, text, did, pull);
	hooks_quote(text, json_object_get(request->body, "review"), "content");
}

static void
github_on_star(
	struct hooks_request *request, struct buffer *text, const json_t *repository)
{
	buffer_printf(text, "%s gave a star (%" JSON_INTEGER_FORMAT " in all)",
		github_sender(request).text,
		json_integer_value(json_object_get(repository, "stargazers_count")));
}

static void
github_on_fork(struct hooks_request *request, struct buffer *text, const json_t *fork)
{
	buffer_printf(text, "%s forked it to %s", github_sender(request).text,
		hooks_line(fork, "full_name", "(no name)").text);
}

static void
github_on_delete(
	struct hooks_request *request, struct buffer *text, const json_t *subject)
{
	(void)subject;
	if (!hooks_string(request->body, "ref"))
		message_refuse(request->fault, "bad_hook",
			"not an event of that name: the string \"ref\" is missing");
	else
		buffer_printf(text, "%s deleted %s %s", github_sender(request).text,
			hooks_line(request->body, "ref_type", "ref").text,
			hooks_line(request->body, "ref", "").text);
}

static void
github_on_ping(struct hooks_request *request, struct buffer *text, const json_t *subject)
{
	const json_t *hook = json_object_get(request->body, "hook");
	json_t *event;
	size_t i;

	(void)subject;
	buffer_printf(text, "webhook connected");
	json_array_foreach(json_object_get(hook, "events"), i, event)
	{
		if (json_is_string(event) && text->len < HOOKS_MESSAGE_BYTES)
			buffer_printf(
				text, "%s%s", i ? ", " : ": ", json_string_value(event));
	}
}

/* There is no "create": a push says that it has created a branch or tag. Gitea sends no
 * push for what was deleted. */
static const struct github_event events[] = {
	{ "push", FORGE_BOTH, { NULL }, NULL, github_on_push },
	{ "pull_request", FORGE_BOTH, { "pull_request" }, NULL, github_on_pull_request },
	{ "pull_request_review", FORGE_GITHUB, { "review", "pull_request" }, "submitted",
		github_on_pull_request_review },
	{ "pull_request_review_comment", FORGE_GITHUB, { "comment", "pull_request" },
		"created", github_on_review_comment },
	{ "pull_request_approved", FORGE_GITEA, { "pull_request" }, NULL,
		github_on_gitea_review },
	{ "pull_request_rejected", FORGE_GITEA, { "pull_request" }, NULL,
		github_on_gitea_review },
	{ "pull_request_comment", FORGE_GITEA, { "pull_request" }, NULL,
		github_on_gitea_review },
	{ "issues", FORGE_BOTH, { "issue" }, NULL, github_on_issues },
	{ "issue_comment", FORGE_BOTH, { "comment", "issue" }, "created",
		github_on_issue_comment },
	{ "discussion", FORGE_GITHUB, { "discussion" }, NULL, github_on_discussion },
	{ "discussion_comment", FORGE_GITHUB, { "comment", "discussion" }, "created",
		github_on_discussion_comment },
	{ "release", FORGE_BOTH, { "release" }, "published", github_on_release },
	{ "workflow_run", FORGE_BOTH, { "workflow_run" }, "completed",
		github_on_workflow_run },
	{ "check_run", FORGE_GITHUB, { "check_run" }, "completed", github_on_check_run },
	{ "deployment_status", FORGE_GITHUB, { "deployment_status", "deployment" }, NULL,
		github_on_deployment_status },
	{ "dependabot_alert", FORGE_GITHUB, { "alert" }, NULL, github_on_alert },
	{ "code_scanning_alert", FORGE_GITHUB, { "alert" }, NULL, github_on_alert },
	{ "secret_scanning_alert", FORGE_GITHUB, { "alert" }, NULL, github_on_alert },
	{ "star", FORGE_GITHUB, { "repository" }, "created", github_on_star },
	{ "fork", FORGE_GITHUB, { "forkee" }, NULL, github_on_fork },
	{ "delete", FORGE_GITEA, { NULL }, NULL, github_on_delete },
	{ "ping", FORGE_GITHUB, { NULL }, NULL, github_on_ping },
};

static void
github_convert_event(struct hooks_request *request, const struct github_event *event)
{
	static const char *const compare_links[] = { "compare", "compare_url", NULL };
	const json_t *subject = NULL;
	struct buffer text = { 0 };
	const char *click;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(event->objects) && event->objects[i]; i++) {
		const json_t *object = json_object_get(request->body, event->objects[i]);

		if (!json_is_object(object)) {
			message_refuse(request->fault, "bad_hook",
				"not an event of that name: the object \"%s\" is "
				"missing",
				event->objects[i]);
			return;
		}
		subject = subject ? subject : object;
	}
	if (event->action && strcmp(github_action(request), event->action) != 0)
		return;
	event->say(request, &text, subject);
	click = hooks_string(subject, "html_url");
	/* Only a push has this link. A deleted branch has no page that compares it. */
	if (!subject && !json_is_true(json_object_get(request->body, "deleted")))
		click = hooks_first(request->body, compare_links);
	if (!click)
		click = hooks_string(
			json_object_get(request->body, "repository"), "html_url");
	if (text.len)
		hooks_add(request, &(struct hooks_push){
					   .title = github_place(request),
					   .message = text.bytes,
					   .click = click,
				   });
	buffer_clear(&text);
}

static void
github_convert(struct hooks_request *request, enum forge forge, const char *header)
{
	size_t i;

	if (!request->event)
		message_refuse(
			request->fault, "bad_hook", "the header %s is missing", header);
	else if (!json_is_object(request->body))
		message_refuse(
			request->fault, "bad_hook", "the body must be a JSON object");
	else
		for (i = 0; i < ARRAY_SIZE(events); i++)
			if (events[i].forges & forge &&
				!strcmp(events[i].name, request->event))
				github_convert_event(request, &events[i]);
}

void
hooks_convert_github(struct hooks_request *request)
{
	github_convert(request, FORGE_GITHUB, "X-GitHub-Event");
}

void
hooks_convert_gitea(struct hooks_request *request)
{
	github_convert(request, FORGE_GITEA, "X-Gitea-Event");
}
