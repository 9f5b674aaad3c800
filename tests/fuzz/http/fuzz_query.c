/* fuzz_query.c - the data is a query and a form. Both readers find the same value of a
 * name, and what they return is not longer than what was sent. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "../fuzz.h"
#include "http/target.h"

static const char *const names[] = { "room", "username", "message", "since", "a", "" };

/* The head of a request with that query, or NULL. */
static struct http_head *
make_head(const char *query)
{
	struct http_fault fault = { 0 };
	struct http_head *head = NULL;
	char *text = NULL;
	int len = asprintf(&text, "GET /?%s HTTP/1.1\r\nHost: a\r\n\r\n", query);

	if (http_head_parse(text, (size_t)len, &head, &fault) != len) {
		http_head_free(head);
		head = NULL;
	}
	free(text);
	return head;
}

/* A form has a field where a query has an argument with "=". */
static void
check_name(const struct http_head *head, const char *data, size_t size, const char *name)
{
	char value[HTTP_HEAD_BYTES], argument[HTTP_HEAD_BYTES];
	const char *rest = head->query, *next = NULL;
	char *form = malloc(size + 1);
	long len;
	int r = http_head_query(head, name, value, sizeof(value));

	memcpy(form, data, size);
	len = http_form_take(form, size, name);
	assert(r == 0 || (r == -ENOENT && !*value));
	assert(len == -ENOENT || len >= 0);
	if (len == -ENOENT)
		assert(!memcmp(form, data, size));
	while ((next = http_query_next(&rest, argument)) && strcmp(argument, name) != 0)
		;
	assert((next != NULL) == (r == 0));
	assert(!next || !strcmp(next, value));
	/* The first argument may have no "=", and a form skips it then. */
	if (len >= 0)
		assert(r == 0);
	if (len >= 0 && *value)
		assert((size_t)len == strlen(value) && !memcmp(form, value, (size_t)len));
	free(form);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *form = malloc(size + 1), *text = strndup((const char *)data, size);
	struct http_head *head = make_head(text);
	long len;

	memcpy(form, data, size);
	len = http_form_take(form, size, "a");
	assert(len <= (long)size && (len >= 0 || len == -ENOENT || len == -EPROTO));
	http_target_is_authority(text);
	for (size_t i = 0; head && i < sizeof(names) / sizeof(names[0]); i++)
		check_name(head, text, strlen(text), names[i]);
	http_head_free(head);
	free(form);
	free(text);
	return 0;
}
