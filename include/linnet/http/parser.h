/* parser.h - a strict parser for the head of an HTTP/1.1 request (RFC 9112). It rejects
 * everything that two programs could read differently. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Largest head: bytes, fields, segments of the path. */
#define HTTP_HEAD_BYTES 8192
#define HTTP_HEAD_FIELDS 64
#define HTTP_HEAD_SEGMENTS 16

enum http_method {
	HTTP_GET = 1 << 0,
	HTTP_HEAD = 1 << 1,
	HTTP_POST = 1 << 2,
	HTTP_OPTIONS = 1 << 3,
	HTTP_OTHER = 1 << 4,
	HTTP_PUT = 1 << 5,
};

/* An error of a request; static texts. */
struct http_fault {
	int status;
	const char *code;
	const char *text;
};

struct http_field {
	const char *name; /* in lower case */
	const char *value;
};

struct http_head {
	enum http_method method;
	bool is_http_1_0;
	const char *host; /* the host that was asked, with port; "" if none */
	/* The path's decoded segments: "/a%2Fb/" is "a/b" and "". No segments if the
	 * target has no path ("*", or that of CONNECT). */
	size_t segment_count;
	const char *segments[HTTP_HEAD_SEGMENTS];
	const char *query; /* not decoded; "" if none */
	bool has_length;
	uint64_t content_length; /* 0 if not given */
	bool is_chunked;         /* the body comes in chunks, without a length */
	bool expects_continue;   /* RFC 9110 section 10.1.1 */
	bool is_last;            /* the client wants the connection closed after it */
	size_t field_count;
	struct http_field fields[HTTP_HEAD_FIELDS];
	char text[]; /* the text that all pointers point into */
};

/* Parse a head at the start of the len bytes. Returns its length in bytes and a head for
 * http_head_free; 0 if it is incomplete; or -EPROTO with *fault filled in if it is
 * invalid or can only become so: then nothing more can be read from the connection. */
int http_head_parse(
	const char *bytes, size_t len, struct http_head **head, struct http_fault *fault);

/* The value of the first field of that name (in lower case), or NULL. */
const char *http_head_value(const struct http_head *head, const char *name);

/* The next field of that name after field (NULL: the first one), or NULL. A list may be
 * spread over several fields (RFC 9110 section 5.3). */
const struct http_field *http_head_next(
	const struct http_head *head, const char *name, const struct http_field *field);

/* True if word is in the comma-separated list (RFC 9110 section 5.6.1) in the fields of
 * that name. Ignores case. */
bool http_head_has_word(const struct http_head *head, const char *name, const char *word);

/* True if the client accepts gzip and does not prefer no coding (RFC 9110
 * section 12.5.3). False if it names neither gzip nor "*", or if a field is invalid. */
bool http_head_accepts_gzip(const struct http_head *head);

/* Copy the decoded value of the query's first argument of that name to out, which has
 * size bytes. Returns 0; -ENOENT if there is none, with "" in out; or -E2BIG if it does
 * not fit with its terminating 0. */
int http_head_query(
	const struct http_head *head, const char *name, char *out, size_t size);

/* Decode the next argument of a query. *rest is the head's query at first; it is moved
 * behind the argument. Writes the argument's name to name and returns its value, which
 * lies in name, too. Returns NULL at the end of the query. */
const char *http_query_next(const char **rest, char name[HTTP_HEAD_BYTES]);

/* Find the first field of that name in the len bytes of form
 * (application/x-www-form-urlencoded) and decode its value to the beginning of form.
 * Returns the value's length in bytes; -ENOENT if there is none and form is unchanged; or
 * -EPROTO if an escape in it is broken. */
long http_form_take(char *form, size_t len, const char *name);

/* Free a head; NULL is fine. */
void http_head_free(struct http_head *head);
