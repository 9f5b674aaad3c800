/* A store as a whole: it is opened, asked what it is, and closed. */
#include "linnet/store/store.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/hex.h"
#include "linnet/base/random_text.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "store/driver.h"
#include "store/outbox.h"

#define EPOCH_CHARACTERS 12 /* 62 bits at 36 values each */

static const struct store_ops *const store_drivers[] = {
	&store_sqlite_ops,
	&store_memory_ops,
#ifdef LINNET_REDIS
	&store_redis_ops,
#endif
};

int
store_make_epoch(char *epoch)
{
	return random_text(epoch, EPOCH_CHARACTERS);
}

static const struct store_ops *
store_find_driver(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(store_drivers); i++)
		if (!strcmp(store_drivers[i]->driver, name))
			return store_drivers[i];
	return NULL;
}

static void
store_free(struct store *store)
{
	store_outbox_close(&store->outbox);
	free((char *)store->options.path);
	free(store);
}

int
store_open(struct store **out, const struct store_options *options, const char **why)
{
	const struct store_ops *ops = store_find_driver(options->driver);
	struct store *store;
	int r;

	if (!ops) {
		*why = "there is no such driver";
		return -EINVAL;
	}
	store = xcalloc(1, ops->size);
	store->ops = ops;
	store->options = *options;
	store->keep = options->keep;
	store->max_bytes = options->max_bytes;
	store->has_days = options->keep.days;
	store->options.driver = ops->driver;
	store->options.path = options->path ? xstrdup(options->path) : NULL;
	STAILQ_INIT(&store->pending);
	STAILQ_INIT(&store->held);
	r = store_outbox_open(&store->outbox);
	if (r < 0)
		*why = "there is no file descriptor left";
	else
		r = ops->open(store, why);
	if (r < 0) {
		store_free(store);
		return r;
	}
	*out = store;
	return 0;
}

int
store_check(const struct store_options *options, const char **why)
{
	const struct store_ops *ops = store_find_driver(options->driver);

	return ops && ops->check ? ops->check(options->path, why) : 0;
}

int
store_backup(const struct store_options *options, const char *to, const char **why)
{
	const struct store_ops *ops = store_find_driver(options->driver);
	char epoch[STORE_EPOCH_BYTES + 1];
	int r;

	if (!ops || !ops->backup) {
		*why = "the history is kept in memory only, there is no file to copy";
		return -EINVAL;
	}
	r = store_make_epoch(epoch);
	if (r < 0)
		*why = "the system has no random numbers";
	return r < 0 ? r : ops->backup(options->path, to, epoch, why);
}

uint64_t
store_bytes(const struct store *store, uint64_t *log_bytes)
{
	*log_bytes = store->log_bytes;
	return store->bytes;
}

unsigned
store_shard(const struct store *store, const char *room)
{
	return store->ops->shard ? store->ops->shard(store, room) : 0;
}

const char *
store_epoch(const struct store *store, const char *room)
{
	return store->ops->epoch ? store->ops->epoch(store, room) : store->epoch;
}

bool
store_is_shared(const struct store *store)
{
	return store->ops->is_shared;
}

uint64_t
store_version(const char *value, size_t len)
{
	char hash[HEX_SHA256_BYTES + 1];

	hex_sha256(hash, value, len);
	hash[15] = '\0'; /* 60 bits */
	return 1 + strtoull(hash, NULL, 16);
}

bool
store_is_change(enum store_kind kind)
{
	return kind == STORE_DELETE || kind == STORE_EDIT || kind == STORE_REACT;
}

void
store_close(struct store *store)
{
	if (!store)
		return;
	store->is_closing = true;
	store_flush(store);
	store->ops->close(store);
	store_dispatch(store, SIZE_MAX);
	assert(!store->writes_under_way && !store->reads_under_way &&
		!store->searches_under_way);
	store_free(store);
}
