#include "http/target.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "linnet/base/hex.h"
#include "linnet/base/utf8.h"

static int
target_reject(struct http_fault *fault, const char *text)
{
	*fault = (struct http_fault){ 400, "bad_request", text };
	return -EPROTO;
}

/* Decode len bytes to out, which may be text itself. Returns the number of bytes, or -1
 * if an escape is invalid. */
static long
target_decode(const char *text, size_t len, char *out, bool plus_is_space)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		int high, low;

		if (text[i] != '%') {
			out[n++] = plus_is_space && text[i] == '+' ? ' ' : text[i];
			continue;
		}
		if (len - i < 3)
			return -1;
		high = hex_digit(text[i + 1]);
		low = hex_digit(text[i + 2]);
		if (high < 0 || low < 0)
			return -1;
		out[n++] = (char)(high << 4 | low);
		i += 2;
	}
	return (long)n;
}

static bool
target_is_text(const char *text, size_t len)
{
	while (len) {
		uint32_t code;
		size_t n = utf8_next(text, len, &code);

		if (!n || code < 0x20 || code == 0x7f)
			return false;
		text += n;
		len -= n;
	}
	return true;
}

/* Decode len bytes of text in place and append a 0. */
static int
target_decode_segment(char *text, size_t len, struct http_fault *fault)
{
	long n = target_decode(text, len, text, false);

	if (n < 0)
		return target_reject(fault, "a percent escape in the path is broken");
	text[n] = '\0';
	if (!target_is_text(text, (size_t)n))
		return target_reject(fault, "the path is not text in UTF-8");
	return 0;
}

/* path begins with a slash, or is empty, which means "/". */
static int
target_parse_path(struct http_head *head, char *path, struct http_fault *fault)
{
	char *segment = *path ? path + 1 : path;

	while (segment) {
		char *slash = strchr(segment, '/');
		size_t len = slash ? (size_t)(slash - segment) : strlen(segment);

		if (head->segment_count == HTTP_HEAD_SEGMENTS) {
			*fault = (struct http_fault){ 404, "not_found",
				"there is nothing so deep" };
			return -EPROTO;
		}
		if (target_decode_segment(segment, len, fault) < 0)
			return -EPROTO;
		head->segments[head->segment_count++] = segment;
		segment = slash ? slash + 1 : NULL;
	}
	return 0;
}

static int
target_check_query(const char *query, struct http_fault *fault)
{
	char decoded[HTTP_HEAD_BYTES];
	long n = target_decode(query, strlen(query), decoded, true);

	if (n < 0)
		return target_reject(fault, "a percent escape in the query is broken");
	if (!target_is_text(decoded, (size_t)n))
		return target_reject(fault, "the query is not text in UTF-8");
	return 0;
}

/* Returns what follows the IPv6 address in brackets, or NULL. wget sends the zone of a
 * link-local address, too. */
static const char *
target_skip_address(const char *text)
{
	char address[INET6_ADDRSTRLEN];
	size_t len = strcspn(text + 1, "%]");
	const char *end = text + 1 + len;
	struct in6_addr parsed;

	if (*end == '%' && end[1] != ']')
		while (*end && (isalnum((unsigned char)*end) || strchr("%-._~", *end)))
			end++;
	if (len >= sizeof(address) || *end != ']')
		return NULL;
	memcpy(address, text + 1, len);
	address[len] = '\0';
	return inet_pton(AF_INET6, address, &parsed) == 1 ? end + 1 : NULL;
}

/* Returns what follows the name, which may be an IPv4 address, or NULL. */
static const char *
target_skip_name(const char *text)
{
	for (; *text && *text != ':'; text++) {
		if (*text != '%') {
			if (!isalnum((unsigned char)*text) &&
				!strchr("-._~!$&'()*+,;=", *text))
				return NULL;
		} else if (hex_digit(text[1]) < 0 || hex_digit(text[2]) < 0) {
			return NULL;
		} else {
			text += 2;
		}
	}
	return text;
}

bool
http_target_is_authority(const char *text)
{
	const char *end =
		*text == '[' ? target_skip_address(text) : target_skip_name(text);

	if (!end || !*end)
		return end;
	/* A port may be empty. */
	return end > text && *end == ':' && strlen(end + 1) <= 5 &&
	       end[1 + strspn(end + 1, "0123456789")] == '\0' &&
	       strtol(end + 1, NULL, 10) <= 65535;
}

/* RFC 9112 section 3.2.2: the host of the target takes precedence. Sets *rest to what
 * follows the authority. */
static int
target_parse_authority(
	struct http_head *head, char *authority, char **rest, struct http_fault *fault)
{
	size_t len = strcspn(authority, "/?");
	char *host = authority - 1;

	/* Move it over the slashes before it, to make room for a 0 after it. */
	memmove(host, authority, len);
	host[len] = '\0';
	if (!len || !http_target_is_authority(host))
		return target_reject(fault, "the host in the target is not one");
	head->host = host;
	*rest = authority + len;
	return 0;
}

/* Set *path to the origin-form of target, or NULL if it has none. */
static int
target_find_path(
	struct http_head *head, char *target, char **path, struct http_fault *fault)
{
	*path = target;
	if (*target == '/')
		return 0;
	if (!strncasecmp(target, "http://", 7))
		return target_parse_authority(head, target + 7, path, fault);
	if (!strncasecmp(target, "https://", 8))
		return target_parse_authority(head, target + 8, path, fault);
	*path = NULL;
	if (!strcmp(target, "*") || http_target_is_authority(target))
		return 0;
	return target_reject(fault, "the target is neither a path nor a URL");
}

static bool
target_is_printable(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~' || text[i] == '#')
			return false;
	return true;
}

int
http_target_parse(
	struct http_head *head, char *target, size_t len, struct http_fault *fault)
{
	char *path, *query;

	if (!target_is_printable(target, len))
		return target_reject(
			fault, "the target has a character that must be escaped");
	if (target_find_path(head, target, &path, fault) < 0)
		return -EPROTO;
	if (!path)
		return 0;
	query = strchr(path, '?');
	if (query) {
		*query++ = '\0';
		head->query = query;
		if (target_check_query(query, fault) < 0)
			return -EPROTO;
	}
	return target_parse_path(head, path, fault);
}

/* True if the len bytes of argument, decoded, are name. */
static bool
target_is_called(const char *argument, size_t len, const char *name)
{
	char decoded[64];
	long n;

	/* An escape has three bytes: a longer argument cannot be name. */
	if (len > sizeof(decoded))
		return false;
	n = target_decode(argument, len, decoded, true);
	return n >= 0 && (size_t)n == strlen(name) && !memcmp(decoded, name, (size_t)n);
}

long
http_form_take(char *form, size_t len, const char *name)
{
	char *field = form, *end = form + len;

	while (field < end) {
		char *next = memchr(field, '&', (size_t)(end - field));
		char *stop = next ? next : end;
		char *equals = memchr(field, '=', (size_t)(stop - field));

		if (equals && target_is_called(field, (size_t)(equals - field), name)) {
			long n = target_decode(
				equals + 1, (size_t)(stop - equals) - 1, form, true);

			return n < 0 ? -EPROTO : n;
		}
		field = stop + 1;
	}
	return -ENOENT;
}

const char *
http_query_next(const char **rest, char name[HTTP_HEAD_BYTES])
{
	const char *argument = *rest;
	size_t len = strcspn(argument, "&"), split = strcspn(argument, "=&");
	size_t start = split + (split < len);
	char *value;

	if (!*argument)
		return NULL;
	*rest = argument + len + (argument[len] == '&');
	/* The escapes were checked, and a decoded text is not longer. */
	value = name + target_decode(argument, split, name, true);
	*value++ = '\0';
	value[target_decode(argument + start, len - start, value, true)] = '\0';
	return value;
}

int
http_head_query(const struct http_head *head, const char *name, char *out, size_t size)
{
	char argument[HTTP_HEAD_BYTES];
	const char *rest = head->query, *value;

	out[0] = '\0';
	while ((value = http_query_next(&rest, argument))) {
		if (strcmp(argument, name) != 0)
			continue;
		if (strlen(value) >= size)
			return -E2BIG;
		memcpy(out, value, strlen(value) + 1);
		return 0;
	}
	return -ENOENT;
}
