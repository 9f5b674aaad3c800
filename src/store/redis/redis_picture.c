#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"
#include "store/redis/redis_store.h"

extern const struct redis_script redis_script_rooms_of;

static void picture_ask(struct store_redis *redis, const char *cursor);

/* reply: keys and values of a room's state. */
static void
picture_take_values(struct redis_picture_room *room, const struct redisReply *reply)
{
	room->count = reply->elements / 2;
	room->values = xcalloc(room->count + 1, sizeof(*room->values));
	for (size_t i = 0; i < room->count; i++) {
		const struct redisReply *text = reply->element[2 * i + 1];
		struct redis_picture_value *value = &room->values[i];
		struct redis_parts parts = { .at = text->str, .left = (size_t)text->len };
		const char *bytes;
		size_t len;

		value->key = xstrdup(reply->element[2 * i]->str);
		value->first_id = redis_part_next_number(&parts);
		value->id = redis_part_next_number(&parts);
		redis_part_next(&parts, &len); /* the version */
		bytes = redis_part_next(&parts, &value->value_len);
		value->value = xmalloc(value->value_len + 1);
		memcpy(value->value, bytes, value->value_len);
		value->value[value->value_len] = '\0';
	}
}

/* fields: name, last id, deleted id, time, state. A room may come twice. */
static void
picture_take_room(struct redis_picture *picture, struct redisReply **fields)
{
	const char *name = fields[0]->str;
	size_t len = strlen(name);
	struct redis_picture_room *room;

	HASH_FIND(hh, picture->rooms, name, len, room);
	if (!room) {
		room = xcalloc(1, sizeof(*room) + len + 1);
		memcpy(room->name, name, len);
		HASH_ADD_KEYPTR(hh, picture->rooms, room->name, len, room);
	}
	redis_picture_clear_room(room);
	room->last_id = strtoull(fields[1]->str, NULL, 10);
	room->gone_id = strtoull(fields[2]->str, NULL, 10);
	room->last_ts_ms = strtoll(fields[3]->str, NULL, 10);
	picture_take_values(room, fields[4]);
}

/* All was read. */
static void
picture_end(struct store_redis *redis)
{
	struct redis_picture *picture = redis->picture;
	struct redis_picture_room *from, *next;

	redis->picture = NULL;
	redis_forget_rooms(redis);
	HASH_ITER(hh, picture->rooms, from, next)
	{
		struct redis_room *room = redis_get_room(redis, from->name);
		room->last_id = from->last_id;
		room->gone_id = from->gone_id;
	}
	redis_answer_picture(redis, picture);
	redis->can_read = true;
	redis_node_ready(redis->node);
}

/* reply: cursor, rooms. */
static void
picture_on_rooms(void *context, void *what, const struct redisReply *reply)
{
	struct store_redis *redis = context;
	const struct redisReply *rooms;

	if (what != redis->picture || !redis->picture)
		return; /* of an earlier hello */
	if (!reply || reply->type != REDIS_REPLY_ARRAY || reply->elements != 2) {
		redis_picture_free(redis->picture);
		redis->picture = NULL;
		return;
	}
	rooms = reply->element[1];
	for (size_t i = 0; i + 5 <= rooms->elements; i += 5)
		picture_take_room(redis->picture, rooms->element + i);
	if (strcmp(reply->element[0]->str, "0") != 0)
		picture_ask(redis, reply->element[0]->str);
	else
		picture_end(redis);
}

static void
picture_ask(struct store_redis *redis, const char *cursor)
{
	struct redis_args args = { .count = 0 };

	redis_args_text(&args, cursor);
	redis_node_call(redis->node, &redis_script_rooms_of, &args, picture_on_rooms,
		redis, redis->picture);
}

void
redis_picture_begin(struct store_redis *redis, const char *epoch)
{
	redis_picture_free(redis->picture);
	redis->picture = xcalloc(1, sizeof(*redis->picture));
	memcpy(redis->picture->epoch, epoch, strlen(epoch) + 1);
	picture_ask(redis, "0");
}
