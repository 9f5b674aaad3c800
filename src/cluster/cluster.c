#include "linnet/cluster/cluster.h"

#include "cluster/cluster_driver.h"

void
cluster_init(
	struct cluster *cluster, const struct cluster_callbacks *callbacks, void *context)
{
	*cluster = (struct cluster){ &cluster_alone_ops, *callbacks, context };
}

int
cluster_claim(struct cluster *cluster, const struct cluster_claim *claim, uint64_t ticket)
{
	return cluster->ops->claim(cluster, claim, ticket);
}

void
cluster_release(struct cluster *cluster, const char *name)
{
	cluster->ops->release(cluster, name);
}
