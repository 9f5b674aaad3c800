#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "hooks/hooks_private.h"
#include "linnet/base/util.h"

#define MAX_COMMITS 10
#define SHORT_HASH 7

/* An event that becomes a message. */
struct github_event {
	const char *name;
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

/* The first line of each commit. GitHub sends the newest commit last, so the last ones
 * are kept. */
static void
github_say_commits(struct buffer *text, const json_t *commits)
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
		buffer_printf(text, "\n%.*s %s", SHORT_HASH,
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
			name, SHORT_HASH, hooks_line(body, "before", "?").text,
			SHORT_HASH, hooks_line(body, "after", "?").text);
	else if (json_is_true(json_object_get(body, "created")))
		buffer_printf(text, "%s pushed new branch %s", who.text, name);
	else
		buffer_printf(text, "%s pushed %zu commit%s to %s", who.text, count,
			count == 1 ? "" : "s", name);
	if (strcmp(kind, "tag") != 0)
		github_say_commits(text, commits);
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

static void
github_add_run(struct hooks_request *request, const json_t *run, bool is_good)
{
	const char *place = github_place(request);
	const char *repository = place ? place : "repository";
	struct hooks_line name = hooks_line(run, "name", "workflow");
	struct hooks_line branch = github_branch(request, run);
	struct buffer title = { 0 }, message = { 0 }, words = { 0 };
	char key[HOOKS_KEY_BYTES + 1];

	buffer_printf(&words, "%s/%s/%s", repository, name.text, branch.text);
	hooks_make_key(key, words.bytes, NULL);
	buffer_printf(&title, "%s %s on %s (%s)", name.text,
		is_good ? "passed" : "failed", branch.text, repository);
	buffer_printf(&message, "%s\n%.*s by %s",
		hooks_line(run, "display_title", name.text).text, SHORT_HASH,
		hooks_line(run, "head_sha", "-------").text, github_sender(request).text);
	hooks_add(request, &(struct hooks_push){
				   .key = key,
				   .severity = is_good ? "ok" : "error",
				   .title = title.bytes,
				   .message = message.bytes,
				   .click = hooks_string(run, "html_url"),
			   });
	buffer_clear(&title);
	buffer_clear(&message);
	buffer_clear(&words);
}

/* Adds an alarm instead of a message. A run that was cancelled, skipped or is stale says
 * nothing about the branch. */
static void
github_on_workflow_run(
	struct hooks_request *request, struct buffer *text, const json_t *run)
{
	const char *conclusion = hooks_string(run, "conclusion");

	(void)text;
	if (!conclusion)
		return;
	if (!strcmp(conclusion, "success"))
		github_add_run(request, run, true);
	else if (!strcmp(conclusion, "failure") || !strcmp(conclusion, "timed_out") ||
		 !strcmp(conclusion, "startup_failure"))
		github_add_run(request, run, false);
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

/* A branch or a tag was created or deleted: the event is "create" or "delete". */
static void
github_on_ref(struct hooks_request *request, struct buffer *text, const json_t *subject)
{
	(void)subject;
	if (!hooks_string(request->body, "ref"))
		message_refuse(request->fault, "bad_hook",
			"not a GitHub event of that name: the string \"ref\" is missing");
	else
		buffer_printf(text, "%s %sd %s %s", github_sender(request).text,
			request->event, hooks_line(request->body, "ref_type", "ref").text,
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

static const struct github_event events[] = {
	{ "push", { NULL }, NULL, github_on_push },
	{ "pull_request", { "pull_request" }, NULL, github_on_pull_request },
	{ "pull_request_review", { "review", "pull_request" }, "submitted",
		github_on_pull_request_review },
	{ "issues", { "issue" }, NULL, github_on_issues },
	{ "issue_comment", { "comment", "issue" }, "created", github_on_issue_comment },
	{ "release", { "release" }, "published", github_on_release },
	{ "workflow_run", { "workflow_run" }, "completed", github_on_workflow_run },
	{ "star", { "repository" }, "created", github_on_star },
	{ "fork", { "forkee" }, NULL, github_on_fork },
	{ "create", { NULL }, NULL, github_on_ref },
	{ "delete", { NULL }, NULL, github_on_ref },
	{ "ping", { NULL }, NULL, github_on_ping },
};

static void
github_convert_event(struct hooks_request *request, const struct github_event *event)
{
	const json_t *subject = NULL;
	struct buffer text = { 0 };
	const char *click;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(event->objects) && event->objects[i]; i++) {
		const json_t *object = json_object_get(request->body, event->objects[i]);

		if (!json_is_object(object)) {
			message_refuse(request->fault, "bad_hook",
				"not a GitHub event of that name: the object \"%s\" is "
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
		click = hooks_string(request->body, "compare");
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

void
hooks_convert_github(struct hooks_request *request)
{
	size_t i;

	if (!request->event)
		message_refuse(request->fault, "bad_hook",
			"the header X-GitHub-Event is missing");
	else if (!json_is_object(request->body))
		message_refuse(request->fault, "bad_hook",
			"a GitHub event must be a JSON object");
	else
		for (i = 0; i < ARRAY_SIZE(events); i++)
			if (!strcmp(events[i].name, request->event))
				github_convert_event(request, &events[i]);
}
