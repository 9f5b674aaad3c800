/* hooks_private.h - shared by the converters: text, keys and push objects (hooks.c). */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "linnet/base/buffer.h"
#include "linnet/hooks/hooks.h"

/* Most push objects of one request. One more says how many were left out. */
#define HOOKS_MAX_PUSHES 200

#define HOOKS_KEY_BYTES 128
#define HOOKS_TITLE_BYTES 256
#define HOOKS_MESSAGE_BYTES 4096
#define HOOKS_QUOTE_BYTES 1000
#define HOOKS_NAME_BYTES 32
#define HOOKS_MAX_TAGS 8
#define HOOKS_TAG_BYTES 64
#define HOOKS_MARK_BYTES 8
/* Digits of a commit's hash that are shown. */
#define HOOKS_SHORT_HASH 7

/* How long an alarm stands that only tests the webhook. */
#define HOOKS_TEST_S 3600

/* The body that is converted. Each converter appends to pushes, or fills in *fault, all
 * zero before, if the body is not a webhook of its kind. */
struct hooks_request {
	const char *username; /* sender of the pushes; NULL: the body may name one */
	const char *event;    /* the header that names the event, or NULL */
	json_t *body;
	size_t max_text_bytes; /* of a message, up to HOOKS_MESSAGE_BYTES */
	json_t *pushes;
	struct message_fault *fault;
};

void hooks_convert_alertmanager(struct hooks_request *request);
void hooks_convert_grafana(struct hooks_request *request);
void hooks_convert_github(struct hooks_request *request);
void hooks_convert_gitea(struct hooks_request *request);
void hooks_convert_gitlab(struct hooks_request *request);
void hooks_convert_kuma(struct hooks_request *request);
void hooks_convert_sentry(struct hooks_request *request);
void hooks_convert_generic(struct hooks_request *request);

/* Add an alarm for each item of alerts, the array of an Alertmanager webhook (version 4).
 * Grafana 9 and later sends the same. Fills in the fault as a converter does. */
void hooks_add_alerts(struct hooks_request *request, const json_t *alerts);

/* Add the alarm of an Uptime Kuma monitor that went up or down. Returns false if body is
 * something else. */
bool hooks_add_monitor(struct hooks_request *request, const json_t *body);

/* True if object has a text of Slack's: attachments, blocks, or a link with a label. */
bool hooks_is_slack(const json_t *object);

/* Append the text, attachments and blocks of a message for Slack. */
void hooks_say_slack(struct buffer *text, const json_t *object);

/* Append the first line of each commit, oldest first; of many, the newest ones. */
void hooks_say_commits(struct buffer *text, const json_t *commits);

/* The severity of a firing alert: its label "severity" if that is known and not "ok",
 * else "warning". */
const char *hooks_firing_severity(const json_t *labels);

/* The parts of a push object, not yet cleaned. */
struct hooks_push {
	const char *key; /* key of an alarm, made by hooks_make_key; NULL: a message */
	/* The key that an earlier version gave the alarm, or NULL. What clears the alarm
	 * clears that one, too. */
	const char *former_key;
	const char *severity; /* of an alarm */
	const char *username; /* left out if NULL or not a valid name */
	const char *title;    /* if NULL or blank: the key of an alarm, else none */
	const char *message;  /* if NULL or blank: the title */
	const char *click;    /* left out if NULL or not a valid URL */
	json_t *tags;         /* borrowed; NULL: none */
	bool is_test; /* an alarm that only tests the webhook: it ends by itself */
};

/* Text on one line, cut to HOOKS_TITLE_BYTES, with one space for each run of blanks. */
struct hooks_line {
	char text[HOOKS_TITLE_BYTES + 1];
};

/* Append a push object to those of the request. */
void hooks_add(struct hooks_request *request, const struct hooks_push *push);

/* Append a message that says how many things (a word in the singular) were left out. */
void hooks_add_left_out(struct hooks_request *request, uint64_t count, const char *thing,
	const char *click);

/* The string member key of object, or NULL if it is missing or blank. */
const char *hooks_string(const json_t *object, const char *key);

/* The first member in keys (NULL at the end) for which hooks_string is not NULL, or NULL.
 */
const char *hooks_first(const json_t *object, const char *const *keys);

/* The string member key of object as one line, or otherwise if it is missing or blank. */
struct hooks_line hooks_line(
	const json_t *object, const char *key, const char *otherwise);

/* The first len bytes of text as one line. */
struct hooks_line hooks_line_of(const char *text, size_t len);

/* Append the string member key of object, if it has one. */
void hooks_say_string(struct buffer *text, const json_t *object, const char *key);

/* Append the string member key of object, if it has one, on a new line. It is cut to
 * HOOKS_QUOTE_BYTES. */
void hooks_quote(struct buffer *text, const json_t *object, const char *key);

/* Write the key of an alarm to key, which has room for HOOKS_KEY_BYTES + 1 bytes. It is
 * name with "-" for blanks, so that people can type it as one word, then "-" and mark.
 * mark has up to 32 bytes and tells alarms of one name apart. Without a mark (NULL), a
 * name that is cut gets a hash as its mark. */
void hooks_make_key(char *key, const char *name, const char *mark);

/* Write the first HOOKS_MARK_BYTES digits of the SHA-256 of text, and a NUL, to mark. */
void hooks_make_mark(char *mark, const char *text);

/* The severity that word stands for ("page", "INFO", "resolved", …), or NULL if word is
 * NULL or unknown. */
const char *hooks_severity(const char *word);
