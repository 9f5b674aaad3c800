/* static_index.h - the page's start file, index.html, with the version of the page in it.
 * Every file of the page is served at v/TAG/PATH too, where browsers may keep it for
 * ever, because TAG changes with any file. index.html names its files by such paths: it
 * has the placeholder "{version}" in place of TAG. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "linnet/base/buffer.h"
#include "linnet/http/static/static_file.h"

/* Room for a tag and its NUL. */
#define STATIC_TAG_BYTES 17

/* All zero: nothing is known yet. */
struct static_index {
	char tag[STATIC_TAG_BYTES]; /* "" while the page has no version */
	bool is_read;               /* text and gzip are those of this tag */
	int64_t checked_ms;
	time_t changed_s;   /* Unix time of the last change of any file, rounded up */
	struct buffer text; /* index.html with the tag; empty: it has no placeholder */
	struct buffer gzip; /* the same, compressed (RFC 1952) */
};

/* Bring the tag and the text up to date. Looks at the page's files at most once a second;
 * now_ms is monotonic. A page of more than 2,000 files or of folders more than 8 deep has
 * no version; its files are named by v/0/PATH, which nobody keeps. */
void static_index_refresh(
	struct static_index *index, const struct static_root *page, int64_t now_ms);

/* Free the texts. */
void static_index_clear(struct static_index *index);
