/* refusal.h - tells connections that there is no place for them, without spending more on
 * them than a descriptor for a moment. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct ev_loop;
struct refusal;

/* Descriptors that refusals may hold at once. */
#define REFUSAL_SOCKETS 64

/* Freed by refusal_free. */
struct refusal *refusal_new(struct ev_loop *loop);

/* Tell the connection fd, whose request nobody reads, so, by HTTP 503 with Retry-After
 * or, as_line, by a line, and close it once the peer had time to read that. Closes at
 * once when too many are being told already. Takes fd. */
void refusal_add(struct refusal *refusal, int fd, bool as_line);

/* Close what is left; NULL is fine. */
void refusal_free(struct refusal *refusal);
