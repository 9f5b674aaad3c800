/* load.h - the clients: connect, send numbered messages with a limited number in
 * flight, check everything received. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "child.h"
#include "histogram.h"
#include "ledger.h"

struct load_plan {
	unsigned clients;
	unsigned senders;        /* clients 0 to senders - 1 send */
	uint32_t messages;       /* the most over all runs */
	size_t message_bytes;    /* of JSON; not used by the bare protocol */
	size_t bare_frame_bytes; /* 0: WebSocket; else the bare protocol, see bare.h */
	unsigned stall_ms; /* without any delivery for this long, a message is lost */
};

struct load;

/* Connect all clients to the server and return when it has accepted every one.
 * The load borrows server and also reads its log. The caller owns the load;
 * load_close ends it. */
struct load *load_open(const struct load_plan *plan, struct child *server);

/* Send that many messages, window of them in flight at once, and return when the
 * last one has reached everybody; false if that stalled. Each delivery's latency,
 * from send() to after recv(), is added to latency unless that is NULL. */
bool load_run(
	struct load *load, uint32_t messages, unsigned window, struct histogram *latency);

/* Receive until nothing more comes, so that late duplicates are counted. */
void load_settle(struct load *load);

/* The counts since load_open. */
struct ledger_counts load_count(const struct load *load);

/* The average size in bytes of the messages received since load_open, with frame
 * headers. */
size_t load_average_frame_bytes(const struct load *load);

/* Reset all connections (so that none lingers in TIME_WAIT) and free the load. */
void load_close(struct load *load);
