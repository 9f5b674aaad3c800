#include "chat/author.h"

#include <stdlib.h>
#include <string.h>

#include "linnet/auth/tokens.h"
#include "linnet/base/hex.h"
#include "linnet/base/xalloc.h"

/* The text that identifies a speaker. The caller frees it. NULL: there is none. */
static char *
author_text_of(const struct session *speaker)
{
	const struct permissions *shown = speaker->permissions;
	const struct person *person = speaker->person;

	if (shown && shown->name)
		return xasprintf(
			"jwt\n%s\n%s", shown->name, shown->subject ? shown->subject : "");
	if (shown && shown->token)
		return xasprintf("token\n%s", shown->token);
	if (speaker->is_owner && person && roster_token(person))
		return xasprintf("person\n%s", roster_token(person));
	return NULL;
}

/* The token of a program's call, or NULL. Lines of log files are nobody's. */
static const struct token *
author_token_of(const struct input *input)
{
	return input->speaker || !input->asker ? NULL : input->asker->call->caller->token;
}

const unsigned char *
author_of(const struct input *input, unsigned char out[STORE_AUTHOR_BYTES])
{
	const struct token *token = author_token_of(input);
	char *text = input->speaker ? author_text_of(input->speaker)
		     : token        ? xasprintf("token\n%s", token->name)
				    : NULL;

	if (!text)
		return NULL;
	hex_hash_raw(out, text, strlen(text));
	free(text);
	return out;
}

bool
author_is_admin(const struct input *input)
{
	const struct token *token = author_token_of(input);

	if (input->speaker)
		return input->speaker->permissions &&
		       input->speaker->permissions->is_admin;
	return token && token->is_admin;
}
