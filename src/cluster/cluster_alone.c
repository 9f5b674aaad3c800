/* A process alone: a name that nobody has here is free. Nothing is told, said or ordered
 * (cluster.c), and the numbers of guests do not end. */
#include <errno.h>

#include "cluster/cluster_driver.h"

static int
alone_claim(struct cluster *cluster, const struct cluster_claim *claim, uint64_t ticket)
{
	(void)cluster;
	(void)ticket;
	return claim->name ? CLUSTER_FREE : -ENOENT;
}

static void
alone_release(struct cluster *cluster, const char *key)
{
	(void)cluster;
	(void)key;
}

static bool
alone_is_housekeeper(const struct cluster *cluster)
{
	(void)cluster;
	return true;
}

const struct cluster_ops cluster_alone_ops = {
	.claim = alone_claim,
	.release = alone_release,
	.is_housekeeper = alone_is_housekeeper,
};
