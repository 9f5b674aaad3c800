#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/redis/redis_store.h"

extern const struct redis_script redis_script_thin;

static void thin_go_on(struct store_redis *redis);

static void
thin_on_thinned(void *context, void *what, const struct redisReply *reply)
{
	struct store_redis *redis = context;
	struct redis_room *room = redis_find_room(redis, what);

	free(what);
	redis->is_thinning = false;
	if (!reply || reply->type != REDIS_REPLY_INTEGER)
		return; /* again when Redis is back */
	if (room)
		room->wants_thin |= reply->integer;
	thin_go_on(redis);
}

static void
thin_room(struct store_redis *redis, struct redis_room *room)
{
	const struct store_keep *keep =
		store_find_limit(&redis->store, redis->limits, room->name);
	int64_t cutoff_ms = store_cutoff_ms(keep, redis->prune_ms);
	struct redis_args args = { .count = 0 };
	char time[24] = "";

	if (cutoff_ms != INT64_MIN)
		snprintf(time, sizeof(time), "%lld", (long long)cutoff_ms);
	redis_args_text(&args, room->name);
	redis_args_number(&args, keep->messages);
	redis_args_text(&args, time);
	redis->is_thinning = true;
	room->wants_thin = false;
	redis_node_call(redis->node, &redis_script_thin, &args, thin_on_thinned, redis,
		xstrdup(room->name));
}

/* Thin the next room that may have too much. */
static void
thin_go_on(struct store_redis *redis)
{
	struct redis_room *room = redis->rooms;

	if (redis->is_thinning || !redis->limits || !redis_node_can_write(redis->node))
		return;
	while (room && !room->wants_thin)
		room = room->hh.next;
	if (room)
		thin_room(redis, room);
}

void
redis_thin_begin(struct store_redis *redis)
{
	struct redis_room *room, *next;

	HASH_ITER(hh, redis->rooms, room, next)
	room->wants_thin = true;
	thin_go_on(redis);
}
