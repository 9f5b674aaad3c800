/* connection.h - a session at the server that lasts over reconnects. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "client/client.h"
#include "client/link.h"

/* Longest text of a place in the history ("EPOCH:ID"), its NUL included. */
#define CONNECTION_SINCE_BYTES 64

struct connection;

struct connection_handler {
	/* What one has of the session's own room already ("EPOCH:ID"), or NULL. Asked for
	 * before each connect. The function may be NULL. */
	const char *(*place)(struct connection *connection);
	/* The server has answered with "joined" (borrowed): one is in the room. */
	void (*on_open)(struct connection *connection, json_t *joined);
	/* Any other object (borrowed), also between connecting and "joined". */
	void (*on_object)(struct connection *connection, json_t *object);
	/* Do what is to be done now, also while there is no link. Returns when (monotonic
	 * ms) to be called again at the latest; INT64_MAX: after the next event. */
	int64_t (*on_turn)(struct connection *connection, int64_t now_ms);
};

/* Embedded in its owner, which sets the first group and zeroes the rest. */
struct connection {
	const struct connection_handler *handler;
	const struct client *client;
	const char *room;                /* the session's own room */
	bool is_patient;                 /* goes on trying for ever */
	enum client_status when_stopped; /* by a signal */

	struct link *link;      /* NULL: waits until retry_ms */
	bool is_open;           /* "joined" was received over this link */
	int64_t deadline_ms;    /* the server must have answered by then */
	bool is_turned_away;    /* the server is busy: give up this link */
	int64_t turned_away_ms; /* for so long */
	int64_t retry_ms;
	unsigned failures;  /* since the connection was open */
	int64_t trouble_ms; /* since when it is not open */
	bool is_told;       /* the user knows of the trouble */
	bool is_over;
	enum client_status status;
	char person[CREDENTIALS_PERSON_BYTES + 1];
};

/* Run until connection_end is called, the server refuses, or a signal ends the program.
 * Returns the exit status. */
enum client_status connection_run(struct connection *connection);

/* End connection_run, which says goodbye to the server first. If it is called again, the
 * worse status counts. */
void connection_end(struct connection *connection, enum client_status status);

/* Send object (borrowed). The connection must be open. */
void connection_send(struct connection *connection, json_t *object);

/* Drop the link and connect again after wait_ms at the least: the server has not done
 * what it should, as why says. */
void connection_give_up(struct connection *connection, const char *why, int64_t wait_ms);

/* The refusal of an object that the server asks to send again. */
struct connection_refusal {
	const char *code;
	const char *text;
	bool is_passing; /* the same may be sent again after wait_ms */
	bool is_pace;    /* and will be accepted then */
	int64_t wait_ms;
};

/* Read an error of the server. */
struct connection_refusal connection_read_refusal(const json_t *error);
