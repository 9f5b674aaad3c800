/* redis_store.h - what the files of the driver "redis" share. Everything but the inbox
 * and what redis_store.c says is of the node's thread. redis_store.c is the driver;
 * redis_append.c sends entries and reads what became of them from the log; redis_amend.c
 * computes changes; redis_sent.c has what was sent; redis_pages.c reads pages and
 * searches; redis_picture.c reads what there is; redis_thin.c deletes what is not kept;
 * redis_rooms.c knows the rooms; redis_answers.c hands answers over. */
#pragma once

#include "linnet/base/hash.h"
#include "linnet/redis/node.h"
#include "store/driver.h"
#include "store/fts_tokenizer.h"
#include "store/limits.h"
#include "store/phrases.h"

struct redisReply;

/* A room that has or had a history. */
struct redis_room {
	UT_hash_handle hh; /* by name */
	uint64_t last_id, gone_id;
	bool wants_thin;
	char name[];
};

/* Entries that were sent with one call, in their order, until it is told what became of
 * them. */
struct redis_batch {
	STAILQ_ENTRY(redis_batch) link;
	uint64_t number, generation;
	bool is_known; /* by another way than the log */
	struct store_writes writes;
};
STAILQ_HEAD(redis_batches, redis_batch);

/* A search that is under way. */
struct redis_search {
	struct phrases phrases;
	unsigned looked;
	size_t bytes;
	int64_t spent_us;
};

/* A picture that is being read. */
struct redis_picture;

struct store_redis {
	struct store store;
	struct redis_node *node;
	struct redis_consumer consumer;
	/* From the thread that uses the store. */
	pthread_mutex_t mutex;
	struct store_writes new_writes;
	struct store_reads new_reads;
	struct store_room_keep *new_limits;
	int64_t new_prune_ms; /* INT64_MIN: none */
	bool is_closing;
	/* Entries that were not sent yet, and those that were. */
	struct store_writes queue;
	struct redis_batches sent;
	uint64_t batches;                         /* numbers given */
	bool is_calling;                          /* an entry is on its way */
	void (*go_on)(struct store_redis *redis); /* send more */
	bool is_refusing;                         /* until an entry comes that was held */
	int down_error;                           /* 0: Redis can be written */
	/* Reads. */
	struct store_reads searches; /* the first one is under way */
	struct redis_search search;
	size_t reads; /* under way */
	bool can_read;
	bool are_searches_cut; /* the store closes */
	struct fts_tokenizer *tokenizer;
	/* The rest. */
	struct redis_room *rooms;
	struct redis_picture *picture;
	struct store_room_keep *limits; /* NULL: not set yet */
	bool is_thinning;
	int64_t prune_ms; /* INT64_MIN: nothing is too old */
};

static inline struct store_redis *
redis_of(struct store *store)
{
	return (struct store_redis *)store;
}

/* redis_answers.c */

/* Hand over writes, which become an empty list, a read, a picture, or that the store is
 * up or down. */
void redis_answer_writes(struct store_redis *redis, struct store_writes *writes);
void redis_answer_read(struct store_redis *redis, struct store_read *read, int error);
void redis_answer_picture(struct store_redis *redis, struct redis_picture *picture);
void redis_answer_up(struct store_redis *redis, int error);

/* redis_rooms.c */

/* The error of a reply: 0 if it is none, -EIO if there is no reply, -EUCLEAN if what
 * Redis has is not Linnet's. */
int redis_reply_error(const struct redisReply *reply);

/* How many messages room keeps now; 0: all. */
uint64_t redis_keep_of(const struct store_redis *redis, const char *room);

/* NULL: there is none. */
struct redis_room *redis_find_room(struct store_redis *redis, const char *name);

/* Make it if there is none. */
struct redis_room *redis_get_room(struct store_redis *redis, const char *name);

void redis_forget_rooms(struct store_redis *redis);

/* redis_picture.c */

struct redis_picture_room {
	UT_hash_handle hh; /* by name */
	uint64_t last_id, gone_id;
	int64_t last_ts_ms;
	struct redis_picture_value *values;
	size_t count;
	char name[];
};

struct redis_picture_value {
	uint64_t first_id, id;
	char *key, *value;
	size_t value_len;
};

struct redis_picture {
	char epoch[STORE_EPOCH_BYTES + 1];
	struct redis_picture_room *rooms;
};

/* Read everything; then it is handed over, and the node is told that it is ready. */
void redis_picture_begin(struct store_redis *redis, const char *epoch);

/* redis_rooms.c */
void redis_picture_free(struct redis_picture *picture);
void redis_picture_clear_room(struct redis_picture_room *room);

/* redis_sent.c */

/* A batch of write, or of none, that is sent now: the last of those sent. */
struct redis_batch *redis_sent_add(struct store_redis *redis, struct store_write *write);

/* Hand over the answers that are known, up to the first batch of which nothing is. */
void redis_sent_answer(struct store_redis *redis);

/* The entries of batch, which ends, go back to the front of the queue as they were. */
void redis_sent_again(struct store_redis *redis, struct redis_batch *batch);

/* The entries of batch were not stored because of error. */
void redis_sent_failed(struct store_redis *redis, struct redis_batch *batch, int error);

/* Forget what a try to store write has computed. */
void redis_sent_reset(struct store_write *write);

/* redis_amend.c */

/* Compute the change of write and send it. */
void redis_amend_begin(struct store_redis *redis, struct store_write *write);

/* redis_append.c */

/* Send what may be sent. */
void redis_append_go_on(struct store_redis *redis);

/* New entries from the thread that uses the store. */
void redis_append_take(struct store_redis *redis, struct store_writes *writes);

/* An entry of the log. */
void redis_append_on_entry(struct store_redis *redis, const struct redis_entry *entry);

/* Redis can be written, or cannot because of error. */
void redis_append_on_up(struct store_redis *redis);
void redis_append_on_down(struct store_redis *redis, int error);

/* redis_pages.c */

void redis_pages_take(struct store_redis *redis, struct store_reads *reads);

/* redis_thin.c */

/* Look at all rooms again. */
void redis_thin_begin(struct store_redis *redis);
