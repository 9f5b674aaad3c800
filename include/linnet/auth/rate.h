/* rate.h - how fast somebody talks, and the table of all who are known by more than one
 * connection: programs by their token, others by their address. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "linnet/base/token_bucket.h"

/* All zero is somebody new. */
struct rate {
	struct token_bucket messages;
	struct token_bucket patience; /* of the server, with who talks too fast */
};

struct rate_table;

/* An empty table; freed by rate_table_free. */
struct rate_table *rate_table_new(void);

/* The rate of whom the key_len bytes at key (at most RATE_KEY_BYTES) name. Good until the
 * next call; the table forgets whoever has been quiet longest when it is full. */
struct rate *rate_find(struct rate_table *table, const void *key, size_t key_len);

#define RATE_KEY_BYTES 72

/* Free the table; NULL is fine. */
void rate_table_free(struct rate_table *table);
