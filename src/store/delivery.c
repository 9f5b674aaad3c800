/* Answers of the driver, given to the callbacks in the thread that uses the store. */
#include "store/delivery.h"

#include <stdlib.h>
#include <sys/eventfd.h>

#include "store/change_answer.h"
#include "store/driver.h"
#include "store/outbox.h"
#include "store/page.h"
#include "store/reads.h"
#include "store/writes.h"

/* Tell everybody what write has stored, if it has. */
static void
store_tell(const struct store *store, const struct store_write *write)
{
	const struct store_entry *entry = &write->entry;
	const struct store_change *change = &entry->change;
	const struct store_record record = {
		.room = entry->room,
		.message = { .id = write->id,
			.ts_ms = entry->ts_ms,
			.type = entry->type,
			.tail = change->kind ? write->tail.bytes : entry->tail,
			.tail_len = change->kind ? write->tail.len : entry->tail_len,
			.kind = change->kind,
			.has_text = change->kind == STORE_EDIT },
		.change = change,
		.state_key = entry->state_key,
		.state_value = entry->state_value,
		.state_value_len = entry->state_value_len,
		.note = entry->note,
	};

	if (!write->error && !write->is_duplicate &&
		(write->id || change->whole_room || change->forgotten))
		store->options.callbacks.on_message(
			store->options.context, write->ticket, &record);
}

static void
store_deliver_write(const struct store *store, const struct store_write *write)
{
	const struct store_answer answer = {
		.id = write->id,
		.ts_ms = write->is_duplicate ? write->ts_ms : write->entry.ts_ms,
		.is_duplicate = write->is_duplicate,
		.deleted = write->deleted,
	};
	const struct store_answer none = { .id = 0 };

	store_tell(store, write);
	if (!write->ticket)
		return;
	store->options.callbacks.on_appended(store->options.context, write->ticket,
		write->error, write->error ? &none : &answer);
}

size_t
store_deliver_writes(struct store *store, struct store_writes *writes, size_t max_bytes)
{
	struct store_write *write;
	size_t bytes = 0;

	while (bytes < max_bytes && (write = STAILQ_FIRST(writes))) {
		STAILQ_REMOVE_HEAD(writes, link);
		if (store_may_pass(write->error) && !store->is_closing &&
			store_hold(store, write))
			continue;
		bytes += write->bytes;
		store_show_detail(write);
		store_deliver_write(store, write);
		store_free_write(store, write);
	}
	return bytes;
}

void
store_deliver_read(struct store *store, struct store_read *read)
{
	--*store_count_of(store, read->kind);
	read->page.messages = read->messages;
	store->options.callbacks.on_page(
		store->options.context, read->ticket, read->error, &read->page);
	store_read_clear(read);
	free(read);
}

static void
store_deliver_reads(struct store *store, struct store_reads *reads)
{
	struct store_read *read;

	while ((read = STAILQ_FIRST(reads))) {
		STAILQ_REMOVE_HEAD(reads, link);
		store_deliver_read(store, read);
	}
}

/* Tell what is new of the history as a whole. */
static void
store_tell_news(struct store *store)
{
	const struct store_options *options = &store->options;
	int failure = store->failure;
	bool is_picture = store->ops->news && store->ops->news(store);

	if (store->ops->shard || (store->is_told_up == !failure && !is_picture))
		return;
	store->is_told_up = !failure;
	if (options->callbacks.on_up)
		options->callbacks.on_up(options->context, 0, !failure, failure);
}

void
store_dispatch(struct store *store, size_t max_bytes)
{
	struct store_writes writes = STAILQ_HEAD_INITIALIZER(writes);
	struct store_reads reads = STAILQ_HEAD_INITIALIZER(reads);
	bool has_more;
	eventfd_t count;

	if (store->ops->dispatch) {
		store->ops->dispatch(store, max_bytes);
		return;
	}
	/* Reset it before taking the lists: an answer added later sets it again. */
	eventfd_read(store->outbox.fd, &count);
	store_tell_news(store);
	has_more = store->ops->step && store->ops->step(store);
	store_outbox_take(&store->outbox, &writes, &reads);
	store_deliver_writes(store, &writes, max_bytes);
	store_deliver_reads(store, &reads);
	store_put_back(store, &writes);
	if (has_more)
		store_wake(store);
}
