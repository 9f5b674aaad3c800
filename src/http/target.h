/* target.h - parses the target of a request line; for parser.c. */
#pragma once

#include "linnet/http/parser.h"

/* Split and decode target: len bytes of head->text, followed by a 0. Sets the path, the
 * query and, if target has one, the host. Returns 0, or -EPROTO with *fault filled in. */
int http_target_parse(
	struct http_head *head, char *target, size_t len, struct http_fault *fault);

/* True if text is valid as Host field or authority of a target (RFC 3986 section 3.2,
 * without user name). */
bool http_target_is_authority(const char *text);
