/* hooks.h - what Alertmanager, Grafana, GitHub and other programs post, as the objects
 * that a push takes. */
#pragma once

#include <jansson.h>

#include "linnet/protocol/message.h"

enum hook_kind {
	HOOK_ALERTMANAGER,
	HOOK_GRAFANA,
	HOOK_GITHUB,
	HOOK_GENERIC,
	HOOK_UNKNOWN,
};

/* The kind called name: "alertmanager", "grafana", "github" or "generic", else
 * HOOK_UNKNOWN. */
enum hook_kind hook_find(const char *name);

/* Turn body, which stays the caller's (NULL: none) and may be any JSON whatsoever, into
 * push objects:
 *
 * an alarm has type "alarm", key (1 to 128 bytes, no blanks), severity ("info",
 * "warning", "error", "critical" or "ok", which clears it), title (1 to 256 bytes),
 * message (1 to 4096 bytes);
 * a message has message (1 to 4096 bytes) and often title (1 to 256 bytes).
 *
 * Both may have click (http or https, at most 2048 bytes), username (1 to 32 bytes, good
 * by name_fault) and tags (up to 8 strings of 1 to 64 bytes). Text is valid UTF-8 without
 * control characters but, in message, tab and newline; what is too long ends with "…".
 * kind is not HOOK_UNKNOWN; event is the header X-GitHub-Event, which only HOOK_GITHUB
 * reads, or NULL.
 *
 * Returns a new array of up to 201 of them for the caller to free, none if there is
 * nothing to say, or NULL with *fault filled in (code "bad_hook"): body is not what such
 * programs send. */
json_t *hook_convert(enum hook_kind kind, const char *event, json_t *body,
	struct message_fault *fault);
