/* cluster_driver.h - between cluster.c and the drivers; no other file includes it. */
#pragma once

#include "linnet/cluster/cluster.h"

/* A driver. A function without a comment is as that of cluster.h with its name. */
struct cluster_ops {
	/* Called by cluster_init. NULL: nothing has to be set up. */
	void (*init)(struct cluster *cluster);
	int (*claim)(struct cluster *cluster, const struct cluster_claim *claim,
		uint64_t ticket);
	void (*release)(struct cluster *cluster, const char *key);
	void (*tell)(struct cluster *cluster, const struct cluster_event *event);
	int (*say)(struct cluster *cluster, const char *room, unsigned audience,
		const char *text, size_t len);
	int (*order)(struct cluster *cluster, const char *order, size_t len);
	/* Get CLUSTER_GUESTS more numbers for guests: cluster_take_guests has them, now
	 * or later. Asked again before that if it failed. */
	void (*fetch_guests)(struct cluster *cluster);
	bool (*is_housekeeper)(const struct cluster *cluster);
	void (*fini)(struct cluster *cluster); /* NULL: there is nothing to free */
};

/* first and the CLUSTER_GUESTS - 1 numbers behind it are this node's. 0: there are none
 * now; they are fetched again when the next one is needed. */
void cluster_take_guests(struct cluster *cluster, uint64_t first);

extern const struct cluster_ops cluster_alone_ops;
