/* handover.h - the queue from the node's thread to the one that uses the node. */
#pragma once

#include <pthread.h>

#include "linnet/redis/node.h"

struct handover {
	pthread_mutex_t mutex;
	STAILQ_HEAD(handover_items, redis_item) items;
	int fd; /* an eventfd */
};

/* Returns 0 or -errno; in either case end it with handover_fini, when it is empty. */
int handover_init(struct handover *handover);
void handover_fini(struct handover *handover);

/* From any thread. */
void handover_post(struct handover *handover, struct redis_item *item);

/* Deliver items until max_bytes are delivered. The descriptor stays readable while there
 * are more. */
void handover_dispatch(struct handover *handover, size_t max_bytes);
