/* parser.h - the head of an HTTP/1.1 request (RFC 9112), read strictly: what two
 * programs could read differently is refused. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most bytes, fields and segments of a path that a head may have. */
#define HTTP_HEAD_BYTES 8192
#define HTTP_HEAD_FIELDS 64
#define HTTP_HEAD_SEGMENTS 16

enum http_method {
	HTTP_GET = 1 << 0,
	HTTP_HEAD = 1 << 1,
	HTTP_POST = 1 << 2,
	HTTP_OPTIONS = 1 << 3,
	HTTP_OTHER = 1 << 4,
};

/* What is wrong with a request; static texts. */
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
	const char
		*host; /* whom the client asked, with the port; "" if it does not say */
	/* The path, segment by segment, each decoded: "/a%2Fb/" is "a/b" and "". None if
	 * the target is none on this server ("*", or that of CONNECT). */
	size_t segment_count;
	const char *segments[HTTP_HEAD_SEGMENTS];
	const char *query; /* not decoded; "" if there is none */
	bool has_length;
	uint64_t content_length; /* 0 without one */
	bool expects_continue;   /* RFC 9110 section 10.1.1 */
	bool is_last;            /* the client wants the connection closed behind it */
	size_t field_count;
	struct http_field fields[HTTP_HEAD_FIELDS];
	char text[]; /* what all of these point into */
};

/* Read the head of a request from the first len bytes of a connection. Returns its length
 * in bytes and a head for http_head_free; 0 if it is not whole yet; -EPROTO with *fault
 * filled in if it is no good, or can become none: the connection is of no more use then.
 */
int http_head_parse(
	const char *bytes, size_t len, struct http_head **head, struct http_fault *fault);

/* The value of the first field called name (in lower case), or NULL. */
const char *http_head_value(const struct http_head *head, const char *name);

/* The next field called name behind field (NULL: the first one), or NULL: a list may be
 * spread over several (RFC 9110 section 5.3). */
const struct http_field *http_head_next(
	const struct http_head *head, const char *name, const struct http_field *field);

/* True if a comma separated list (RFC 9110 section 5.6.1) in the fields called name has
 * word in it, without regard to case. */
bool http_head_has_word(const struct http_head *head, const char *name, const char *word);

/* True if the answer should rather be coded by gzip than not at all (RFC 9110 section
 * 12.5.3). Where nothing is said of it, or something that is not understood, it should
 * not. */
bool http_head_accepts_gzip(const struct http_head *head);

/* Copy the value of the first argument called name, decoded, to out. Returns 0; -ENOENT
 * if there is none, with "" in out; -E2BIG if it does not fit in size bytes with its
 * terminating 0. */
int http_head_query(
	const struct http_head *head, const char *name, char *out, size_t size);

/* Free a head; NULL is fine. */
void http_head_free(struct http_head *head);
