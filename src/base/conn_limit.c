#include "linnet/base/conn_limit.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

static bool
conn_limit_is_v4(const struct sockaddr *address)
{
	return address->sa_family == AF_INET ||
	       (address->sa_family == AF_INET6 &&
		       IN6_IS_ADDR_V4MAPPED(
			       &((const struct sockaddr_in6 *)(const void *)address)
					->sin6_addr));
}

static uint32_t
conn_limit_v4_of(const struct sockaddr *address)
{
	uint32_t v4;

	if (address->sa_family == AF_INET)
		return ((const struct sockaddr_in *)(const void *)address)
			->sin_addr.s_addr;
	memcpy(&v4,
		((const struct sockaddr_in6 *)(const void *)address)->sin6_addr.s6_addr +
			12,
		sizeof(v4));
	return v4;
}

struct conn_limit_key
conn_limit_key_of(const struct sockaddr *address)
{
	struct conn_limit_key key = { .bytes = { 0 } };

	if (conn_limit_is_v4(address)) {
		uint32_t v4 = conn_limit_v4_of(address);

		key.bytes[10] = key.bytes[11] = 0xff;
		memcpy(key.bytes + 12, &v4, sizeof(v4));
	} else if (address->sa_family == AF_INET6) {
		memcpy(key.bytes,
			((const struct sockaddr_in6 *)(const void *)address)
				->sin6_addr.s6_addr,
			8);
	}
	return key;
}

bool
conn_limit_is_loopback(const struct sockaddr *address)
{
	if (conn_limit_is_v4(address))
		return ntohl(conn_limit_v4_of(address)) >> 24 == 127;
	return address->sa_family == AF_INET6 &&
	       IN6_IS_ADDR_LOOPBACK(
		       &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
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
