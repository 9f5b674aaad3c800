/* show.h - prints the answer to a question or order. */
#pragma once

#include <jansson.h>

#include "client/client.h"
#include "linnet/base/buffer.h"

/* Append the lines for people. */
typedef void show_lines(struct buffer *text, const json_t *answer);

/* Print answer (NULL: there is none, and status says why), which is freed: the object
 * with
 * --json, else what lines (NULL: nothing) makes of it. Returns the exit status. */
enum client_status show_answer(const struct client *client, json_t *answer,
	show_lines *lines, enum client_status status);

/* Append the text or number at key, cleaned. */
void show_append(struct buffer *text, const json_t *object, const char *key);

/* Append the time at key (Unix ms) as local time, or "-" if it is 0 or missing. */
void show_append_time(struct buffer *text, const json_t *object, const char *key);
