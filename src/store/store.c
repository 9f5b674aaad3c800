#include "linnet/store/store.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include "linnet/base/hex.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "store/driver.h"
#include "store/revised.h"
#include "store/segment.h"

#define EPOCH_CHARACTERS 12 /* 62 bits at 36 values each */

#define MS_A_DAY INT64_C(86400000)

static const struct store_ops *const store_drivers[] = { &store_sqlite_ops,
	&store_memory_ops };

int
store_make_epoch(char *epoch)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t count = 0;
	unsigned char byte;

	while (count < EPOCH_CHARACTERS) {
		if (getrandom(&byte, 1, 0) != 1)
			return -errno;
		/* 252 is a multiple of 36, so each character is equally likely. */
		if (byte < 252)
			epoch[count++] = alphabet[byte % 36];
	}
	epoch[count] = '\0';
	return 0;
}

uint64_t
store_excess(const struct store_keep *keep, uint64_t count)
{
	return keep->messages && count > keep->messages ? count - keep->messages : 0;
}

int64_t
store_cutoff_ms(const struct store_keep *keep, int64_t now_ms)
{
	return keep->days && now_ms != INT64_MIN ? now_ms - keep->days * MS_A_DAY
						 : INT64_MIN;
}

const struct store_keep *
store_find_limit(
	const struct store *store, const struct store_room_keep *limits, const char *room)
{
	const struct store_room_keep *found;

	HASH_FIND_STR(limits, room, found);
	if (!found)
		HASH_FIND_STR(limits, "", found);
	return found ? &found->keep : &store->options.keep;
}

void
store_free_limits(struct store_room_keep *limits)
{
	struct store_room_keep *limit, *next;

	HASH_ITER(hh, limits, limit, next)
	{
		HASH_DEL(limits, limit);
		free(limit);
	}
}

static void
store_add_limit(struct store_room_keep **limits, const struct store_limit *from)
{
	size_t len = strlen(from->room);
	struct store_room_keep *limit;

	HASH_FIND(hh, *limits, from->room, len, limit);
	if (!limit) {
		limit = xcalloc(1, sizeof(*limit) + len + 1);
		memcpy(limit->room, from->room, len);
		HASH_ADD_KEYPTR(hh, *limits, limit->room, len, limit);
	}
	limit->keep = from->keep;
}

void
store_limit(struct store *store, const struct store_keep *keep, uint64_t max_bytes)
{
	store->keep = *keep;
	store->max_bytes = max_bytes;
}

void
store_limit_rooms(struct store *store, const struct store_limit *limits, size_t count)
{
	const struct store_limit others = { .room = "", .keep = store->keep };
	struct store_room_keep *table = NULL;

	store->has_days = store->keep.days;
	store_add_limit(&table, &others);
	for (size_t i = 0; i < count; i++) {
		store->has_days |= limits[i].keep.days > 0;
		store_add_limit(&table, &limits[i]);
	}
	store->ops->limit(store, table);
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
	close(store->outbox.fd);
	pthread_mutex_destroy(&store->outbox.mutex);
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
	STAILQ_INIT(&store->outbox.writes);
	STAILQ_INIT(&store->outbox.reads);
	pthread_mutex_init(&store->outbox.mutex, NULL);
	store->outbox.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = store->outbox.fd < 0 ? -errno : ops->open(store, why);
	if (store->outbox.fd < 0)
		*why = "there is no file descriptor left";
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
store_may_pass(int error)
{
	return error == -ENOSPC || error == -EROFS || error == -EBUSY || error == -EIO;
}

int
store_fd(const struct store *store)
{
	return store->outbox.fd;
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

/* Empty the page. */
static void
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

/* Complete the tail of a change that was stored, as readers are sent it. */
static void
store_show_detail(struct store_write *write)
{
	const struct store_change *change = &write->entry.change;

	if (!write->tail.len)
		return;
	if (change->kind == STORE_EDIT)
		revised_append_text(&write->tail, change->text);
	else if (change->kind == STORE_REACT)
		revised_append_emoji(&write->tail, change->emoji);
}

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

static void
store_free_write(struct store *store, struct store_write *write)
{
	if (write->ticket) {
		store->writes_under_way--;
		store->write_bytes_under_way -= write->bytes;
	}
	buffer_clear(&write->tail);
	free(write);
}

/* The driver could not store write: keep it for the next flush, as if it had not tried.
 */
static void
store_hold(struct store *store, struct store_write *write)
{
	if (write->ticket <= store->withdrawn) {
		store_free_write(store, write);
		return;
	}
	buffer_clear(&write->tail);
	write->error = 0;
	write->id = 0;
	write->deleted = 0;
	write->is_duplicate = false;
	STAILQ_INSERT_TAIL(&store->held, write, link);
}

/* Deliver from the front of writes until max_bytes of them are delivered. */
static void
store_deliver_writes(struct store *store, struct store_writes *writes, size_t max_bytes)
{
	struct store_write *write;
	size_t bytes = 0;

	while (bytes < max_bytes && (write = STAILQ_FIRST(writes))) {
		STAILQ_REMOVE_HEAD(writes, link);
		if (store_may_pass(write->error) && !store->is_closing) {
			store_hold(store, write);
			continue;
		}
		bytes += write->bytes;
		store_show_detail(write);
		store_deliver_write(store, write);
		store_free_write(store, write);
	}
}

/* The count of reads under way of that kind. */
static size_t *
store_count_of(struct store *store, enum store_read_kind kind)
{
	return kind == STORE_SEARCH ? &store->searches_under_way
				    : &store->reads_under_way;
}

static void
store_deliver_reads(struct store *store, struct store_reads *reads)
{
	const struct store_options *options = &store->options;
	struct store_read *read;

	while ((read = STAILQ_FIRST(reads))) {
		STAILQ_REMOVE_HEAD(reads, link);
		--*store_count_of(store, read->kind);
		read->page.messages = read->messages;
		options->callbacks.on_page(
			options->context, read->ticket, read->error, &read->page);
		store_read_clear(read);
		free(read);
	}
}

/* Put writes that were not delivered in front of those answered meanwhile. */
static void
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
	struct store_outbox *outbox = &store->outbox;
	struct store_writes writes = STAILQ_HEAD_INITIALIZER(writes);
	struct store_reads reads = STAILQ_HEAD_INITIALIZER(reads);
	bool has_more;
	eventfd_t count;

	/* Reset it before taking the lists: an answer added later sets it again. */
	eventfd_read(outbox->fd, &count);
	store_tell_news(store);
	has_more = store->ops->step && store->ops->step(store);
	pthread_mutex_lock(&outbox->mutex);
	STAILQ_CONCAT(&writes, &outbox->writes);
	STAILQ_CONCAT(&reads, &outbox->reads);
	pthread_mutex_unlock(&outbox->mutex);
	store_deliver_writes(store, &writes, max_bytes);
	store_deliver_reads(store, &reads);
	store_put_back(store, &writes);
	if (has_more)
		store_wake(store);
}

/* Copy len bytes and a NUL to *end, and move *end behind them. NULL stays NULL. */
static const char *
store_copy(char **end, const char *bytes, size_t len)
{
	char *copy = *end;

	if (!bytes)
		return NULL;
	memcpy(copy, bytes, len);
	copy[len] = '\0';
	*end = copy + len + 1;
	return copy;
}

static const char *
store_copy_text(char **end, const char *text)
{
	return store_copy(end, text, text ? strlen(text) : 0);
}

/* How many bytes store_copy_text needs for text. */
static size_t
store_text_size(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static size_t
store_write_size(const struct store_entry *entry)
{
	size_t size = sizeof(struct store_write) + store_text_size(entry->room) +
		      store_text_size(entry->type) + entry->tail_len + 1 +
		      store_text_size(entry->words) + store_text_size(entry->state_key) +
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
	copy->state_key = store_copy_text(&end, entry->state_key);
	copy->state_value = store_copy(&end, entry->state_value, entry->state_value_len);
	return write;
}

bool
store_is_change(enum store_kind kind)
{
	return kind == STORE_DELETE || kind == STORE_EDIT || kind == STORE_REACT;
}

void
store_note_deleted(struct store_write *write, uint64_t id)
{
	buffer_printf(&write->tail, "%s%" PRIu64, write->deleted++ ? "," : "", id);
}

void
store_end_deleted(struct store_write *write)
{
	bool is_list = write->deleted > 1;
	struct buffer tail = { 0 };

	buffer_printf(&tail, is_list ? "%s,\"of\":[%s]}" : "%s,\"of\":%s}",
		write->entry.tail, write->tail.bytes);
	buffer_clear(&write->tail);
	write->tail = tail;
}

void
store_refuse_change(struct store_write *write, bool is_denied)
{
	const struct store_change *change = &write->entry.change;

	if (change->count && !change->forgotten)
		write->error = is_denied ? -EACCES : -ENOENT;
}

void
store_note_reaction(struct store_write *write, uint64_t id, int64_t ts_ms)
{
	write->is_duplicate = true;
	write->id = id;
	write->ts_ms = ts_ms;
}

void
store_make_tail(struct store_write *write)
{
	const struct store_change *change = &write->entry.change;

	buffer_printf(&write->tail, "%s,\"of\":%" PRIu64 "%s}", write->entry.tail,
		change->of[0],
		change->kind == STORE_EDIT ? ""
		: change->is_on            ? ",\"on\":true"
					   : ",\"on\":false");
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
	store->writes_under_way++;
	store->write_bytes_under_way += write->bytes;
	return 0;
}

void
store_flush(struct store *store)
{
	if (store_may_pass(store->failure) && !store->is_closing)
		return;
	STAILQ_CONCAT(&store->held, &store->pending);
	if (!STAILQ_EMPTY(&store->held))
		store->ops->write(store, &store->held);
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

/* Ids fit into an int64_t, as in SQLite; a larger bound means no bound. */
static int64_t
store_to_signed(uint64_t id)
{
	return id < INT64_MAX ? (int64_t)id : INT64_MAX;
}

/* Give the driver a copy of read. Returns 0, or -EAGAIN if too many are under way. */
static int
store_begin_read(struct store *store, const struct store_read *read)
{
	size_t *under_way = store_count_of(store, read->kind);
	size_t max = read->kind == STORE_SEARCH ? STORE_SEARCHES_MAX : STORE_READS_MAX;
	struct store_read *copy;
	char *end;

	if (store->is_closing || *under_way >= max)
		return -EAGAIN;
	copy = xmalloc(sizeof(*copy) + store_text_size(read->room) +
		       store_text_size(read->query));
	*copy = *read;
	copy->page.first_id = 1;
	end = copy->memory;
	copy->room = store_copy_text(&end, read->room);
	copy->query = store_copy_text(&end, read->query);
	++*under_way;
	store->ops->read(store, copy);
	return 0;
}

int
store_after(struct store *store, const char *room, uint64_t after, uint64_t up_to,
	unsigned limit, size_t max_bytes, uint64_t ticket)
{
	return store_begin_read(store,
		&(struct store_read){
			.kind = STORE_AFTER,
			.ticket = ticket,
			.room = room,
			.low = store_to_signed(after),
			.high = store_to_signed(up_to < INT64_MAX ? up_to + 1 : up_to),
			.limit = limit,
			.max_bytes = max_bytes,
		});
}

int
store_sync(struct store *store, const char *room, uint64_t ticket)
{
	return store_begin_read(store, &(struct store_read){
					       .kind = STORE_SYNC,
					       .ticket = ticket,
					       .room = room,
				       });
}

int
store_before(struct store *store, const char *room, uint64_t before, unsigned limit,
	size_t max_bytes, uint64_t ticket)
{
	return store_begin_read(store, &(struct store_read){
					       .kind = STORE_BEFORE,
					       .ticket = ticket,
					       .room = room,
					       .high = store_to_signed(before),
					       .limit = limit,
					       .max_bytes = max_bytes,
				       });
}

int
store_newer(struct store *store, const char *room, uint64_t after, unsigned limit,
	size_t max_bytes, uint64_t ticket)
{
	return store_begin_read(store, &(struct store_read){
					       .kind = STORE_NEWER,
					       .ticket = ticket,
					       .room = room,
					       .low = store_to_signed(after),
					       .high = INT64_MAX,
					       .limit = limit,
					       .max_bytes = max_bytes,
				       });
}

size_t
store_query_words(const char *query)
{
	struct segment_part words[STORE_QUERY_WORDS];

	return segment_split(query, words, STORE_QUERY_WORDS);
}

int
store_said(struct store *store, const char *room, const char *name, uint64_t after,
	uint64_t ticket)
{
	return store_begin_read(store, &(struct store_read){
					       .kind = STORE_SAID_BY,
					       .ticket = ticket,
					       .room = room,
					       .query = name,
					       .low = store_to_signed(after),
					       .high = INT64_MAX,
					       .limit = STORE_DELETE_MAX,
					       .max_bytes = SIZE_MAX,
				       });
}

int
store_search(struct store *store, const char *room, const char *query, uint64_t before,
	unsigned limit, size_t max_bytes, uint64_t ticket)
{
	if (strlen(query) > STORE_QUERY_BYTES ||
		store_query_words(query) > STORE_QUERY_WORDS)
		return -E2BIG;
	return store_begin_read(store, &(struct store_read){
					       .kind = STORE_SEARCH,
					       .ticket = ticket,
					       .room = room,
					       .query = query,
					       .high = store_to_signed(before),
					       .limit = limit,
					       .max_bytes = max_bytes,
				       });
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
	read->messages[page->count].type = store_copy(&end, message->type, type_len);
	read->messages[page->count].tail =
		store_copy(&end, message->tail, message->tail_len);
	page->count++;
	read->tail_bytes += message->tail_len;
	return true;
}

bool
store_read_add_change(
	struct store_read *read, const struct store_message *message, const char *detail)
{
	struct store_message change = *message;
	struct buffer tail = { 0 };
	bool is_added;

	if (!detail)
		return store_read_add(read, message);
	buffer_append(&tail, message->tail, message->tail_len);
	if (message->kind == STORE_EDIT)
		revised_append_text_of(&tail, detail);
	else
		revised_append_emoji(&tail, detail);
	change.tail = tail.bytes;
	change.tail_len = tail.len;
	change.has_text = message->kind == STORE_EDIT;
	is_added = store_read_add(read, &change);
	buffer_clear(&tail);
	return is_added;
}

bool
store_read_add_said(
	struct store_read *read, const struct store_message *message, bool has_reacted)
{
	struct store_message found = *message;

	if (read->looked++ == STORE_SAID_ROWS || read->tail_bytes >= STORE_SAID_BYTES)
		read->page.more = true;
	if (read->page.more)
		return false;
	read->tail_bytes += message->tail_len;
	if (has_reacted ||
		revised_has_name(message->tail, message->tail_len, read->query)) {
		found.tail = "";
		found.tail_len = 0;
		if (!store_read_add(read, &found))
			return false;
	}
	read->page.read_id = message->id;
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
store_prune(struct store *store, int64_t now_ms)
{
	if (store->has_days)
		store->ops->prune(store, now_ms);
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
