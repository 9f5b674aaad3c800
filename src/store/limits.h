/* limits.h - how much of each room is kept. */
#pragma once

#include "linnet/base/hash.h"
#include "linnet/store/store.h"

/* A room with a limit of its own. The room "" stands for all others. */
struct store_room_keep {
	UT_hash_handle hh; /* by room */
	struct store_keep keep;
	char room[];
};

/* By how many messages a room of count messages has too many. */
uint64_t store_excess(const struct store_keep *keep, uint64_t count);

/* Messages before this time are too old at now_ms. INT64_MIN: none is; now_ms may be
 * that, too. */
int64_t store_cutoff_ms(const struct store_keep *keep, int64_t now_ms);

/* The limit of room in limits, or else that of the other rooms. */
const struct store_keep *store_find_limit(const struct store *store,
	const struct store_room_keep *limits, const char *room);

/* Free the table. */
void store_free_limits(struct store_room_keep *limits);
