#include <stdint.h>
#include <string.h>

#include "linnet/base/log.h"
#include "store/sqlite/writer.h"

/* Messages deleted by one transaction. It takes about 3 ms; a commit may wait that long.
 */
#define STEP_ROWS 200

/* A room is trimmed when it is over keep_messages by 1/128 of it, not at each message. */
#define SLACK_DIVISOR 128

void
sqlite_trim_sweep(struct sqlite_writer *writer, int64_t cutoff_ms)
{
	writer->trim.cutoff_ms = cutoff_ms;
	writer->trim.is_sweeping = true;
	writer->trim.sweep_number = 0;
}

static void
trim_add_room(struct sqlite_writer *writer, struct cached_room *room)
{
	if (room->is_in_trim_list)
		return;
	room->is_in_trim_list = true;
	TAILQ_INSERT_TAIL(&writer->trim.rooms, room, trim_link);
}

static void
trim_remove_room(struct sqlite_writer *writer, struct cached_room *room)
{
	room->is_in_trim_list = false;
	TAILQ_REMOVE(&writer->trim.rooms, room, trim_link);
}

static uint64_t
trim_excess(const struct sqlite_writer *writer, const struct cached_room *room)
{
	return store_excess(
		writer->store, (uint64_t)(room->last_id - room->first_id + 1));
}

void
sqlite_trim_note(struct sqlite_writer *writer, struct cached_room *room, int64_t count)
{
	uint64_t slack = writer->store->options.keep_messages / SLACK_DIVISOR;

	if (trim_excess(writer, room) <= slack)
		return;
	trim_add_room(writer, room);
	/* Delete twice as many as were added. So the excess shrinks however fast messages
	 * arrive. */
	writer->trim.debt += 2 * count;
}

bool
sqlite_trim_has_work(const struct sqlite_writer *writer)
{
	return !TAILQ_EMPTY(&writer->trim.rooms) || writer->trim.is_sweeping;
}

/* Add the sweep's next room to the list. */
static int
trim_sweep_next_room(struct sqlite_writer *writer)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_ROOM_NEXT];
	struct cached_room *room = NULL;
	int rc;

	sqlite3_bind_int64(statement, 1, writer->trim.sweep_number);
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(statement, 1);
		writer->trim.sweep_number = sqlite3_column_int64(statement, 0);
		rc = name ? sqlite_room_cache_get(writer, name, false, &room)
			  : SQLITE_CORRUPT;
		if (room)
			trim_add_room(writer, room);
	} else if (rc == SQLITE_DONE) {
		writer->trim.is_sweeping = false;
		rc = SQLITE_OK;
	}
	sqlite3_reset(statement);
	return rc;
}

static int
trim_drop_words(struct sqlite_writer *writer, const struct cached_room *room, int64_t seq,
	const char *words)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_SEARCH_DROP];

	if (!*words)
		return SQLITE_OK; /* the index has no row for it */
	sqlite3_bind_int64(statement, 1, seq);
	sqlite3_bind_text(statement, 2, room->token, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, words, -1, SQLITE_STATIC);
	return sqlite_db_run(&writer->db, WRITER_SEARCH_DROP);
}

static int
trim_drop_up_to(struct sqlite_writer *writer, size_t which,
	const struct cached_room *room, int64_t last_id)
{
	sqlite3_stmt *statement = writer->db.statements[which];

	sqlite3_bind_int64(statement, 1, room->number);
	sqlite3_bind_int64(statement, 2, last_id);
	return sqlite_db_run(&writer->db, which);
}

/* Delete up to STEP_ROWS messages that are too old or too many from the search index.
 * *last_id is set to the last of them; it is unchanged if there is none. */
static int
trim_drop_from_search(
	struct sqlite_writer *writer, const struct cached_room *room, int64_t *last_id)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_OLDEST];
	int64_t keep_from = room->first_id + (int64_t)trim_excess(writer, room);
	int rc;

	sqlite3_bind_int64(statement, 1, room->number);
	sqlite3_bind_int64(statement, 2, STEP_ROWS);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		int64_t id = sqlite3_column_int64(statement, 0);
		const char *words = (const char *)sqlite3_column_text(statement, 3);
		if (id >= keep_from &&
			sqlite3_column_int64(statement, 1) >= writer->trim.cutoff_ms) {
			rc = SQLITE_DONE;
			break;
		}
		rc = words ? trim_drop_words(writer, room,
				     sqlite3_column_int64(statement, 2), words)
			   : SQLITE_CORRUPT;
		if (rc != SQLITE_OK)
			break;
		*last_id = id;
	}
	sqlite3_reset(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Delete up to STEP_ROWS messages of room; *count is their number. */
static int
trim_one_room(struct sqlite_writer *writer, struct cached_room *room, int64_t *count)
{
	int64_t last_id = room->first_id - 1;
	int rc = sqlite_db_exec(&writer->db, "BEGIN IMMEDIATE");

	if (rc == SQLITE_OK)
		rc = trim_drop_from_search(writer, room, &last_id);
	if (rc == SQLITE_OK && last_id >= room->first_id &&
		(rc = trim_drop_up_to(writer, WRITER_KEYS_DROP, room, last_id)) ==
			SQLITE_OK)
		rc = trim_drop_up_to(writer, WRITER_MESSAGES_DROP, room, last_id);
	if (rc == SQLITE_OK)
		rc = sqlite_db_exec(&writer->db, "COMMIT");
	*count = 0;
	if (rc == SQLITE_OK) {
		*count = last_id + 1 - room->first_id;
		room->first_id = last_id + 1;
	}
	return rc;
}

/* Another step would fail as well, so stop until the next commit or store_prune. */
static void
trim_give_up(struct sqlite_writer *writer, int rc)
{
	log_warn("store_prune_failed", log_str("path", writer->store->options.path),
		log_str("why", sqlite3_errstr(rc)));
	sqlite_db_rollback(&writer->db);
	sqlite_room_cache_clear(writer);
	writer->trim.is_sweeping = false;
	writer->is_broken = sqlite_db_is_broken(rc);
}

void
sqlite_trim_step(struct sqlite_writer *writer)
{
	struct cached_room *room = TAILQ_FIRST(&writer->trim.rooms);
	int64_t count = 0;
	int rc;

	if (!room) {
		rc = writer->trim.is_sweeping ? trim_sweep_next_room(writer) : SQLITE_OK;
	} else {
		rc = trim_one_room(writer, room, &count);
		if (rc == SQLITE_OK && count < STEP_ROWS)
			trim_remove_room(writer, room);
	}
	if (rc != SQLITE_OK) {
		trim_give_up(writer, rc);
		return;
	}
	writer->trim.debt -= count;
	if (writer->trim.debt < 0 || !sqlite_trim_has_work(writer))
		writer->trim.debt = 0;
}
