/* author.h - who has said something. Only its author, or an admin, may change it. */
#pragma once

#include "chat/chat_private.h"

/* Write who says input to out: the SHA-256 of the first of these texts for which the
 * sender has something to show. Strings are joined by a line feed, which the first two
 * parts cannot have.
 *  - "jwt", then "name" and "sub" of its JSON Web Token ("" if it has no "sub")
 *  - "token", then the name of its token of auth.tokens
 *  - "person", then its session token, if it has proved to own it
 * Returns out, or NULL if the sender has shown nothing. The texts must stay the same from
 * version to version, because the hashes are stored. */
const unsigned char *author_of(
	const struct input *input, unsigned char out[STORE_AUTHOR_BYTES]);

/* True if input is an admin's. */
bool author_is_admin(const struct input *input);
