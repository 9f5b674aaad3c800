#include "store/fts_tokenizer.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/buffer.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"

struct fts_tokenizer {
	sqlite3 *db; /* empty, in memory: FTS5 is only available through a database */
	fts5_tokenizer methods;
	Fts5Tokenizer *instance;
};

static fts5_api *
fts_tokenizer_find_fts5(sqlite3 *db)
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

struct fts_tokenizer *
fts_tokenizer_new(void)
{
	const char *arguments[] = { "remove_diacritics", FTS_TOKENIZER_DIACRITICS,
		"categories", FTS_TOKENIZER_CATEGORIES };
	struct fts_tokenizer *tokenizer = xcalloc(1, sizeof(*tokenizer));
	fts5_api *api;
	void *context;

	if (sqlite3_open_v2(":memory:", &tokenizer->db,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
		(api = fts_tokenizer_find_fts5(tokenizer->db)) &&
		api->xFindTokenizer(api, FTS_TOKENIZER, &context, &tokenizer->methods) ==
			SQLITE_OK &&
		tokenizer->methods.xCreate(context, arguments, ARRAY_SIZE(arguments),
			&tokenizer->instance) == SQLITE_OK)
		return tokenizer;
	fts_tokenizer_free(tokenizer);
	return NULL;
}

static int
fts_tokenizer_on_token(
	void *context, int flags, const char *token, int len, int start, int end)
{
	struct buffer *list = context;

	(void)flags;
	(void)start;
	(void)end;
	if (!list->len)
		buffer_append(list, FTS_TOKEN_SEPARATOR, 1);
	buffer_append(list, token, (size_t)len);
	buffer_append(list, FTS_TOKEN_SEPARATOR, 1);
	return SQLITE_OK;
}

char *
fts_tokenizer_run(struct fts_tokenizer *tokenizer, const char *text)
{
	struct buffer list = { 0 };

	tokenizer->methods.xTokenize(tokenizer->instance, &list, FTS5_TOKENIZE_DOCUMENT,
		text, (int)strlen(text), fts_tokenizer_on_token);
	buffer_append(&list, "", 1);
	return xrealloc(list.bytes, list.len);
}

void
fts_tokenizer_free(struct fts_tokenizer *tokenizer)
{
	if (!tokenizer)
		return;
	if (tokenizer->instance)
		tokenizer->methods.xDelete(tokenizer->instance);
	sqlite3_close(tokenizer->db);
	free(tokenizer);
}
