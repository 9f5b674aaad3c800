/* url.h - where the server is. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "linnet/base/buffer.h"

#define URL_HOST_BYTES 100
#define URL_PREFIX_BYTES 200

/* The parts of http://HOST[:PORT][/PATH], https://HOST[:PORT][/PATH] or unix:PATH. */
struct url {
	bool is_tls;
	uint16_t port;
	char address[URL_HOST_BYTES +
		     1]; /* for libwebsockets: "+PATH" is a UNIX socket */
	char authority[URL_HOST_BYTES + 9]; /* for the header Host */
	char prefix[URL_PREFIX_BYTES + 1]; /* "" or "/PATH", without a slash at its end */
};

/* Read text. Returns NULL, or what is wrong as a phrase that follows the URL. */
const char *url_read(struct url *url, const char *text);

/* Append text with everything but letters, digits and "-._~" percent-encoded (RFC 3986
 * section 2). A NUL follows it, which to->len does not count. */
void url_append_escaped(struct buffer *to, const char *text);

/* Append "?name=value", or "&name=value" if to has a "?". value NULL: append nothing. */
void url_append_argument(struct buffer *to, const char *name, const char *value);
