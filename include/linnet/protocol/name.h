/* name.h - what people and rooms may be called. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest name that limits.name_bytes and limits.room_bytes may allow. */
#define NAME_MAX_BYTES 255

/* Why name is no good for a person, as words to follow "the name" ("must not be empty"),
 * or NULL if it is good: 1 to max_bytes bytes of UTF-8 without control, bidi-control or
 * invisible characters, with no space but U+0020, that neither begins nor ends with a
 * space, begins with none of "*", "/" and "!" (the line door's notices, commands and
 * alarms) and is not reserved. */
const char *name_fault(const char *name, size_t max_bytes);

/* The same for a room: 1 to max_bytes bytes by the same rules, but for the reserved
 * names, and without "/". */
const char *name_room_fault(const char *name, size_t max_bytes);

/* True if text is UTF-8 without control characters. */
bool name_is_line(const char *text);

/* True for the names of those that have none: guest-N. */
bool name_is_guest(const char *name);

/* Write the form under which two names are the same, ASCII letters in lower case, to out,
 * which has room for NAME_MAX_BYTES + 1 bytes. */
void name_fold(char *out, const char *name);
