/* The driver "redis": what the loop's thread calls. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "cluster/redis/cluster_link.h"
#include "linnet/base/clock.h"
#include "linnet/base/xalloc.h"

/* While Redis is away so much waits for it. If it becomes more, it is dropped, and told
 * anew when Redis is back. */
#define FRESH_ACTS_MAX 100000
#define FRESH_BYTES_MAX ((size_t)32 * 1024 * 1024)

/* So much waits to be sent that nobody keeps. */
#define SAID_BYTES_MAX ((size_t)1024 * 1024)

/* Locks what both threads share. */
static struct cluster_link *
redis_lock(const struct cluster *cluster)
{
	struct cluster_link *link = cluster->state;

	pthread_mutex_lock(&link->mutex);
	return link;
}

static void
redis_unlock(struct cluster_link *link)
{
	pthread_mutex_unlock(&link->mutex);
}

/* The same, after something was added. */
static void
redis_unlock_and_wake(struct cluster_link *link)
{
	if (link->fresh.count > FRESH_ACTS_MAX || link->fresh.bytes > FRESH_BYTES_MAX) {
		acts_drop_told(&link->fresh, false);
		link->has_overflown = true;
	}
	pthread_mutex_unlock(&link->mutex);
	redis_node_wake(link->node);
}

static int
redis_claim(struct cluster *cluster, const struct cluster_claim *claim, uint64_t ticket)
{
	struct cluster_link *link = redis_lock(cluster);

	if (!link->is_up) {
		redis_unlock(link);
		return -ENOTCONN;
	}
	acts_claim(&link->fresh, claim, ticket);
	redis_unlock_and_wake(link);
	return -EINPROGRESS;
}

static void
redis_release(struct cluster *cluster, const char *key)
{
	struct cluster_link *link = redis_lock(cluster);

	acts_release(&link->fresh, key);
	redis_unlock_and_wake(link);
}

static void
redis_tell(struct cluster *cluster, const struct cluster_event *event)
{
	struct cluster_link *link = redis_lock(cluster);

	acts_event(&link->fresh, event);
	redis_unlock_and_wake(link);
}

static int
redis_say(struct cluster *cluster, const char *room, unsigned audience, const char *text,
	size_t len)
{
	struct cluster_link *link = redis_lock(cluster);
	struct buffer said = { 0 };

	if (!link->is_up || link->said.len + len > SAID_BYTES_MAX) {
		redis_unlock(link);
		return -ENOTCONN;
	}
	redis_part_number(&said, link->number);
	redis_part_text(&said, room);
	redis_part_number(&said, audience);
	redis_part_add(&said, text, len);
	redis_part_add(&link->said, said.bytes, said.len);
	buffer_clear(&said);
	redis_unlock_and_wake(link);
	return 0;
}

static int
redis_order(struct cluster *cluster, const char *order, size_t len)
{
	struct cluster_link *link = redis_lock(cluster);

	if (!link->is_up) {
		redis_unlock(link);
		return -ENOTCONN;
	}
	acts_order(&link->fresh, order, len);
	redis_unlock_and_wake(link);
	return 0;
}

static void
redis_fetch_guests(struct cluster *cluster)
{
	struct cluster_link *link = redis_lock(cluster);
	bool is_up = link->is_up;

	link->wants_guests = is_up;
	if (is_up) {
		redis_unlock_and_wake(link);
		return;
	}
	redis_unlock(link);
	cluster_take_guests(cluster, 0);
}

static bool
redis_is_housekeeper(const struct cluster *cluster)
{
	struct cluster_link *link = redis_lock(cluster);
	bool is_keeper = clock_now_ms() < link->keeper_until_ms;

	redis_unlock(link);
	return is_keeper;
}

static void
redis_fini(struct cluster *cluster)
{
	cluster_link_fini(cluster->state);
	free(cluster->state);
	cluster->state = NULL;
}

static const struct cluster_ops cluster_redis_ops = {
	.claim = redis_claim,
	.release = redis_release,
	.tell = redis_tell,
	.say = redis_say,
	.order = redis_order,
	.fetch_guests = redis_fetch_guests,
	.is_housekeeper = redis_is_housekeeper,
	.fini = redis_fini,
};

void
cluster_share(struct cluster *cluster, struct redis_node *node, unsigned lease_ms)
{
	cluster->ops = &cluster_redis_ops;
	cluster->state = xcalloc(1, sizeof(struct cluster_link));
	cluster->is_shared = true;
	cluster->guest_next = cluster->guest_end = 0;
	cluster_link_init(cluster->state, cluster, node, lease_ms);
}

int
cluster_await(struct cluster *cluster, unsigned ms)
{
	int64_t until_ms = clock_now_ms() + ms;
	struct timespec until = { .tv_sec = until_ms / 1000,
		.tv_nsec = until_ms % 1000 * 1000000 };
	struct cluster_link *link = redis_lock(cluster);
	int r = 0;

	while (!link->is_ready && r == 0)
		r = pthread_cond_timedwait(&link->cond, &link->mutex, &until);
	cluster->node = link->number;
	if (link->is_ready && !cluster->spare_guests)
		cluster->spare_guests = link->first_guest;
	r = link->is_ready ? 0 : -ETIMEDOUT;
	redis_unlock(link);
	return r;
}
