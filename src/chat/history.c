#include "chat/history.h"

#include <errno.h>
#include <stdio.h>

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

static void
history_append_messages(
	struct buffer *text, const char *room, const struct store_page *page)
{
	size_t i;

	buffer_append(text, "[", 1);
	for (i = 0; i < page->count; i++) {
		if (i)
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
	struct message_fault fault = { .code = NULL };
	bool is_search = request->kind == REQUEST_SEARCH;
	struct buffer text = { 0 };

	if (!request->asker)
		return;
	if (error) {
		requests_note_failure(chat, error, &fault);
		snprintf(fault.ref, sizeof(fault.ref), "%s", request->ref);
		reply_fault(request->asker, &fault);
		return;
	}
	buffer_append(&text, "{\"type\":", 8);
	json_text_append_string(&text, is_search ? "search" : "history");
	history_append_member(&text, "room", json_string(request->room->name));
	history_append_member(&text, "epoch", json_string(store_epoch(request->store)));
	if (is_search)
		history_append_member(&text, "q", json_string(request->search.words));
	if (*request->ref)
		history_append_member(&text, "ref", json_string(request->ref));
	history_append_member(&text, "more", json_boolean(page->more));
	buffer_append(&text, ",\"messages\":", 12);
	history_append_messages(&text, request->room->name, page);
	buffer_append(&text, "}", 1);
	reply_text(request->asker, &text);
}

static int
history_read_limit(const struct message *message, unsigned preset, unsigned max,
	unsigned *limit, struct message_fault *fault)
{
	uint64_t asked = preset;

	if (message_get_uint(message, "limit", &asked, fault) < 0)
		return -EINVAL;
	*limit = (unsigned)size_min(asked, max);
	return *limit ? 0
		      : message_refuse(fault, "bad_field",
				"\"limit\" must be a whole number from 1");
}

static int
history_refuse_another(struct message_fault *fault)
{
	message_refuse(fault, "busy", "you asked for much already, try again");
	return -EAGAIN;
}

int
history_do_history(struct chat *chat, struct asker *asker, const struct message *message,
	struct message_fault *fault)
{
	struct room *room = room_access_find(chat, asker, message->room, false, fault);
	uint64_t before = UINT64_MAX;
	struct request *request;
	unsigned limit;

	if (!room || message_get_uint(message, "before", &before, fault) < 0 ||
		history_read_limit(
			message, HISTORY_LIMIT, HISTORY_LIMIT_MAX, &limit, fault) < 0)
		return -EINVAL;
	if (asker->waiting_count >= READS_WAITING)
		return history_refuse_another(fault);
	request = request_new(chat, REQUEST_HISTORY, asker, room, message->ref);
	request->history.before = before;
	request->history.limit = limit;
	request_read(chat, request);
	return 0;
}

int
history_do_search(struct chat *chat, struct asker *asker, const struct message *message,
	struct message_fault *fault)
{
	struct room *room = room_access_find(chat, asker, message->room, false, fault);
	const char *query = NULL;
	struct request *request;
	unsigned limit;

	if (!room || message_get_string(message, "q", QUERY_BYTES, &query, fault) < 0 ||
		history_read_limit(
			message, SEARCH_LIMIT, SEARCH_LIMIT_MAX, &limit, fault) < 0)
		return -EINVAL;
	if (asker->waiting_count >= READS_WAITING)
		return history_refuse_another(fault);
	if (!query)
		return message_refuse(
			fault, "bad_field", "\"q\" must be the words to look for");
	request = request_new(chat, REQUEST_SEARCH, asker, room, message->ref);
	request->search.words = xstrdup(query);
	request->search.limit = limit;
	metrics.searches++;
	request_read(chat, request);
	return 0;
}
