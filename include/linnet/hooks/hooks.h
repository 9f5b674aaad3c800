/* hooks.h - converts the webhooks of Alertmanager, GitHub, Sentry and other programs to
 * push objects. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "linnet/protocol/message.h"

enum hook_kind {
	HOOK_ALERTMANAGER,
	HOOK_GRAFANA,
	HOOK_GITHUB,
	HOOK_GITEA,
	HOOK_GITLAB,
	HOOK_KUMA,
	HOOK_SENTRY,
	HOOK_GENERIC,
	HOOK_UNKNOWN,
};

/* The kind of that name, such as "alertmanager"; HOOK_UNKNOWN if there is none. */
enum hook_kind hook_find(const char *name);

/* The lower-case name of the header that names the event, for hook_convert; NULL: the
 * programs of this kind send none. kind is not HOOK_UNKNOWN. */
const char *hook_event_header(enum hook_kind kind);

/* The lower-case name of the header that has the signature, for hook_is_signed; NULL: the
 * programs of this kind do not sign. kind is not HOOK_UNKNOWN. */
const char *hook_signature_header(enum hook_kind kind);

/* True if signature, the value of that header (NULL: none), proves that the sender of the
 * len bytes of body, as they were received, knows secret. The time does not depend on how
 * much of the signature is right. False if hook_signature_header is NULL. */
bool hook_is_signed(enum hook_kind kind, const char *signature, const char *body,
	size_t len, const char *secret);

/* Convert body to push objects. body is any JSON, or NULL; the caller keeps it. kind is
 * not HOOK_UNKNOWN. event is the value of the header that hook_event_header names, or
 * NULL.
 *
 * An alarm has type "alarm", key (1 to 128 bytes, no blanks), severity ("info",
 * "warning", "error", "critical", or "ok" to clear it), title (1 to 256 bytes) and
 * message (1 to 4096 bytes). One that only tests the webhook has lasts_s, the seconds
 * after which it ends by itself.
 *
 * A message has message (1 to 4096 bytes) and may have title (1 to 256 bytes).
 *
 * Both may have click (an http or https URL, at most 2048 bytes), username (1 to 32
 * bytes, valid by name_fault) and tags (up to 8 strings of 1 to 64 bytes). Text is valid
 * UTF-8. It has no control characters, but message may have tabs and newlines. Text that
 * was cut ends with "…"; a message is cut to max_text_bytes (64 or more), too.
 *
 * Returns a new array of up to 401 push objects, which the caller owns. It is empty if
 * the event is of no interest. Returns NULL with *fault filled in (code "bad_hook") if
 * body is not a webhook of that kind. */
json_t *hook_convert(enum hook_kind kind, const char *event, json_t *body,
	size_t max_text_bytes, struct message_fault *fault);
