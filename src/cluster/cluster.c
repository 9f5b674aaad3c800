#include "linnet/cluster/cluster.h"

#include "cluster/cluster_driver.h"

/* The next numbers are fetched when so few are left. */
#define GUESTS_LOW (CLUSTER_GUESTS / 2)

void
cluster_init(
	struct cluster *cluster, const struct cluster_callbacks *callbacks, void *context)
{
	*cluster = (struct cluster){
		.ops = &cluster_alone_ops,
		.callbacks = *callbacks,
		.context = context,
		.guest_next = 1,
		.guest_end = UINT64_MAX,
	};
	if (cluster->ops->init)
		cluster->ops->init(cluster);
}

void
cluster_fini(struct cluster *cluster)
{
	if (cluster->ops && cluster->ops->fini)
		cluster->ops->fini(cluster);
}

int
cluster_claim(struct cluster *cluster, const struct cluster_claim *claim, uint64_t ticket)
{
	return cluster->ops->claim(cluster, claim, ticket);
}

void
cluster_release(struct cluster *cluster, const char *key)
{
	cluster->ops->release(cluster, key);
}

void
cluster_tell(struct cluster *cluster, const struct cluster_event *event)
{
	if (cluster->is_shared)
		cluster->ops->tell(cluster, event);
}

int
cluster_say(struct cluster *cluster, const char *room, unsigned audience,
	const char *text, size_t len)
{
	if (!cluster->is_shared)
		return 0;
	return cluster->ops->say(cluster, room, audience, text, len);
}

int
cluster_order(struct cluster *cluster, const char *order, size_t len)
{
	return cluster->is_shared ? cluster->ops->order(cluster, order, len) : 0;
}

void
cluster_take_guests(struct cluster *cluster, uint64_t first)
{
	cluster->is_fetching = false;
	cluster->spare_guests = first;
}

uint64_t
cluster_next_guest(struct cluster *cluster)
{
	if (cluster->guest_next == cluster->guest_end && cluster->spare_guests) {
		cluster->guest_next = cluster->spare_guests;
		cluster->guest_end = cluster->guest_next + CLUSTER_GUESTS;
		cluster->spare_guests = 0;
	}
	if (cluster->guest_end - cluster->guest_next <= GUESTS_LOW &&
		!cluster->spare_guests && !cluster->is_fetching) {
		cluster->is_fetching = true;
		cluster->ops->fetch_guests(cluster);
	}
	return cluster->guest_next < cluster->guest_end ? cluster->guest_next++ : 0;
}

bool
cluster_is_housekeeper(const struct cluster *cluster)
{
	return cluster->ops->is_housekeeper(cluster);
}
