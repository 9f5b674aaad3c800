/* fake_store.h - a store driver in the place of "sqlite" that answers when the test says
 * so. Other processes append to it, too. It has two shards; rooms that begin with "z" are
 * in the second one. */
#pragma once

#include "chat_fixture.h"

#include <errno.h>
#include <inttypes.h>

#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "store/driver.h"
#include "store/limits.h"
#include "store/outbox.h"
#include "store/page.h"
#include "store/writes.h"

#define FAKE_ROOMS 4
#define FAKE_ENTRIES 100

struct fake_room {
	char name[32];
	uint64_t last_id;
	char *tails[FAKE_ENTRIES + 1]; /* by id */
	char state_key[32];            /* "" if it has no state */
	char *state_value;
};

struct fake_store {
	struct store store;
	struct store_writes given; /* not answered */
	struct store_reads asked;
	bool is_mute; /* reads are not answered */
	char epochs[2][STORE_EPOCH_BYTES + 1];
	bool is_new_epoch[2], is_new_picture[2], is_new_up[2];
	bool is_down[2];
	struct fake_room rooms[FAKE_ROOMS];
};

static struct fake_store *fake_store;

static inline struct fake_room *
fake_room_of(const char *name)
{
	struct fake_room *room = fake_store->rooms;

	while (*room->name && strcmp(room->name, name) != 0)
		room++;
	assert_true(room < fake_store->rooms + FAKE_ROOMS);
	snprintf(room->name, sizeof(room->name), "%s", name);
	return room;
}

static inline unsigned
fake_shard(const struct store *store, const char *room)
{
	(void)store;
	return *room == 'z';
}

static inline const char *
fake_epoch(const struct store *store, const char *room)
{
	return ((const struct fake_store *)store)->epochs[fake_shard(store, room)];
}

static inline int
fake_open(struct store *store, const char **why)
{
	(void)why;
	fake_store = (struct fake_store *)store;
	STAILQ_INIT(&fake_store->given);
	STAILQ_INIT(&fake_store->asked);
	strcpy(fake_store->epochs[0], "first0");
	strcpy(fake_store->epochs[1], "first1");
	fake_store->is_new_picture[0] = fake_store->is_new_picture[1] = true;
	return 0;
}

static inline void
fake_tell_room(const struct fake_room *room)
{
	const struct store_options *options = &fake_store->store.options;

	options->callbacks.on_room(options->context, room->name, room->last_id, 0, 1000);
	if (*room->state_key)
		options->callbacks.on_state(options->context, room->name, room->state_key,
			room->last_id, room->state_value, strlen(room->state_value));
}

static inline bool
fake_news(struct store *store)
{
	const struct store_options *options = &store->options;

	for (unsigned shard = 0; shard < 2; shard++) {
		bool is_picture = fake_store->is_new_picture[shard];

		if (fake_store->is_new_epoch[shard])
			options->callbacks.on_epoch(options->context, shard);
		for (size_t i = 0; is_picture && i < FAKE_ROOMS; i++)
			if (fake_store->rooms[i].last_id &&
				fake_shard(store, fake_store->rooms[i].name) == shard)
				fake_tell_room(&fake_store->rooms[i]);
		if (is_picture || fake_store->is_new_up[shard])
			options->callbacks.on_up(options->context, shard,
				!fake_store->is_down[shard],
				fake_store->is_down[shard] ? -EIO : 0);
		fake_store->is_new_epoch[shard] = false;
		fake_store->is_new_picture[shard] = fake_store->is_new_up[shard] = false;
	}
	return false;
}

static inline void
fake_write(struct store *store, struct store_writes *writes)
{
	(void)store;
	STAILQ_CONCAT(&fake_store->given, writes);
}

static inline void
fake_fill(struct store_read *read)
{
	struct fake_room *room = fake_room_of(read->room);

	if (read->kind == STORE_SYNC)
		return;
	for (uint64_t id = (uint64_t)read->low + 1; id <= room->last_id; id++)
		if (id < (uint64_t)read->high)
			store_read_add(read, &(struct store_message){
						     .id = id,
						     .ts_ms = 1000,
						     .type = "message",
						     .tail = room->tails[id],
						     .tail_len = strlen(room->tails[id]),
					     });
}

static inline void
fake_read(struct store *store, struct store_read *read)
{
	if (fake_store->is_mute) {
		STAILQ_INSERT_TAIL(&fake_store->asked, read, link);
		return;
	}
	fake_fill(read);
	store_answer_read(store, read);
}

static inline void
fake_limit(struct store *store, struct store_room_keep *limits)
{
	(void)store;
	store_free_limits(limits);
}

static inline void
fake_close(struct store *store)
{
	struct store_write *write;
	struct store_read *read;

	STAILQ_FOREACH (write, &fake_store->given, link)
		write->error = -EIO;
	store_answer_writes(store, &fake_store->given);
	while ((read = STAILQ_FIRST(&fake_store->asked))) {
		STAILQ_REMOVE_HEAD(&fake_store->asked, link);
		read->error = -EIO;
		store_answer_read(store, read);
	}
	for (size_t i = 0; i < FAKE_ROOMS; i++) {
		for (size_t id = 0; id <= FAKE_ENTRIES; id++)
			free(fake_store->rooms[i].tails[id]);
		free(fake_store->rooms[i].state_value);
	}
}

const struct store_ops store_sqlite_ops = {
	.driver = "sqlite",
	.size = sizeof(struct fake_store),
	.open = fake_open,
	.news = fake_news,
	.shard = fake_shard,
	.epoch = fake_epoch,
	.is_shared = true,
	.write = fake_write,
	.read = fake_read,
	.limit = fake_limit,
	.close = fake_close,
};

/* Keep write's entry as the next one of its room. */
static inline void
fake_keep(struct store_write *write)
{
	struct fake_room *room = fake_room_of(write->entry.room);
	const char *value = write->entry.state_value;

	assert_true(room->last_id < FAKE_ENTRIES);
	write->id = ++room->last_id;
	room->tails[write->id] = xstrdup(write->entry.tail);
	if (!write->entry.state_key)
		return;
	free(room->state_value);
	room->state_value = value ? xstrdup(value) : NULL;
	snprintf(room->state_key, sizeof(room->state_key), "%s",
		value ? write->entry.state_key : "");
}

static inline uint64_t
fake_version(const struct fake_room *room)
{
	return *room->state_key
		       ? store_version(room->state_value, strlen(room->state_value))
		       : 0;
}

/* Deliver what is ready, and give the driver what is new. */
static inline void
fake_run(struct fixture *fixture)
{
	chat_turn(fixture->chat);
	store_wake(&fake_store->store);
	chat_dispatch(fixture->chat, 0);
	chat_turn(fixture->chat);
}

/* Store and answer the oldest entry of room that was given, with -ESTALE if its state is
 * another one. */
static inline void
fake_answer(struct fixture *fixture, const char *room)
{
	struct store_writes done = STAILQ_HEAD_INITIALIZER(done);
	struct store_write *write;

	chat_turn(fixture->chat);
	write = STAILQ_FIRST(&fake_store->given);
	while (write && strcmp(write->entry.room, room) != 0)
		write = STAILQ_NEXT(write, link);
	assert_non_null(write);
	STAILQ_REMOVE(&fake_store->given, write, store_write, link);
	if (write->entry.state_key &&
		write->entry.state_version != fake_version(fake_room_of(room)))
		write->error = -ESTALE;
	else
		fake_keep(write);
	STAILQ_INSERT_TAIL(&done, write, link);
	store_answer_writes(&fake_store->store, &done);
	fake_run(fixture);
}

/* Another process stores an entry in room; it sets key to value if key is not NULL. It is
 * told here if is_told. */
static inline void
fake_add(struct fixture *fixture, const char *room, const char *text, const char *key,
	const char *value, bool is_told)
{
	struct store_writes done = STAILQ_HEAD_INITIALIZER(done);
	char *tail =
		xasprintf("\"ts\":1000,\"username\":\"far\",\"message\":\"%s\"}", text);
	struct store_write *write = store_new_write(
		&(struct store_entry){
			.room = room,
			.type = key ? "alarm" : "message",
			.ts_ms = 1000,
			.tail = tail,
			.tail_len = strlen(tail),
			.words = "",
			.state_key = key,
			.state_value = value,
			.state_value_len = value ? strlen(value) : 0,
		},
		0);

	free(tail);
	fake_keep(write);
	STAILQ_INSERT_TAIL(&done, write, link);
	if (is_told) {
		store_answer_writes(&fake_store->store, &done);
		fake_run(fixture);
		return;
	}
	buffer_clear(&write->tail);
	free(write);
}

/* Give the picture of shard anew; epoch is its new one, or NULL. */
static inline void
fake_picture(struct fixture *fixture, unsigned shard, const char *epoch)
{
	fake_store->is_new_picture[shard] = true;
	if (epoch) {
		fake_store->is_new_epoch[shard] = true;
		strcpy(fake_store->epochs[shard], epoch);
	}
	fake_run(fixture);
}

static inline void
fake_go_down(struct fixture *fixture, unsigned shard, bool is_down)
{
	fake_store->is_down[shard] = is_down;
	fake_store->is_new_up[shard] = true;
	fake_run(fixture);
}

/* Let ms pass. */
static inline void
pass(struct fixture *fixture, int ms)
{
	for (; ms > 0; ms -= CHAT_TICK_MS) {
		chat_tick(fixture->chat, fixture->now_ms);
		fake_run(fixture);
	}
}

/* Say text; nothing is answered yet. */
static inline void
say_later(struct fixture *fixture, struct fake *fake, const char *text)
{
	chat_handle(fixture->chat, &fake->session, text, strlen(text),
		fixture->now_ms += 1000);
	fake_run(fixture);
}

/* Open a WebSocket session. */
static inline void
come_later(struct fixture *fixture, struct fake *fake, const struct chat_wishes *wishes)
{
	fake_init(fixture, fake, WIRE_WS);
	chat_open(fixture->chat, &fake->session, wishes);
	fake_run(fixture);
}

static inline int
set_up_fake_store(void **state)
{
	static const char *const settings[] = { "store.driver=\"sqlite\"",
		"limits.message_rate=0", "limits.address_rate=0" };

	return set_up_with(state, settings, 3);
}

#define fake_test(test)                                                                  \
	cmocka_unit_test_setup_teardown(test, set_up_fake_store, tear_down)
