/* phrases.h - what a query looks for, to compare it with one message after another. */
#pragma once

#include <stdbool.h>

#include "linnet/store/store.h"
#include "store/fts_tokenizer.h"

/* Each phrase is a list of tokens, as fts_tokenizer_run returns it. */
struct phrases {
	char *tokens[STORE_QUERY_WORDS];
	size_t count;
};

/* Read query, which store_search has checked. End phrases with phrases_fini. */
void phrases_init(
	struct phrases *phrases, struct fts_tokenizer *tokenizer, const char *query);

/* True if tokens, the list of a text, has all phrases. False if there is none. */
bool phrases_are_in(const struct phrases *phrases, const char *tokens);

void phrases_fini(struct phrases *phrases);
