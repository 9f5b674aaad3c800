/* rate.h - how fast a client sends, and the table of clients that may use several
 * connections: programs by their token, all others by their address. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "linnet/auth/gate.h"

struct rate_table;

/* Longest key of rate_find. */
#define RATE_KEY_BYTES 72

/* Create an empty table for rate_table_free. */
struct rate_table *rate_table_new(void);

/* Find or add the rate of the client with this key. Valid until the next call: a full
 * table drops the rate that has been unused for longest. */
struct rate *rate_find(struct rate_table *table, const void *key, size_t key_len);

/* Free the table; NULL is fine. */
void rate_table_free(struct rate_table *table);
