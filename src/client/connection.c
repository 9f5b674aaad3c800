#include "client/connection.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "client/http_exchange.h"
#include "client/output.h"
#include "linnet/base/buffer.h"
#include "linnet/base/clock.h"
#include "linnet/base/util.h"

/* The wait before the first retry, doubled by each further one up to the longest. */
#define RETRY_MS 250
#define RETRY_MAX_MS 5000

/* A server that is busy is asked again after this time. */
#define BUSY_MS 1000

/* Time for the server to answer the close frame. */
#define GOODBYE_MS 1000

/* RFC 6455 section 7.4.1. libwebsockets gives 1002 for the codes 1012 to 1014, which are
 * newer: a reader that was too slow comes back. */
enum {
	CLOSE_AWAY = 1001,
	CLOSE_FIRST_FINAL = 1003, /* up to CLOSE_LAST_FINAL the same would happen again */
	CLOSE_LAST_FINAL = 1010,
};

void
connection_end(struct connection *connection, enum client_status status)
{
	if (!connection->is_over || status > connection->status)
		connection->status = status;
	connection->is_over = true;
}

void
connection_send(struct connection *connection, json_t *object)
{
	link_send(connection->link, object);
}

struct connection_refusal
connection_read_refusal(const json_t *error)
{
	const char *code = json_string_value(json_object_get(error, "code"));
	const char *text = json_string_value(json_object_get(error, "message"));
	const json_t *wait = json_object_get(error, "retry_after_ms");
	struct connection_refusal refusal = {
		.code = code ? code : "",
		.text = text ? text : "",
	};

	refusal.is_pace = !strcmp(refusal.code, "rate_limited") ||
			  (wait && !strcmp(refusal.code, "too_many_rooms"));
	refusal.is_passing = refusal.is_pace || !strcmp(refusal.code, "busy") ||
			     !strcmp(refusal.code, "store_failed") ||
			     !strcmp(refusal.code, "store_unavailable");
	refusal.wait_ms = json_is_integer(wait) && json_integer_value(wait) > 0 &&
					  json_integer_value(wait) < INT32_MAX
				  ? json_integer_value(wait)
				  : BUSY_MS;
	return refusal;
}

bool
connection_has_patience(const struct connection *connection)
{
	return connection->is_patient || clock_now_ms() < connection->patience_ms;
}

void
connection_excuse(struct connection *connection, int64_t wait_ms)
{
	connection->patience_ms = clock_now_ms() + wait_ms + CLIENT_PATIENCE_MS;
}

/* Waits differ, so that the clients of a server that restarts do not come all at once. */
static int64_t
connection_backoff_ms(unsigned failures)
{
	int64_t wait_ms = RETRY_MS;
	uint8_t random = 0;

	while (failures-- && wait_ms < RETRY_MAX_MS)
		wait_ms *= 2;
	if (wait_ms > RETRY_MAX_MS)
		wait_ms = RETRY_MAX_MS;
	(void)!getrandom(&random, sizeof(random), 0);
	return wait_ms * (256 + random) / 512;
}

static void
connection_note_trouble(struct connection *connection, const char *why)
{
	const char *url = connection->client->arguments->url;

	if (connection->is_told)
		return;
	connection->is_told = true;
	output_note("%s: %s; trying again", url, *why ? why : "there is no connection");
}

void
connection_give_up(struct connection *connection, const char *why, int64_t wait_ms)
{
	int64_t now_ms = clock_now_ms();
	int64_t backoff_ms;

	/* A server may let one in again and again, only to close. */
	if (connection->is_open && now_ms - connection->opened_ms > RETRY_MAX_MS)
		connection->failures = 0;
	backoff_ms = connection_backoff_ms(connection->failures++);
	connection_note_trouble(connection, why); /* which may be the link's */
	link_free(connection->link);
	connection->link = NULL;
	connection->is_turned_away = false;
	connection->is_open = false;
	connection->retry_ms = now_ms + (wait_ms > backoff_ms ? wait_ms : backoff_ms);
}

/* libwebsockets does not give the body of a refused handshake. A question about the same
 * room is refused for the same reason, in most cases. Returns true if it was printed. */
static bool
connection_ask_why(const struct connection *connection)
{
	struct buffer path = { 0 };
	struct http_exchange exchange = {
		.client = connection->client,
		.method = "GET",
	};
	bool is_told;

	buffer_printf(&path, "/who/");
	url_append_escaped(&path, connection->room);
	exchange.path = path.bytes;
	http_exchange_run(&exchange, clock_now_ms() + CLIENT_PATIENCE_MS);
	is_told = exchange.is_whole && http_exchange_print_error(&exchange);
	http_exchange_clear(&exchange);
	buffer_clear(&path);
	return is_told;
}

/* The text for a handshake that was answered by an HTTP status. */
static const char *
connection_status_text(int status)
{
	switch (status) {
	case 401:
		return "a token is needed, or this one is not valid";
	case 403:
		return "this is not for you: the room needs a token, or another one, or "
		       "you are banned";
	case 404:
		return "there is no such room, or this is not the address of Linnet";
	case 409:
		return "somebody else has that name";
	default:
		return "this is not the answer of a Linnet server";
	}
}

static void
connection_refuse(struct connection *connection, const char *why)
{
	output_note("%s", why);
	connection_end(connection, CLIENT_REFUSED);
}

/* A handshake that was answered, but not by 101. */
static void
connection_on_status(struct connection *connection, const struct link_end *end)
{
	int64_t wait_ms = end->retry_after_s > 0 ? end->retry_after_s * 1000 : BUSY_MS;

	if (end->status == 429)
		connection_excuse(connection, wait_ms);
	if (end->status == 429 || end->status >= 500) {
		connection_give_up(connection,
			end->status == 429 ? "too many connections"
					   : "the server is busy",
			wait_ms);
		return;
	}
	if (!connection_ask_why(connection))
		output_note("%s: HTTP status %d: %s", connection->client->arguments->url,
			end->status, connection_status_text(end->status));
	connection_end(connection, CLIENT_REFUSED);
}

static void
connection_on_end(struct connection *connection, const struct link_end *end)
{
	if (end->is_invalid) {
		connection_refuse(connection, end->why);
	} else if (end->close_code >= CLOSE_FIRST_FINAL &&
		   end->close_code <= CLOSE_LAST_FINAL) {
		output_note("the server closed the connection: %s (%d)",
			*end->why ? end->why : "no reason", end->close_code);
		connection_end(connection, CLIENT_REFUSED);
	} else if (end->status && end->status != 101) {
		connection_on_status(connection, end);
	} else if (end->is_untrusted && !connection->is_patient) {
		output_note("%s: %s", connection->client->arguments->url, end->why);
		connection_end(connection, CLIENT_NOT_CONNECTED);
	} else {
		connection_give_up(connection,
			end->close_code == CLOSE_AWAY ? "the server stops" : end->why, 0);
	}
}

static void
connection_on_joined(struct connection *connection, json_t *joined)
{
	connection->is_open = true;
	connection->opened_ms = clock_now_ms();
	if (connection->is_told)
		output_note("%s: connected", connection->client->arguments->url);
	connection->is_told = false;
	connection->handler->on_open(connection, joined);
}

/* An error before "joined" says why one cannot be there, or not under that name. */
static void
connection_on_early_error(struct connection *connection, const json_t *error)
{
	struct connection_refusal refusal = connection_read_refusal(error);

	if (refusal.is_passing) {
		if (refusal.is_pace)
			connection_excuse(connection, refusal.wait_ms);
		/* The link is in use here, so connection_step ends it. */
		connection->is_turned_away = true;
		connection->turned_away_ms = refusal.wait_ms;
		return;
	}
	output_note("%s (%s)", refusal.text, refusal.code);
	connection_end(connection, CLIENT_REFUSED);
}

static void
connection_on_object(void *context, json_t *object)
{
	struct connection *connection = context;
	const char *type = json_string_value(json_object_get(object, "type"));

	if (connection->is_over || connection->is_turned_away)
		return;
	if (!connection->is_open && type && !strcmp(type, "joined"))
		connection_on_joined(connection, object);
	else if (!connection->is_open && type && !strcmp(type, "error"))
		connection_on_early_error(connection, object);
	else
		connection->handler->on_object(connection, object);
}

static void
connection_open(struct connection *connection, int64_t now_ms)
{
	struct buffer path = { 0 };

	buffer_printf(&path, "/ws?events=1");
	url_append_argument(&path, "room", connection->room);
	url_append_argument(&path, "name", connection->client->name);
	url_append_argument(&path, "session", connection->person);
	if (connection->handler->place)
		url_append_argument(
			&path, "since", connection->handler->place(connection));
	connection->deadline_ms = now_ms + CLIENT_PATIENCE_MS;
	connection->link = link_new(
		connection->client, path.bytes, connection_on_object, connection);
	buffer_clear(&path);
}

/* Returns when something is to be done next. */
static int64_t
connection_step(struct connection *connection, int64_t now_ms)
{
	const struct link_end *end;

	if (!connection->is_open && !connection_has_patience(connection)) {
		output_note("%s: no connection for %d s, giving up",
			connection->client->arguments->url, CLIENT_PATIENCE_MS / 1000);
		connection_end(connection, CLIENT_NOT_CONNECTED);
		return now_ms;
	}
	if (!connection->link && now_ms >= connection->retry_ms)
		connection_open(connection, now_ms);
	if (!connection->link)
		return connection->retry_ms;
	end = link_has_ended(connection->link);
	if (connection->is_turned_away)
		connection_give_up(
			connection, "the server is busy", connection->turned_away_ms);
	else if (end)
		connection_on_end(connection, end);
	else if (!connection->is_open && now_ms >= connection->deadline_ms)
		connection_give_up(connection, "the server does not answer", BUSY_MS);
	if (!connection->link)
		return connection->retry_ms;
	return connection->is_open ? INT64_MAX : connection->deadline_ms;
}

static void
connection_say_goodbye(struct connection *connection)
{
	int64_t deadline_ms = clock_now_ms() + GOODBYE_MS;
	struct link *link = connection->link;

	if (link && connection->is_open) {
		link_leave(link);
		while (!link_has_ended(link) && clock_now_ms() < deadline_ms)
			runner_turn(connection->client->runner, deadline_ms);
	}
	link_free(link);
	connection->link = NULL;
}

static int64_t
connection_earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

enum client_status
connection_run(struct connection *connection)
{
	struct runner *runner = connection->client->runner;
	int64_t now_ms = clock_now_ms(), until_ms;

	credentials_make_person(
		connection->person, &connection->client->url, connection->client->name);
	connection_excuse(connection, 0);
	while (!connection->is_over) {
		until_ms = connection_step(connection, now_ms);
		until_ms = connection_earlier(
			until_ms, connection->handler->on_turn(connection, now_ms));
		if (connection->is_over)
			break;
		/* The time when patience ends, too. */
		if (!connection->is_open && !connection->is_patient)
			until_ms = connection_earlier(until_ms, connection->patience_ms);
		runner_turn(runner, until_ms);
		now_ms = clock_now_ms();
		if (runner_is_stopped(runner))
			connection_end(connection, connection->when_stopped);
	}
	connection_say_goodbye(connection);
	return connection->status;
}
