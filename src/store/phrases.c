#include "store/phrases.h"

#include <stdlib.h>
#include <string.h>

#include "store/segment.h"

static bool
phrases_have(const struct phrases *phrases, const char *tokens)
{
	for (size_t i = 0; i < phrases->count; i++)
		if (!strcmp(phrases->tokens[i], tokens))
			return true;
	return false;
}

void
phrases_init(struct phrases *phrases, struct fts_tokenizer *tokenizer, const char *query)
{
	struct segment_part parts[STORE_QUERY_WORDS];
	size_t count = segment_split(query, parts, STORE_QUERY_WORDS);

	phrases->count = 0;
	for (size_t i = 0; i < count; i++) {
		char *segmented = segment_text(parts[i].text, parts[i].len);
		char *tokens = fts_tokenizer_run(tokenizer, segmented);

		free(segmented);
		if (*tokens && !phrases_have(phrases, tokens))
			phrases->tokens[phrases->count++] = tokens;
		else
			free(tokens);
	}
}

bool
phrases_are_in(const struct phrases *phrases, const char *tokens)
{
	for (size_t i = 0; i < phrases->count; i++)
		if (!strstr(tokens, phrases->tokens[i]))
			return false;
	return phrases->count > 0;
}

void
phrases_fini(struct phrases *phrases)
{
	for (size_t i = 0; i < phrases->count; i++)
		free(phrases->tokens[i]);
	phrases->count = 0;
}
