/* gate.h - how fast clients may send, open sessions and make rooms. Each session and each
 * caller of the HTTP API has a rate of its own (limits.message_rate). Beside it, all
 * sessions and calls of one client share the limits address_*, connect_*, address_rooms
 * and hook_burst. A client is an address (IPv6 counts by /64), or a token of auth.tokens.
 * This module has no clock: now_ms is Unix time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "linnet/base/conn_limit.h"
#include "linnet/base/token_bucket.h"
#include "linnet/config/config.h"

/* How many clients without a session are remembered. Of more, those that were idle for
 * longest are forgotten. */
#define GATE_IDLE_MAX 10000

/* Refusals in a burst before a session is closed for flooding. They are forgiven at
 * limits.message_rate. */
#define GATE_PATIENCE 100

/* How fast one session, or one caller of the HTTP API, sends. All zero for a new one. */
struct rate {
	struct token_bucket messages;
	struct token_bucket patience; /* refusals before it is closed for flooding */
};

struct gate;
struct gate_client;

/* Create a gate for gate_free. Borrows config; a reload applies at once. */
struct gate *gate_new(const struct config *config);

/* Find or add the client with this address, or this token. is_exempt: the limits that
 * clients share do not apply to it. The client is valid until the next call of these two,
 * or as long as a reference is held. */
struct gate_client *gate_find_address(
	struct gate *gate, const struct conn_limit_key *key, bool is_exempt);
struct gate_client *gate_find_token(struct gate *gate, const char *name);

/* Hold a reference, for each session of the client; NULL is fine. */
struct gate_client *gate_client_ref(struct gate_client *client);

/* Drop a reference; NULL is fine. */
void gate_client_unref(struct gate_client *client);

/* The rate of the client's calls, which belong to no session. */
struct rate *gate_client_calls(struct gate_client *client);

/* Take cost from the rate own and from what the client shares: from both or from neither.
 * Either may be NULL. Returns 0, or after how many ms to try again. Who waits that long
 * is refused at most limits.message_rate times a second. */
int64_t gate_pay(struct gate *gate, struct gate_client *client, struct rate *own,
	double cost, int64_t now_ms);

/* Give back what gate_pay has taken. */
void gate_pay_back(
	struct gate *gate, struct gate_client *client, struct rate *own, double cost);

/* As gate_pay, for a request that is refused if it has to wait: that is counted, and
 * logged by gate_tick. */
int64_t gate_charge(struct gate *gate, struct gate_client *client, struct rate *own,
	double cost, int64_t now_ms);

/* Count a refusal. Returns true if there were so many that the session should be closed.
 * A client that waits as it is told never gets there. */
bool gate_is_flooding(struct gate *gate, struct rate *own, int64_t now_ms);

/* Charge the opening of a session, before anything is made for it. client may be NULL.
 * Returns 0, or after how many ms to try again; that was counted. */
int64_t gate_connect(struct gate *gate, struct gate_client *client, int64_t now_ms);

/* Charge the making of a room, before it is made. client may be NULL. Returns 0, or after
 * how many ms to try again; that was counted. */
int64_t gate_make_room(struct gate *gate, struct gate_client *client, int64_t now_ms);

/* Give back what gate_make_room has taken: nothing was kept in the room. NULL is fine. */
void gate_unmake_room(struct gate_client *client);

/* Charge a webhook, which costs nothing else. client may be NULL. Returns 0, or after how
 * many ms to try again; that was counted. */
int64_t gate_take_hook(struct gate *gate, struct gate_client *client, int64_t now_ms);

/* Log what was refused since the last call, one line for each limit. */
void gate_tick(struct gate *gate);

/* Free the gate; no references may be left. NULL is fine. */
void gate_free(struct gate *gate);
