/* crowd.h - clients in rooms: connect, send numbered messages, and check everything
 * received: exactly once, in the sender's order, with the whole text. A fault ends
 * the program, since figures of a server that loses messages are meaningless.
 *
 * Members are spread evenly over the rooms, and neighbours are in one room. Each room
 * has the same number of senders: its first members, or connections of another kind.
 * With S senders in all, message n is sent by sender n % S, in room n % S % rooms. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../histogram.h"

enum crowd_framing {
	CROWD_WEBSOCKET,
	CROWD_NATS, /* its protocol for clients, on TCP */
	CROWD_BARE, /* see bare.h */
};

/* In the texts {room} stands for a room's number, {text} for a message and {bytes} for
 * its length. */
struct crowd_plan {
	enum crowd_framing framing;
	unsigned connections;
	unsigned rooms;        /* divides connections */
	unsigned room_senders; /* in each room */
	size_t message_bytes;  /* of a JSON text */
	size_t bare_bytes;     /* of a frame, CROWD_BARE only */
	bool sends_back;       /* the server sends a message to its sender, too */
	bool has_guests;       /* the senders are no members */
	unsigned missed;       /* messages that each member must be sent on entering */
	const char *target;    /* of the upgrade */
	const char *enter;     /* sent after the upgrade; may be empty */
	const char *entered;   /* in the answer to that; empty: the upgrade is enough */
	const char *publish;   /* how a member sends a message */
};

struct crowd_result {
	uint64_t messages;
	uint64_t deliveries;
	uint64_t bytes; /* of the frames delivered */
	struct histogram latency;
};

struct crowd;

/* Connect all members and return when every one has entered and has what it missed.
 * The plan and its texts must outlive the crowd; crowd_close frees it. */
struct crowd *crowd_open(const struct crowd_plan *plan);

/* Send messages for that long, with window of them under way at once, or, if rate is
 * not 0, that many a second. Return when all have reached everybody. */
void crowd_run(struct crowd *crowd, uint64_t ns, unsigned window, unsigned rate,
	struct crowd_result *result);

/* Write the text of the next message of a sender, which counts as sent. Returns its
 * length, message_bytes. */
size_t crowd_next_text(struct crowd *crowd, unsigned sender, char *text);

/* Wait until everything sent has arrived. */
void crowd_settle(struct crowd *crowd);

/* Where receipts are counted from now on. */
void crowd_count_in(struct crowd *crowd, struct crowd_result *result);

/* Reset all connections. */
void crowd_close(struct crowd *crowd);
