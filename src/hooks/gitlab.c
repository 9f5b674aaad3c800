/* The webhooks of GitLab. The body says which event it is ("object_kind"). */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "hooks/hooks_private.h"
#include "linnet/base/util.h"

struct gitlab_event {
	const char *kind;
	/* Append the text; an event without text is of no interest. *click is the link to
	 * the project before. Or add an alarm and leave the text empty. */
	void (*say)(
		struct hooks_request *request, struct buffer *text, const char **click);
};

static const json_t *
gitlab_attributes(const struct hooks_request *request)
{
	return json_object_get(request->body, "object_attributes");
}

static const json_t *
gitlab_project(const struct hooks_request *request)
{
	return json_object_get(request->body, "project");
}

static struct hooks_line
gitlab_project_name(const struct hooks_request *request)
{
	return hooks_line(gitlab_project(request), "path_with_namespace", "project");
}

/* Pushes have the name of their user in the body itself. */
static struct hooks_line
gitlab_user(const struct hooks_request *request)
{
	static const char *const names[] = { "username", "name", NULL };
	static const char *const members[] = { "user_username", "user_name", NULL };
	const char *name = hooks_first(json_object_get(request->body, "user"), names);

	if (!name)
		name = hooks_first(request->body, members);
	if (!name)
		name = "somebody";
	return hooks_line_of(name, strlen(name));
}

/* True for a hash of zeros: there is no commit before the first push to a branch, and
 * none after its deletion. */
static bool
gitlab_is_nothing(const json_t *body, const char *key)
{
	const char *hash = hooks_string(body, key);

	return hash && hash[strspn(hash, "0")] == '\0';
}

static void
gitlab_say_push(struct hooks_request *request, struct buffer *text, const char **click)
{
	const json_t *body = request->body, *commits = json_object_get(body, "commits");
	const json_t *total = json_object_get(body, "total_commits_count");
	const char *ref = hooks_string(body, "ref"), *name = strrchr(ref ? ref : "", '/');
	bool is_tag = ref && !strncmp(ref, "refs/tags/", 10);
	struct hooks_line who = gitlab_user(request), branch;
	json_int_t count = json_is_integer(total) ? json_integer_value(total)
						  : (json_int_t)json_array_size(commits);

	if (!ref) {
		message_refuse(request->fault, "bad_hook",
			"not a GitLab push: the string \"ref\" is missing");
		return;
	}
	if (is_tag)
		name = ref + 10;
	else if (!strncmp(ref, "refs/heads/", 11))
		name = ref + 11;
	else
		name = name ? name + 1 : ref;
	branch = hooks_line_of(name, strlen(name));
	if (gitlab_is_nothing(body, "after"))
		buffer_printf(text, "%s deleted %s %s", who.text,
			is_tag ? "tag" : "branch", branch.text);
	else if (is_tag)
		buffer_printf(text, "%s pushed tag %s", who.text, branch.text);
	else if (gitlab_is_nothing(body, "before"))
		buffer_printf(text, "%s pushed new branch %s", who.text, branch.text);
	else
		buffer_printf(text, "%s pushed %" JSON_INTEGER_FORMAT " commit%s to %s",
			who.text, count, count == 1 ? "" : "s", branch.text);
	if (is_tag || !json_array_size(commits))
		return;
	hooks_say_commits(text, commits);
	*click = hooks_string(
		json_array_get(commits, json_array_size(commits) - 1), "url");
}

/* "ann opened issue #5: Title" */
static void
gitlab_say_did(const struct hooks_request *request, struct buffer *text, const char *did,
	const char *mark, const json_t *object)
{
	buffer_printf(text, "%s %s %s%" JSON_INTEGER_FORMAT ": %s",
		gitlab_user(request).text, did, mark,
		json_integer_value(json_object_get(object, "iid")),
		hooks_line(object, "title", "(no title)").text);
}

struct gitlab_action {
	const char *action, *did;
};

/* An issue or a merge request. Other actions are of no interest. */
static void
gitlab_say_action(struct hooks_request *request, struct buffer *text, const char **click,
	const struct gitlab_action *actions, const char *mark)
{
	const json_t *object = gitlab_attributes(request);
	const char *action = hooks_string(object, "action");

	while (action && actions->action && strcmp(actions->action, action) != 0)
		actions++;
	if (!action || !actions->action)
		return;
	gitlab_say_did(request, text, actions->did, mark, object);
	if (!strcmp(action, "open"))
		hooks_quote(text, object, "description");
	*click = hooks_string(object, "url");
}

static void
gitlab_say_issue(struct hooks_request *request, struct buffer *text, const char **click)
{
	static const struct gitlab_action actions[] = {
		{ "open", "opened issue" },
		{ "close", "closed issue" },
		{ "reopen", "reopened issue" },
		{ NULL, NULL },
	};

	gitlab_say_action(request, text, click, actions, "#");
}

static void
gitlab_say_merge_request(
	struct hooks_request *request, struct buffer *text, const char **click)
{
	static const struct gitlab_action actions[] = {
		{ "open", "opened merge request" },
		{ "close", "closed merge request" },
		{ "reopen", "reopened merge request" },
		{ "merge", "merged merge request" },
		{ "approved", "approved merge request" },
		{ NULL, NULL },
	};

	gitlab_say_action(request, text, click, actions, "!");
}

static void
gitlab_say_note(struct hooks_request *request, struct buffer *text, const char **click)
{
	static const struct {
		const char *member, *did, *mark;
	} targets[] = {
		{ "merge_request", "commented on merge request", "!" },
		{ "issue", "commented on issue", "#" },
	};
	const json_t *note = gitlab_attributes(request), *target = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(targets) && !target; i++) {
		target = json_object_get(request->body, targets[i].member);
		if (target)
			gitlab_say_did(
				request, text, targets[i].did, targets[i].mark, target);
	}
	if (!target)
		buffer_printf(text, "%s commented on %.*s", gitlab_user(request).text,
			HOOKS_SHORT_HASH,
			hooks_line(json_object_get(request->body, "commit"), "id",
				"something")
				.text);
	hooks_quote(text, note, "note");
	*click = hooks_string(note, "url");
}

static void
gitlab_say_release(struct hooks_request *request, struct buffer *text, const char **click)
{
	const char *action = hooks_string(request->body, "action");
	struct hooks_line tag = hooks_line(request->body, "tag", "(no tag)");
	struct hooks_line name = hooks_line(request->body, "name", tag.text);

	if (!action || strcmp(action, "create") != 0)
		return;
	buffer_printf(text, "release %s", tag.text);
	if (strcmp(name.text, tag.text) != 0)
		buffer_printf(text, ": %s", name.text);
	hooks_quote(text, request->body, "description");
	*click = hooks_string(request->body, "url");
}

/* What succeeded or failed is an alarm: what it is, and where. Other states, such as
 * "running" and "canceled", say nothing. */
static void
gitlab_add_result(struct hooks_request *request, const char *state, const char *what,
	const char *where, const char *message, const char *click)
{
	struct hooks_line project = gitlab_project_name(request);
	struct buffer title = { 0 }, words = { 0 };
	char key[HOOKS_KEY_BYTES + 1];
	bool is_good;

	if (!state || (strcmp(state, "success") != 0 && strcmp(state, "failed") != 0))
		return;
	is_good = !strcmp(state, "success");
	buffer_printf(&words, "%s/%s/%s", project.text, what, where);
	hooks_make_key(key, words.bytes, NULL);
	buffer_printf(&title, "%s %s on %s (%s)", what, is_good ? "passed" : "failed",
		where, project.text);
	hooks_add(request, &(struct hooks_push){
				   .key = key,
				   .severity = is_good ? "ok" : "error",
				   .title = title.bytes,
				   .message = message,
				   .click = click,
			   });
	buffer_clear(&title);
	buffer_clear(&words);
}

static void
gitlab_say_pipeline(
	struct hooks_request *request, struct buffer *text, const char **click)
{
	const json_t *pipeline = gitlab_attributes(request);
	const json_t *commit = json_object_get(request->body, "commit");
	struct hooks_line branch = hooks_line(pipeline, "ref", "(no branch)");
	const char *url = hooks_string(pipeline, "url");
	struct buffer message = { 0 }, link = { 0 };

	(void)text;
	buffer_printf(&message, "%s\n%.*s by %s",
		hooks_line(commit, "title", "pipeline").text, HOOKS_SHORT_HASH,
		hooks_line(pipeline, "sha", "-------").text, gitlab_user(request).text);
	/* Older versions send no link to the pipeline. */
	if (!url && *click)
		buffer_printf(&link, "%s/-/pipelines/%" JSON_INTEGER_FORMAT, *click,
			json_integer_value(json_object_get(pipeline, "id")));
	gitlab_add_result(request, hooks_string(pipeline, "status"), "pipeline",
		branch.text, message.bytes, url ? url : link.bytes);
	buffer_clear(&message);
	buffer_clear(&link);
}

static void
gitlab_say_deployment(
	struct hooks_request *request, struct buffer *text, const char **click)
{
	const json_t *body = request->body;
	struct hooks_line where = hooks_line(body, "environment", "(no environment)");

	(void)text;
	(void)click;
	gitlab_add_result(request, hooks_string(body, "status"), "deployment", where.text,
		hooks_string(body, "commit_title"), hooks_string(body, "deployable_url"));
}

static const struct gitlab_event events[] = {
	{ "push", gitlab_say_push },
	{ "tag_push", gitlab_say_push },
	{ "issue", gitlab_say_issue },
	{ "merge_request", gitlab_say_merge_request },
	{ "note", gitlab_say_note },
	{ "release", gitlab_say_release },
	{ "pipeline", gitlab_say_pipeline },
	{ "deployment", gitlab_say_deployment },
};

void
hooks_convert_gitlab(struct hooks_request *request)
{
	const char *kind = hooks_string(request->body, "object_kind");
	const char *click = hooks_string(gitlab_project(request), "web_url");
	struct hooks_line project = gitlab_project_name(request);
	struct buffer text = { 0 };
	size_t i;

	if (!kind)
		message_refuse(request->fault, "bad_hook",
			"not a GitLab webhook: the string \"object_kind\" is missing");
	for (i = 0; kind && i < ARRAY_SIZE(events); i++)
		if (!strcmp(events[i].kind, kind))
			events[i].say(request, &text, &click);
	if (text.len)
		hooks_add(request, &(struct hooks_push){
					   .title = project.text,
					   .message = text.bytes,
					   .click = click,
				   });
	buffer_clear(&text);
}
