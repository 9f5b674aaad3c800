#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/segment.h"
#include "store/sqlite/writer.h"

/* Find the message that has one of the keys of entry; *id is 0 if there is none. */
static int
entry_find_duplicate(struct sqlite_writer *writer, const struct cached_room *room,
	const struct store_entry *entry, int64_t *id)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_KEY_FIND];

	*id = 0;
	for (size_t i = 0; i < STORE_KEYS && !*id; i++) {
		int rc;
		if (!entry->keys[i])
			continue;
		sqlite3_bind_int64(statement, 1, room->number);
		sqlite3_bind_text(statement, 2, entry->keys[i], -1, SQLITE_STATIC);
		rc = sqlite3_step(statement);
		if (rc == SQLITE_ROW)
			*id = sqlite3_column_int64(statement, 0);
		sqlite3_reset(statement);
		if (rc != SQLITE_ROW && rc != SQLITE_DONE)
			return rc;
	}
	return SQLITE_OK;
}

static int
entry_add_keys(struct sqlite_writer *writer, const struct cached_room *room,
	const struct store_entry *entry, int64_t id)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_KEY_ADD];
	int rc = SQLITE_OK;

	for (size_t i = 0; i < STORE_KEYS && rc == SQLITE_OK; i++) {
		if (!entry->keys[i])
			continue;
		sqlite3_bind_int64(statement, 1, room->number);
		sqlite3_bind_text(statement, 2, entry->keys[i], -1, SQLITE_STATIC);
		sqlite3_bind_int64(statement, 3, id);
		rc = sqlite_db_run(&writer->db, WRITER_KEY_ADD);
	}
	return rc;
}

/* Add the message of write, with the tail that an erasure has made. */
static int
entry_add_message(struct sqlite_writer *writer, struct cached_room *room,
	const struct store_write *write, int64_t id)
{
	const struct store_entry *entry = &write->entry;
	bool is_change = write->tail.len;
	const char *tail = is_change ? write->tail.bytes : entry->tail;
	size_t tail_len = is_change ? write->tail.len : entry->tail_len;
	sqlite3_stmt *statement = writer->db.statements[WRITER_MESSAGE_ADD];
	char *words = segment_text(entry->words, strlen(entry->words));
	int rc;

	sqlite3_bind_int64(statement, 1, room->number);
	sqlite3_bind_int64(statement, 2, id);
	sqlite3_bind_int64(statement, 3, entry->ts_ms);
	sqlite3_bind_text(statement, 4, entry->type, -1, SQLITE_STATIC);
	sqlite3_bind_text64(statement, 5, tail, tail_len, SQLITE_STATIC, SQLITE_UTF8);
	sqlite3_bind_text(statement, 6, words, -1, SQLITE_STATIC);
	sqlite3_bind_int(statement, 7, is_change ? STORE_DELETE : STORE_SAID);
	rc = sqlite_db_run(&writer->db, WRITER_MESSAGE_ADD);
	if (rc == SQLITE_OK)
		rc = sqlite_words_add(writer, room,
			sqlite3_last_insert_rowid(writer->db.handle), words);
	room->changes += is_change;
	room->bytes += (int64_t)(tail_len + strlen(words));
	if (rc == SQLITE_OK)
		rc = entry_add_keys(writer, room, entry, id);
	free(words);
	return rc;
}

static int
entry_set_state(struct sqlite_writer *writer, const struct cached_room *room,
	const struct store_entry *entry, int64_t id)
{
	size_t which = entry->state_value ? WRITER_STATE_SET : WRITER_STATE_DROP;
	sqlite3_stmt *statement = writer->db.statements[which];

	if (!entry->state_key)
		return SQLITE_OK;
	sqlite3_bind_int64(statement, 1, room->number);
	sqlite3_bind_text(statement, 2, entry->state_key, -1, SQLITE_STATIC);
	if (entry->state_value) {
		sqlite3_bind_int64(statement, 3, id);
		sqlite3_bind_text64(statement, 4, entry->state_value,
			entry->state_value_len, SQLITE_STATIC, SQLITE_UTF8);
	}
	return sqlite_db_run(&writer->db, which);
}

/* Do the erasure of write. Returns SQLITE_OK or an error; is_done is set if there is
 * nothing to add. */
static int
entry_erase(struct sqlite_writer *writer, struct cached_room *room,
	struct store_write *write, bool *is_done)
{
	const struct store_change *erasure = &write->entry.change;
	int rc = SQLITE_OK;

	*is_done = false;
	if (!write->entry.change.kind)
		return SQLITE_OK;
	if (room)
		rc = sqlite_erasure_apply(writer, room, write);
	*is_done = !write->deleted;
	if (!write->deleted && erasure->count && !erasure->forgotten)
		write->error = -ENOENT;
	return rc;
}

int
sqlite_entry_write(struct sqlite_writer *writer, struct store_write *write)
{
	struct cached_room *room;
	bool is_done;
	int64_t id = 0;
	int rc = sqlite_room_cache_get(
		writer, write->entry.room, !write->entry.change.kind, &room);

	if (rc != SQLITE_OK || (room && (rc = entry_find_duplicate(writer, room,
						 &write->entry, &id)) != SQLITE_OK))
		return rc;
	if (id) {
		write->is_duplicate = true;
		write->id = (uint64_t)id;
		return SQLITE_OK;
	}
	rc = entry_erase(writer, room, write, &is_done);
	/* Without a room there was nothing to erase. */
	if (rc != SQLITE_OK || is_done || !room)
		return rc;
	id = room->last_id + 1;
	rc = entry_add_message(writer, room, write, id);
	if (rc == SQLITE_OK)
		rc = entry_set_state(writer, room, &write->entry, id);
	if (rc != SQLITE_OK)
		return rc;
	room->last_id = id;
	write->id = (uint64_t)id;
	room->added++;
	sqlite_room_cache_note(writer, room);
	return SQLITE_OK;
}
