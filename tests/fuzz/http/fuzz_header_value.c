/* fuzz_header_value.c - the value of a header, for everything that reads one: text,
 * codings, dates, origins, tokens. The first line of the data is the host, the rest the
 * value. */
#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "../fuzz.h"
#include "http/date.h"
#include "http/origin.h"
#include "linnet/auth/tokens.h"
#include "linnet/base/utf8.h"
#include "linnet/http/header_text.h"
#include "linnet/http/parser.h"

#define NOW ((time_t)1800000000)

static void
check_text(const char *value)
{
	struct utf8_check check = { 0 };
	struct buffer text = { 0 };

	header_text_append(&text, value);
	assert(text.len <= 2 * strlen(value));
	assert(utf8_check_piece(&check, text.bytes, text.len) && utf8_check_end(&check));
	assert(!text.len || !memchr(text.bytes, 0, text.len));
	buffer_clear(&text);
}

/* A date that was read is written and read as the same time. */
static void
check_date(const char *value)
{
	char text[HTTP_DATE_BYTES];
	time_t time = 0, again = 0;

	if (!http_date_read(value, NOW, &time))
		return;
	http_date_write(time, text);
	assert(http_date_read(text, NOW, &again) && again == time);
}

static void
check_bearer(const char *value)
{
	const char *token = NULL;
	size_t len = 0;

	if (!tokens_read_bearer(value, &token, &len)) {
		assert(!token && !len);
		return;
	}
	assert(len && token > value && strlen(token) >= len);
	for (size_t i = 0; i < len; i++)
		assert(isgraph((unsigned char)token[i]));
}

/* "*" allows all; nothing is the same as an opaque origin. */
static void
check_origin(const char *value, const char *host)
{
	static char *all[] = { "*" };
	const struct string_list none = { 0 }, any = { .items = all, .count = 1 };
	bool is_https = origin_is_allowed(value, host, true, &none);
	bool is_same = origin_is_allowed(value, host, false, &none);

	assert(!is_https || is_same);
	assert(!is_same || strcmp(value, "null") != 0);
	assert(origin_is_allowed(value, host, true, &any));
	assert(!origin_is_allowed(NULL, host, false, &none));
}

static void
check_coding(const char *value)
{
	struct http_head *head = calloc(1, sizeof(*head));

	head->fields[head->field_count++] =
		(struct http_field){ "accept-encoding", value };
	http_head_accepts_gzip(head);
	http_head_has_word(head, "accept-encoding", "upgrade");
	/* A coding that nobody has changes nothing. */
	if (http_head_accepts_gzip(head)) {
		head->fields[head->field_count++] =
			(struct http_field){ "accept-encoding", "br;q=0.3" };
		assert(http_head_accepts_gzip(head));
	}
	free(head);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *value = text;
	const char *host = strsep(&value, "\n");

	if (value) {
		check_text(value);
		check_date(value);
		check_bearer(value);
		check_origin(value, host);
		check_coding(value);
	}
	free(text);
	return 0;
}
