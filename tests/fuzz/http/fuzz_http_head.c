/* The head of an HTTP request. An accepted head must have the right length, and
 * text in its path and query. It must be parsed in the same way if it comes in
 * parts or if more bytes follow. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fuzz.h"
#include "linnet/base/utf8.h"
#include "linnet/http/header_text.h"
#include "linnet/http/parser.h"

static void
check_text(const char *text)
{
	size_t len = strlen(text);

	while (len) {
		uint32_t code;
		size_t n = utf8_next(text, len, &code);

		assert(n > 0 && code >= 0x20 && code != 0x7f);
		text += n;
		len -= n;
	}
}

static void
check_fields(const struct http_head *head)
{
	size_t i;

	assert(head->field_count <= HTTP_HEAD_FIELDS);
	for (i = 0; i < head->field_count; i++) {
		const char *c;

		assert(*head->fields[i].name);
		for (c = head->fields[i].name; *c; c++)
			assert(*c > ' ' && *c != ':' && *c != 0x7f);
		for (c = head->fields[i].value; *c; c++)
			assert((unsigned char)*c >= ' ' || *c == '\t');
	}
	assert(head->is_chunked == !!http_head_value(head, "transfer-encoding"));
	assert(!head->is_chunked || !head->has_length);
	assert(head->has_length || head->content_length == 0);
}

/* Of any value text is made that is UTF-8 and at most twice as long. */
static void
check_values(const struct http_head *head)
{
	for (size_t i = 0; i < head->field_count; i++) {
		struct utf8_check check = { 0 };
		struct buffer text = { 0 };

		header_text_append(&text, head->fields[i].value);
		assert(text.len <= 2 * strlen(head->fields[i].value));
		assert(utf8_check_piece(&check, text.bytes, text.len) &&
			utf8_check_end(&check));
		assert(!text.len || !memchr(text.bytes, 0, text.len));
		buffer_clear(&text);
	}
}

static void
check_target(const struct http_head *head)
{
	static const char *const names[] = { "room", "a", "" };
	char value[64];
	size_t i;

	assert(head->segment_count <= HTTP_HEAD_SEGMENTS);
	for (i = 0; i < head->segment_count; i++)
		check_text(head->segments[i]);
	check_text(head->query);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (http_head_query(head, names[i], value, sizeof(value)) == 0)
			check_text(value);
}

/* Blanks around the elements of a list do not matter. */
static void
check_coding(const struct http_head *head)
{
	static const char start[] = "GET / HTTP/1.0\r\nAccept-Encoding: \t,";
	const char *value = http_head_value(head, "accept-encoding");
	bool accepts = http_head_accepts_gzip(head);
	char bytes[HTTP_HEAD_BYTES];
	struct http_fault fault;
	struct http_head *other;
	int len;

	assert(value || !accepts);
	if (!value || strlen(value) > sizeof(bytes) - sizeof(start) - 8 ||
		http_head_next(head, "accept-encoding",
			http_head_next(head, "accept-encoding", NULL)))
		return;
	len = snprintf(bytes, sizeof(bytes), "%s%s , \r\n\r\n", start, value);
	assert(http_head_parse(bytes, (size_t)len, &other, &fault) == len);
	assert(http_head_accepts_gzip(other) == accepts);
	http_head_free(other);
}

/* No first part of an accepted head is refused or taken for a shorter head. */
static void
check_parts(const char *bytes, int whole)
{
	struct http_fault fault;
	struct http_head *head;
	int len;

	for (len = 0; len < whole; len += 1 + len / 16)
		assert(http_head_parse(bytes, (size_t)len, &head, &fault) == 0);
	assert(http_head_parse(bytes, (size_t)whole, &head, &fault) == whole);
	http_head_free(head);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct http_fault fault = { 0 };
	struct http_head *head = NULL;
	int n = http_head_parse(bytes, size, &head, &fault);

	if (n < 0) {
		assert(n == -EPROTO && fault.status >= 400 && fault.status <= 505);
		assert(fault.code && fault.text);
	} else if (n == 0) {
		assert(size < HTTP_HEAD_BYTES);
	} else {
		assert((size_t)n <= size && n <= HTTP_HEAD_BYTES);
		check_fields(head);
		check_values(head);
		check_target(head);
		check_coding(head);
		check_parts(bytes, n);
		http_head_free(head);
	}
	return 0;
}
