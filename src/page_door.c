#include "linnet/page_door.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/xalloc.h"

/* RFC 9110 section 13.1.2, by weak comparison. */
static bool
is_unchanged(const struct http_head *head, const char *etag)
{
	static const char name[] = "if-none-match";
	const struct http_field *field = NULL;

	while ((field = http_head_next(head, name, field)))
		if (!strcmp(field->value, "*") || strstr(field->value, etag))
			return true;
	return false;
}

static void
answer_file(struct http_request *request, const struct page_file *file)
{
	char headers[160];
	struct http_answer answer = { .status = 304, .headers = headers };
	void *body = NULL;

	/* Always asked again: the files' names do not change with what is in them. */
	snprintf(headers, sizeof(headers), "ETag: %s\r\nCache-Control: no-cache\r\n",
		file->etag);
	if (!is_unchanged(request->head, file->etag)) {
		answer.status = 200;
		answer.type = file->type;
		answer.len = file->size;
	}
	if (answer.type && request->head->method != HTTP_HEAD) {
		answer.body = body = xmalloc(file->size);
		if (page_file_read(file, body) < 0) {
			http_answer_error(request, 500, NULL, "internal_error",
				"the file could not be read");
			free(body);
			return;
		}
	}
	http_answer(request, &answer);
	free(body);
}

/* The decoded path as the page's files have it. Returns false where a segment has a slash
 * of its own, which no file's name has. */
static bool
write_path(const struct http_head *head, char *out)
{
	size_t i;

	for (i = 0; i < head->segment_count; i++) {
		if (strchr(head->segments[i], '/'))
			return false;
		*out++ = '/';
		out = stpcpy(out, head->segments[i]);
	}
	return true;
}

static void
on_request(struct http_request *request)
{
	const struct page *page = request->context;
	/* Decoded, no path is longer than the head that it came in. */
	char path[HTTP_HEAD_BYTES];
	struct page_file file;
	int r = -ENOENT;

	if (http_head_has_word(request->head, "upgrade", "websocket")) {
		http_answer_error(
			request, 404, NULL, "not_found", "there is no WebSocket here");
		return;
	}
	if (write_path(request->head, path))
		r = page_find(page, path, &file);
	if (r == -EMFILE) {
		http_answer_error(request, 503, "Retry-After: 5\r\n", "server_full",
			"there are too many open files, try later");
	} else if (r < 0) {
		http_answer_error(
			request, 404, NULL, "not_found", "there is nothing here");
	} else {
		answer_file(request, &file);
		page_file_close(&file);
	}
}

static const struct http_route rows[] = {
	{.methods = HTTP_GET | HTTP_HEAD, .handle = on_request},
};

struct http_routes
page_door_routes(struct page *page)
{
	return (struct http_routes){ rows, 1, page };
}
