#include "linnet/http/parser.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/target.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"

#define METHOD_BYTES 32

/* The largest body (and every integer up to here fits a double). */
#define LENGTH_MAX (UINT64_C(1) << 53)

/* Fields that must not be repeated: programs differ in which one they use. */
static const char *const singles[] = { "authorization", "content-length", "content-type",
	"expect", "host", "origin", "sec-websocket-key", "sec-websocket-version" };

static int
parser_reject(struct http_fault *fault, int status, const char *code, const char *text)
{
	*fault = (struct http_fault){ status, code, text };
	return -EPROTO;
}

static int
parser_reject_bad(struct http_fault *fault, const char *text)
{
	return parser_reject(fault, 400, "bad_request", text);
}

/* RFC 9110 section 5.6.2. */
static bool
parser_is_token_char(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* True if bytes that begin like this cannot become a request, so that there is no need to
 * wait for the end of the head. */
static bool
parser_is_hopeless(const char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len && i <= METHOD_BYTES; i++)
		if (!parser_is_token_char(bytes[i]))
			return i == 0 || bytes[i] != ' ';
	return i > METHOD_BYTES;
}

/* Returns the length of the head that begins at bytes + skip, including skip and the
 * empty line at its end; 0 if that line is missing; or -EPROTO if a line ends in LF
 * alone. */
static int
parser_find_end(const char *bytes, size_t len, size_t skip)
{
	size_t line = skip;

	for (;;) {
		const char *newline = memchr(bytes + line, '\n', len - line);
		size_t end;

		if (!newline)
			return 0;
		end = (size_t)(newline - bytes);
		if (end == line || bytes[end - 1] != '\r')
			return -EPROTO;
		if (end - 1 == line)
			return (int)end + 1;
		line = end + 1;
	}
}

static enum http_method
parser_method_of(const char *name)
{
	static const struct {
		const char *name;
		enum http_method method;
	} methods[] = {
		{ "GET", HTTP_GET },
		{ "HEAD", HTTP_HEAD },
		{ "POST", HTTP_POST },
		{ "PUT", HTTP_PUT },
		{ "OPTIONS", HTTP_OPTIONS },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(methods); i++)
		if (!strcmp(name, methods[i].name))
			return methods[i].method;
	return HTTP_OTHER;
}

/* RFC 9112 section 2.3. A later minor version is treated as 1.1. */
static int
parser_parse_version(
	struct http_head *head, const char *version, struct http_fault *fault)
{
	if (strncmp(version, "HTTP/", 5) != 0 || !isdigit((unsigned char)version[5]) ||
		version[6] != '.' || !isdigit((unsigned char)version[7]) || version[8])
		return parser_reject_bad(
			fault, "the first line is not that of a request");
	if (version[5] != '1')
		return parser_reject(
			fault, 505, "http_version", "only HTTP/1.1 is spoken");
	head->is_http_1_0 = version[7] == '0';
	return 0;
}

/* RFC 9112 section 3, but exactly one space between the parts. line ends in a 0. */
static int
parser_parse_request_line(struct http_head *head, char *line, struct http_fault *fault)
{
	char *target = strchr(line, ' ');
	char *version = target ? strchr(target + 1, ' ') : NULL;
	int r;

	if (!version || version == target + 1)
		return parser_reject_bad(
			fault, "the first line is not that of a request");
	*target++ = '\0';
	*version++ = '\0';
	head->method = parser_method_of(line);
	r = parser_parse_version(head, version, fault);
	if (r == 0)
		r = http_target_parse(
			head, target, (size_t)(version - 1 - target), fault);
	if (r < 0)
		return r;
	if (!head->segment_count && strcmp(line, "CONNECT") != 0 &&
		(head->method != HTTP_OPTIONS || strcmp(target, "*") != 0))
		return parser_reject_bad(fault, "the target is neither a path nor a URL");
	return 0;
}

/* Remove spaces around a value. Returns NULL if it has control characters. */
static char *
parser_trim_value(char *value, char *end)
{
	char *c;

	for (c = value; c < end; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f)
			return NULL;
	while (*value == ' ' || *value == '\t')
		value++;
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = '\0';
	return value;
}

static bool
parser_is_single(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(singles); i++)
		if (!strcmp(name, singles[i]))
			return true;
	return false;
}

/* RFC 9112 section 5. end is the end of the line. A folded line is rejected, because it
 * has no name. */
static int
parser_parse_field(
	struct http_head *head, char *line, char *end, struct http_fault *fault)
{
	struct http_field *field = &head->fields[head->field_count];
	char *c = line, *value;

	for (; parser_is_token_char(*c); c++)
		*c = (char)tolower((unsigned char)*c);
	if (c == line || *c != ':')
		return parser_reject_bad(
			fault, "a header line does not begin with its name");
	*c = '\0';
	value = parser_trim_value(c + 1, end);
	if (!value)
		return parser_reject_bad(fault, "a header has control characters");
	if (parser_is_single(line) && http_head_value(head, line))
		return parser_reject_bad(
			fault, "a header that must stand once stands twice");
	if (head->field_count == HTTP_HEAD_FIELDS)
		return parser_reject(
			fault, 431, "head_too_large", "there are too many headers");
	field->name = line;
	field->value = value;
	head->field_count++;
	return 0;
}

static int
parser_parse_lines(
	struct http_head *head, char *text, size_t len, struct http_fault *fault)
{
	char *line = text, *end = strstr(text, "\r\n");
	int r;

	if (!end) /* the line has a 0 in it */
		return parser_reject_bad(
			fault, "the first line is not that of a request");
	*end = '\0';
	r = parser_parse_request_line(head, line, fault);
	/* Without the empty line. */
	while (r == 0 && (line = end + 2) < text + len - 2) {
		end = memchr(line, '\n', (size_t)(text + len - line));
		end--;
		r = parser_parse_field(head, line, end, fault);
	}
	return r;
}

/* RFC 9112 section 6.1, reduced to "chunked" alone. With a length, or in HTTP/1.0, two
 * programs could disagree about where the body ends. */
static int
parser_parse_coding(struct http_head *head, const char *value, struct http_fault *fault)
{
	const char *name = "transfer-encoding";
	const struct http_field *field = http_head_next(head, name, NULL);

	if (head->is_http_1_0 || http_head_value(head, "content-length"))
		return parser_reject_bad(fault,
			"Transfer-Encoding beside a Content-Length, or in HTTP/1.0");
	if (strcasecmp(value, "chunked") != 0 || http_head_next(head, name, field))
		return parser_reject(fault, 501, "not_implemented",
			"no other Transfer-Encoding than chunked is supported");
	head->is_chunked = true;
	return 0;
}

/* RFC 9112 section 6, reduced to one valid Content-Length, or chunks. */
static int
parser_parse_length(struct http_head *head, struct http_fault *fault)
{
	const char *value = http_head_value(head, "content-length");

	if (http_head_value(head, "transfer-encoding"))
		return parser_parse_coding(
			head, http_head_value(head, "transfer-encoding"), fault);
	if (!value)
		return 0;
	head->has_length = true;
	if (!*value)
		return parser_reject_bad(fault, "the Content-Length is not a number");
	for (; *value; value++) {
		if (!isdigit((unsigned char)*value))
			return parser_reject_bad(
				fault, "the Content-Length is not a number");
		if (head->content_length <= LENGTH_MAX)
			head->content_length =
				head->content_length * 10 + (uint64_t)(*value - '0');
	}
	if (head->content_length > LENGTH_MAX)
		return parser_reject(fault, 413, "too_large", "the body is too large");
	return 0;
}

/* RFC 9112 section 3.2. */
static int
parser_parse_host(struct http_head *head, struct http_fault *fault)
{
	const char *value = http_head_value(head, "host");

	if (!value && !head->is_http_1_0)
		return parser_reject_bad(fault, "the Host header is missing");
	if (value && !http_target_is_authority(value))
		return parser_reject_bad(fault, "the Host header is not a host");
	if (!*head->host && value)
		head->host = value;
	return 0;
}

static int
parser_parse_expect(struct http_head *head, struct http_fault *fault)
{
	const char *value = http_head_value(head, "expect");

	if (!value)
		return 0;
	if (strcasecmp(value, "100-continue") != 0)
		return parser_reject(fault, 417, "expectation_failed",
			"nothing but 100-continue can be expected");
	/* RFC 9110 section 10.1.1: HTTP/1.0 has no interim responses. */
	head->expects_continue = !head->is_http_1_0;
	return 0;
}

int
http_head_parse(
	const char *bytes, size_t len, struct http_head **out, struct http_fault *fault)
{
	size_t skip = len >= 2 && !memcmp(bytes, "\r\n", 2) ? 2 : 0;
	struct http_head *head;
	int n;

	if (len == 0 || (len == 1 && *bytes == '\r'))
		return 0;
	if (parser_is_hopeless(bytes + skip, len - skip))
		return parser_reject_bad(
			fault, "the first line is not that of a request");
	n = parser_find_end(bytes, len, skip);
	if (n < 0)
		return parser_reject_bad(fault, "lines end in CR and LF");
	if (n > HTTP_HEAD_BYTES || (n == 0 && len >= HTTP_HEAD_BYTES))
		return parser_reject(
			fault, 431, "head_too_large", "the headers are too large");
	if (n == 0)
		return 0;
	head = xcalloc(1, sizeof(*head) + (size_t)n + 1);
	head->host = head->query = "";
	memcpy(head->text, bytes, (size_t)n);
	if (parser_parse_lines(head, head->text + skip, (size_t)n - skip, fault) < 0 ||
		parser_parse_host(head, fault) < 0 ||
		parser_parse_length(head, fault) < 0 ||
		parser_parse_expect(head, fault) < 0) {
		free(head);
		return -EPROTO;
	}
	head->is_last =
		head->is_http_1_0 || http_head_has_word(head, "connection", "close");
	*out = head;
	return n;
}

const struct http_field *
http_head_next(
	const struct http_head *head, const char *name, const struct http_field *field)
{
	size_t i = field ? (size_t)(field - head->fields) + 1 : 0;

	for (; i < head->field_count; i++)
		if (!strcmp(head->fields[i].name, name))
			return &head->fields[i];
	return NULL;
}

const char *
http_head_value(const struct http_head *head, const char *name)
{
	const struct http_field *field = http_head_next(head, name, NULL);

	return field ? field->value : NULL;
}

static bool
parser_has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (*list) {
		size_t n;

		list += strspn(list, ", \t");
		n = strcspn(list, ", \t");
		if (n == len && !strncasecmp(list, word, len))
			return true;
		list += n;
	}
	return false;
}

bool
http_head_has_word(const struct http_head *head, const char *name, const char *word)
{
	const struct http_field *field = NULL;

	while ((field = http_head_next(head, name, field)))
		if (parser_has_word(field->value, word))
			return true;
	return false;
}

void
http_head_free(struct http_head *head)
{
	free(head);
}
