/* cluster_acts.h - what this node's people have done and Redis is to be told: the acts of
 * turn.lua. */
#pragma once

#include <stdbool.h>
#include <sys/queue.h>

#include "cluster/cluster_driver.h"
#include "linnet/redis/args.h"

struct act {
	STAILQ_ENTRY(act) link;
	struct redis_args words;
	bool is_claim, is_order;
	/* Of a claim. */
	uint64_t ticket;
	char *name; /* NULL: the one of the token */
};

STAILQ_HEAD(act_list, act);

struct acts {
	struct act_list list;
	size_t count, bytes;
};

void acts_init(struct acts *acts);
void acts_clear(struct acts *acts);

/* Append an act. */
void acts_claim(struct acts *acts, const struct cluster_claim *claim, uint64_t ticket);
void acts_release(struct acts *acts, const char *key);
void acts_event(struct acts *acts, const struct cluster_event *event);
void acts_order(struct acts *acts, const char *order, size_t len);

/* Move all of from behind those of to. */
void acts_move(struct acts *to, struct acts *from);

/* Take from the front of from what one call of turn.lua may have, and add its words to
 * args. to is empty before. */
void acts_take_turn(struct acts *to, struct acts *from, struct redis_args *args);

/* Drop all but claims, and orders if keeps_orders. */
void acts_drop_told(struct acts *acts, bool keeps_orders);
