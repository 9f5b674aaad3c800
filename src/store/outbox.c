#include "store/outbox.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "store/driver.h"
#include "store/page.h"

int
store_outbox_open(struct store_outbox *outbox)
{
	STAILQ_INIT(&outbox->writes);
	STAILQ_INIT(&outbox->reads);
	pthread_mutex_init(&outbox->mutex, NULL);
	outbox->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return outbox->fd < 0 ? -errno : 0;
}

void
store_outbox_close(struct store_outbox *outbox)
{
	close(outbox->fd);
	pthread_mutex_destroy(&outbox->mutex);
}

int
store_fd(const struct store *store)
{
	return store->ops->fd ? store->ops->fd(store) : store->outbox.fd;
}

void
store_wake(struct store *store)
{
	/* The write fails only at a count of 2^64 - 2; the eventfd is readable then. */
	eventfd_write(store->outbox.fd, 1);
}

void
store_answer_writes(struct store *store, struct store_writes *writes)
{
	struct store_outbox *outbox = &store->outbox;

	pthread_mutex_lock(&outbox->mutex);
	STAILQ_CONCAT(&outbox->writes, writes);
	pthread_mutex_unlock(&outbox->mutex);
	store_wake(store);
}

void
store_answer_read(struct store *store, struct store_read *read)
{
	struct store_outbox *outbox = &store->outbox;

	if (read->error)
		store_read_clear(read);
	pthread_mutex_lock(&outbox->mutex);
	STAILQ_INSERT_TAIL(&outbox->reads, read, link);
	pthread_mutex_unlock(&outbox->mutex);
	store_wake(store);
}

void
store_outbox_take(struct store_outbox *outbox, struct store_writes *writes,
	struct store_reads *reads)
{
	pthread_mutex_lock(&outbox->mutex);
	STAILQ_CONCAT(writes, &outbox->writes);
	STAILQ_CONCAT(reads, &outbox->reads);
	pthread_mutex_unlock(&outbox->mutex);
}

void
store_put_back(struct store *store, struct store_writes *writes)
{
	struct store_outbox *outbox = &store->outbox;

	if (STAILQ_EMPTY(writes))
		return;
	pthread_mutex_lock(&outbox->mutex);
	STAILQ_CONCAT(writes, &outbox->writes);
	STAILQ_CONCAT(&outbox->writes, writes);
	pthread_mutex_unlock(&outbox->mutex);
	store_wake(store);
}
