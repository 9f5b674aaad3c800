#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "hooks/hooks_private.h"
#include "linnet/base/util.h"

#define MAX_COMMITS 10
#define SHORT_HASH 7

/* An event and its converter, which returns 0, or -EINVAL with the fault filled in. */
struct github_event {
	const char *name;
	int (*convert)(struct hooks_request *request);
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

/* The object that the event is about: member key of the body. Returns NULL with the fault
 * filled in if there is no such object. */
static json_t *
github_subject(struct hooks_request *request, const char *key)
{
	json_t *object = json_object_get(request->body, key);

	if (json_is_object(object))
		return object;
	message_refuse(request->fault, "bad_hook",
		"not a GitHub event of that name: the object \"%s\" is missing", key);
	return NULL;
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

/* Add a message, and empty text. Without a click, it links to the repository. */
static int
github_add_text(struct hooks_request *request, struct buffer *text, const char *click)
{
	if (!click)
		click = hooks_string(
			json_object_get(request->body, "repository"), "html_url");
	hooks_add(request, &(struct hooks_push){
				   .title = github_place(request),
				   .message = text->bytes,
				   .click = click,
			   });
	buffer_clear(text);
	return 0;
}

/* "ann opened issue #5: Title" */
static void
github_say_did(const struct hooks_request *request, struct buffer *text, const char *did,
	const json_t *object)
{
	hooks_say(text, "%s %s #%" JSON_INTEGER_FORMAT ": %s",
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
		hooks_say(text, "\n… and %zu before", i);
	}
	for (; i < count; i++) {
		const json_t *commit = json_array_get(commits, i);
		const char *said = hooks_string(commit, "message");

		said = said ? said + strspn(said, "\r\n") : "(no message)";
		hooks_say(text, "\n%.*s %s", SHORT_HASH,
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
		hooks_say(text, "%s deleted %s %s", who.text, kind, name);
	else if (!strcmp(kind, "tag"))
		hooks_say(text, "%s pushed tag %s", who.text, name);
	else if (json_is_true(json_object_get(body, "forced")))
		hooks_say(text, "%s force-pushed %s from %.*s to %.*s", who.text, name,
			SHORT_HASH, hooks_line(body, "before", "?").text, SHORT_HASH,
			hooks_line(body, "after", "?").text);
	else if (json_is_true(json_object_get(body, "created")))
		hooks_say(text, "%s pushed new branch %s", who.text, name);
	else
		hooks_say(text, "%s pushed %zu commit%s to %s", who.text, count,
			count == 1 ? "" : "s", name);
	if (strcmp(kind, "tag") != 0)
		github_say_commits(text, commits);
}

static int
github_on_push(struct hooks_request *request)
{
	const char *ref = hooks_string(request->body, "ref");
	const char *kind = "branch", *click = NULL;
	struct buffer text = { 0 };

	if (!ref)
		return message_refuse(request->fault, "bad_hook",
			"not a GitHub push: the string \"ref\" is missing");
	if (!strncmp(ref, "refs/tags/", 10)) {
		kind = "tag";
		ref += 10;
	} else if (!strncmp(ref, "refs/heads/", 11)) {
		ref += 11;
	}
	github_say_push(request, &text, kind, hooks_line_of(ref, strlen(ref)).text);
	/* A deleted branch has no page that compares it. */
	if (!json_is_true(json_object_get(request->body, "deleted")))
		click = hooks_string(request->body, "compare");
	return github_add_text(request, &text, click);
}

/* NULL: not worth a message. */
static const char *
github_pull_request_did(const struct hooks_request *request, const json_t *pull)
{
	if (!strcmp(github_action(request), "opened"))
		return json_is_true(json_object_get(pull, "draft"))
			       ? "opened draft pull request"
			       : "opened pull request";
	if (!strcmp(github_action(request), "closed"))
		return json_is_true(json_object_get(pull, "merged"))
			       ? "merged pull request"
			       : "closed pull request";
	if (!strcmp(github_action(request), "reopened"))
		return "reopened pull request";
	if (!strcmp(github_action(request), "ready_for_review"))
		return "asks for review of pull request";
	return NULL;
}

static int
github_on_pull_request(struct hooks_request *request)
{
	const json_t *pull = github_subject(request, "pull_request");
	const char *did = github_pull_request_did(request, pull);
	struct buffer text = { 0 };

	if (!pull)
		return -EINVAL;
	if (!did)
		return 0;
	github_say_did(request, &text, did, pull);
	if (!strcmp(github_action(request), "opened"))
		hooks_quote(&text, pull, "body");
	return github_add_text(request, &text, hooks_string(pull, "html_url"));
}

static int
github_on_issues(struct hooks_request *request)
{
	const json_t *issue = github_subject(request, "issue");
	const char *did = !strcmp(github_action(request), "opened")     ? "opened issue"
			  : !strcmp(github_action(request), "closed")   ? "closed issue"
			  : !strcmp(github_action(request), "reopened") ? "reopened issue"
									: NULL;
	struct buffer text = { 0 };

	if (!issue)
		return -EINVAL;
	if (!did)
		return 0;
	github_say_did(request, &text, did, issue);
	if (!strcmp(github_action(request), "opened"))
		hooks_quote(&text, issue, "body");
	return github_add_text(request, &text, hooks_string(issue, "html_url"));
}

static int
github_on_issue_comment(struct hooks_request *request)
{
	const json_t *issue = github_subject(request, "issue");
	const json_t *comment = github_subject(request, "comment");
	struct buffer text = { 0 };

	if (!issue || !comment)
		return -EINVAL;
	if (strcmp(github_action(request), "created") != 0)
		return 0;
	/* GitHub sends comments on a pull request as comments on an issue with this
	 * member. */
	github_say_did(request, &text,
		json_is_object(json_object_get(issue, "pull_request"))
			? "commented on pull request"
			: "commented on issue",
		issue);
	hooks_quote(&text, comment, "body");
	return github_add_text(request, &text, hooks_string(comment, "html_url"));
}

static int
github_on_pull_request_review(struct hooks_request *request)
{
	const json_t *pull = github_subject(request, "pull_request");
	const json_t *review = github_subject(request, "review");
	const char *state = hooks_string(review, "state");
	const char *did = "reviewed pull request";
	struct buffer text = { 0 };

	if (!pull || !review)
		return -EINVAL;
	if (strcmp(github_action(request), "submitted") != 0)
		return 0;
	if (state && !strcasecmp(state, "approved"))
		did = "approved pull request";
	else if (state && !strcasecmp(state, "changes_requested"))
		did = "requested changes to pull request";
	github_say_did(request, &text, did, pull);
	hooks_quote(&text, review, "body");
	return github_add_text(request, &text, hooks_string(review, "html_url"));
}

static int
github_on_release(struct hooks_request *request)
{
	const json_t *release = github_subject(request, "release");
	struct hooks_line name, tag;
	struct buffer text = { 0 };

	if (!release)
		return -EINVAL;
	if (strcmp(github_action(request), "published") != 0)
		return 0;
	tag = hooks_line(release, "tag_name", "(no tag)");
	name = hooks_line(release, "name", tag.text);
	hooks_say(&text, "%s published %s %s", github_sender(request).text,
		json_is_true(json_object_get(release, "prerelease")) ? "pre-release"
								     : "release",
		tag.text);
	if (strcmp(name.text, tag.text) != 0)
		hooks_say(&text, ": %s", name.text);
	hooks_quote(&text, release, "body");
	return github_add_text(request, &text, hooks_string(release, "html_url"));
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
	hooks_say(&text, "%s:%s", hooks_line_of(from, strcspn(from, "/")).text,
		branch.text);
	branch = hooks_line_of(text.bytes, text.len);
	buffer_clear(&text);
	return branch;
}

static void
github_add_run(struct hooks_request *request, const json_t *run, bool is_good)
{
	const char *repository =
		github_place(request) ? github_place(request) : "repository";
	struct hooks_line name = hooks_line(run, "name", "workflow");
	struct hooks_line branch = github_branch(request, run);
	struct buffer title = { 0 }, message = { 0 }, words = { 0 };
	char key[HOOKS_KEY_BYTES + 1];

	hooks_say(&words, "%s/%s/%s", repository, name.text, branch.text);
	hooks_make_key(key, words.bytes, NULL);
	hooks_say(&title, "%s %s on %s (%s)", name.text, is_good ? "passed" : "failed",
		branch.text, repository);
	hooks_say(&message, "%s\n%.*s by %s",
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

/* A run that was cancelled, skipped or is stale says nothing about the branch. */
static int
github_on_workflow_run(struct hooks_request *request)
{
	const json_t *run = github_subject(request, "workflow_run");
	const char *conclusion = hooks_string(run, "conclusion");

	if (!run)
		return -EINVAL;
	if (strcmp(github_action(request), "completed") != 0 || !conclusion)
		return 0;
	if (!strcmp(conclusion, "success"))
		github_add_run(request, run, true);
	else if (!strcmp(conclusion, "failure") || !strcmp(conclusion, "timed_out") ||
		 !strcmp(conclusion, "startup_failure"))
		github_add_run(request, run, false);
	return 0;
}

static int
github_on_star(struct hooks_request *request)
{
	const json_t *repository = github_subject(request, "repository");
	struct buffer text = { 0 };

	if (!repository)
		return -EINVAL;
	if (strcmp(github_action(request), "created") != 0)
		return 0;
	hooks_say(&text, "%s gave a star (%" JSON_INTEGER_FORMAT " in all)",
		github_sender(request).text,
		json_integer_value(json_object_get(repository, "stargazers_count")));
	return github_add_text(request, &text, NULL);
}

static int
github_on_fork(struct hooks_request *request)
{
	const json_t *fork = github_subject(request, "forkee");
	struct buffer text = { 0 };

	if (!fork)
		return -EINVAL;
	hooks_say(&text, "%s forked it to %s", github_sender(request).text,
		hooks_line(fork, "full_name", "(no name)").text);
	return github_add_text(request, &text, hooks_string(fork, "html_url"));
}

/* A branch or a tag was created or deleted. */
static int
github_add_ref(struct hooks_request *request, const char *did)
{
	struct buffer text = { 0 };

	if (!hooks_string(request->body, "ref"))
		return message_refuse(request->fault, "bad_hook",
			"not a GitHub event of that name: the string \"ref\" is missing");
	hooks_say(&text, "%s %s %s %s", github_sender(request).text, did,
		hooks_line(request->body, "ref_type", "ref").text,
		hooks_line(request->body, "ref", "").text);
	return github_add_text(request, &text, NULL);
}

static int
github_on_create(struct hooks_request *request)
{
	return github_add_ref(request, "created");
}

static int
github_on_delete(struct hooks_request *request)
{
	return github_add_ref(request, "deleted");
}

static int
github_on_ping(struct hooks_request *request)
{
	const json_t *hook = json_object_get(request->body, "hook");
	struct buffer text = { 0 };
	json_t *event;
	size_t i;

	hooks_say(&text, "webhook connected");
	json_array_foreach(json_object_get(hook, "events"), i, event)
	{
		if (json_is_string(event) && text.len < HOOKS_MESSAGE_BYTES)
			hooks_say(
				&text, "%s%s", i ? ", " : ": ", json_string_value(event));
	}
	return github_add_text(request, &text, NULL);
}

static const struct github_event events[] = {
	{ "push", github_on_push },
	{ "pull_request", github_on_pull_request },
	{ "pull_request_review", github_on_pull_request_review },
	{ "issues", github_on_issues },
	{ "issue_comment", github_on_issue_comment },
	{ "release", github_on_release },
	{ "workflow_run", github_on_workflow_run },
	{ "star", github_on_star },
	{ "fork", github_on_fork },
	{ "create", github_on_create },
	{ "delete", github_on_delete },
	{ "ping", github_on_ping },
};

int
hooks_convert_github(struct hooks_request *request)
{
	size_t i;

	if (!request->event)
		return message_refuse(request->fault, "bad_hook",
			"the header X-GitHub-Event is missing");
	if (!json_is_object(request->body))
		return message_refuse(request->fault, "bad_hook",
			"a GitHub event must be a JSON object");
	for (i = 0; i < ARRAY_SIZE(events); i++)
		if (!strcmp(events[i].name, request->event))
			return events[i].convert(request);
	return 0;
}
