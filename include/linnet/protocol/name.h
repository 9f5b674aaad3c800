/* name.h - valid names of people and rooms. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Upper limit of limits.name_bytes and limits.room_bytes. */
#define NAME_MAX_BYTES 255

/* Check the name of a person. Returns NULL if it is valid, else what is wrong, as a
 * phrase that follows "the name" ("must not be empty"). A valid name
 *  - has 1 to max_bytes bytes of UTF-8,
 *  - has no control, bidi-control or invisible character, and no space but U+0020,
 *  - neither begins nor ends with a space, nor has two in a row,
 *  - does not begin with "*", "/" or "!": at the line door these are notices, commands
 *    and alarms,
 *  - is not reserved. */
const char *name_fault(const char *name, size_t max_bytes);

/* Check the name of a room by the same rules. Reserved names and a leading "*" or "!" are
 * valid, but "/" is not, anywhere. */
const char *name_room_fault(const char *name, size_t max_bytes);

/* True if text is UTF-8 without control characters. */
bool name_is_line(const char *text);

/* True for guest-N, the name of a session that has chosen none. */
bool name_is_guest(const char *name);

/* Write name to out with ASCII letters in lower case. Two names are the same if they fold
 * to the same text. out has room for NAME_MAX_BYTES + 1 bytes. */
void name_fold(char *out, const char *name);
