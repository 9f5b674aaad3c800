/* fts_tokenizer.h - the tokenizer of SQLite's search, for the memory driver, so that both
 * drivers find the same messages. The settings are shared with the SQLite driver. */
#pragma once

/* FTS5's tokenizer: a word is a run of letters, digits and symbols of any script,
 * regardless of case and accents. Symbols count so that emoji are found; segment_text
 * separates them from the words beside them. */
#define FTS_TOKENIZER "unicode61"
#define FTS_TOKENIZER_DIACRITICS "2"
#define FTS_TOKENIZER_CATEGORIES "L* N* Co So"

/* Separates tokens; no token contains it. */
#define FTS_TOKEN_SEPARATOR "\n"

struct fts_tokenizer;

/* Returns NULL if this SQLite library has no FTS5. End it with fts_tokenizer_free. */
struct fts_tokenizer *fts_tokenizer_new(void);

/* List the tokens of text, which is a result of segment_text: "\ndisk\nfull\n", or "" if
 * there is none. A text has a phrase if the phrase's list is a substring of the text's.
 * The caller frees it. */
char *fts_tokenizer_run(struct fts_tokenizer *tokenizer, const char *text);

void fts_tokenizer_free(struct fts_tokenizer *tokenizer);
