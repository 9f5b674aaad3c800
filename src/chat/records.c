#include "chat/records.h"

#include "chat/alarm_change.h"
#include "chat/alarm_state.h"
#include "chat/ban_store.h"
#include "chat/deletion.h"
#include "chat/metric.h"
#include "chat/send.h"

/* An entry on its way to the readers of its room. */
struct telling {
	struct room *room;
	const struct store_record *record;
	const struct request *request; /* that has asked for it, or NULL */
	/* The room has this history now. If not, its readers are sent only the other one.
	 */
	bool is_shown;
};

static uint64_t
records_last_id(const struct telling *telling)
{
	return telling->is_shown ? telling->room->last_id : telling->room->other.last_id;
}

/* Keep the id and time of the room's last entry in mind. */
static void
records_note_last(const struct telling *telling)
{
	const struct store_message *message = &telling->record->message;
	struct room *room = telling->room;

	if (!telling->is_shown) {
		room->other.last_id = message->id;
		room->other.last_ts_ms = message->ts_ms;
		return;
	}
	room->last_id = message->id;
	room->last_ts_ms = message->ts_ms;
	if (message->ts_ms > room->given_ts_ms)
		room->given_ts_ms = message->ts_ms;
}

static void
records_count_change(enum store_kind kind)
{
	metrics.changes[kind == STORE_EDIT    ? CHANGE_EDIT
			: kind == STORE_REACT ? CHANGE_REACT
					      : CHANGE_DELETE]++;
}

/* A program's alarm goes to everybody. Who has sent anything else is told by an ack. */
static const struct session *
records_sender(const struct telling *telling)
{
	const struct request *request = telling->request;

	return request && request->asker && !telling->record->state_key
		       ? request->asker->session
		       : NULL;
}

static size_t
records_broadcast(struct chat *chat, const struct telling *telling)
{
	const struct store_message *message = &telling->record->message;
	bool is_quiet = message->kind == STORE_DELETE || message->kind == STORE_REACT;

	return send_broadcast(chat, telling->room,
		&(struct broadcast){
			.type = message->type,
			.id = message->id,
			.tail = message->tail,
			.tail_len = message->tail_len,
			.sender = records_sender(telling),
			.audience = is_quiet ? AUDIENCE_CHANGES : AUDIENCE_NUMBERED,
		});
}

/* Do what the entry does to earlier ones. Returns how many readers were told. */
static size_t
records_change(struct chat *chat, const struct telling *telling)
{
	const struct store_record *record = telling->record;
	struct room *room = telling->room;

	if (record->change->whole_room)
		return deletion_empty_room(chat, room);
	room->changes++;
	if (record->change->forgotten) {
		alarm_forget_name(room, record->change->forgotten);
		metric_forget_name(room, record->change->forgotten);
	}
	if (record->message.id)
		records_count_change(record->message.kind);
	return 0;
}

static size_t
records_tell(struct chat *chat, const struct telling *telling)
{
	const struct store_record *record = telling->record;
	struct room *room = telling->room;
	size_t told = 0;

	if (record->message.id)
		records_note_last(telling);
	if (record->state_key)
		alarm_on_message(chat, room, telling->request, record);
	if (record->change->kind)
		told = records_change(chat, telling);
	if (!telling->is_shown || !record->message.id)
		return told;
	room->is_deleted = false;
	rooms_keep(room);
	return records_broadcast(chat, telling);
}

void
records_on_message(struct chat *chat, struct store *store, uint64_t ticket,
	const struct store_record *record)
{
	struct request *request = requests_find(chat, ticket);
	struct telling telling = { .record = record, .request = request };
	size_t told;

	/* An order is in force before it is stored. */
	if (ban_store_has_room(record->room))
		return;
	telling.room =
		request ? request->room : rooms_restore(chat->rooms, record->room, true);
	telling.is_shown = store == requests_store(chat, telling.room);
	/* The picture had it, and its readers are sent it from there. */
	if (record->message.id && record->message.id <= records_last_id(&telling))
		return;
	told = records_tell(chat, &telling);
	if (request)
		request->delivered = told;
}
