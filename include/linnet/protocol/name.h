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
 *  - has no control, bidi-control or invisible character, and no space but U+0020. U+200C
 *    and U+200D are valid where UAX 31 and emoji allow them,
 *  - neither begins nor ends with a space, nor has two in a row,
 *  - does not begin with "*", "/" or "!": at the line door these are notices, commands
 *    and alarms,
 *  - does not begin with a combining mark,
 *  - has no colon, or what looks like one, before a space or at its end: at the line door
 *    that ends the name of a sender,
 *  - does not collide with a reserved name (name_forms.h). */
const char *name_fault(const char *name, size_t max_bytes);

/* Check the name of a room by the same rules for its characters and spaces. "/" is not
 * valid, anywhere. */
const char *name_room_fault(const char *name, size_t max_bytes);

/* True if text is UTF-8 without control characters. */
bool name_is_line(const char *text);

/* True for guest-N, the name of a session that has chosen none. */
bool name_is_guest(const char *name);

/* Write name to out with ASCII letters in lower case. This fold is stored (refs, bans,
 * mutes), so it must not depend on the version of Unicode. out has room for
 * NAME_MAX_BYTES + 1 bytes. */
void name_fold(char *out, const char *name);
