#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/change_answer.h"
#include "store/segment.h"
#include "store/sqlite/writer.h"

/* Find the entry that has one of the keys of write: then it is a duplicate. */
static int
entry_find_duplicate(struct sqlite_writer *writer, const struct cached_room *room,
	struct store_write *write)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_KEY_FIND];

	for (size_t i = 0; i < STORE_KEYS && !write->is_duplicate; i++) {
		int rc;
		if (!write->entry.keys[i])
			continue;
		sqlite3_bind_int64(statement, 1, room->number);
		sqlite3_bind_text(statement, 2, write->entry.keys[i], -1, SQLITE_STATIC);
		sqlite3_bind_int64(statement, 3, room->gone_id);
		rc = sqlite3_step(statement);
		if (rc == SQLITE_ROW) {
			write->is_duplicate = true;
			write->id = (uint64_t)sqlite3_column_int64(statement, 0);
			write->ts_ms = sqlite3_column_int64(statement, 1);
		}
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

/* Note what entry id is about. */
static int
entry_add_change(struct sqlite_writer *writer, const struct cached_room *room,
	const struct store_change *change, int64_t id)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_CHANGE_ADD];

	sqlite3_bind_int64(statement, 1, room->number);
	sqlite3_bind_int64(statement, 2, id);
	if (change->kind == STORE_DELETE)
		sqlite3_bind_null(statement, 3);
	else
		sqlite3_bind_int64(statement, 3, (int64_t)change->of[0]);
	/* NULL for other changes */
	sqlite3_bind_text(statement, 4, change->emoji, -1, SQLITE_STATIC);
	return sqlite_db_run(&writer->db, WRITER_CHANGE_ADD);
}

/* Add the entry of write, with the tail that a change has made. */
static int
entry_add(struct sqlite_writer *writer, struct cached_room *room,
	const struct store_write *write, int64_t id)
{
	const struct store_entry *entry = &write->entry;
	bool is_change = entry->change.kind;
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
	sqlite3_bind_int(statement, 7, (int)entry->change.kind);
	/* NULL: nobody */
	sqlite3_bind_blob(statement, 8, is_change ? NULL : entry->author,
		STORE_AUTHOR_BYTES, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 9, sqlite_words_note(writer, words));
	rc = sqlite_db_run(&writer->db, WRITER_MESSAGE_ADD);
	room->changes += is_change;
	room->messages += !is_change;
	room->bytes += (int64_t)(tail_len + strlen(words));
	if (entry->ts_ms > room->last_ts)
		room->last_ts = entry->ts_ms;
	if (rc == SQLITE_OK && is_change)
		rc = entry_add_change(writer, room, &entry->change, id);
	if (rc == SQLITE_OK)
		rc = entry_add_keys(writer, room, entry, id);
	free(words);
	return rc;
}

/* Set the error of write if the state is not the one that it was made from. */
static int
entry_check_state(struct sqlite_writer *writer, const struct cached_room *room,
	struct store_write *write)
{
	const struct store_entry *entry = &write->entry;
	sqlite3_stmt *statement = writer->db.statements[WRITER_STATE_GET];
	uint64_t version = 0;
	int rc;

	if (!entry->state_key || entry->state_version == STORE_ANY_VERSION)
		return SQLITE_OK;
	sqlite3_bind_int64(statement, 1, room->number);
	sqlite3_bind_text(statement, 2, entry->state_key, -1, SQLITE_STATIC);
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		version = store_version((const char *)sqlite3_column_text(statement, 0),
			(size_t)sqlite3_column_bytes(statement, 0));
	sqlite3_reset(statement);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return rc;
	if (version != entry->state_version)
		write->error = -ESTALE;
	return SQLITE_OK;
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

/* Do what the change of write says. It has a tail then if there is an entry to add. */
static int
entry_apply(
	struct sqlite_writer *writer, struct cached_room *room, struct store_write *write)
{
	switch (write->entry.change.kind) {
	case STORE_EDIT:
		return sqlite_edit_apply(writer, room, write);
	case STORE_REACT:
		return sqlite_reaction_apply(writer, room, write);
	default:
		return sqlite_erasure_apply(writer, room, write);
	}
}

int
sqlite_entry_write(struct sqlite_writer *writer, struct store_write *write)
{
	bool is_change = write->entry.change.kind;
	struct cached_room *room;
	int64_t id;
	int rc = sqlite_room_cache_get(writer, write->entry.room, !is_change, &room);

	if (rc == SQLITE_OK && !room)
		store_refuse_change(write, false);
	if (rc == SQLITE_OK && room)
		rc = entry_find_duplicate(writer, room, write);
	if (rc == SQLITE_OK && room && !write->is_duplicate)
		rc = entry_check_state(writer, room, write);
	if (rc != SQLITE_OK || !room || write->is_duplicate || write->error)
		return rc;
	if (is_change && ((rc = entry_apply(writer, room, write)) || !write->tail.len))
		return rc;
	id = room->last_id + 1;
	rc = entry_add(writer, room, write, id);
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
