#include "chat/history.h"

#include <errno.h>

#include "chat/reply.h"
#include "chat/room_access.h"
#include "linnet/base/json_text.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"

/* Number of messages of one history or search. */
#define HISTORY_LIMIT 50
#define HISTORY_LIMIT_MAX 200
#define SEARCH_LIMIT 20
#define SEARCH_LIMIT_MAX 100

#define QUERY_BYTES 256

/* Maximum number of waiting histories and searches of one session. */
#define READS_WAITING 16

/* The id of the last message that readers of the room were sent: a page may have messages
 * that are stored, but not broadcast yet. */
static uint64_t
history_last_id(const struct chat *chat, const struct request *request)
{
	return request_is_outdated(chat, request) ? UINT64_MAX : request->room->last_id;
}

static void
history_append_messages(struct buffer *text, const char *room,
	const struct store_page *page, uint64_t last_id)
{
	size_t i, count = 0;

	buffer_append(text, "[", 1);
	for (i = 0; i < page->count; i++) {
		if (page->messages[i].id > last_id)
			continue;
		if (count++)
			buffer_append(text, ",", 1);
		message_append_whole(text, page->messages[i].type, room,
			page->messages[i].id, page->messages[i].tail,
			page->messages[i].tail_len);
	}
	buffer_append(text, "]", 1);
}

static void
history_append_member(struct buffer *text, const char *key, json_t *value)
{
	buffer_append(text, ",", 1);
	json_text_append_string(text, key);
	buffer_append(text, ":", 1);
	json_text_append(text, value);
	json_decref(value);
}

/* Answers a history or a search; a search also repeats its words. */
void
history_on_page(struct chat *chat, struct request *request, int error,
	const struct store_page *page)
{
	bool is_search = request->kind == REQUEST_SEARCH;
	struct buffer text = { 0 };

	if (!request->asker)
		return;
	if (error) {
		reply_failure(chat, request, error);
		return;
	}
	buffer_append(&text, "{\"type\":", 8);
	json_text_append_string(&text, is_search ? "search" : "history");
	history_append_member(&text, "room", json_string(request->room->name));
	history_append_member(&text, "epoch",
		json_string(store_epoch(request->store, request->room->name)));
	if (is_search)
		history_append_member(&text, "q", json_string(request->history.words));
	if (*request->ref)
		history_append_member(&text, "ref", json_string(request->ref));
	history_append_member(&text, "more", json_boolean(page->more));
	if (page->searched_from) {
		history_append_member(&text, "complete", json_false());
		history_append_member(&text, "searched_from",
			json_integer((json_int_t)page->searched_from));
	}
	buffer_append(&text, ",\"messages\":", 12);
	history_append_messages(
		&text, request->room->name, page, history_last_id(chat, request));
	buffer_append(&text, "}", 1);
	reply_text(request->asker, &text);
}

/* Start to read what input asks for. words is NULL for a history. bound and is_newer are
 * as in the request. */
static int
history_ask(struct input *input, struct room *room, const char *words, uint64_t bound,
	bool is_newer, unsigned limit, unsigned max)
{
	struct asker *asker = input->asker;
	struct request *request;
	uint64_t asked = limit;

	if (message_get_uint(&input->message, "limit", &asked, &input->fault) < 0)
		return -EINVAL;
	if (!asked)
		return message_refuse(&input->fault, "bad_field",
			"\"limit\" must be a whole number from 1");
	if (asker->waiting_count >= READS_WAITING) {
		message_refuse(
			&input->fault, "busy", "you asked for much already, try again");
		return -EAGAIN;
	}
	request = request_new(input->chat, words ? REQUEST_SEARCH : REQUEST_HISTORY,
		asker, room, input->message.ref);
	request->history.bound = bound;
	request->history.is_newer = is_newer;
	request->history.limit = (unsigned)size_min(asked, max);
	request->history.words = words ? xstrdup(words) : NULL;
	if (request_read(input->chat, request) == 0)
		return 0;
	message_refuse(&input->fault, "busy", "too many are searching, try again");
	return -EAGAIN;
}

int
history_do_history(struct input *input)
{
	struct room *room = room_access_find(input, false);
	uint64_t before = UINT64_MAX, after = UINT64_MAX; /* not given */
	bool is_newer;

	if (!room ||
		message_get_uint(&input->message, "before", &before, &input->fault) < 0 ||
		message_get_uint(&input->message, "after", &after, &input->fault) < 0)
		return -EINVAL;
	is_newer = after != UINT64_MAX;
	if (is_newer && before != UINT64_MAX)
		return message_refuse(&input->fault, "bad_field",
			"give \"before\" or \"after\", not both");
	return history_ask(input, room, NULL, is_newer ? after : before, is_newer,
		HISTORY_LIMIT, HISTORY_LIMIT_MAX);
}

int
history_do_search(struct input *input)
{
	struct room *room = room_access_find(input, false);
	uint64_t before = UINT64_MAX; /* not given */
	const char *query = NULL;
	int r;

	if (!room ||
		message_get_string(
			&input->message, "q", QUERY_BYTES, &query, &input->fault) < 0 ||
		message_get_uint(&input->message, "before", &before, &input->fault) < 0)
		return -EINVAL;
	if (!query)
		return message_refuse(&input->fault, "bad_field",
			"\"q\" must be the words to look for");
	if (store_query_words(query) > STORE_QUERY_WORDS)
		return message_refuse(&input->fault, "bad_field",
			"\"q\" has more than %d different words", STORE_QUERY_WORDS);
	r = history_ask(
		input, room, query, before, false, SEARCH_LIMIT, SEARCH_LIMIT_MAX);
	metrics.searches += r == 0;
	return r;
}
