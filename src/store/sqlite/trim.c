#include <stdint.h>
#include <string.h>

#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "linnet/base/util.h"
#include "store/limits.h"
#include "store/sqlite/writer.h"

/* Messages deleted by one transaction. It takes about 3 ms; a commit may wait that long.
 */
#define STEP_ROWS 200

/* A room is trimmed when it is over its limit of messages by 1/128 of it, not at each
 * message. */
#define SLACK_DIVISOR 128

/* Pause after a failure. */
#define FAILURE_MS 30000

/* Look at the size again when so many bytes were written that the file may be larger by
 * this part of max_bytes: to ask SQLite takes several statements and locks. */
#define PAGE_BYTES 4096
#define GROWTH_DIVISOR 256

/* The index is merged when traces of deleted messages take such a part of max_bytes. */
#define TRACES_DIVISOR 16

void
sqlite_trim_sweep(struct sqlite_writer *writer, int64_t now_ms)
{
	writer->trim.now_ms = now_ms;
	writer->trim.is_sweeping = true;
	writer->trim.sweep_number = 0;
	writer->trim.retry_ms = 0;
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

static int64_t
trim_excess(const struct cached_room *room, int64_t count)
{
	return (int64_t)store_excess(&room->keep, (uint64_t)count);
}

static bool
trim_is_over(const struct cached_room *room, int64_t slack)
{
	return trim_excess(room, room->messages) > slack ||
	       trim_excess(room, room->changes) > slack;
}

void
sqlite_trim_note(struct sqlite_writer *writer, struct cached_room *room, int64_t count)
{
	int64_t slack = (int64_t)(room->keep.messages / SLACK_DIVISOR);

	if (room->has_gone)
		trim_add_room(writer, room);
	if (!trim_is_over(room, slack))
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

/* The first column of the first row, or 0. */
static int64_t
trim_number(struct sqlite_writer *writer, size_t which)
{
	sqlite3_stmt *statement = writer->db.statements[which];
	int64_t number = sqlite3_step(statement) == SQLITE_ROW
				 ? sqlite3_column_int64(statement, 0)
				 : 0;

	sqlite3_reset(statement);
	return number;
}

/* How many bytes of messages to delete so that the file is not too large. Their words
 * stay in the index until it is merged: until then the file does not become smaller, and
 * every message would be deleted in vain. So its size is told from that of the messages.
 */
static int64_t
trim_surplus(struct sqlite_writer *writer)
{
	int64_t max = (int64_t)writer->store->max_bytes;
	int64_t used = max ? trim_number(writer, WRITER_USED_BYTES) : 0;
	double ratio, merged;

	if (used <= max)
		return 0;
	merged = (double)trim_number(writer, WRITER_ROOM_BYTES) + 1;
	/* It grows while the index follows. */
	ratio = (double)used / (merged + (double)writer->trim.dropped);
	if (writer->trim.size_ratio < ratio)
		writer->trim.size_ratio = ratio;
	ratio = writer->trim.size_ratio;
	merged *= ratio;
	if ((double)used - merged > (double)max / TRACES_DIVISOR)
		sqlite_erase_soon(writer);
	if (merged > (double)used)
		merged = (double)used;
	return merged > (double)max ? (int64_t)((merged - (double)max) / ratio) + 1 : 0;
}

/* Begin to trim the largest room if the file is larger than max_bytes. Returns SQLITE_OK
 * or an error. */
static int
trim_check_size(struct sqlite_writer *writer)
{
	sqlite3_stmt *largest = writer->db.statements[WRITER_LARGEST];
	int64_t surplus = trim_surplus(writer);
	struct cached_room *room = NULL;
	int rc = SQLITE_OK;

	writer->trim.new_pages = 0;
	if (!surplus)
		return SQLITE_OK;
	if ((rc = sqlite3_step(largest)) == SQLITE_ROW)
		rc = sqlite_room_cache_get(writer,
			(const char *)sqlite3_column_text(largest, 0), false, &room);
	sqlite3_reset(largest);
	if (room && (room->messages > 1 || room->changes)) {
		room->surplus = surplus;
		trim_add_room(writer, room);
		/* One step before the next commit. */
		if (writer->trim.debt < STEP_ROWS)
			writer->trim.debt = STEP_ROWS;
	}
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

void
sqlite_trim_note_log(struct sqlite_writer *writer, int pages)
{
	/* The log may have begun again at its start. */
	writer->trim.new_pages +=
		pages > writer->trim.log_pages ? pages - writer->trim.log_pages : pages;
	writer->trim.log_pages = pages;
}

void
sqlite_trim_consider_size(struct sqlite_writer *writer)
{
	int64_t growth = (int64_t)(writer->store->max_bytes / GROWTH_DIVISOR);

	/* The batch is stored: a failure here only delays the trimming. */
	if (writer->trim.new_pages * PAGE_BYTES >= growth)
		trim_check_size(writer);
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
	/* A reload may have lowered the limit of the size. */
	return rc == SQLITE_OK && !writer->trim.is_sweeping ? trim_check_size(writer)
							    : rc;
}

/* Delete the changes behind after, up to last_id, by one of the statements. */
static int
trim_drop_changes(struct sqlite_writer *writer, size_t which,
	const struct cached_room *room, int64_t after, int64_t last_id)
{
	sqlite3_stmt *statement = writer->db.statements[which];

	sqlite3_bind_int64(statement, 1, room->number);
	sqlite3_bind_int64(statement, 2, after);
	sqlite3_bind_int64(statement, 3, last_id);
	return sqlite_db_run(&writer->db, which);
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

/* What one step deletes. */
struct trim_step {
	int64_t count, first_id, last_id;
	int64_t changes, messages, bytes; /* of those that count in the room */
};

/* Delete message id, the row of statement, from the search index, and count it. */
static int
trim_drop_message(struct sqlite_writer *writer, const struct cached_room *room,
	sqlite3_stmt *statement, struct trim_step *step)
{
	const char *words = (const char *)sqlite3_column_text(statement, 3);

	step->last_id = sqlite3_column_int64(statement, 0);
	if (!step->count++)
		step->first_id = step->last_id;
	if (step->last_id > room->gone_id) {
		bool is_change = store_is_change(
			(enum store_kind)sqlite3_column_int(statement, 4));
		step->changes += is_change;
		step->messages += !is_change;
		step->bytes += sqlite3_column_bytes(statement, 3) +
			       sqlite3_column_bytes(statement, 5);
	}
	return words ? sqlite_words_replace(writer, room,
			       sqlite3_column_int64(statement, 2), words, "")
		     : SQLITE_CORRUPT;
}

/* True if the entry of statement stays. The newest message of a room stays even if the
 * file is too large. */
static bool
trim_keeps(const struct sqlite_writer *writer, const struct cached_room *room,
	sqlite3_stmt *statement, const struct trim_step *step)
{
	return sqlite3_column_int64(statement, 0) > room->gone_id &&
	       step->messages >= trim_excess(room, room->messages) &&
	       sqlite3_column_int64(statement, 1) >=
		       store_cutoff_ms(&room->keep, writer->trim.now_ms) &&
	       (step->bytes >= room->surplus || room->messages - step->messages <= 1);
}

/* Delete up to STEP_ROWS messages that are too old or too many from the search index. */
static int
trim_drop_from_search(struct sqlite_writer *writer, const struct cached_room *room,
	struct trim_step *step)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_OLDEST];
	int rc;

	sqlite3_bind_int64(statement, 1, room->number);
	sqlite3_bind_int64(statement, 2, STEP_ROWS);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		if (trim_keeps(writer, room, statement, step)) {
			rc = SQLITE_DONE;
			break;
		}
		rc = trim_drop_message(writer, room, statement, step);
		if (rc != SQLITE_OK)
			break;
	}
	sqlite3_reset(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Keys go with their messages. Those of a deleted room stay as long as its limit would
 * have kept them. */
static int
trim_drop_keys(
	struct sqlite_writer *writer, const struct cached_room *room, int64_t last_id)
{
	int64_t keep = (int64_t)room->keep.messages;

	if (last_id <= room->gone_id)
		last_id = keep ? room->last_id - keep : 0;
	return trim_drop_up_to(writer, WRITER_KEYS_DROP, room, last_id);
}

/* The rows of step are gone: the room has less now. After a failure the cache is dropped.
 */
static int
trim_note_dropped(struct sqlite_writer *writer, struct cached_room *room,
	const struct trim_step *step)
{
	if (room->lost_id < step->last_id)
		room->lost_id = step->last_id;
	room->changes -= step->changes;
	room->messages -= step->messages;
	room->bytes -= step->bytes;
	writer->trim.dropped += step->bytes;
	return sqlite_room_cache_set(writer, room);
}

static int
trim_drop_rows(struct sqlite_writer *writer, struct cached_room *room,
	const struct trim_step *step)
{
	int64_t gone_id = room->gone_id < step->last_id ? room->gone_id : step->last_id;
	int rc = trim_drop_keys(writer, room, step->last_id);

	if (rc == SQLITE_OK)
		rc = sqlite_reaction_drop(writer, room, 0, gone_id);
	if (rc == SQLITE_OK)
		rc = sqlite_reaction_drop(writer, room, gone_id + 1, step->last_id);
	if (rc == SQLITE_OK)
		rc = trim_drop_up_to(writer, WRITER_MESSAGES_DROP, room, step->last_id);
	if (rc == SQLITE_OK)
		rc = trim_drop_changes(
			writer, WRITER_CHANGES_DROP, room, 0, step->last_id);
	return rc == SQLITE_OK ? trim_note_dropped(writer, room, step) : rc;
}

/* Delete the oldest messages that are too old or too many. */
static int
trim_messages(
	struct sqlite_writer *writer, struct cached_room *room, struct trim_step *step)
{
	int rc = trim_drop_from_search(writer, room, step);

	if (rc == SQLITE_OK && step->count)
		rc = trim_drop_rows(writer, room, step);
	if (rc == SQLITE_OK && step->count && step->first_id <= room->gone_id)
		rc = sqlite_erase_want(writer);
	return rc;
}

/* Find the oldest changes, as many as there are too many. If the file is too large and
 * no message may go, any. */
static int
trim_find_changes(struct sqlite_writer *writer, const struct cached_room *room,
	struct trim_step *step)
{
	sqlite3_stmt *statement = writer->db.statements[WRITER_OLDEST_CHANGES];
	int64_t excess = room->surplus ? STEP_ROWS : trim_excess(room, room->changes);
	int rc;

	sqlite3_bind_int64(statement, 1, room->number);
	sqlite3_bind_int64(statement, 2, room->gone_id);
	sqlite3_bind_int64(statement, 3, excess < STEP_ROWS ? excess : STEP_ROWS);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		step->last_id = sqlite3_column_int64(statement, 0);
		step->bytes += sqlite3_column_int64(statement, 1);
		step->changes++;
		step->count++;
	}
	sqlite3_reset(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Delete the oldest changes that are too many. The messages beside them stay. */
static int
trim_changes(
	struct sqlite_writer *writer, struct cached_room *room, struct trim_step *step)
{
	static const size_t drops[] = { WRITER_CHANGE_KEYS_DROP,
		WRITER_CHANGE_MESSAGES_DROP, WRITER_CHANGES_DROP };
	int rc = trim_find_changes(writer, room, step);

	for (size_t i = 0; i < ARRAY_SIZE(drops) && rc == SQLITE_OK && step->count; i++)
		rc = trim_drop_changes(
			writer, drops[i], room, room->gone_id, step->last_id);
	return rc == SQLITE_OK && step->count ? trim_note_dropped(writer, room, step)
					      : rc;
}

/* Delete up to STEP_ROWS entries of room; *count is their number. */
static int
trim_one_room(struct sqlite_writer *writer, struct cached_room *room, int64_t *count)
{
	struct trim_step step = { .count = 0 };
	int rc = sqlite_db_run(&writer->db, WRITER_BEGIN);

	if (rc == SQLITE_OK)
		rc = trim_messages(writer, room, &step);
	if (rc == SQLITE_OK && !step.count)
		rc = trim_changes(writer, room, &step);
	if (rc == SQLITE_OK)
		rc = sqlite_db_run(&writer->db, WRITER_COMMIT);
	if (rc != SQLITE_OK)
		return rc;
	*count = step.count;
	room->surplus = 0;
	room->has_gone &= step.count == STEP_ROWS;
	if (step.count < STEP_ROWS && !(step.count && trim_is_over(room, 0)))
		trim_remove_room(writer, room);
	return SQLITE_OK;
}

/* Another step would fail as well, so stop for a while. */
static void
trim_give_up(struct sqlite_writer *writer, int rc)
{
	log_warn("store_prune_failed", log_str("path", writer->store->options.path),
		log_str("why", sqlite3_errstr(rc)));
	sqlite_db_rollback(&writer->db);
	sqlite_room_cache_clear(writer);
	writer->trim.is_sweeping = false;
	writer->trim.retry_ms = clock_now_ms() + FAILURE_MS;
	writer->is_broken = sqlite_db_is_broken(rc);
}

void
sqlite_trim_retry(struct sqlite_writer *writer)
{
	if (writer->trim.retry_ms && clock_now_ms() >= writer->trim.retry_ms)
		sqlite_trim_sweep(writer, writer->trim.now_ms);
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
	}
	if (rc == SQLITE_OK && count)
		rc = trim_check_size(writer);
	if (rc != SQLITE_OK) {
		trim_give_up(writer, rc);
		return;
	}
	writer->trim.debt -= count;
	if (writer->trim.debt < 0 || !sqlite_trim_has_work(writer))
		writer->trim.debt = 0;
}
