/* fts_tokenizer.h - the words of a text just as SQLite's search sees them, for the driver
 * that has no SQLite. No other file includes it. */
#pragma once

/* FTS5's tokenizer: words are runs of letters, digits and symbols of any script,
 * regardless of case and accents. Symbols are among them for the sake of emoji;
 * segment_text keeps them from sticking to the words beside them. */
#define FTS_TOKENIZER "unicode61"
#define FTS_TOKENIZER_DIACRITICS "2"
#define FTS_TOKENIZER_CATEGORIES "L* N* Co So"

/* What ends each token; no token contains it. */
#define FTS_TOKEN_END "\n"

struct fts_tokenizer;

/* A tokenizer for fts_tokenizer_free, or NULL if this SQLite has none. */
struct fts_tokenizer *fts_tokenizer_new(void);

/* The tokens of text, which went through segment_text, each between two
 * FTS_TOKEN_END of which neighbours share one; "" if there is none. So a phrase is
 * found in a text where its tokens are found in those of the text. The caller frees it.
 */
char *fts_tokenizer_run(struct fts_tokenizer *tokenizer, const char *text);

void fts_tokenizer_free(struct fts_tokenizer *tokenizer);
