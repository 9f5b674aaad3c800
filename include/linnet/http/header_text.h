/* header_text.h - text in the values of headers. */
#pragma once

#include "linnet/base/buffer.h"

/* Append value as UTF-8. Its encoded words (RFC 2047: "=?UTF-8?B?…?=", also "Q"; UTF-8,
 * ISO-8859-1 or US-ASCII) are decoded, with nothing for blanks between two of them; one
 * that cannot be decoded stays as it is. A value that is not UTF-8 is ISO-8859-1. At most
 * twice as many bytes as value has are appended; none is NUL. */
void header_text_append(struct buffer *text, const char *value);
