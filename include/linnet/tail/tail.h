/* tail.h - follows the configured log files and posts their lines in their rooms. */
#pragma once

#include <stddef.h>

#include "linnet/chat/chat.h"
#include "linnet/config/config.h"

struct loop;
struct tail;

/* The most descriptors that the configured tails hold. */
size_t tail_descriptors(const struct config *config);

/* Follow the configured log files. Borrows everything. Returns a tail for tail_free. */
struct tail *tail_new(const struct config *config, struct chat *chat, struct loop *loop);

/* Follow what the changed configuration says: add new tails, remove missing ones. The
 * other tails lose and repeat nothing. */
void tail_reload(struct tail *tail);

/* Stop following and free the tail; NULL is fine. */
void tail_free(struct tail *tail);
