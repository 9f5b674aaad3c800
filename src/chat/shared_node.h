/* shared_node.h - the link to the Redis of the configuration. */
#pragma once

#include "linnet/config/config.h"

struct redis_node;

/* Make the node that config describes, for redis_node_free. It is not started. Returns 0,
 * or -errno with *why set to a sentence, which is valid until the next call. */
int shared_node_new(
	struct redis_node **node, const struct config *config, const char **why);

/* Free node; NULL is fine. */
void shared_node_free(struct redis_node *node);
