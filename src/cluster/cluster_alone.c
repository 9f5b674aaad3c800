/* A process alone: a name that nobody has here is free. */
#include "cluster/cluster_driver.h"

static int
alone_claim(struct cluster *cluster, const struct cluster_claim *claim, uint64_t ticket)
{
	(void)cluster;
	(void)claim;
	(void)ticket;
	return 0;
}

static void
alone_release(struct cluster *cluster, const char *name)
{
	(void)cluster;
	(void)name;
}

const struct cluster_ops cluster_alone_ops = {
	.claim = alone_claim,
	.release = alone_release,
};
