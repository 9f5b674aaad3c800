/* The names that have reacted to a message are kept one a row, with those that took a
 * reaction back. What readers are sent of them is in the message's tail. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/protocol/name.h"
#include "store/change_answer.h"
#include "store/revised.h"
#include "store/sqlite/writer.h"

/* About what one row takes of the file. */
#define ROW_BYTES 100

static void
reaction_bind(struct sqlite_writer *writer, size_t which, const struct cached_room *room,
	uint64_t target, const char *third, const char *fourth)
{
	sqlite3_stmt *statement = writer->db.statements[which];

	sqlite3_bind_int64(statement, 1, room->number);
	sqlite3_bind_int64(statement, 2, (int64_t)target);
	sqlite3_bind_text(statement, 3, third, -1, SQLITE_TRANSIENT);
	if (fourth)
		sqlite3_bind_text(statement, 4, fourth, -1, SQLITE_TRANSIENT);
}

/* See whether the reaction of write changes nothing; *is_known: it was set before. */
static int
reaction_look(struct sqlite_writer *writer, const struct cached_room *room,
	struct store_write *write, const char *folded, bool *is_known)
{
	const struct store_change *change = &write->entry.change;
	sqlite3_stmt *statement = writer->db.statements[WRITER_REACTION_FIND];
	uint64_t id = 0;
	int64_t ts_ms = 0;
	bool is_on = false;
	int rc;

	reaction_bind(
		writer, WRITER_REACTION_FIND, room, change->of[0], change->emoji, folded);
	rc = sqlite3_step(statement);
	*is_known = rc == SQLITE_ROW;
	if (*is_known) {
		id = (uint64_t)sqlite3_column_int64(statement, 0);
		is_on = sqlite3_column_int(statement, 1);
		ts_ms = sqlite3_column_int64(statement, 2);
	}
	sqlite3_reset(statement);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return rc;
	if (is_on == change->is_on)
		store_note_reaction(write, id, ts_ms);
	return SQLITE_OK;
}

/* Set the row of write's reaction; its entry will be the room's next. */
static int
reaction_set(struct sqlite_writer *writer, struct cached_room *room,
	const struct store_write *write, const char *folded, bool is_known)
{
	const struct store_change *change = &write->entry.change;
	sqlite3_stmt *statement = writer->db.statements[WRITER_REACTION_SET];

	reaction_bind(
		writer, WRITER_REACTION_SET, room, change->of[0], change->emoji, folded);
	sqlite3_bind_text(statement, 5, change->name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 6, room->last_id + 1);
	sqlite3_bind_int(statement, 7, change->is_on);
	room->bytes += is_known ? 0 : ROW_BYTES;
	return sqlite_db_run(&writer->db, WRITER_REACTION_SET);
}

/* Read the first names that have reacted with emoji. */
static int
reaction_list_names(struct sqlite_writer *writer, const struct cached_room *room,
	uint64_t target, const char *emoji, json_t *names)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_REACTION_NAMES];
	int rc;

	reaction_bind(writer, WRITER_REACTION_NAMES, room, target, emoji, NULL);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW)
		json_array_append_new(names,
			json_string((const char *)sqlite3_column_text(statement, 0)));
	sqlite3_reset(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* One of those that have reacted with emoji is no longer in the table. */
static int
reaction_take_back(struct sqlite_writer *writer, const struct cached_room *room,
	uint64_t target, const char *emoji, json_t *object)
{
	size_t count = revised_count(object, emoji);
	json_t *names = json_array();
	int rc = reaction_list_names(writer, room, target, emoji, names);

	revised_set_names(object, emoji, names, count ? count - 1 : 0);
	return rc;
}

/* Add the reaction to its target, or take it back. */
static int
reaction_change(struct sqlite_writer *writer, struct cached_room *room,
	const struct store_write *write, const struct sqlite_row *row, json_t *object)
{
	const struct store_change *change = &write->entry.change;
	char *tail;
	int rc = SQLITE_OK;

	if (change->is_on)
		revised_add_name(object, change->emoji, change->name);
	else
		rc = reaction_take_back(
			writer, room, change->of[0], change->emoji, object);
	if (rc != SQLITE_OK)
		return rc;
	tail = revised_print(json_incref(object));
	rc = sqlite_row_set(writer, room, row, tail, row->words);
	free(tail);
	return rc;
}

static int
reaction_apply_to(struct sqlite_writer *writer, struct cached_room *room,
	struct store_write *write, const struct sqlite_row *row, json_t *object)
{
	const struct store_change *change = &write->entry.change;
	char folded[NAME_MAX_BYTES + 1];
	bool is_known;
	int rc;

	name_fold(folded, change->name);
	rc = reaction_look(writer, room, write, folded, &is_known);
	if (rc != SQLITE_OK || write->is_duplicate)
		return rc;
	if (change->is_on && revised_is_full(object, change->emoji)) {
		write->error = -E2BIG;
		return SQLITE_OK;
	}
	rc = reaction_set(writer, room, write, folded, is_known);
	if (rc == SQLITE_OK)
		rc = reaction_change(writer, room, write, row, object);
	store_make_tail(write);
	return rc;
}

int
sqlite_reaction_apply(
	struct sqlite_writer *writer, struct cached_room *room, struct store_write *write)
{
	struct sqlite_row row;
	json_t *object = NULL;
	int rc = sqlite_row_find(writer, room, write->entry.change.of[0], &row);

	if (rc == SQLITE_OK && row.seq)
		object = revised_parse(&row.message);
	if (object)
		rc = reaction_apply_to(writer, room, write, &row, object);
	else
		store_refuse_change(write, false);
	sqlite_row_release(writer);
	json_decref(object);
	return rc;
}

int
sqlite_reaction_drop(struct sqlite_writer *writer, struct cached_room *room,
	int64_t first_id, int64_t last_id)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_REACTIONS_DROP];
	int rc;

	sqlite3_bind_int64(statement, 1, room->number);
	sqlite3_bind_int64(statement, 2, first_id);
	sqlite3_bind_int64(statement, 3, last_id);
	rc = sqlite_db_run(&writer->db, WRITER_REACTIONS_DROP);
	/* Those of a deleted room do not count any more. */
	if (rc == SQLITE_OK && first_id > room->gone_id)
		room->bytes -= ROW_BYTES * sqlite3_changes(writer->db.handle);
	return rc;
}

/* List the emoji with which folded reacts to target. */
static int
reaction_list_emoji(struct sqlite_writer *writer, const struct cached_room *room,
	uint64_t target, const char *folded, json_t *emoji)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_REACTION_OF];
	int rc;

	reaction_bind(writer, WRITER_REACTION_OF, room, target, folded, NULL);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW)
		json_array_append_new(emoji,
			json_string((const char *)sqlite3_column_text(statement, 0)));
	sqlite3_reset(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* folded reacts to target no longer with each of emoji. */
static int
reaction_take_all_back(struct sqlite_writer *writer, const struct cached_room *room,
	uint64_t target, const json_t *emoji, char **tail)
{
	json_t *object = revised_load(*tail, strlen(*tail)), *one;
	size_t i;
	int rc = SQLITE_OK;

	json_array_foreach(emoji, i, one)
	{
		if (rc == SQLITE_OK)
			rc = reaction_take_back(
				writer, room, target, json_string_value(one), object);
	}
	free(*tail);
	*tail = revised_print(object);
	return rc;
}

int
sqlite_reaction_forget(struct sqlite_writer *writer, struct cached_room *room,
	uint64_t target, const char *folded, char **tail)
{
	json_t *emoji = json_array();
	int rc = reaction_list_emoji(writer, room, target, folded, emoji);

	if (rc == SQLITE_OK) {
		reaction_bind(writer, WRITER_REACTION_FORGET, room, target, folded, NULL);
		rc = sqlite_db_run(&writer->db, WRITER_REACTION_FORGET);
	}
	if (rc == SQLITE_OK) {
		room->bytes -= ROW_BYTES * sqlite3_changes(writer->db.handle);
		if (json_array_size(emoji))
			rc = reaction_take_all_back(writer, room, target, emoji, tail);
	}
	json_decref(emoji);
	return rc;
}
