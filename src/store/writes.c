/* Entries on their way to the driver: a batch until the next flush. What the driver could
 * not store waits in front of it while the store is away. */
#include "store/writes.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"
#include "store/copy.h"

static size_t
store_write_size(const struct store_entry *entry)
{
	size_t size = sizeof(struct store_write) + store_text_size(entry->room) +
		      store_text_size(entry->type) + entry->tail_len + 1 +
		      store_text_size(entry->words) + store_text_size(entry->state_key) +
		      store_text_size(entry->note) +
		      (entry->state_value ? entry->state_value_len + 1 : 0) +
		      entry->change.count * sizeof(uint64_t) +
		      (entry->author ? STORE_AUTHOR_BYTES + 1 : 0) +
		      store_text_size(entry->change.text) +
		      store_text_size(entry->change.emoji) +
		      store_text_size(entry->change.name) +
		      store_text_size(entry->change.forgotten);

	for (size_t i = 0; i < STORE_KEYS; i++)
		size += store_text_size(entry->keys[i]);
	return size;
}

struct store_write *
store_new_write(const struct store_entry *entry, uint64_t ticket)
{
	size_t bytes = store_write_size(entry);
	struct store_write *write = xmalloc(bytes);
	struct store_entry *copy = &write->entry;
	char *end = write->memory;

	assert(!entry->state_key ||
		(*entry->state_key && strlen(entry->state_key) <= STORE_STATE_KEY_BYTES));
	assert(entry->change.count <= STORE_DELETE_MAX);
	*write =
		(struct store_write){ .ticket = ticket, .bytes = bytes, .entry = *entry };
	/* First, because numbers must be aligned. */
	if (entry->change.count)
		memcpy(end, entry->change.of, entry->change.count * sizeof(uint64_t));
	copy->change.of = (const uint64_t *)(const void *)end;
	end += entry->change.count * sizeof(uint64_t);
	copy->author = (const unsigned char *)store_copy(
		&end, (const char *)entry->author, STORE_AUTHOR_BYTES);
	copy->change.text = store_copy_text(&end, entry->change.text);
	copy->change.emoji = store_copy_text(&end, entry->change.emoji);
	copy->change.name = store_copy_text(&end, entry->change.name);
	copy->change.forgotten = store_copy_text(&end, entry->change.forgotten);
	copy->room = store_copy_text(&end, entry->room);
	copy->type = store_copy_text(&end, entry->type);
	copy->tail = store_copy(&end, entry->tail, entry->tail_len);
	copy->words = store_copy_text(&end, entry->words);
	for (size_t i = 0; i < STORE_KEYS; i++)
		copy->keys[i] = store_copy_text(&end, entry->keys[i]);
	copy->note = store_copy_text(&end, entry->note);
	copy->state_key = store_copy_text(&end, entry->state_key);
	copy->state_value = store_copy(&end, entry->state_value, entry->state_value_len);
	return write;
}

void
store_free_write(struct store *store, struct store_write *write)
{
	if (write->ticket) {
		store->writes_under_way--;
		store->write_bytes_under_way -= write->bytes;
	}
	buffer_clear(&write->tail);
	free(write);
}

bool
store_may_pass(int error)
{
	return error == -ENOSPC || error == -EROFS || error == -EBUSY || error == -EIO;
}

int
store_append(struct store *store, const struct store_entry *entry, uint64_t ticket)
{
	struct store_write *write;

	if (store->is_closing || store->writes_under_way >= STORE_WRITES_MAX ||
		store->write_bytes_under_way >= STORE_WRITE_BYTES_MAX)
		return -EAGAIN;
	if (store_may_pass(store->failure) &&
		store->write_bytes_under_way >= STORE_HELD_BYTES_MAX)
		return -ENOTCONN;
	write = store_new_write(entry, ticket);
	STAILQ_INSERT_TAIL(&store->pending, write, link);
	store->waiting++;
	store->writes_under_way++;
	store->write_bytes_under_way += write->bytes;
	return 0;
}

void
store_flush(struct store *store)
{
	bool are_some_out = store->writes_under_way > store->waiting;

	if (store_may_pass(store->failure) && !store->is_closing)
		return;
	/* What was written behind a failure comes back, too: it is before pending. */
	if (!STAILQ_EMPTY(&store->held) && are_some_out && !store->is_closing)
		return;
	STAILQ_CONCAT(&store->held, &store->pending);
	store->waiting = 0;
	if (!STAILQ_EMPTY(&store->held))
		store->ops->write(store, &store->held);
}

bool
store_hold(struct store *store, struct store_write *write)
{
	if (write->ticket <= store->withdrawn) {
		write->error = -ENOTCONN;
		return false;
	}
	buffer_clear(&write->tail);
	write->was_held = true;
	write->error = 0;
	write->id = 0;
	write->deleted = 0;
	write->is_duplicate = false;
	STAILQ_INSERT_TAIL(&store->held, write, link);
	store->waiting++;
	return true;
}

/* Returns true if the entry was in writes. */
static bool
store_drop(struct store *store, struct store_writes *writes, uint64_t ticket)
{
	struct store_write *write;

	STAILQ_FOREACH (write, writes, link) {
		if (write->ticket != ticket)
			continue;
		STAILQ_REMOVE(writes, write, store_write, link);
		store->waiting--;
		store_free_write(store, write);
		return true;
	}
	return false;
}

void
store_withdraw(struct store *store, uint64_t ticket)
{
	if (!store_drop(store, &store->held, ticket) &&
		!store_drop(store, &store->pending, ticket) && ticket > store->withdrawn)
		store->withdrawn = ticket;
}
