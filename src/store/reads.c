/* Pages that are asked for. */
#include "store/reads.h"

#include <errno.h>
#include <string.h>

#include "linnet/base/xalloc.h"
#include "store/copy.h"
#include "store/segment.h"

size_t *
store_count_of(struct store *store, enum store_read_kind kind)
{
	return kind == STORE_SEARCH ? &store->searches_under_way
				    : &store->reads_under_way;
}

/* Ids fit into an int64_t, as in SQLite; a larger bound means no bound. */
static int64_t
store_to_signed(uint64_t id)
{
	return id < INT64_MAX ? (int64_t)id : INT64_MAX;
}

/* Give the driver a copy of read. Returns 0, or -EAGAIN if too many are under way. */
static int
store_begin_read(struct store *store, const struct store_read *read)
{
	size_t *under_way = store_count_of(store, read->kind);
	size_t max = read->kind == STORE_SEARCH ? STORE_SEARCHES_MAX : STORE_READS_MAX;
	struct store_read *copy;
	char *end;

	if (store->is_closing || *under_way >= max)
		return -EAGAIN;
	copy = xmalloc(sizeof(*copy) + store_text_size(read->room) +
		       store_text_size(read->query));
	*copy = *read;
	copy->page.first_id = 1;
	end = copy->memory;
	copy->room = store_copy_text(&end, read->room);
	copy->query = store_copy_text(&end, read->query);
	++*under_way;
	store->ops->read(store, copy);
	return 0;
}

int
store_after(struct store *store, const char *room, uint64_t after, uint64_t up_to,
	unsigned limit, size_t max_bytes, uint64_t ticket)
{
	return store_begin_read(store,
		&(struct store_read){
			.kind = STORE_AFTER,
			.ticket = ticket,
			.room = room,
			.low = store_to_signed(after),
			.high = store_to_signed(up_to < INT64_MAX ? up_to + 1 : up_to),
			.limit = limit,
			.max_bytes = max_bytes,
		});
}

int
store_sync(struct store *store, const char *room, uint64_t ticket)
{
	return store_begin_read(store, &(struct store_read){
					       .kind = STORE_SYNC,
					       .ticket = ticket,
					       .room = room,
				       });
}

int
store_before(struct store *store, const char *room, uint64_t before, unsigned limit,
	size_t max_bytes, uint64_t ticket)
{
	return store_begin_read(store, &(struct store_read){
					       .kind = STORE_BEFORE,
					       .ticket = ticket,
					       .room = room,
					       .high = store_to_signed(before),
					       .limit = limit,
					       .max_bytes = max_bytes,
				       });
}

int
store_newer(struct store *store, const char *room, uint64_t after, unsigned limit,
	size_t max_bytes, uint64_t ticket)
{
	return store_begin_read(store, &(struct store_read){
					       .kind = STORE_NEWER,
					       .ticket = ticket,
					       .room = room,
					       .low = store_to_signed(after),
					       .high = INT64_MAX,
					       .limit = limit,
					       .max_bytes = max_bytes,
				       });
}

size_t
store_query_words(const char *query)
{
	struct segment_part words[STORE_QUERY_WORDS];

	return segment_split(query, words, STORE_QUERY_WORDS);
}

int
store_said(struct store *store, const char *room, const char *name, uint64_t after,
	uint64_t ticket)
{
	return store_begin_read(store, &(struct store_read){
					       .kind = STORE_SAID_BY,
					       .ticket = ticket,
					       .room = room,
					       .query = name,
					       .low = store_to_signed(after),
					       .high = INT64_MAX,
					       .limit = STORE_DELETE_MAX,
					       .max_bytes = SIZE_MAX,
				       });
}

int
store_search(struct store *store, const char *room, const char *query, uint64_t before,
	unsigned limit, size_t max_bytes, uint64_t ticket)
{
	if (strlen(query) > STORE_QUERY_BYTES ||
		store_query_words(query) > STORE_QUERY_WORDS)
		return -E2BIG;
	return store_begin_read(store, &(struct store_read){
					       .kind = STORE_SEARCH,
					       .ticket = ticket,
					       .room = room,
					       .query = query,
					       .high = store_to_signed(before),
					       .limit = limit,
					       .max_bytes = max_bytes,
				       });
}
