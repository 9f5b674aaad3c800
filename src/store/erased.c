#include "store/erased.h"

#include <stdlib.h>
#include <string.h>

#include "linnet/base/json_text.h"
#include "linnet/base/xalloc.h"
#include "linnet/protocol/message.h"

/* Returns NULL if the tail is no JSON. */
static json_t *
erased_parse(const char *tail, size_t len)
{
	struct buffer text = { 0 };
	json_t *object;

	buffer_append(&text, "{", 1);
	buffer_append(&text, tail, len);
	object = json_loadb(text.bytes, text.len, JSON_ALLOW_NUL, NULL);
	buffer_clear(&text);
	return object;
}

/* Consumes object, which has at least one member. */
static char *
erased_print(json_t *object)
{
	struct buffer text = { 0 };
	char *tail;

	json_text_append(&text, object);
	json_decref(object);
	buffer_append(&text, "", 1);
	tail = xstrdup(text.bytes + 1);
	buffer_clear(&text);
	return tail;
}

bool
erased_has_name(const char *tail, size_t len, const char *name)
{
	json_t *object;
	bool found;

	/* Most entries are somebody else's. JSON escapes only these two characters of a
	 * name. */
	if (!strpbrk(name, "\"\\") && !strcasestr(tail, name))
		return false;
	object = erased_parse(tail, len);
	found = message_has_name(object, name);
	json_decref(object);
	return found;
}

char *
erased_tail(const struct store_message *message, const char *name)
{
	json_t *object, *left = NULL;

	if (message->kind != STORE_SAID || !strcmp(message->type, "alarm") ||
		!strcmp(message->type, "log"))
		return NULL;
	object = erased_parse(message->tail, message->tail_len);
	if (!name || message_is_by(object, name))
		left = json_pack("{s:O*,s:O*,s:b}", "ts", json_object_get(object, "ts"),
			"username", name ? NULL : json_object_get(object, "username"),
			"deleted", 1);
	/* It is deleted already. A message need not have a text. */
	if (json_equal(left, object)) {
		json_decref(left);
		left = NULL;
	}
	json_decref(object);
	return left ? erased_print(left) : NULL;
}

char *
erased_without_name(const char *tail, size_t len, const char *name)
{
	json_t *object = erased_parse(tail, len);

	message_drop_name(object, name);
	return object ? erased_print(object) : xstrndup(tail, len);
}
