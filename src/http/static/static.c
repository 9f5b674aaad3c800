#include "linnet/http/static/static.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http/date.h"
#include "linnet/base/clock.h"
#include "linnet/base/xalloc.h"

/* Room for an entity tag with the coding. */
#define ETAG_BYTES (STATIC_FILE_ETAG_BYTES + 8)

/* RFC 9110 section 13.1.3. Seconds are coarse, but a change in the second of an answer is
 * noticed: the time of a change is rounded up, that of an answer down. */
static bool
static_is_older(const struct http_head *head, const struct static_file *file, time_t now)
{
	static const char name[] = "if-modified-since";
	const struct http_field *field = http_head_next(head, name, NULL);
	time_t since;

	return field && !http_head_next(head, name, field) &&
	       http_date_read(field->value, now, &since) && file->changed_s <= since;
}

/* RFC 9110 section 13.1.2, weak comparison. Without a tag the time decides. */
static bool
static_is_unchanged(const struct http_head *head, const struct static_file *file,
	const char *etag, time_t now)
{
	static const char name[] = "if-none-match";
	const struct http_field *field = http_head_next(head, name, NULL);

	if (!field)
		return static_is_older(head, file, now);
	for (; field; field = http_head_next(head, name, field))
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

/* The name of a file does not change with its content, so browsers must ask whether it
 * has changed (RFC 9111 section 5.2.2). They never ask for one with the page's version in
 * its path (RFC 8246). */
static void
static_write_headers(struct buffer *out, const struct static_file *file, const char *etag,
	bool is_versioned)
{
	time_t now = time(NULL);
	char date[HTTP_DATE_BYTES];

	if (is_versioned) {
		buffer_printf(
			out, "Cache-Control: public, max-age=31536000, immutable\r\n");
	} else {
		/* RFC 9110 section 8.8.2.1: never a date of the future. */
		http_date_write(file->changed_s < now ? file->changed_s : now, date);
		buffer_printf(out,
			"ETag: %s\r\nLast-Modified: %s\r\nCache-Control: no-cache\r\n",
			etag, date);
	}
	if (file->is_text)
		buffer_printf(out, "Vary: Accept-Encoding\r\n");
}

/* gzip is the compressed content, or NULL; plain is the content, or NULL: it is read from
 * the file. */
static void
static_answer(struct http_request *request, const struct static_file *file,
	const struct buffer *gzip, const struct buffer *plain, bool is_versioned)
{
	const struct buffer *body = gzip ? gzip : plain;
	char etag[ETAG_BYTES];
	struct buffer headers = { 0 };
	struct http_response answer = { .status = 304 };

	static_write_etag(etag, file->etag, gzip);
	if (!static_is_unchanged(request->head, file, etag, time(NULL))) {
		answer.status = 200;
		answer.type = file->type;
		answer.body = body ? body->bytes : NULL;
		answer.len = body ? body->len : file->size;
	}
	static_write_headers(&headers, file, etag, is_versioned);
	if (gzip && answer.type)
		buffer_printf(&headers, "Content-Encoding: gzip\r\n");
	answer.headers = headers.bytes;
	if (answer.type && !body && request->head->method != HTTP_HEAD)
		static_answer_plain(request, &answer, file);
	else
		http_respond(request, &answer);
	buffer_clear(&headers);
}

/* Write the decoded path from the segment first on. Returns false if a decoded segment
 * contains a slash, which no file name does. */
static bool
static_write_path(const struct http_head *head, size_t first, char *out)
{
	size_t i;

	for (i = first; i < head->segment_count; i++) {
		if (strchr(head->segments[i], '/'))
			return false;
		*out++ = '/';
		out = stpcpy(out, head->segments[i]);
	}
	return true;
}

/* Answer with index.html and the version in it. Returns false if it has no placeholder.
 */
static bool
static_answer_index(struct http_request *request, const struct static_file *file)
{
	struct static_door *door = request->context;
	const struct static_index *index = &door->index;
	struct static_file filled = *file;
	const struct buffer *gzip = &index->gzip;

	static_index_refresh(&door->index, door->page, clock_now_ms());
	if (!index->text.len)
		return false;
	if (!gzip->len || !http_head_accepts_gzip(request->head))
		gzip = NULL;
	filled.size = index->text.len;
	if (*index->tag) {
		filled.changed_s = index->changed_s;
		snprintf(filled.etag, sizeof(filled.etag), "\"%s\"", index->tag);
	}
	static_answer(request, &filled, gzip, &index->text, false);
	return true;
}

/* The path has the form /v/TAG/PATH. */
static bool
static_has_tag(const struct http_head *head)
{
	return head->segment_count > 2 && !strcmp(head->segments[0], "v");
}

/* An outdated tag gets the file of today, which nobody may keep under that name. */
static bool
static_is_current(struct static_door *door, const char *tag)
{
	static_index_refresh(&door->index, door->page, clock_now_ms());
	return *door->index.tag && !strcmp(tag, door->index.tag);
}

static void
static_answer_file(
	struct http_request *request, const char *path, const struct static_file *file)
{
	const struct http_head *head = request->head;

	if ((!strcmp(path, "/") || !strcmp(path, "/index.html")) &&
		static_answer_index(request, file))
		return;
	static_answer(request, file, static_find_gzip(request, path, file), NULL,
		static_has_tag(head) &&
			static_is_current(request->context, head->segments[1]));
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
	if (static_write_path(request->head, static_has_tag(request->head) ? 2 : 0, path))
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
	static_index_clear(&door->index);
}

struct http_routes
static_door_routes(struct static_door *door)
{
	return (struct http_routes){ rows, 1, door };
}
