/* name_forms.h - which names look so alike that only one of them may be used. */
#pragma once

#include <stdbool.h>

#include "linnet/protocol/name.h"

/* The forms in which names are compared. */
enum name_form {
	NAME_FOLDED,   /* NFKC_Casefold */
	NAME_WRITTEN,  /* NFKC_Casefold of the skeleton (UTS 39) */
	NAME_CASELESS, /* the same for the skeleton of the folded name */
	NAME_FORMS
};

/* Half a SHA-256 in hex digits. */
#define NAME_DIGEST_BYTES 32

/* A name as it is compared. The forms depend on the version of Unicode, so they are never
 * stored. */
struct name_forms {
	bool is_ascii;
	char digests[NAME_FORMS][NAME_DIGEST_BYTES + 1];
};

/* Write the forms of name. Returns false if name is not UTF-8 or too long (about
 * NAME_MAX_BYTES): it collides with nothing then. */
bool name_forms_write(struct name_forms *forms, const char *name);

/* True if two names collide: they have the same folded form, or one of them is not plain
 * ASCII and they have the same skeleton. */
bool name_forms_collide(const struct name_forms *a, const struct name_forms *b);

/* True if two names have the same folded form. */
bool name_forms_are_equal(const struct name_forms *a, const struct name_forms *b);

/* True if name collides with a name that nobody may choose, guest-N included. */
bool name_is_reserved(const char *name);

/* True if code is the ASCII character or looks like it. */
bool name_looks_like(uint32_t code, char ascii);
