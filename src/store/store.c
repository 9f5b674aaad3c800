#include "linnet/store/store.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "store/driver.h"

#define EPOCH_CHARACTERS 12 /* of 36 kinds: 62 bits */

#define MS_A_DAY INT64_C(86400000)

static const struct store_ops *const drivers[] = { &store_sqlite_ops, &store_memory_ops };

int
store_make_epoch(struct store *store)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t count = 0;
	unsigned char byte;

	while (count < EPOCH_CHARACTERS) {
		if (getrandom(&byte, 1, 0) != 1)
			return -errno;
		if (byte <
			252) /* the largest multiple of 36, so that all are as likely */
			store->epoch[count++] = alphabet[byte % 36];
	}
	store->epoch[count] = '\0';
	return 0;
}

uint64_t
store_excess(const struct store *store, uint64_t count)
{
	uint64_t keep = store->options.keep_messages;

	return keep && count > keep ? count - keep : 0;
}

static const struct store_ops *
find_driver(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (!strcmp(drivers[i]->driver, name))
			return drivers[i];
	return NULL;
}

static void
free_store(struct store *store)
{
	close(store->outbox.fd);
	pthread_mutex_destroy(&store->outbox.mutex);
	free(store);
}

static int
open_driver(struct store *store, const char **why)
{
	int r;

	store->outbox.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (store->outbox.fd < 0) {
		*why = "there is no descriptor left for it";
		return -errno;
	}
	r = store->ops->open(store, why);
	/* The caller keeps the strings only until store_open returns. */
	store->options.driver = store->options.path = NULL;
	return r;
}

int
store_open(struct store **out, const struct store_options *options, const char **why)
{
	const struct store_ops *ops = find_driver(options->driver);
	struct store *store;
	int r;

	if (!ops) {
		*why = "there is no such driver";
		return -EINVAL;
	}
	store = xcalloc(1, ops->size);
	store->ops = ops;
	store->options = *options;
	STAILQ_INIT(&store->pending);
	STAILQ_INIT(&store->outbox.writes);
	STAILQ_INIT(&store->outbox.reads);
	pthread_mutex_init(&store->outbox.mutex, NULL);
	r = open_driver(store, why);
	if (r < 0) {
		free_store(store);
		return r;
	}
	*out = store;
	return 0;
}

const char *
store_epoch(const struct store *store)
{
	return store->epoch;
}

void
store_each_room(const struct store *store,
	void (*on_room)(void *context, const char *name, uint64_t last_id), void *context)
{
	store->ops->each_room(store, on_room, context);
}

void
store_each_state(const struct store *store,
	void (*on_state)(void *context, const char *room, const char *key, uint64_t id,
		const char *value, size_t value_len),
	void *context)
{
	store->ops->each_state(store, on_state, context);
}

int
store_fd(const struct store *store)
{
	return store->outbox.fd;
}

static void
ring(struct store_outbox *outbox)
{
	/* It fails only when 2^64 - 2 rings wait, and then it is readable. */
	eventfd_write(outbox->fd, 1);
}

void
store_answer_writes(struct store *store, struct store_writes *writes)
{
	struct store_outbox *outbox = &store->outbox;

	pthread_mutex_lock(&outbox->mutex);
	STAILQ_CONCAT(&outbox->writes, writes);
	pthread_mutex_unlock(&outbox->mutex);
	ring(outbox);
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
	ring(outbox);
}

/* Hand over from the front of writes until that was max_bytes of them. */
static void
deliver_writes(struct store *store, struct store_writes *writes, size_t max_bytes)
{
	const struct store_options *options = &store->options;
	struct store_write *write;
	size_t bytes = 0;

	while (bytes < max_bytes && (write = STAILQ_FIRST(writes))) {
		STAILQ_REMOVE_HEAD(writes, link);
		bytes += write->bytes;
		store->writes_under_way--;
		store->write_bytes_under_way -= write->bytes;
		options->callbacks.on_appended(options->context, write->ticket,
			write->error, write->id, write->is_duplicate);
		free(write);
	}
}

static void
deliver_reads(struct store *store, struct store_reads *reads)
{
	const struct store_options *options = &store->options;
	struct store_read *read;

	while ((read = STAILQ_FIRST(reads))) {
		STAILQ_REMOVE_HEAD(reads, link);
		store->reads_under_way--;
		read->page.messages = read->messages;
		options->callbacks.on_page(
			options->context, read->ticket, read->error, &read->page);
		store_read_clear(read);
		free(read);
	}
}

/* What was not handed over stays in front of what has come meanwhile. */
static void
put_back(struct store_outbox *outbox, struct store_writes *writes)
{
	if (STAILQ_EMPTY(writes))
		return;
	pthread_mutex_lock(&outbox->mutex);
	STAILQ_CONCAT(writes, &outbox->writes);
	STAILQ_CONCAT(&outbox->writes, writes);
	pthread_mutex_unlock(&outbox->mutex);
	ring(outbox);
}

void
store_dispatch(struct store *store, size_t max_bytes)
{
	struct store_outbox *outbox = &store->outbox;
	struct store_writes writes = STAILQ_HEAD_INITIALIZER(writes);
	struct store_reads reads = STAILQ_HEAD_INITIALIZER(reads);
	eventfd_t rings;

	/* Before the lists are taken: what is added later rings again. */
	eventfd_read(outbox->fd, &rings);
	pthread_mutex_lock(&outbox->mutex);
	STAILQ_CONCAT(&writes, &outbox->writes);
	STAILQ_CONCAT(&reads, &outbox->reads);
	pthread_mutex_unlock(&outbox->mutex);
	deliver_writes(store, &writes, max_bytes);
	deliver_reads(store, &reads);
	put_back(outbox, &writes);
}

/* Copy size bytes to *end, which is moved behind them and a NUL. NULL stays NULL. */
static const char *
put(char **end, const char *text, size_t size)
{
	char *copy = *end;

	if (!text)
		return NULL;
	memcpy(copy, text, size);
	copy[size] = '\0';
	*end = copy + size + 1;
	return copy;
}

static size_t
size_of(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static size_t
size_of_state(const struct store_entry *entry)
{
	size_t len = strlen(entry->state_key);

	assert(len >= 1 && len <= STORE_STATE_KEY_BYTES);
	return len + 1 + (entry->state_value ? entry->state_value_len + 1 : 0);
}

static void
put_state(char **end, struct store_entry *copy, const struct store_entry *entry)
{
	copy->state_key = put(end, entry->state_key, strlen(entry->state_key));
	copy->state_value = put(end, entry->state_value, entry->state_value_len);
	copy->state_value_len = entry->state_value_len;
}

static struct store_write *
new_write(const struct store_entry *entry, uint64_t ticket)
{
	size_t bytes = sizeof(struct store_write) + size_of(entry->room) +
		       size_of(entry->type) + entry->tail_len + 1 + size_of(entry->words);
	struct store_write *write;
	char *end;

	for (size_t i = 0; i < STORE_KEYS; i++)
		bytes += size_of(entry->keys[i]);
	if (entry->state_key)
		bytes += size_of_state(entry);
	write = xmalloc(bytes);
	memset(write, 0, sizeof(*write));
	write->ticket = ticket;
	write->bytes = bytes;
	write->entry.ts_ms = entry->ts_ms;
	write->entry.tail_len = entry->tail_len;
	end = write->memory;
	write->entry.room = put(&end, entry->room, strlen(entry->room));
	write->entry.type = put(&end, entry->type, strlen(entry->type));
	write->entry.tail = put(&end, entry->tail, entry->tail_len);
	write->entry.words = put(&end, entry->words, strlen(entry->words));
	for (size_t i = 0; i < STORE_KEYS; i++)
		if (entry->keys[i])
			write->entry.keys[i] =
				put(&end, entry->keys[i], strlen(entry->keys[i]));
	if (entry->state_key)
		put_state(&end, &write->entry, entry);
	return write;
}

int
store_append(struct store *store, const struct store_entry *entry, uint64_t ticket)
{
	struct store_write *write;

	if (store->closing || store->writes_under_way >= STORE_WRITES_MAX ||
		store->write_bytes_under_way >= STORE_WRITE_BYTES_MAX)
		return -EAGAIN;
	write = new_write(entry, ticket);
	STAILQ_INSERT_TAIL(&store->pending, write, link);
	store->writes_under_way++;
	store->write_bytes_under_way += write->bytes;
	return 0;
}

void
store_flush(struct store *store)
{
	if (!STAILQ_EMPTY(&store->pending))
		store->ops->write(store, &store->pending);
}

/* Ids are positive numbers of 64 bits with sign, as SQLite's are. */
static int64_t
to_signed(uint64_t id)
{
	return id < INT64_MAX ? (int64_t)id : INT64_MAX;
}

/* A read without bounds and limits, or NULL if too many are under way. */
static struct store_read *
new_read(struct store *store, enum store_read_kind kind, const char *room,
	const char *query, uint64_t ticket)
{
	struct store_read *read;
	char *end;

	if (store->closing || store->reads_under_way >= STORE_READS_MAX)
		return NULL;
	read = xmalloc(sizeof(*read) + size_of(room) + size_of(query));
	memset(read, 0, sizeof(*read));
	read->ticket = ticket;
	read->kind = kind;
	read->high = INT64_MAX;
	end = read->memory;
	read->room = put(&end, room, strlen(room));
	read->query = query ? put(&end, query, strlen(query)) : NULL;
	read->page.first_id = 1;
	store->reads_under_way++;
	return read;
}

static int
begin_read(struct store *store, struct store_read *read, unsigned limit, size_t max_bytes)
{
	read->limit = limit;
	read->max_bytes = max_bytes;
	store->ops->read(store, read);
	return 0;
}

int
store_after(struct store *store, const char *room, uint64_t after, uint64_t up_to,
	unsigned limit, size_t max_bytes, uint64_t ticket)
{
	struct store_read *read = new_read(store, STORE_AFTER, room, NULL, ticket);

	if (!read)
		return -EAGAIN;
	read->low = to_signed(after);
	read->high = up_to < INT64_MAX ? (int64_t)up_to + 1 : INT64_MAX;
	return begin_read(store, read, limit, max_bytes);
}

int
store_before(struct store *store, const char *room, uint64_t before, unsigned limit,
	size_t max_bytes, uint64_t ticket)
{
	struct store_read *read = new_read(store, STORE_BEFORE, room, NULL, ticket);

	if (!read)
		return -EAGAIN;
	read->high = to_signed(before);
	return begin_read(store, read, limit, max_bytes);
}

int
store_search(struct store *store, const char *room, const char *query, unsigned limit,
	size_t max_bytes, uint64_t ticket)
{
	struct store_read *read;

	if (strlen(query) > STORE_QUERY_BYTES)
		return -E2BIG;
	read = new_read(store, STORE_SEARCH, room, query, ticket);
	if (!read)
		return -EAGAIN;
	return begin_read(store, read, limit, max_bytes);
}

bool
store_read_add(struct store_read *read, const struct store_message *message)
{
	struct store_page *page = &read->page;
	size_t type_len = strlen(message->type);
	char *end;

	if (page->count >= read->limit ||
		(page->count && (read->tail_bytes > read->max_bytes ||
					message->tail_len >
						read->max_bytes - read->tail_bytes))) {
		page->more = true;
		return false;
	}
	if (page->count == read->capacity) {
		read->capacity = read->capacity ? read->capacity * 2 : 16;
		read->messages = xrealloc(
			read->messages, read->capacity * sizeof(*read->messages));
	}
	end = xmalloc(type_len + 1 + message->tail_len + 1);
	read->messages[page->count] = *message;
	read->messages[page->count].type = put(&end, message->type, type_len);
	read->messages[page->count].tail = put(&end, message->tail, message->tail_len);
	page->count++;
	read->tail_bytes += message->tail_len;
	return true;
}

void
store_read_reverse(struct store_read *read)
{
	struct store_message *messages = read->messages;

	for (size_t i = 0; i < read->page.count / 2; i++) {
		struct store_message message = messages[i];
		messages[i] = messages[read->page.count - 1 - i];
		messages[read->page.count - 1 - i] = message;
	}
}

void
store_read_clear(struct store_read *read)
{
	for (size_t i = 0; i < read->page.count; i++)
		free((void *)read->messages[i].type);
	free(read->messages);
	read->messages = NULL;
	read->capacity = 0;
	read->tail_bytes = 0;
	read->page = (struct store_page){ .first_id = 1 };
}

void
store_prune(struct store *store, int64_t now_ms)
{
	if (store->options.keep_days)
		store->ops->prune(store, now_ms - store->options.keep_days * MS_A_DAY);
}

void
store_close(struct store *store)
{
	if (!store)
		return;
	store->closing = true;
	store_flush(store);
	store->ops->close(store);
	store_dispatch(store, SIZE_MAX);
	assert(!store->writes_under_way && !store->reads_under_way);
	free_store(store);
}
