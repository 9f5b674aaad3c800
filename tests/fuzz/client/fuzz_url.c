/* fuzz_url.c - the address of the server. The parts of a URL that is accepted fit, have
 * no blank, and are read as the same again. The rest of the data is a value that is
 * escaped. */
#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "../fuzz.h"
#include "client/url.h"

static void
check_visible(const char *text)
{
	for (; *text; text++)
		assert(isgraph((unsigned char)*text));
}

static void
check_again(const struct url *url)
{
	struct url again;
	char *text = NULL;

	assert(asprintf(&text, "%s://%s%s", url->is_tls ? "https" : "http",
		       url->authority, url->prefix) > 0);
	assert(!url_read(&again, text));
	assert(!strcmp(again.address, url->address) && again.port == url->port &&
		!strcmp(again.authority, url->authority) &&
		!strcmp(again.prefix, url->prefix) && again.is_tls == url->is_tls);
	free(text);
}

static void
check_url(const char *text)
{
	const char *why;
	struct url url;

	why = url_read(&url, text);
	if (why) {
		assert(*why);
		return;
	}
	assert(*url.address && *url.authority);
	if (*url.address == '+') {
		assert(!strcmp(url.address + 1, text + strlen("unix:")));
		return;
	}
	assert(url.port);
	check_visible(url.address);
	check_visible(url.authority);
	check_visible(url.prefix);
	assert(!*url.prefix || *url.prefix == '/');
	check_again(&url);
}

static void
check_escape(const char *value)
{
	struct buffer text = { 0 };

	buffer_printf(&text, "/push");
	url_append_argument(&text, "room", value);
	url_append_argument(&text, "ref", value);
	assert(text.len <= 20 + 6 * strlen(value));
	check_visible(text.bytes);
	buffer_clear(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *rest = text;

	check_url(strsep(&rest, "\n"));
	if (rest)
		check_escape(rest);
	free(text);
	return 0;
}
