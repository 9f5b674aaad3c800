#include "redis/handover.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

int
handover_init(struct handover *handover)
{
	STAILQ_INIT(&handover->items);
	pthread_mutex_init(&handover->mutex, NULL);
	handover->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return handover->fd < 0 ? -errno : 0;
}

void
handover_fini(struct handover *handover)
{
	if (handover->fd >= 0)
		close(handover->fd);
	pthread_mutex_destroy(&handover->mutex);
}

void
handover_post(struct handover *handover, struct redis_item *item)
{
	pthread_mutex_lock(&handover->mutex);
	STAILQ_INSERT_TAIL(&handover->items, item, link);
	pthread_mutex_unlock(&handover->mutex);
	eventfd_write(handover->fd, 1);
}

static struct redis_item *
handover_take(struct handover *handover)
{
	struct redis_item *item;

	pthread_mutex_lock(&handover->mutex);
	item = STAILQ_FIRST(&handover->items);
	if (item)
		STAILQ_REMOVE_HEAD(&handover->items, link);
	pthread_mutex_unlock(&handover->mutex);
	return item;
}

/* The rest of item, in front of what was posted meanwhile. */
static void
handover_put_back(struct handover *handover, struct redis_item *item)
{
	pthread_mutex_lock(&handover->mutex);
	STAILQ_INSERT_HEAD(&handover->items, item, link);
	pthread_mutex_unlock(&handover->mutex);
	eventfd_write(handover->fd, 1);
}

void
handover_dispatch(struct handover *handover, size_t max_bytes)
{
	struct redis_item *item;
	size_t left = max_bytes;
	eventfd_t count;

	/* Reset it first: what is posted later sets it again. */
	eventfd_read(handover->fd, &count);
	while ((item = handover_take(handover))) {
		if (left && item->deliver(item, &left))
			continue;
		handover_put_back(handover, item);
		return;
	}
}
