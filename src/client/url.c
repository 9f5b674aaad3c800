#include "client/url.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Take a host and perhaps a port off *text: "host", "host:8000" or "[::1]:8000". */
static const char *
url_read_authority(struct url *url, const char **text)
{
	bool is_ipv6 = **text == '[';
	size_t all = strcspn(*text, "/?#"), len;
	const char *host = *text + is_ipv6, *end;
	unsigned long port;
	char *rest;

	len = strcspn(host, is_ipv6 ? "]/?#" : ":/?#");
	end = host + len + is_ipv6;
	if (!len || len > URL_HOST_BYTES || (is_ipv6 && host[len] != ']') ||
		memchr(*text, '@', all) || strspn(host, "+@") > 0)
		return "has no valid host";
	for (size_t i = 0; i < all; i++)
		if (!isgraph((unsigned char)(*text)[i]))
			return "has no valid host";
	snprintf(url->address, sizeof(url->address), "%.*s", (int)len, host);
	*text += all;
	if (end != *text) {
		port = *end == ':' && isdigit((unsigned char)end[1])
			       ? strtoul(end + 1, &rest, 10)
			       : 0;
		if (!port || port > UINT16_MAX || rest != *text)
			return "has no valid port";
		url->port = (uint16_t)port;
	}
	snprintf(url->authority, sizeof(url->authority), is_ipv6 ? "[%s]:%u" : "%s:%u",
		url->address, url->port);
	return NULL;
}

static const char *
url_read_prefix(struct url *url, const char *text)
{
	size_t len = strlen(text);

	while (len && text[len - 1] == '/')
		len--;
	if (len > URL_PREFIX_BYTES)
		return "has a path that is too long";
	for (size_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)text[i]) || strchr("?#\"<>\\^`{|}", text[i]))
			return "has a character that a path must not have; a query is "
			       "not allowed";
	snprintf(url->prefix, sizeof(url->prefix), "%.*s", (int)len, text);
	return NULL;
}

const char *
url_read(struct url *url, const char *text)
{
	static const char plain[] = "http://", tls[] = "https://", local[] = "unix:";
	const char *why;

	*url = (struct url){ .port = 80 };
	if (!strncmp(text, local, strlen(local))) {
		text += strlen(local);
		if (*text != '/' || strlen(text) >= URL_HOST_BYTES)
			return "must name a socket by its whole path, as in "
			       "unix:/run/linnet/http.sock";
		snprintf(url->address, sizeof(url->address), "+%s", text);
		snprintf(url->authority, sizeof(url->authority), "localhost");
		return NULL;
	}
	if (!strncmp(text, plain, strlen(plain))) {
		text += strlen(plain);
	} else if (!strncmp(text, tls, strlen(tls))) {
		text += strlen(tls);
		url->is_tls = true;
		url->port = 443;
	} else {
		return "must begin with http://, https:// or unix:/";
	}
	why = url_read_authority(url, &text);
	return why ? why : url_read_prefix(url, text);
}

void
url_append_escaped(struct buffer *to, const char *text)
{
	for (; *text; text++) {
		if (isalnum((unsigned char)*text) || strchr("-._~", *text))
			buffer_append(to, text, 1);
		else
			buffer_printf(to, "%%%02X", (unsigned char)*text);
	}
	buffer_printf(to, "%s", "");
}

void
url_append_argument(struct buffer *to, const char *name, const char *value)
{
	if (!value)
		return;
	buffer_printf(to, "%c%s=", memchr(to->bytes, '?', to->len) ? '&' : '?', name);
	url_append_escaped(to, value);
}
