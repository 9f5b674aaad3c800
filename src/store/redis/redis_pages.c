/* Pages of the history. There is no index: a search walks back over the newest messages.
 */
#include <errno.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/clock.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "store/page.h"
#include "store/redis/redis_pack.h"
#include "store/redis/redis_store.h"
#include "store/segment.h"

/* One call brings so many entries, or this many bytes and one entry. */
#define CALL_ENTRIES 256
#define CALL_BYTES ((size_t)1024 * 1024)

/* A search ends after so many messages or bytes of them. */
#define SEARCH_MESSAGES 20000
#define SEARCH_BYTES ((size_t)8 * 1024 * 1024)

extern const struct redis_script redis_script_page;

static void pages_ask(struct store_redis *redis, struct store_read *read);
static void pages_next_search(struct store_redis *redis);

static void
pages_end(struct store_redis *redis, struct store_read *read, int error)
{
	bool is_search = read->kind == STORE_SEARCH;

	redis->reads--;
	if (is_search) {
		phrases_fini(&redis->search.phrases);
		STAILQ_REMOVE_HEAD(&redis->searches, link);
	}
	if (read->kind == STORE_BEFORE && !error)
		store_read_reverse(read);
	redis_answer_read(redis, read, error);
	if (is_search)
		pages_next_search(redis);
}

/* The entry of target in a list of ids and entries. */
static bool
pages_find_target(
	const struct redisReply *targets, uint64_t id, struct redis_stored *stored)
{
	for (size_t i = 0; i + 1 < targets->elements; i += 2)
		if (strtoull(targets->element[i]->str, NULL, 10) == id)
			return redis_unpack_stored(stored, targets->element[i + 1]->str,
				(size_t)targets->element[i + 1]->len);
	return false;
}

/* Add an entry of any kind. */
static bool
pages_add_entry(struct store_read *read, const struct redis_stored *stored,
	const struct redisReply *targets)
{
	struct redis_stored target;
	bool has_target =
		stored->target && pages_find_target(targets, stored->target, &target);
	char *emoji = NULL;
	bool is_added;

	if (stored->message.kind == STORE_EDIT)
		return store_read_add_change(read, &stored->message,
			has_target && target.message.kind == STORE_SAID
				? target.message.tail
				: NULL);
	if (stored->message.kind == STORE_REACT && stored->emoji_len &&
		!(has_target && target.message.kind == STORE_DELETED))
		emoji = xstrndup(stored->emoji, stored->emoji_len);
	is_added = store_read_add_change(read, &stored->message, emoji);
	free(emoji);
	return is_added;
}

/* Compare a message with what is looked for. Returns false if the search is over. */
static bool
pages_add_found(struct store_redis *redis, struct store_read *read,
	const struct redis_stored *stored)
{
	struct redis_search *search = &redis->search;
	char *segmented = segment_text(stored->words, stored->words_len), *tokens;
	bool is_found;

	tokens = fts_tokenizer_run(redis->tokenizer, segmented);
	is_found = phrases_are_in(&search->phrases, tokens);
	free(tokens);
	free(segmented);
	if (is_found && !store_read_add(read, &stored->message)) {
		read->page.searched_from = 0;
		return false;
	}
	read->page.searched_from = stored->message.id;
	search->bytes += stored->message.tail_len;
	return ++search->looked < SEARCH_MESSAGES && search->bytes < SEARCH_BYTES;
}

static bool
pages_add(struct store_redis *redis, struct store_read *read,
	const struct redis_stored *stored, const struct redisReply *targets,
	bool has_reacted)
{
	switch (read->kind) {
	case STORE_AFTER:
		return pages_add_entry(read, stored, targets);
	case STORE_SAID_BY:
		return store_read_add_said(read, &stored->message, has_reacted);
	case STORE_SEARCH:
		return pages_add_found(redis, read, stored);
	default:
		return store_read_add(read, &stored->message);
	}
}

/* Add the entries of reply. Returns false if the page is full. */
static bool
pages_take_entries(struct store_redis *redis, struct store_read *read,
	const struct redisReply *reply, const struct redisReply *targets)
{
	for (size_t i = 0; i + 3 <= reply->elements; i += 3) {
		const struct redisReply *entry = reply->element[i + 1];
		struct redis_stored stored;

		if (!redis_unpack_stored(&stored, entry->str, (size_t)entry->len))
			continue;
		stored.message.id = strtoull(reply->element[i]->str, NULL, 10);
		if (!pages_add(redis, read, &stored, targets,
			    !strcmp(reply->element[i + 2]->str, "1")))
			return false;
	}
	return true;
}

/* True if the time of the search is over. */
static bool
pages_is_overdue(struct store_redis *redis, struct store_read *read, int64_t begin_us)
{
	struct redis_search *search = &redis->search;
	bool is_alone = !STAILQ_NEXT(read, link);

	if (read->kind != STORE_SEARCH)
		return false;
	search->spent_us += clock_thread_us() - begin_us;
	return redis->are_searches_cut ||
	       search->spent_us >=
		       (is_alone ? STORE_SEARCH_MS : STORE_SEARCH_BUSY_MS) * 1000;
}

/* reply: first id, last id, where to go on, entries, targets. */
static void
pages_on_page(void *context, void *what, const struct redisReply *reply)
{
	struct store_redis *redis = context;
	struct store_read *read = what;
	int64_t begin_us = clock_thread_us();
	int error = redis_reply_error(reply);
	const char *next;

	if (error || reply->type != REDIS_REPLY_ARRAY || reply->elements != 5) {
		pages_end(redis, read, error ? error : -EIO);
		return;
	}
	next = reply->element[2]->str;
	read->page.first_id = strtoull(reply->element[0]->str, NULL, 10);
	if (!pages_take_entries(redis, read, reply->element[3], reply->element[4]) ||
		(*next && pages_is_overdue(redis, read, begin_us))) {
		pages_end(redis, read, 0);
		return;
	}
	if (!*next) {
		read->page.searched_from = 0;
		pages_end(redis, read, 0);
		return;
	}
	if (read->kind == STORE_BEFORE || read->kind == STORE_SEARCH)
		read->high = strtoll(next, NULL, 10);
	else
		read->low = strtoll(next, NULL, 10);
	pages_ask(redis, read);
}

static void
pages_ask(struct store_redis *redis, struct store_read *read)
{
	static const char *const kinds[] = { [STORE_AFTER] = "entries",
		[STORE_BEFORE] = "before",
		[STORE_NEWER] = "newer",
		[STORE_SEARCH] = "before",
		[STORE_SAID_BY] = "entries" };
	bool looks_at_all = read->kind == STORE_SEARCH || read->kind == STORE_SAID_BY;
	size_t left = read->limit - read->page.count + 1;
	struct redis_args args = { .count = 0 };

	redis_args_text(&args, read->room);
	redis_args_text(&args, kinds[read->kind]);
	redis_args_number(&args, (uint64_t)read->low);
	redis_args_number(&args, (uint64_t)read->high);
	redis_args_number(
		&args, looks_at_all ? CALL_ENTRIES : size_min(left, CALL_ENTRIES));
	redis_args_number(&args, CALL_BYTES);
	redis_args_text(&args, read->kind == STORE_SAID_BY ? read->query : "");
	redis_node_call(
		redis->node, &redis_script_page, &args, pages_on_page, redis, read);
}

/* Begin the first search that waits, if it can find something. */
static void
pages_next_search(struct store_redis *redis)
{
	struct store_read *read = STAILQ_FIRST(&redis->searches);
	const struct redis_room *room;

	if (!read)
		return;
	room = redis_find_room(redis, read->room);
	read->page.searched_from =
		room ? size_min((uint64_t)read->high, room->last_id + 1) : 0;
	redis->search = (struct redis_search){ .looked = 0 };
	phrases_init(&redis->search.phrases, redis->tokenizer, read->query);
	if (!redis->can_read || redis->are_searches_cut)
		pages_end(redis, read, redis->can_read ? 0 : -EIO);
	else
		pages_ask(redis, read);
}

static void
pages_on_synced(void *context, void *what, int error)
{
	pages_end(context, what, error);
}

void
redis_pages_take(struct store_redis *redis, struct store_reads *reads)
{
	struct store_read *read;

	while ((read = STAILQ_FIRST(reads))) {
		STAILQ_REMOVE_HEAD(reads, link);
		redis->reads++;
		if (read->kind == STORE_SEARCH) {
			STAILQ_INSERT_TAIL(&redis->searches, read, link);
			if (STAILQ_FIRST(&redis->searches) == read)
				pages_next_search(redis);
		} else if (!redis->can_read) {
			pages_end(redis, read, -EIO);
		} else if (read->kind == STORE_SYNC) {
			redis_node_sync(redis->node, pages_on_synced, redis, read);
		} else {
			pages_ask(redis, read);
		}
	}
}
