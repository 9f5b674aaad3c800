#include "store/fts_tokenizer.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"

struct store_tokens {
	sqlite3 *db; /* empty and in memory: FTS5 can only be reached through one */
	fts5_tokenizer methods;
	Fts5Tokenizer *tokenizer;
};

/* The text in the making. */
struct token_text {
	char *bytes;
	size_t len, capacity;
};

static fts5_api *
find_fts5(sqlite3 *db)
{
	sqlite3_stmt *statement;
	fts5_api *api = NULL;

	if (sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &statement, NULL) != SQLITE_OK)
		return NULL;
	sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", NULL);
	sqlite3_step(statement);
	sqlite3_finalize(statement);
	return api;
}

struct store_tokens *
store_tokens_new(void)
{
	const char *arguments[] = { "remove_diacritics", STORE_TOKENIZER_DIACRITICS,
		"categories", STORE_TOKENIZER_CATEGORIES };
	struct store_tokens *tokens = xcalloc(1, sizeof(*tokens));
	fts5_api *api;
	void *context;

	if (sqlite3_open_v2(":memory:", &tokens->db,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
		(api = find_fts5(tokens->db)) &&
		api->xFindTokenizer(api, STORE_TOKENIZER, &context, &tokens->methods) ==
			SQLITE_OK &&
		tokens->methods.xCreate(context, arguments,
			sizeof(arguments) / sizeof(arguments[0]),
			&tokens->tokenizer) == SQLITE_OK)
		return tokens;
	store_tokens_free(tokens);
	return NULL;
}

static void
put(struct token_text *text, const char *bytes, size_t len)
{
	if (text->capacity - text->len < len + 1) {
		text->capacity = (text->len + len + 1) * 2;
		text->bytes = xrealloc(text->bytes, text->capacity);
	}
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
	text->bytes[text->len] = '\0';
}

static int
on_token(void *context, int flags, const char *token, int len, int start, int end)
{
	struct token_text *text = context;

	(void)flags;
	(void)start;
	(void)end;
	if (!text->len)
		put(text, STORE_TOKEN_END, 1);
	put(text, token, (size_t)len);
	put(text, STORE_TOKEN_END, 1);
	return SQLITE_OK;
}

char *
store_tokens_of(struct store_tokens *tokens, const char *text)
{
	struct token_text out = { 0 };

	put(&out, "", 0);
	tokens->methods.xTokenize(tokens->tokenizer, &out, FTS5_TOKENIZE_DOCUMENT, text,
		(int)strlen(text), on_token);
	return out.bytes;
}

void
store_tokens_free(struct store_tokens *tokens)
{
	if (!tokens)
		return;
	if (tokens->tokenizer)
		tokens->methods.xDelete(tokens->tokenizer);
	sqlite3_close(tokens->db);
	free(tokens);
}
