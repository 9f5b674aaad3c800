#include "linnet/auth/rate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/hash.h"
#include "linnet/base/xalloc.h"

#define RATE_ENTRIES_MAX 10000

struct rate_entry {
	struct rate rate;
	unsigned char key[RATE_KEY_BYTES];
	UT_hash_handle hh;
};

/* uthash keeps the order of insertion. Each use moves an entry to the end, so the first
 * one has been unused for longest. */
struct rate_table {
	struct rate_entry *entries;
};

struct rate_table *
rate_table_new(void)
{
	return xcalloc(1, sizeof(struct rate_table));
}

struct rate *
rate_find(struct rate_table *table, const void *key, size_t key_len)
{
	struct rate_entry *entry, *oldest = table->entries;

	assert(key_len <= RATE_KEY_BYTES);
	HASH_FIND(hh, table->entries, key, key_len, entry);
	if (entry) {
		HASH_DEL(table->entries, entry);
	} else {
		if (HASH_COUNT(table->entries) >= RATE_ENTRIES_MAX) {
			HASH_DEL(table->entries, oldest);
			free(oldest);
		}
		entry = xcalloc(1, sizeof(*entry));
		memcpy(entry->key, key, key_len);
	}
	HASH_ADD_KEYPTR(hh, table->entries, entry->key, key_len, entry);
	return &entry->rate;
}

void
rate_table_free(struct rate_table *table)
{
	struct rate_entry *entry, *next;

	if (!table)
		return;
	HASH_ITER(hh, table->entries, entry, next)
	{
		HASH_DEL(table->entries, entry);
		free(entry);
	}
	free(table);
}
