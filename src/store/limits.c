/* How much of each room is kept. */
#include "store/limits.h"

#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"
#include "store/driver.h"

#define MS_A_DAY INT64_C(86400000)

uint64_t
store_excess(const struct store_keep *keep, uint64_t count)
{
	return keep->messages && count > keep->messages ? count - keep->messages : 0;
}

int64_t
store_cutoff_ms(const struct store_keep *keep, int64_t now_ms)
{
	return keep->days && now_ms != INT64_MIN ? now_ms - keep->days * MS_A_DAY
						 : INT64_MIN;
}

const struct store_keep *
store_find_limit(
	const struct store *store, const struct store_room_keep *limits, const char *room)
{
	const struct store_room_keep *found;

	HASH_FIND_STR(limits, room, found);
	if (!found)
		HASH_FIND_STR(limits, "", found);
	return found ? &found->keep : &store->options.keep;
}

void
store_free_limits(struct store_room_keep *limits)
{
	struct store_room_keep *limit, *next;

	HASH_ITER(hh, limits, limit, next)
	{
		HASH_DEL(limits, limit);
		free(limit);
	}
}

static void
store_add_limit(struct store_room_keep **limits, const struct store_limit *from)
{
	size_t len = strlen(from->room);
	struct store_room_keep *limit;

	HASH_FIND(hh, *limits, from->room, len, limit);
	if (!limit) {
		limit = xcalloc(1, sizeof(*limit) + len + 1);
		memcpy(limit->room, from->room, len);
		HASH_ADD_KEYPTR(hh, *limits, limit->room, len, limit);
	}
	limit->keep = from->keep;
}

void
store_limit(struct store *store, const struct store_keep *keep, uint64_t max_bytes)
{
	store->keep = *keep;
	store->max_bytes = max_bytes;
}

void
store_limit_rooms(struct store *store, const struct store_limit *limits, size_t count)
{
	const struct store_limit others = { .room = "", .keep = store->keep };
	struct store_room_keep *table = NULL;

	store->has_days = store->keep.days;
	store_add_limit(&table, &others);
	for (size_t i = 0; i < count; i++) {
		store->has_days |= limits[i].keep.days > 0;
		store_add_limit(&table, &limits[i]);
	}
	store->ops->limit(store, table);
}

void
store_prune(struct store *store, int64_t now_ms)
{
	if (store->has_days)
		store->ops->prune(store, now_ms);
}
