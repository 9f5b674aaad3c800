#include <stdint.h>
#include <string.h>

#include "linnet/base/log.h"
#include "store/sqlite/writer.h"

/* Messages a transaction: some 3 ms, which is how long a commit may have to wait. */
#define STEP_ROWS 200

/* A full room is trimmed once it has this part more, not at every message. */
#define SLACK_PART 128

void
sqlite_trim_sweep(struct sqlite_writer *writer, int64_t cutoff_ms)
{
	writer->trim.cutoff_ms = cutoff_ms;
	writer->trim.sweeping = true;
	writer->trim.sweep_number = 0;
}

static void
add_room(struct sqlite_writer *writer, struct writer_room *room)
{
	if (room->is_trimmed)
		return;
	room->is_trimmed = true;
	TAILQ_INSERT_TAIL(&writer->trim.rooms, room, trim_link);
}

static void
remove_room(struct sqlite_writer *writer, struct writer_room *room)
{
	room->is_trimmed = false;
	TAILQ_REMOVE(&writer->trim.rooms, room, trim_link);
}

static uint64_t
excess_of(const struct sqlite_writer *writer, const struct writer_room *room)
{
	return store_excess(
		writer->store, (uint64_t)(room->last_id - room->first_id + 1));
}

void
sqlite_trim_note(struct sqlite_writer *writer, struct writer_room *room, int64_t count)
{
	uint64_t slack = writer->store->options.keep_messages / SLACK_PART;

	if (excess_of(writer, room) <= slack)
		return;
	add_room(writer, room);
	/* Twice as many as came, so that what is too many becomes less, however fast
	 * messages come. */
	writer->trim.debt += 2 * count;
}

bool
sqlite_trim_has_work(const struct sqlite_writer *writer)
{
	return !TAILQ_EMPTY(&writer->trim.rooms) || writer->trim.sweeping;
}

void
sqlite_trim_forget(struct sqlite_writer *writer)
{
	while (!TAILQ_EMPTY(&writer->trim.rooms))
		remove_room(writer, TAILQ_FIRST(&writer->trim.rooms));
	writer->trim.debt = 0;
}

/* Put the sweep's next room into the list. */
static int
sweep_on(struct sqlite_writer *writer)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_ROOM_NEXT];
	struct writer_room *room = NULL;
	int rc;

	sqlite3_bind_int64(statement, 1, writer->trim.sweep_number);
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(statement, 1);
		writer->trim.sweep_number = sqlite3_column_int64(statement, 0);
		rc = name ? sqlite_writer_room(writer, name, false, &room)
			  : SQLITE_CORRUPT;
		if (room)
			add_room(writer, room);
	} else if (rc == SQLITE_DONE) {
		writer->trim.sweeping = false;
		rc = SQLITE_OK;
	}
	sqlite3_reset(statement);
	return rc;
}

static int
drop_words(struct sqlite_writer *writer, const struct writer_room *room, int64_t seq,
	const char *words)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_SEARCH_DROP];

	if (!*words)
		return SQLITE_OK; /* was never added */
	sqlite3_bind_int64(statement, 1, seq);
	sqlite3_bind_text(statement, 2, room->token, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, words, -1, SQLITE_STATIC);
	return sqlite_db_run(&writer->db, WRITER_SEARCH_DROP);
}

static int
drop_up_to(struct sqlite_writer *writer, size_t which, const struct writer_room *room,
	int64_t last_id)
{
	sqlite3_stmt *statement = writer->db.statements[which];

	sqlite3_bind_int64(statement, 1, room->number);
	sqlite3_bind_int64(statement, 2, last_id);
	return sqlite_db_run(&writer->db, which);
}

/* Take what is too old or too many, up to STEP_ROWS messages, out of the search. *last_id
 * is the last of them, or unchanged if there is none. */
static int
drop_from_search(
	struct sqlite_writer *writer, const struct writer_room *room, int64_t *last_id)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_OLDEST];
	int64_t enough = room->first_id + (int64_t)excess_of(writer, room);
	int rc;

	sqlite3_bind_int64(statement, 1, room->number);
	sqlite3_bind_int64(statement, 2, STEP_ROWS);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		int64_t id = sqlite3_column_int64(statement, 0);
		const char *words = (const char *)sqlite3_column_text(statement, 3);
		if (id >= enough &&
			sqlite3_column_int64(statement, 1) >= writer->trim.cutoff_ms) {
			rc = SQLITE_DONE;
			break;
		}
		rc = words ? drop_words(writer, room, sqlite3_column_int64(statement, 2),
				     words)
			   : SQLITE_CORRUPT;
		if (rc != SQLITE_OK)
			break;
		*last_id = id;
	}
	sqlite3_reset(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Trim the room a little; *count is how many messages it was. */
static int
trim_room(struct sqlite_writer *writer, struct writer_room *room, int64_t *count)
{
	int64_t last_id = room->first_id - 1;
	int rc = sqlite_db_exec(&writer->db, "BEGIN IMMEDIATE");

	if (rc == SQLITE_OK)
		rc = drop_from_search(writer, room, &last_id);
	if (rc == SQLITE_OK && last_id >= room->first_id &&
		(rc = drop_up_to(writer, WRITER_KEYS_DROP, room, last_id)) == SQLITE_OK)
		rc = drop_up_to(writer, WRITER_MESSAGES_DROP, room, last_id);
	if (rc == SQLITE_OK)
		rc = sqlite_db_exec(&writer->db, "COMMIT");
	*count = 0;
	if (rc == SQLITE_OK) {
		*count = last_id + 1 - room->first_id;
		room->first_id = last_id + 1;
	}
	return rc;
}

/* Stop until more is written or store_prune is called: what fails now fails again. */
static void
give_up(struct sqlite_writer *writer, int rc)
{
	log_warn("store_prune_failed", log_str("path", writer->path),
		log_str("why", sqlite3_errstr(rc)));
	sqlite_db_rollback(&writer->db);
	sqlite_writer_forget(writer);
	writer->trim.sweeping = false;
	writer->broken = sqlite_db_is_broken(rc);
}

void
sqlite_trim_step(struct sqlite_writer *writer)
{
	struct writer_room *room = TAILQ_FIRST(&writer->trim.rooms);
	int64_t count = 0;
	int rc;

	if (!room) {
		rc = writer->trim.sweeping ? sweep_on(writer) : SQLITE_OK;
	} else {
		rc = trim_room(writer, room, &count);
		if (rc == SQLITE_OK && count < STEP_ROWS)
			remove_room(writer, room);
	}
	if (rc != SQLITE_OK) {
		give_up(writer, rc);
		return;
	}
	writer->trim.debt -= count;
	if (writer->trim.debt < 0 || !sqlite_trim_has_work(writer))
		writer->trim.debt = 0;
}
