/* target.h - the target in the first line of an HTTP request; for parser.c. */
#pragma once

#include "linnet/http/parser.h"

/* Split and decode target, which is len bytes of head->text with a 0 behind them. Sets
 * the path, the query and, if target names one, the host. Returns 0, or -EPROTO with
 * *fault filled in. */
int http_target_parse(
	struct http_head *head, char *target, size_t len, struct http_fault *fault);

/* True if text can be a Host field or the authority of a target (RFC 3986 section 3.2,
 * without a user's name). */
bool http_target_is_authority(const char *text);
