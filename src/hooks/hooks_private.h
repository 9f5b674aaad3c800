/* hooks_private.h - what the parts of hooks share: hooks.c (text, keys, push objects),
 * alertmanager.c (Alertmanager and Grafana), github.c and generic.c. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "linnet/base/buffer.h"
#include "linnet/hooks/hooks.h"

/* Push objects of one request, but for one that says how many were left out. */
#define HOOKS_MAX_PUSHES 200

#define HOOKS_KEY_BYTES 128
#define HOOKS_TITLE_BYTES 256
#define HOOKS_MESSAGE_BYTES 4096
#define HOOKS_QUOTE_BYTES 1000
#define HOOKS_URL_BYTES 2048
#define HOOKS_NAME_BYTES 32
#define HOOKS_MAX_TAGS 8
#define HOOKS_TAG_BYTES 64
#define HOOKS_MARK_BYTES 8

/* One body on its way to push objects. Each converter adds to pushes and returns 0, or
 * -EINVAL with *fault filled in. */
struct hooks_request {
	const char *username; /* of the pushes; NULL: the body may say */
	const char *event;    /* GitHub's; NULL: none given */
	json_t *body;
	json_t *pushes;
	struct message_fault *fault;
};

int hooks_convert_alertmanager(struct hooks_request *request);
int hooks_convert_grafana(struct hooks_request *request);
int hooks_convert_github(struct hooks_request *request);
int hooks_convert_generic(struct hooks_request *request);

/* Add what the array alerts of Alertmanager's webhooks (version 4) says, which Grafana's
 * are like since 9. Returns what a converter does. */
int hooks_add_alerts(struct hooks_request *request, const json_t *alerts);

/* The severity of what fires. It clears nothing, whatever its label says. */
const char *hooks_firing_severity(const json_t *labels);

/* A push object to be, with text as it came. */
struct hooks_push {
	const char *key;      /* of an alarm, by hooks_make_key; NULL: a message */
	const char *severity; /* of an alarm */
	const char *username; /* NULL or no good name: none */
	const char *title;    /* NULL or blank: none, but the key for an alarm */
	const char *message;  /* NULL or blank: the title */
	const char *click;    /* NULL or no good address: none */
	json_t *tags;         /* borrowed; NULL: none */
};

/* A text on one line, for a sentence: cut, with blanks and controls made one space. */
struct hooks_line {
	char text[HOOKS_TITLE_BYTES + 1];
};

/* Add push to the request's. */
void hooks_add(struct hooks_request *request, const struct hooks_push *push);

/* Add a message that says that count things, called thing, were left out. */
void hooks_add_left_out(struct hooks_request *request, uint64_t count, const char *thing,
	const char *click);

/* The string member key of object if it is not blank, else NULL. */
const char *hooks_string(const json_t *object, const char *key);

/* The first such string of the members in keys, which NULL ends. */
const char *hooks_first(const json_t *object, const char *const *keys);

/* The string member key of object as a line, or otherwise where there is none. */
struct hooks_line hooks_line(
	const json_t *object, const char *key, const char *otherwise);

/* The first len bytes of text as a line. */
struct hooks_line hooks_line_of(const char *text, size_t len);

/* Append to text as printf(3) does; a NUL stands behind it. */
__attribute__((format(printf, 2, 3))) void hooks_say(
	struct buffer *text, const char *format, ...);

/* Append the string member key of object, if there is one, on a line of its own: at most
 * HOOKS_QUOTE_BYTES of it. */
void hooks_quote(struct buffer *text, const json_t *object, const char *key);

/* True for an address that a person may be sent to. */
bool hooks_is_link(const char *url);

/* Write the key of an alarm to key, which has room for HOOKS_KEY_BYTES + 1 bytes: name
 * with "-" for blanks, so that it can be typed as one word, then "-" and mark, up to 32
 * bytes, which tells it from others of that name. A mark of NULL is none, but what is cut
 * gets a hash for one. */
void hooks_make_key(char *key, const char *name, const char *mark);

/* Write the first digits of the SHA-256 of text to mark, which has room for
 * HOOKS_MARK_BYTES + 1 bytes. */
void hooks_make_mark(char *mark, const char *text);

/* The severity that word ("page", "INFO", "resolved", …) means, or NULL if it is NULL or
 * none that is known. */
const char *hooks_severity(const char *word);
