#include "linnet/base/conn_limit.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "linnet/base/cidr.h"
#include "linnet/base/hash.h"
#include "linnet/base/xalloc.h"

struct conn_limit_entry {
	struct conn_limit_key key;
	unsigned held;
	UT_hash_handle hh;
};

struct conn_limit_table {
	unsigned max;
	struct conn_limit_entry *entries;
};

struct conn_limit_key
conn_limit_key_of(const struct in6_addr *address)
{
	bool is_v4 = IN6_IS_ADDR_V4MAPPED(address);

	return (struct conn_limit_key){ cidr_of(address, is_v4 ? 128 : 64).address };
}

bool
conn_limit_is_loopback(const struct in6_addr *address)
{
	return IN6_IS_ADDR_LOOPBACK(address) ||
	       (IN6_IS_ADDR_V4MAPPED(address) && address->s6_addr[12] == 127);
}

struct conn_limit_table *
conn_limit_new(unsigned max)
{
	struct conn_limit_table *table = xcalloc(1, sizeof(*table));

	table->max = max;
	return table;
}

void
conn_limit_set_max(struct conn_limit_table *table, unsigned max)
{
	table->max = max;
}

int
conn_limit_acquire(struct conn_limit_table *table, const struct conn_limit_key *key)
{
	struct conn_limit_entry *entry;

	HASH_FIND(hh, table->entries, key, sizeof(*key), entry);
	if (!entry) {
		entry = xcalloc(1, sizeof(*entry));
		entry->key = *key;
		HASH_ADD(hh, table->entries, key, sizeof(entry->key), entry);
	}
	if (entry->held >= table->max)
		return -EUSERS;
	entry->held++;
	return 0;
}

void
conn_limit_release(struct conn_limit_table *table, const struct conn_limit_key *key)
{
	struct conn_limit_entry *entry;

	HASH_FIND(hh, table->entries, key, sizeof(*key), entry);
	assert(entry && entry->held > 0);
	if (--entry->held == 0) {
		HASH_DEL(table->entries, entry);
		free(entry);
	}
}

void
conn_limit_free(struct conn_limit_table *table)
{
	struct conn_limit_entry *entry, *next;

	if (!table)
		return;
	HASH_ITER(hh, table->entries, entry, next)
	{
		HASH_DEL(table->entries, entry);
		free(entry);
	}
	free(table);
}
