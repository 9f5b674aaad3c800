/* cluster_link.h - the cluster's part of the node's thread: it tells Redis what this
 * node's people do, and reads what the others' do. */
#pragma once

#include <pthread.h>

#include "cluster/redis/cluster_acts.h"
#include "cluster/redis/cluster_news.h"
#include "linnet/redis/node.h"

struct cluster_link {
	struct redis_node *node;
	struct redis_consumer consumer;
	struct news_reader reader;
	unsigned lease_ms;
	/* Shared by both threads. */
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	struct acts fresh;
	struct buffer said; /* a part for each saying */
	bool wants_guests, is_closing;
	bool is_up;           /* acts are done at once */
	bool is_ready;        /* it was up once */
	bool has_overflown;   /* too much has waited, and was dropped */
	unsigned number;      /* of this node */
	uint64_t first_guest; /* of the first numbers for guests */
	int64_t keeper_until_ms;
	/* Of the node's thread. */
	struct acts queue, flight; /* flight: in a call of turn.lua */
	bool is_done;              /* that call was; the log will say so */
	bool must_forget; /* Redis may have old names and people of this node, or lack
			     some */
	bool is_forgetting, is_reaping, is_ending, is_ended;
	uintptr_t scan;
	int64_t asked_ms;
	uint64_t last_guest; /* that was given to this node */
};

/* Set link up, and attach it to node. cluster gets the news. */
void cluster_link_init(struct cluster_link *link, struct cluster *cluster,
	struct redis_node *node, unsigned lease_ms);

/* End it: the names and people of this node go, if Redis is there. */
void cluster_link_fini(struct cluster_link *link);
