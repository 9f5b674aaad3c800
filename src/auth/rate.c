#include "linnet/auth/rate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/hash.h"
#include "linnet/base/xalloc.h"

#define ENTRIES_MAX 10000

struct entry {
	struct rate rate;
	size_t key_len;
	unsigned char key[RATE_KEY_BYTES];
	UT_hash_handle hh;
};

/* The hash keeps the order of insertion: whoever is found is put at its end. */
struct rate_table {
	struct entry *entries;
};

struct rate_table *
rate_table_new(void)
{
	return xcalloc(1, sizeof(struct rate_table));
}

struct rate *
rate_find(struct rate_table *table, const void *key, size_t key_len)
{
	struct entry *entry, *oldest = table->entries;

	assert(key_len <= RATE_KEY_BYTES);
	HASH_FIND(hh, table->entries, key, key_len, entry);
	if (entry) {
		HASH_DEL(table->entries, entry);
	} else {
		if (HASH_COUNT(table->entries) >= ENTRIES_MAX) {
			HASH_DEL(table->entries, oldest);
			free(oldest);
		}
		entry = xcalloc(1, sizeof(*entry));
		memcpy(entry->key, key, key_len);
		entry->key_len = key_len;
	}
	HASH_ADD_KEYPTR(hh, table->entries, entry->key, entry->key_len, entry);
	return &entry->rate;
}

void
rate_table_free(struct rate_table *table)
{
	struct entry *entry, *next;

	if (!table)
		return;
	HASH_ITER(hh, table->entries, entry, next)
	{
		HASH_DEL(table->entries, entry);
		free(entry);
	}
	free(table);
}
