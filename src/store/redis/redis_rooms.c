#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"
#include "store/redis/redis_store.h"

int
redis_reply_error(const struct redisReply *reply)
{
	if (!reply)
		return -EIO;
	if (reply->type != REDIS_REPLY_ERROR)
		return 0;
	return !strncmp(reply->str, "ERR ", 4) || !strncmp(reply->str, "WRONGTYPE ", 10)
		       ? -EUCLEAN
		       : -EIO;
}

uint64_t
redis_keep_of(const struct store_redis *redis, const char *room)
{
	return redis->limits
		       ? store_find_limit(&redis->store, redis->limits, room)->messages
		       : 0;
}

struct redis_room *
redis_find_room(struct store_redis *redis, const char *name)
{
	struct redis_room *room;

	HASH_FIND_STR(redis->rooms, name, room);
	return room;
}

struct redis_room *
redis_get_room(struct store_redis *redis, const char *name)
{
	struct redis_room *room = redis_find_room(redis, name);
	size_t len = strlen(name);

	if (room)
		return room;
	room = xcalloc(1, sizeof(*room) + len + 1);
	memcpy(room->name, name, len);
	HASH_ADD_KEYPTR(hh, redis->rooms, room->name, len, room);
	return room;
}

void
redis_forget_rooms(struct store_redis *redis)
{
	struct redis_room *room, *next;

	HASH_ITER(hh, redis->rooms, room, next)
	{
		HASH_DEL(redis->rooms, room);
		free(room);
	}
}

void
redis_picture_clear_room(struct redis_picture_room *room)
{
	for (size_t i = 0; i < room->count; i++) {
		free(room->values[i].key);
		free(room->values[i].value);
	}
	free(room->values);
	room->values = NULL;
	room->count = 0;
}

void
redis_picture_free(struct redis_picture *picture)
{
	struct redis_picture_room *room, *next;

	if (!picture)
		return;
	HASH_ITER(hh, picture->rooms, room, next)
	{
		HASH_DEL(picture->rooms, room);
		redis_picture_clear_room(room);
		free(room);
	}
	free(picture);
}
