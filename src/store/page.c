#include "store/page.h"

#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"
#include "store/copy.h"
#include "store/revised.h"

bool
store_read_add(struct store_read *read, const struct store_message *message)
{
	struct store_page *page = &read->page;
	size_t type_len = strlen(message->type);
	char *end;

	if (page->count >= read->limit ||
		(page->count && (read->tail_bytes > read->max_bytes ||
					message->tail_len >
						read->max_bytes - read->tail_bytes))) {
		page->more = true;
		return false;
	}
	if (page->count == read->capacity) {
		read->capacity = read->capacity ? read->capacity * 2 : 16;
		read->messages = xrealloc(
			read->messages, read->capacity * sizeof(*read->messages));
	}
	end = xmalloc(type_len + 1 + message->tail_len + 1);
	read->messages[page->count] = *message;
	read->messages[page->count].type = store_copy(&end, message->type, type_len);
	read->messages[page->count].tail =
		store_copy(&end, message->tail, message->tail_len);
	page->count++;
	read->tail_bytes += message->tail_len;
	return true;
}

bool
store_read_add_change(
	struct store_read *read, const struct store_message *message, const char *detail)
{
	struct store_message change = *message;
	struct buffer tail = { 0 };
	bool is_added;

	if (!detail)
		return store_read_add(read, message);
	buffer_append(&tail, message->tail, message->tail_len);
	if (message->kind == STORE_EDIT)
		revised_append_text_of(&tail, detail);
	else
		revised_append_emoji(&tail, detail);
	change.tail = tail.bytes;
	change.tail_len = tail.len;
	change.has_text = message->kind == STORE_EDIT;
	is_added = store_read_add(read, &change);
	buffer_clear(&tail);
	return is_added;
}

bool
store_read_add_said(
	struct store_read *read, const struct store_message *message, bool has_reacted)
{
	struct store_message found = *message;

	if (read->looked++ == STORE_SAID_ROWS || read->tail_bytes >= STORE_SAID_BYTES)
		read->page.more = true;
	if (read->page.more)
		return false;
	read->tail_bytes += message->tail_len;
	if (has_reacted ||
		revised_has_name(message->tail, message->tail_len, read->query)) {
		found.tail = "";
		found.tail_len = 0;
		if (!store_read_add(read, &found))
			return false;
	}
	read->page.read_id = message->id;
	return true;
}

void
store_read_reverse(struct store_read *read)
{
	struct store_message *messages = read->messages;

	for (size_t i = 0; i < read->page.count / 2; i++) {
		struct store_message message = messages[i];
		messages[i] = messages[read->page.count - 1 - i];
		messages[read->page.count - 1 - i] = message;
	}
}

void
store_read_clear(struct store_read *read)
{
	for (size_t i = 0; i < read->page.count; i++)
		free((void *)read->messages[i].type);
	free(read->messages);
	read->messages = NULL;
	read->capacity = 0;
	read->tail_bytes = 0;
	read->page = (struct store_page){ .first_id = 1 };
}
