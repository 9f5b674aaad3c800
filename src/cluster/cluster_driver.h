/* cluster_driver.h - between cluster.c and the drivers; no other file includes it. */
#pragma once

#include "linnet/cluster/cluster.h"

struct cluster_ops {
	/* As cluster_claim and cluster_release. */
	int (*claim)(struct cluster *cluster, const struct cluster_claim *claim,
		uint64_t ticket);
	void (*release)(struct cluster *cluster, const char *name);
};

extern const struct cluster_ops cluster_alone_ops;
