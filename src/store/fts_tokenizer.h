/* fts_tokenizer.h - the words of a text just as SQLite's search sees them, for the driver
 * that has no SQLite. No other file includes it. */
#pragma once

/* FTS5's tokenizer: words are runs of letters, digits and symbols of any script,
 * regardless of case and accents. Symbols are among them for the sake of emoji;
 * words_segment keeps them from sticking to the words beside them. */
#define STORE_TOKENIZER "unicode61"
#define STORE_TOKENIZER_DIACRITICS "2"
#define STORE_TOKENIZER_CATEGORIES "L* N* Co So"

/* What ends each token; no token contains it. */
#define STORE_TOKEN_END "\n"

struct store_tokens;

/* A tokenizer for store_tokens_free, or NULL if this SQLite has none. */
struct store_tokens *store_tokens_new(void);

/* The tokens of text, which went through words_segment, each between two
 * STORE_TOKEN_END of which neighbours share one; "" if there is none. So a phrase is
 * found in a text where its tokens are found in those of the text. The caller frees it.
 */
char *store_tokens_of(struct store_tokens *tokens, const char *text);

void store_tokens_free(struct store_tokens *tokens);
