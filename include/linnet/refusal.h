/* refusal.h - tells connections that there is no place for them, without spending more on
 * them than a descriptor for a moment. */
#pragma once

#include <stddef.h>

struct ev_loop;
struct refusal;

/* Descriptors that refusals may hold at once. */
#define REFUSAL_SOCKETS 64

/* Freed by refusal_free. */
struct refusal *refusal_new(struct ev_loop *loop);

/* Answer the connection fd, whose request nobody reads, with HTTP 503 and Retry-After,
 * and close it once the peer had time to read that. Closes at once when too many are
 * being told already. Takes fd. */
void refusal_add(struct refusal *refusal, int fd);

/* Close what is left; NULL is fine. */
void refusal_free(struct refusal *refusal);
