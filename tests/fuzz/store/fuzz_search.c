/* fuzz_search.c - search words. The first line of the data is the query, the rest a text.
 * Words are counted as store_search counts them. A text has all words of itself. */
#include <assert.h>
#include <string.h>

#include "../fuzz.h"
#include "linnet/base/utf8.h"
#include "store/phrases.h"
#include "store/segment.h"

static struct fts_tokenizer *tokenizer;

static bool
is_utf8(const char *text)
{
	struct utf8_check check = { 0 };

	return utf8_check_piece(&check, text, strlen(text)) && utf8_check_end(&check);
}

static char *
tokens_of(const char *text)
{
	char *segmented = segment_text(text, strlen(text));
	char *tokens = fts_tokenizer_run(tokenizer, segmented);

	assert(strlen(segmented) <= 2 * strlen(text));
	free(segmented);
	return tokens;
}

static bool
has_query(const char *text, const char *query)
{
	char *tokens = tokens_of(text);
	struct phrases phrases;
	bool found;

	phrases_init(&phrases, tokenizer, query);
	assert(phrases.count <= STORE_QUERY_WORDS);
	found = phrases_are_in(&phrases, tokens);
	phrases_fini(&phrases);
	free(tokens);
	return found;
}

static void
check_parts(const char *query)
{
	struct segment_part parts[STORE_QUERY_WORDS], part;
	size_t count = segment_split(query, parts, STORE_QUERY_WORDS), all = 0;
	const char *cursor = query;

	assert(count == store_query_words(query) && count <= STORE_QUERY_WORDS + 1);
	while (segment_next_part(&cursor, &part)) {
		assert(part.text >= query && part.len && part.text + part.len <= cursor);
		all++;
	}
	assert(all >= count && (all > 0) == (count > 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *query = strndup((const char *)data, size), *text = query;
	char *tokens;

	if (!tokenizer)
		tokenizer = fts_tokenizer_new();
	strsep(&text, "\n");
	check_parts(query);
	tokens = tokens_of(query);
	/* store_search refuses more words. A query is UTF-8. */
	if (*tokens && is_utf8(query) && store_query_words(query) <= STORE_QUERY_WORDS)
		assert(has_query(query, query));
	free(tokens);
	if (text && store_query_words(query) <= STORE_QUERY_WORDS)
		has_query(text, query);
	free(query);
	return 0;
}
