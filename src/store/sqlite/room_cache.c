#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/limits.h"
#include "store/sqlite/writer.h"

static struct cached_room *
room_cache_add(struct sqlite_writer *writer, const char *name, int64_t number)
{
	size_t len = strlen(name);
	struct cached_room *room = xcalloc(1, sizeof(*room) + len + 1);

	memcpy(room->name, name, len);
	room->number = number;
	room->keep = *store_find_limit(writer->store, writer->limits, name);
	snprintf(room->token, sizeof(room->token), "in%lld", (long long)number);
	HASH_ADD_KEYPTR(hh, writer->rooms, room->name, len, room);
	return room;
}

static int
room_cache_load(struct sqlite_writer *writer, const char *name, struct cached_room **room)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_ROOM_FIND];
	int rc;

	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW) {
		*room = room_cache_add(writer, name, sqlite3_column_int64(statement, 0));
		(*room)->last_id = sqlite3_column_int64(statement, 1);
		(*room)->gone_id = sqlite3_column_int64(statement, 2);
		(*room)->lost_id = sqlite3_column_int64(statement, 3);
		(*room)->changes = sqlite3_column_int64(statement, 4);
		(*room)->messages = sqlite3_column_int64(statement, 5);
		(*room)->bytes = sqlite3_column_int64(statement, 6);
		(*room)->last_ts = sqlite3_column_int64(statement, 7);
	}
	sqlite3_reset(statement);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int
sqlite_room_cache_get(struct sqlite_writer *writer, const char *name, bool may_add,
	struct cached_room **room)
{
	int rc;

	HASH_FIND_STR(writer->rooms, name, *room);
	if (*room)
		return SQLITE_OK;
	rc = room_cache_load(writer, name, room);
	if (rc != SQLITE_OK || *room || !may_add)
		return rc;
	sqlite3_bind_text(
		writer->db.statements[WRITER_ROOM_ADD], 1, name, -1, SQLITE_STATIC);
	rc = sqlite_db_run(&writer->db, WRITER_ROOM_ADD);
	if (rc == SQLITE_OK)
		*room = room_cache_add(
			writer, name, sqlite3_last_insert_rowid(writer->db.handle));
	return rc;
}

void
sqlite_room_cache_note(struct sqlite_writer *writer, struct cached_room *room)
{
	if (room->is_changed)
		return;
	room->is_changed = true;
	TAILQ_INSERT_TAIL(&writer->changed, room, changed_link);
}

int
sqlite_room_cache_set(struct sqlite_writer *writer, const struct cached_room *room)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_ROOM_SET];

	sqlite3_bind_int64(statement, 1, room->number);
	sqlite3_bind_int64(statement, 2, room->last_id);
	sqlite3_bind_int64(statement, 3, room->gone_id);
	sqlite3_bind_int64(statement, 4, room->lost_id);
	sqlite3_bind_int64(statement, 5, room->changes);
	sqlite3_bind_int64(statement, 6, room->messages);
	sqlite3_bind_int64(statement, 7, room->bytes);
	sqlite3_bind_int64(statement, 8, room->last_ts);
	return sqlite_db_run(&writer->db, WRITER_ROOM_SET);
}

int
sqlite_room_cache_save(struct sqlite_writer *writer)
{
	struct cached_room *room;
	int rc = SQLITE_OK;

	TAILQ_FOREACH (room, &writer->changed, changed_link) {
		rc = sqlite_room_cache_set(writer, room);
		if (rc != SQLITE_OK)
			break;
	}
	return rc;
}

void
sqlite_room_cache_limit(struct sqlite_writer *writer, struct store_room_keep *limits)
{
	struct cached_room *room, *next;

	store_free_limits(writer->limits);
	writer->limits = limits;
	HASH_ITER(hh, writer->rooms, room, next)
	room->keep = *store_find_limit(writer->store, limits, room->name);
}

void
sqlite_room_cache_clear(struct sqlite_writer *writer)
{
	struct cached_room *room, *next;

	TAILQ_INIT(&writer->changed);
	TAILQ_INIT(&writer->trim.rooms);
	writer->trim.debt = 0;
	HASH_ITER(hh, writer->rooms, room, next)
	{
		HASH_DEL(writer->rooms, room);
		free(room);
	}
}
