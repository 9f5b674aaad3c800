/* rate.h - how fast somebody talks, and the table of all who are known by more than one
 * connection: programs by their token, others by their address. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "linnet/base/token_bucket.h"

/* All zero is somebody new. */
struct pace {
	struct token_bucket messages;
	struct token_bucket patience; /* of the server, with who talks too fast */
};

struct pace_table;

/* An empty table; freed by pace_table_free. */
struct pace_table *pace_table_new(void);

/* The pace of whom the key_len bytes at key (at most PACE_KEY_BYTES) name. Good until the
 * next call; the table forgets whoever has been quiet longest when it is full. */
struct pace *pace_find(struct pace_table *table, const void *key, size_t key_len);

#define PACE_KEY_BYTES 72

/* Free the table; NULL is fine. */
void pace_table_free(struct pace_table *table);
