#include "linnet/http/static/static.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/clock.h"
#include "linnet/base/xalloc.h"

/* Room for an entity tag with the coding, and for a file's header lines. */
#define ETAG_BYTES (STATIC_FILE_ETAG_BYTES + 8)
#define HEADERS_BYTES (ETAG_BYTES + 128)

/* RFC 9110 section 13.1.2, weak comparison. */
static bool
static_is_unchanged(const struct http_head *head, const char *etag)
{
	static const char name[] = "if-none-match";
	const struct http_field *field = NULL;

	while ((field = http_head_next(head, name, field)))
		if (!strcmp(field->value, "*") || strstr(field->value, etag))
			return true;
	return false;
}

/* Each coding of a file has its own tag (RFC 9110 section 8.8.3.3). */
static void
static_write_etag(char *out, const char *etag, bool is_gzip)
{
	int inside = (int)strlen(etag) - 1;

	snprintf(out, ETAG_BYTES, "%.*s%s", inside, etag, is_gzip ? "-gzip\"" : "\"");
}

static const struct buffer *
static_find_gzip(
	struct http_request *request, const char *path, const struct static_file *file)
{
	struct static_door *door = request->context;

	if (!http_head_accepts_gzip(request->head))
		return NULL;
	return gzip_cache_find(&door->gzip, path, file, clock_now_ms());
}

static void
static_answer_plain(struct http_request *request, struct http_response *answer,
	const struct static_file *file)
{
	void *body = xmalloc(file->size);

	if (static_file_read(file, body) < 0) {
		http_respond_error(request, 500, NULL, "internal_error",
			"the file could not be read");
	} else {
		answer->body = body;
		http_respond(request, answer);
	}
	free(body);
}

static void
static_answer_file(
	struct http_request *request, const char *path, const struct static_file *file)
{
	const struct buffer *gzip = static_find_gzip(request, path, file);
	char etag[ETAG_BYTES], headers[HEADERS_BYTES];
	struct http_response answer = { .status = 304, .headers = headers };

	static_write_etag(etag, file->etag, gzip);
	if (!static_is_unchanged(request->head, etag)) {
		answer.status = 200;
		answer.type = file->type;
		answer.body = gzip ? gzip->bytes : NULL;
		answer.len = gzip ? gzip->len : file->size;
	}
	/* Browsers must revalidate: the files' names do not change with their content. */
	snprintf(headers, sizeof(headers), "ETag: %s\r\nCache-Control: no-cache\r\n%s%s",
		etag, file->is_text ? "Vary: Accept-Encoding\r\n" : "",
		gzip && answer.type ? "Content-Encoding: gzip\r\n" : "");
	if (answer.type && !gzip && request->head->method != HTTP_HEAD)
		static_answer_plain(request, &answer, file);
	else
		http_respond(request, &answer);
}

/* Write the decoded path. Returns false if a decoded segment contains a slash, which no
 * file name does. */
static bool
static_write_path(const struct http_head *head, char *out)
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
static_on_request(struct http_request *request)
{
	const struct static_door *door = request->context;
	/* A decoded path is not longer than the head. */
	char path[HTTP_HEAD_BYTES];
	struct static_file file;
	int r = -ENOENT;

	if (http_head_has_word(request->head, "upgrade", "websocket")) {
		http_respond_error(
			request, 404, NULL, "not_found", "there is no WebSocket here");
		return;
	}
	if (static_write_path(request->head, path))
		r = static_file_find(door->page, path, &file);
	if (r == -EMFILE) {
		http_respond_error(request, 503, "Retry-After: 5\r\n", "server_full",
			"there are too many open files, try later");
	} else if (r < 0) {
		http_respond_error(
			request, 404, NULL, "not_found", "there is nothing here");
	} else {
		static_answer_file(request, path, &file);
		static_file_close(&file);
	}
}

static const struct http_route rows[] = {
	{ .methods = HTTP_GET | HTTP_HEAD, .handle = static_on_request },
};

void
static_door_init(struct static_door *door, const struct static_root *page)
{
	*door = (struct static_door){ .page = page };
}

void
static_door_fini(struct static_door *door)
{
	gzip_cache_clear(&door->gzip);
}

struct http_routes
static_door_routes(struct static_door *door)
{
	return (struct http_routes){ rows, 1, door };
}
