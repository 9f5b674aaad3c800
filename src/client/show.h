/* show.h - prints the answer to a question or order. */
#pragma once

#include <jansson.h>

#include "client/client.h"
#include "linnet/base/buffer.h"

/* How an answer is printed. */
struct show_form {
	/* The lists of the answer that are printed, an item a line. The end: key NULL. No
	 * list: the answer itself is the only item. */
	struct {
		const char *key;
		const char *type; /* of its items, where there are several lists */
	} lists[2];
	bool is_backwards; /* the last item first */
	/* Append the line for people. NULL: there is none. */
	void (*append)(struct buffer *text, const json_t *item, const char *type);
};

/* Print answer (NULL: there is none, and status says why), which is freed: with --json an
 * object a line, else what form says. Returns the exit status. */
enum client_status show_answer(const struct client *client, json_t *answer,
	const struct show_form *form, enum client_status status);

/* Append the text or number at key, cleaned. */
void show_append(struct buffer *text, const json_t *object, const char *key);

/* Append the time at key (Unix ms) as local time, or "-" if it is 0 or missing. */
void show_append_time(struct buffer *text, const json_t *object, const char *key);
