#include "client/sender.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

#include "client/output.h"
#include "linnet/base/buffer.h"
#include "linnet/base/clock.h"
#include "linnet/base/hex.h"
#include "linnet/base/json_text.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"

/* How many objects may wait for their acks. Standard input is not read meanwhile. */
#define WINDOW 32

/* While others are under way, the allowance of this time is left over: the server counts
 * by its own clock. */
#define SPARE_S 0.02

/* Distinguishes the refs of this run, in bytes. */
#define RUN_BYTES 8

/* An ack that takes longer is asked for again, over a new connection. */
#define ACK_MS 10000

struct parcel {
	TAILQ_ENTRY(parcel) link;
	json_t *object;
	uint64_t number; /* of the object in the source, from 1 */
	char ref[2 * RUN_BYTES + 24];
	bool is_sent; /* over this link */
};

/* What the server lets one send, as it says in "joined". The sender keeps to it, because
 * of two objects that are under way only the first might be refused for pace, and they
 * would change places. */
struct allowance {
	double rate; /* a second; 0: no limit */
	double burst;
	double left;
	int64_t since_ms; /* when left was computed */
};

struct sender {
	struct connection connection;
	const struct sender_source *source;
	bool is_at_end, has_failed;
	char run[2 * RUN_BYTES + 1];
	uint64_t count;               /* of objects so far */
	TAILQ_HEAD(, parcel) parcels; /* oldest first */
	unsigned waiting, under_way;
	size_t max_bytes; /* of an object */
	struct allowance allowance;
	int64_t pause_ms; /* send nothing until then */
	int64_t busy_ms;  /* since when the server is busy; 0: it is not */
	int64_t heard_ms; /* the last ack, or the first object after all acks */
};

static struct sender *
sender_of(struct connection *connection)
{
	return container_of(connection, struct sender, connection);
}

static void
sender_drop(struct sender *sender, struct parcel *parcel)
{
	sender->under_way -= parcel->is_sent;
	sender->waiting--;
	TAILQ_REMOVE(&sender->parcels, parcel, link);
	json_decref(parcel->object);
	free(parcel);
}

/* Print why something was not sent. */
static void
sender_note_lost(
	struct sender *sender, uint64_t number, const char *text, const char *code)
{
	sender->has_failed = true;
	if (sender->source->has_many)
		output_note("message %" PRIu64 ": %s (%s)", number, text, code);
	else
		output_note("%s (%s)", text, code);
}

static double
sender_read_limit(const json_t *joined, const char *key)
{
	return json_number_value(json_object_get(json_object_get(joined, "limits"), key));
}

static void
sender_on_open(struct connection *connection, json_t *joined)
{
	struct sender *sender = sender_of(connection);
	double bytes = sender_read_limit(joined, "message_bytes");
	struct parcel *parcel;

	TAILQ_FOREACH (parcel, &sender->parcels, link)
		parcel->is_sent = false;
	sender->under_way = 0;
	sender->max_bytes = bytes >= 1 && bytes <= INT32_MAX ? (size_t)bytes : SIZE_MAX;
	sender->allowance = (struct allowance){
		.rate = sender_read_limit(joined, "message_rate"),
		.burst = sender_read_limit(joined, "message_burst"),
		.left = sender_read_limit(joined, "message_burst"),
		.since_ms = clock_now_ms(),
	};
	sender->pause_ms = 0;
}

static struct parcel *
sender_find(struct sender *sender, const json_t *object)
{
	const char *ref = json_string_value(json_object_get(object, "ref"));
	struct parcel *parcel;

	if (!ref)
		return NULL;
	TAILQ_FOREACH (parcel, &sender->parcels, link)
		if (!strcmp(parcel->ref, ref))
			return parcel;
	return NULL;
}

static void
sender_on_ack(struct sender *sender, struct parcel *parcel, json_t *ack)
{
	struct buffer text = { 0 };

	sender->heard_ms = clock_now_ms();
	sender->busy_ms = 0;
	if (sender->connection.client->arguments->is_json) {
		output_append_json(&text, ack);
		output_write(&text);
		buffer_clear(&text);
	}
	sender_drop(sender, parcel);
}

/* What only this object is wrong with. The next one may be good. */
static bool
sender_is_own_fault(const char *code)
{
	return !strcmp(code, "bad_field") || !strcmp(code, "bad_json");
}

/* Returns true if the object is to be sent again. A server that is busy, or cannot write
 * its history, may be so for ever. */
static bool
sender_is_worth_a_retry(struct sender *sender, const struct connection_refusal *refusal)
{
	const struct connection *connection = &sender->connection;

	if (!refusal->is_passing || refusal->is_pace)
		return refusal->is_passing;
	if (!sender->busy_ms) {
		sender->busy_ms = sender->heard_ms;
		output_note("%s: %s; trying again", connection->client->arguments->url,
			refusal->text);
	}
	return connection->is_patient ||
	       sender->heard_ms - sender->busy_ms < CLIENT_PATIENCE_MS;
}

static void
sender_on_refusal(struct sender *sender, struct parcel *parcel, const json_t *error)
{
	struct connection_refusal refusal = connection_read_refusal(error);

	sender->heard_ms = clock_now_ms();
	if (sender_is_worth_a_retry(sender, &refusal)) {
		parcel->is_sent = false;
		sender->under_way--;
		sender->allowance.left = 0;
		sender->allowance.since_ms = sender->heard_ms;
		if (sender->pause_ms < sender->heard_ms + refusal.wait_ms)
			sender->pause_ms = sender->heard_ms + refusal.wait_ms;
		return;
	}
	sender_note_lost(sender, parcel->number, refusal.text, refusal.code);
	sender_drop(sender, parcel);
	if (!sender_is_own_fault(refusal.code))
		connection_end(&sender->connection, CLIENT_REFUSED);
}

static void
sender_on_object(struct connection *connection, json_t *object)
{
	struct sender *sender = sender_of(connection);
	const char *type = json_string_value(json_object_get(object, "type"));
	struct parcel *parcel = sender_find(sender, object);
	bool is_error = type && !strcmp(type, "error");

	if (parcel && parcel->is_sent && is_error)
		sender_on_refusal(sender, parcel, object);
	else if (parcel && type && !strcmp(type, "ack"))
		sender_on_ack(sender, parcel, object);
	else if (is_error)
		output_note("%s", connection_read_refusal(object).text);
}

/* Take an object from the source. Returns false if there is none now. */
static bool
sender_take(struct sender *sender)
{
	struct parcel *parcel;
	enum sender_next next;
	json_t *object;

	next = sender->source->next(sender->source->context, &object, sender->max_bytes);
	sender->is_at_end = next == SENDER_END;
	if (next != SENDER_OBJECT)
		return false;
	sender->count++;
	if (!object) {
		sender_note_lost(sender, sender->count, "longer than the server accepts",
			"too_large");
		return true;
	}
	parcel = xcalloc(1, sizeof(*parcel));
	parcel->object = object;
	parcel->number = sender->count;
	snprintf(parcel->ref, sizeof(parcel->ref), "%s-%" PRIu64, sender->run,
		parcel->number);
	json_object_set_new(object, "ref", json_string(parcel->ref));
	TAILQ_INSERT_TAIL(&sender->parcels, parcel, link);
	sender->waiting++;
	return true;
}

/* Count what has been earned since the last call. */
static void
sender_earn(struct allowance *allowance, int64_t now_ms)
{
	allowance->left +=
		(double)(now_ms - allowance->since_ms) * allowance->rate / 1000;
	allowance->since_ms = now_ms;
	if (allowance->left > allowance->burst)
		allowance->left = allowance->burst;
}

/* How long to wait before one more object may be under way. INT64_MAX: for an ack. */
static int64_t
sender_wait_ms(const struct sender *sender, int64_t now_ms)
{
	const struct allowance *allowance = &sender->allowance;
	double spare = sender->under_way ? 1 + allowance->rate * SPARE_S : 0;
	double lacking = 1 + spare - allowance->left;

	if (now_ms < sender->pause_ms)
		return sender->pause_ms - now_ms;
	if (allowance->rate <= 0 || lacking <= 0)
		return 0;
	return sender->under_way ? INT64_MAX
				 : (int64_t)(lacking * 1000 / allowance->rate) + 1;
}

static void
sender_send(struct sender *sender, struct parcel *parcel, int64_t now_ms)
{
	struct buffer text = { 0 };
	bool is_too_long;

	json_text_append(&text, parcel->object);
	is_too_long = text.len > sender->max_bytes;
	buffer_clear(&text);
	if (is_too_long) {
		sender_note_lost(sender, parcel->number, "longer than the server accepts",
			"too_large");
		sender_drop(sender, parcel);
		return;
	}
	if (!sender->under_way)
		sender->heard_ms = now_ms;
	connection_send(&sender->connection, parcel->object);
	parcel->is_sent = true;
	sender->under_way++;
	sender->allowance.left--;
}

/* Send what may be sent. Returns when to be called again at the latest. */
static int64_t
sender_send_some(struct sender *sender, int64_t now_ms)
{
	struct parcel *parcel, *next;
	int64_t wait_ms;

	sender_earn(&sender->allowance, now_ms);
	for (parcel = TAILQ_FIRST(&sender->parcels); parcel; parcel = next) {
		next = TAILQ_NEXT(parcel, link);
		if (parcel->is_sent)
			continue;
		wait_ms = sender_wait_ms(sender, now_ms);
		if (wait_ms && wait_ms < INT64_MAX)
			return now_ms + wait_ms;
		if (wait_ms)
			break;
		sender_send(sender, parcel, now_ms);
	}
	return sender->under_way ? sender->heard_ms + ACK_MS : INT64_MAX;
}

static int64_t
sender_on_turn(struct connection *connection, int64_t now_ms)
{
	struct sender *sender = sender_of(connection);
	int64_t next_ms;

	if (output_flush() < 0)
		connection_end(connection, CLIENT_REFUSED);
	if (!connection->is_open)
		return INT64_MAX;
	if (sender->under_way && now_ms - sender->heard_ms >= ACK_MS) {
		connection_give_up(connection, "the server does not answer", 0);
		return INT64_MAX;
	}
	while (!sender->is_at_end && sender->waiting < WINDOW && sender_take(sender))
		;
	next_ms = sender_send_some(sender, now_ms);
	if (sender->is_at_end && !sender->waiting)
		connection_end(
			connection, sender->has_failed ? CLIENT_REFUSED : CLIENT_DONE);
	return next_ms;
}

enum client_status
sender_run(const struct client *client, const char *room,
	const struct sender_source *source, bool is_patient)
{
	static const struct connection_handler handler = {
		.on_open = sender_on_open,
		.on_object = sender_on_object,
		.on_turn = sender_on_turn,
	};
	struct sender sender = {
		.connection = {
			.handler = &handler,
			.client = client,
			.room = room,
			.is_patient = is_patient,
			.when_stopped = CLIENT_REFUSED,
		},
		.source = source,
	};
	enum client_status status;
	uint8_t random[RUN_BYTES];
	struct parcel *parcel;

	TAILQ_INIT(&sender.parcels);
	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		abort();
	hex_encode(sender.run, random, sizeof(random));
	status = connection_run(&sender.connection);
	output_flush();
	while ((parcel = TAILQ_FIRST(&sender.parcels)))
		sender_drop(&sender, parcel);
	return status;
}

static enum sender_next
sender_next_of_one(void *context, json_t **object, size_t max_bytes)
{
	json_t **only = context;

	(void)max_bytes;
	*object = *only;
	*only = NULL;
	return *object ? SENDER_OBJECT : SENDER_END;
}

enum client_status
sender_run_one(
	const struct client *client, const char *room, json_t *object, bool is_patient)
{
	const struct sender_source source = {
		.next = sender_next_of_one,
		.context = &object,
	};
	enum client_status status = sender_run(client, room, &source, is_patient);

	json_decref(object);
	return status;
}
