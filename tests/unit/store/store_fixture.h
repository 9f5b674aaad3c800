/* store_fixture.h - for the tests of the store: a store in its own folder, a record of
 * its answers, and short functions to append, read and compare. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../folder.h"
#include "linnet/base/clock.h"
#include "linnet/base/util.h"
#include "linnet/store/store.h"
#ifdef LINNET_REDIS
#include "../redis_server.h"
#include "linnet/redis/node.h"
#endif

#define PATIENCE_MS 60000
#define PLENTY ((size_t)1 << 30)

struct appended {
	uint64_t ticket, id;
	int64_t ts_ms;
	int error;
	bool is_duplicate;
	size_t deleted;
};

struct fixture {
	struct store *store; /* NULL while it is closed */
	struct store_options options;
	struct store_limit limits[4]; /* to be set when it is opened */
	size_t limit_count;
	char folder[FOLDER_BYTES], path[400];
	uint64_t last_ticket, last_appended;
	uint64_t withdrawn;        /* all up to this ticket, by commit_fails */
	struct appended *appended; /* all answers, in order */
	size_t appended_count;
	int failure;          /* that on_up has told, or 0 */
	unsigned ups;         /* how often it was called */
	uint64_t told_ticket; /* of the last entry that was told */
	char note[100];       /* of it */
	char change[65536];   /* the tail of the last change */
	size_t page_count;
	uint64_t page_ticket;
	int page_error;
	char page_ids[4096];           /* of the last page: "4 5 6", and " ..." if more */
	char page_tails[4096];         /* "a|b|c" */
	enum store_kind page_kinds[8]; /* of its first entries */
	bool page_has_text;            /* of the first one */
	uint64_t page_first_id, page_searched_from;
	uint64_t first_page_ticket; /* of the first page since it was set to 0 */
	/* The picture: "room last_id/gone_id@last_ts room ..." and "room/key=value@id
	 * room/..."
	 */
	char rooms[4096], states[4096];
	/* Of the driver redis; NULL: a server for all tests, keys of its own, "one". */
	const char *redis_uri, *redis_prefix, *redis_name;
	/* Called by on_appended. */
	void (*hook)(struct fixture *fixture, uint64_t ticket);
};

static inline void
on_message(void *context, uint64_t ticket, const struct store_record *record)
{
	struct fixture *fixture = context;

	fixture->told_ticket = ticket;
	snprintf(fixture->note, sizeof(fixture->note), "%s",
		record->note ? record->note : "(none)");
	if (record->change->kind && record->message.id)
		snprintf(fixture->change, sizeof(fixture->change), "%.*s",
			(int)record->message.tail_len, record->message.tail);
}

static inline void
on_appended(void *context, uint64_t ticket, int error, const struct store_answer *answer)
{
	struct fixture *fixture = context;
	size_t n = fixture->appended_count++;

	if ((n & (n - 1)) == 0)
		fixture->appended = realloc(
			fixture->appended, (n ? 2 * n : 1) * sizeof(struct appended));
	fixture->appended[n] = (struct appended){ ticket, answer->id, answer->ts_ms,
		error, answer->is_duplicate, answer->deleted };
	if (fixture->hook)
		fixture->hook(fixture, ticket);
}

static inline void
on_page(void *context, uint64_t ticket, int error, const struct store_page *page)
{
	struct fixture *fixture = context;
	size_t ids = 0, tails = 0;

	fixture->page_count++;
	fixture->page_ticket = ticket;
	fixture->page_error = error;
	fixture->page_first_id = page->first_id;
	fixture->page_searched_from = page->searched_from;
	if (!fixture->first_page_ticket)
		fixture->first_page_ticket = ticket;
	fixture->page_ids[0] = fixture->page_tails[0] = '\0';
	for (size_t i = 0; i < page->count && ids < sizeof(fixture->page_ids); i++) {
		const struct store_message *message = &page->messages[i];
		if (i < ARRAY_SIZE(fixture->page_kinds))
			fixture->page_kinds[i] = message->kind;
		if (!i)
			fixture->page_has_text = message->has_text;
		ids += (size_t)snprintf(fixture->page_ids + ids,
			sizeof(fixture->page_ids) - ids, "%s%" PRIu64, i ? " " : "",
			message->id);
		if (tails < sizeof(fixture->page_tails))
			tails += (size_t)snprintf(fixture->page_tails + tails,
				sizeof(fixture->page_tails) - tails, "%s%.*s",
				i ? "|" : "", (int)message->tail_len, message->tail);
	}
	if (page->more && ids < sizeof(fixture->page_ids))
		snprintf(fixture->page_ids + ids, sizeof(fixture->page_ids) - ids, "%s",
			ids ? " ..." : "...");
}

static inline void
on_room(void *context, const char *room, uint64_t last_id, uint64_t gone_id,
	int64_t last_ts_ms)
{
	struct fixture *fixture = context;
	size_t used = strlen(fixture->rooms);

	snprintf(fixture->rooms + used, sizeof(fixture->rooms) - used,
		"%s%s %" PRIu64 "/%" PRIu64 "@%" PRIi64, used ? " " : "", room, last_id,
		gone_id, last_ts_ms);
}

static inline void
on_state(void *context, const char *room, const char *key, uint64_t id, const char *value,
	size_t value_len)
{
	struct fixture *fixture = context;
	size_t used = strlen(fixture->states);

	assert_int_equal(value[value_len], '\0');
	snprintf(fixture->states + used, sizeof(fixture->states) - used,
		"%s%s/%s=%.*s@%" PRIu64, used ? " " : "", room, key, (int)value_len,
		value, id);
}

static inline void
on_up(void *context, unsigned shard, bool is_up, int error)
{
	struct fixture *fixture = context;

	assert_int_equal(shard, 0);
	assert_int_equal(is_up, !error);
	fixture->failure = is_up ? 0 : error;
	fixture->ups++;
}

static inline bool
is_redis(const struct fixture *fixture)
{
	return strcmp(fixture->options.driver, "redis") == 0;
}

#ifdef LINNET_REDIS
/* One for all tests of the program. */
static struct redis_server redis_server;

static inline void
stop_redis(void)
{
	redis_server_fini(&redis_server);
}

/* Make the fixture's node. Its keys begin with the name of the fixture's folder. */
static inline void
make_node(struct fixture *fixture)
{
	struct redis_options options = { .uri = fixture->redis_uri,
		.prefix = fixture->redis_prefix ? fixture->redis_prefix
						: strrchr(fixture->folder, '/') + 1,
		.name = fixture->redis_name ? fixture->redis_name : "one",
		.layout = "same",
		.lease_ms = 3000,
		.timeout_ms = 2000,
		.log_ms = 60000 };
	const char *why;

	if (!options.uri && !redis_server.pid) {
		redis_server_init(&redis_server);
		redis_server_start(&redis_server);
		atexit(stop_redis);
	}
	if (!options.uri)
		options.uri = redis_server.uri;
	if (redis_node_new(&fixture->options.node, &options, &why) < 0)
		fail_msg("%s", why);
	fixture->options.start_ms = PATIENCE_MS;
}

static inline void
free_node(struct fixture *fixture)
{
	redis_node_free(fixture->options.node);
	fixture->options.node = NULL;
}
#else
static inline void
make_node(struct fixture *fixture)
{
	(void)fixture;
}

static inline void
free_node(struct fixture *fixture)
{
	(void)fixture;
}
#endif

static inline int
try_open(struct fixture *fixture, const char **why)
{
	*why = NULL;
	if (is_redis(fixture) && !fixture->options.node)
		make_node(fixture);
	return store_open(&fixture->store, &fixture->options, why);
}

static inline void
open_store(struct fixture *fixture)
{
	const char *why;

	if (try_open(fixture, &why) < 0)
		fail_msg("store_open: %s", why);
	fixture->rooms[0] = fixture->states[0] = '\0';
	store_dispatch(fixture->store, SIZE_MAX);
	store_limit_rooms(fixture->store, fixture->limits, fixture->limit_count);
}

static inline void
close_store(struct fixture *fixture)
{
	store_close(fixture->store);
	fixture->store = NULL;
	free_node(fixture);
}

/* Close and open again, and forget the answers. */
static inline void
reopen_store(struct fixture *fixture)
{
	close_store(fixture);
	fixture->appended_count = fixture->page_count = 0;
	open_store(fixture);
}

/* Opening fails with error, and the reason contains words. */
static inline void
assert_open_fails(struct fixture *fixture, int error, const char *words)
{
	const char *why;
	int r = try_open(fixture, &why);

	if (r != error || !why || !strstr(why, words))
		fail_msg("store_open: %d, \"%s\"", r, why ? why : "");
	fixture->store = NULL;
}

/* Wait for an answer and deliver all that are there. */
static inline void
dispatch_one(struct fixture *fixture)
{
	struct pollfd pollfd = { .fd = store_fd(fixture->store), .events = POLLIN };

	if (poll(&pollfd, 1, PATIENCE_MS) != 1)
		fail_msg("the store does not answer");
	store_dispatch(fixture->store, SIZE_MAX);
}

static inline void
wait_appended(struct fixture *fixture, size_t count)
{
	while (fixture->appended_count < count)
		dispatch_one(fixture);
}

/* Append entry under the next ticket. Returns what store_append does. */
static inline int
try_append_entry(struct fixture *fixture, const struct store_entry *entry)
{
	int r = store_append(fixture->store, entry, ++fixture->last_ticket);

	if (r == 0)
		fixture->last_appended = fixture->last_ticket;
	return r;
}

/* Append; text is the tail and the words. Returns what store_append does. */
static inline int
try_append(struct fixture *fixture, const char *room, const char *text, const char *key,
	const char *other_key)
{
	return try_append_entry(fixture, &(struct store_entry){
						 .room = room,
						 .type = "message",
						 .ts_ms = 1000,
						 .tail = text,
						 .tail_len = strlen(text),
						 .words = text,
						 .keys = { key, other_key },
					 });
}

static inline void
append(struct fixture *fixture, const char *room, const char *text)
{
	assert_int_equal(try_append(fixture, room, text, NULL, NULL), 0);
}

/* Flush, wait until all entries are answered, and return the last answer. */
static inline struct appended
commit(struct fixture *fixture)
{
	size_t count = fixture->appended_count;
	uint64_t last = fixture->last_appended;

	store_flush(fixture->store);
	while (fixture->appended_count == count ||
		fixture->appended[fixture->appended_count - 1].ticket != last) {
		dispatch_one(fixture);
		store_flush(fixture->store); /* what was held */
	}
	return fixture->appended[fixture->appended_count - 1];
}

/* Flush, and wait until the store says that it is away because of error. What it holds is
 * dropped. */
static inline void
commit_fails(struct fixture *fixture, int error)
{
	size_t count = fixture->appended_count;
	uint64_t ticket = fixture->last_appended;

	store_flush(fixture->store);
	while (fixture->failure != error)
		dispatch_one(fixture);
	assert_int_equal(fixture->appended_count, count);
	for (; ticket > fixture->withdrawn; ticket--)
		store_withdraw(fixture->store, ticket);
	fixture->withdrawn = fixture->last_appended;
}

/* Append, commit and expect that it is stored under id. */
static inline void
keep(struct fixture *fixture, const char *room, const char *text, uint64_t id)
{
	append(fixture, room, text);
	struct appended answer = commit(fixture);
	assert_int_equal(answer.error, 0);
	assert_int_equal(answer.id, id);
	assert_false(answer.is_duplicate);
}

/* Store the messages "1" to count in one transaction. */
static inline void
keep_many(struct fixture *fixture, const char *room, unsigned count)
{
	char text[20];

	for (unsigned i = 1; i <= count; i++) {
		snprintf(text, sizeof(text), "%u", i);
		append(fixture, room, text);
	}
	assert_int_equal(commit(fixture).error, 0);
}

/* Append with keys, commit and expect id, as a duplicate or not. */
static inline void
keep_keyed(struct fixture *fixture, const char *room, const char *key,
	const char *other_key, uint64_t id, bool is_duplicate)
{
	assert_int_equal(try_append(fixture, room, "keyed", key, other_key), 0);
	struct appended answer = commit(fixture);
	assert_int_equal(answer.error, 0);
	assert_int_equal(answer.id, id);
	assert_int_equal(answer.is_duplicate, is_duplicate);
}

/* Append an entry that sets key of the room's state to value, or removes it for NULL.
 * Returns what store_append does. */
static inline int
try_append_state(struct fixture *fixture, const char *room, const char *text,
	const char *key, const char *value)
{
	return try_append_entry(
		fixture, &(struct store_entry){
				 .room = room,
				 .type = "alarm",
				 .ts_ms = 1000,
				 .tail = text,
				 .tail_len = strlen(text),
				 .words = text,
				 .state_key = key,
				 .state_value = value,
				 .state_value_len = value ? strlen(value) : 0,
				 .state_version = STORE_ANY_VERSION,
			 });
}

/* The same, and commit. */
static inline void
keep_state(struct fixture *fixture, const char *room, const char *key, const char *value)
{
	assert_int_equal(try_append_state(fixture, room, "state", key, value), 0);
	assert_int_equal(commit(fixture).error, 0);
}

static inline void
wait_page(struct fixture *fixture)
{
	size_t count = fixture->page_count;

	while (fixture->page_count == count)
		dispatch_one(fixture);
	assert_int_equal(fixture->page_ticket, fixture->last_ticket);
}

static inline void
ask_after(struct fixture *fixture, const char *room, uint64_t after, uint64_t up_to,
	unsigned limit, size_t max_bytes)
{
	assert_int_equal(store_after(fixture->store, room, after, up_to, limit, max_bytes,
				 ++fixture->last_ticket),
		0);
	wait_page(fixture);
}

static inline void
ask_before(struct fixture *fixture, const char *room, uint64_t before, unsigned limit,
	size_t max_bytes)
{
	assert_int_equal(store_before(fixture->store, room, before, limit, max_bytes,
				 ++fixture->last_ticket),
		0);
	wait_page(fixture);
}

static inline void
ask_search(struct fixture *fixture, const char *room, const char *query, unsigned limit)
{
	assert_int_equal(store_search(fixture->store, room, query, UINT64_MAX, limit,
				 PLENTY, ++fixture->last_ticket),
		0);
	wait_page(fixture);
}

/* The last page has these ids. */
static inline void
assert_page(const struct fixture *fixture, const char *ids)
{
	assert_int_equal(fixture->page_error, 0);
	assert_string_equal(fixture->page_ids, ids);
}

static inline void
assert_all(struct fixture *fixture, const char *room, const char *ids)
{
	ask_after(fixture, room, 0, UINT64_MAX, 1000, PLENTY);
	assert_page(fixture, ids);
}

static inline void
assert_found(
	struct fixture *fixture, const char *room, const char *query, const char *ids)
{
	ask_search(fixture, room, query, 1000);
	if (fixture->page_error || strcmp(fixture->page_ids, ids) != 0)
		fail_msg("\"%s\" finds \"%s\" (%d), not \"%s\"", query, fixture->page_ids,
			fixture->page_error, ids);
}

/* The store trims in the background: read until first_id is the oldest message. */
static inline void
wait_trimmed(struct fixture *fixture, const char *room, uint64_t first_id)
{
	int64_t end = clock_now_ms() + PATIENCE_MS;

	do {
		ask_before(fixture, room, UINT64_MAX, 0, 0);
		assert_int_equal(fixture->page_error, 0);
		assert_true(fixture->page_first_id <= first_id);
		assert_true(clock_now_ms() < end);
	} while (fixture->page_first_id != first_id);
}

/* Run sql in the database at path, which is created if needed. The connection stays open
 * and holds its locks until sqlite3_close. */
static inline sqlite3 *
begin_sql(const char *path, const char *sql)
{
	char *error = NULL;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", sql, error);
	return db;
}

/* The same, and close it. */
static inline void
run_sql(const char *path, const char *sql)
{
	sqlite3_close(begin_sql(path, sql));
}

/* A path in the fixture's folder; valid for the next seven calls. */
static inline const char *
name_in_folder(const struct fixture *fixture, const char *name)
{
	return folder_path(fixture->folder, name);
}

/* Make a fixture whose store is closed. */
static inline struct fixture *
fixture_new(const char *driver)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	folder_make(fixture->folder);
	snprintf(fixture->path, sizeof(fixture->path), "%s/test.db", fixture->folder);
	fixture->options = (struct store_options){
		.driver = driver,
		.path = fixture->path,
		.callbacks = { NULL, on_room, on_state, on_up, on_message, on_appended,
			on_page },
		.context = fixture,
	};
	return fixture;
}

static inline int
fixture_free(struct fixture *fixture)
{
	close_store(fixture);
	folder_remove(fixture->folder);
	free(fixture->appended);
	free(fixture);
	return 0;
}

/* *state is the driver's name. */
static inline int
set_up_closed(void **state)
{
	*state = fixture_new(*state);
	return 0;
}

static inline int
set_up_open(void **state)
{
	set_up_closed(state);
	open_store(*state);
	return 0;
}

static inline int
tear_down(void **state)
{
	return fixture_free(*state);
}

#define STORE_TEST(test, driver, set_up, tear_down)                                      \
	{                                                                                \
#test " (" driver ")", test, set_up, tear_down, (void *)driver           \
	}

/* Tests with an open store. EACH: of each driver; KEPT: of those that keep it when they
 * are closed. */
#define SQLITE(test) STORE_TEST(test, "sqlite", set_up_open, tear_down)
#define MEMORY(test) STORE_TEST(test, "memory", set_up_open, tear_down)
#ifdef LINNET_REDIS
#define REDIS(test) STORE_TEST(test, "redis", set_up_open, tear_down),
#define CLOSED_REDIS(test) STORE_TEST(test, "redis", set_up_closed, tear_down),
#else
#define REDIS(test)
#define CLOSED_REDIS(test)
#endif
#define BOTH(test) SQLITE(test), MEMORY(test)
#define EACH(test) REDIS(test) BOTH(test)
#define KEPT(test) REDIS(test) SQLITE(test)

/* Tests that set options, or prepare the file, before they open the store. */
#define CLOSED_SQLITE(test) STORE_TEST(test, "sqlite", set_up_closed, tear_down)
#define CLOSED_MEMORY(test) STORE_TEST(test, "memory", set_up_closed, tear_down)
#define CLOSED_BOTH(test) CLOSED_SQLITE(test), CLOSED_MEMORY(test)
#define CLOSED_EACH(test) CLOSED_REDIS(test) CLOSED_BOTH(test)
#define CLOSED_KEPT(test) CLOSED_REDIS(test) CLOSED_SQLITE(test)
