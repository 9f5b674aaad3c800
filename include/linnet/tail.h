/* tail.h - the rooms of log files: what the files say is said there. */
#pragma once

#include <stddef.h>

#include "linnet/chat.h"
#include "linnet/config.h"

struct ev_loop;
struct tail;

/* Descriptors that the configured log files may hold. */
size_t tail_descriptors(const struct config *config);

/* Follow the configured log files; borrows everything. Returns 0 and what tail_free frees
 * (NULL where there are none), or -errno. */
int tail_new(struct tail **tail, const struct config *config, struct chat *chat,
	struct ev_loop *loop);

/* Stop following; NULL is fine. */
void tail_free(struct tail *tail);
