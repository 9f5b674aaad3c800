/* tail.h - the rooms of log files: what the files say is said there. */
#pragma once

#include <stddef.h>

#include "linnet/chat/chat.h"
#include "linnet/config/config.h"

struct loop;
struct tail;

/* Descriptors that the configured log files may hold. */
size_t tail_descriptors(const struct config *config);

/* Follow the configured log files; borrows everything. Freed by tail_free. */
struct tail *tail_new(const struct config *config, struct chat *chat, struct loop *loop);

/* The configuration has changed: files that are new in it are followed from now on, those
 * that are not in it no more; nothing is lost or doubled of the others. */
void tail_reload(struct tail *tail);

/* Stop following; NULL is fine. */
void tail_free(struct tail *tail);
