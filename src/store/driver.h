/* driver.h - between the files of the store and its drivers; the chat does not know it.
 * writes.c and reads.c copy what the caller passes in and count what is under way,
 * delivery.c delivers the answers. A driver only does the work, in any thread it likes.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "linnet/base/buffer.h"
#include "linnet/base/hash.h"
#include "linnet/store/store.h"

/* An entry on its way to the driver, and back as its answer. */
struct store_write {
	STAILQ_ENTRY(store_write) link;
	uint64_t ticket;
	size_t bytes; /* of this whole block */
	struct store_entry entry;
	bool was_held; /* after an earlier try */
	/* The driver sets the answer. */
	int error;
	uint64_t id;
	int64_t ts_ms; /* of a duplicate: when the first one was stored */
	bool is_duplicate;
	/* Of a change: the tail to store. Without it there is nothing to store. */
	struct buffer tail;
	size_t deleted; /* messages */
	char memory[];  /* the strings of entry */
};

STAILQ_HEAD(store_writes, store_write);

enum store_read_kind {
	STORE_AFTER,
	STORE_BEFORE,
	STORE_NEWER,
	STORE_SEARCH,
	STORE_SAID_BY,
	STORE_SYNC,
};

/* store_said looks at this many messages, and stops after this many bytes of tails. */
#define STORE_SAID_ROWS 2000
#define STORE_SAID_BYTES ((size_t)1024 * 1024)

/* A page on its way to the driver, and back when it is filled. */
struct store_read {
	STAILQ_ENTRY(store_read) link;
	uint64_t ticket;
	enum store_read_kind kind;
	const char *room, *query; /* query: of STORE_SAID_BY the name */
	int64_t low, high;        /* low < id < high; not for searches and STORE_SYNC */
	unsigned limit;
	size_t max_bytes;
	/* The driver sets the answer. */
	int error;
	struct store_page page;         /* its messages are set when it is delivered */
	struct store_message *messages; /* type and tail of each are one block */
	size_t capacity;
	size_t tail_bytes;
	unsigned looked; /* of STORE_SAID_BY: messages that were looked at */
	char memory[];   /* room and query */
};

STAILQ_HEAD(store_reads, store_read);

/* Answers that wait for store_dispatch. Drivers add to it from any thread. */
struct store_outbox {
	pthread_mutex_t mutex;
	struct store_writes writes;
	struct store_reads reads;
	int fd; /* an eventfd */
};

struct store_room_keep; /* limits.h */

/* The first member of each driver's own struct. */
struct store {
	const struct store_ops *ops;
	char epoch[STORE_EPOCH_BYTES + 1]; /* of a driver without shards */
	struct store_options options;      /* path is a copy */
	/* Set by the driver: -errno while nothing can be stored, or 0. If it gives no
	 * answers then, it calls store_wake. */
	atomic_int failure;
	atomic_uint_fast64_t max_bytes; /* as in options; a reload changes it */
	/* Set by the driver: the size of the history, and of its log. */
	atomic_uint_fast64_t bytes, log_bytes;
	/* The drivers do not use these. */
	struct store_keep keep; /* of rooms without a limit of their own */
	struct store_outbox outbox;
	struct store_writes pending; /* appended since the last flush */
	struct store_writes held;    /* older ones that the driver could not store */
	size_t waiting;              /* in these two lists */
	uint64_t withdrawn; /* tickets up to this one are not held: nobody waits */
	size_t writes_under_way;
	size_t write_bytes_under_way;
	size_t reads_under_way, searches_under_way;
	bool has_days;   /* a room has a limit of days */
	bool is_told_up; /* by on_up */
	bool is_closing;
};

/* A driver. The thread that uses the store calls all of these. */
struct store_ops {
	const char *driver;
	size_t size; /* of the driver's struct; store.c allocates and zeroes it */
	/* Open the history that the options name, and set the epoch. Returns 0, or -errno
	 * with *why set and nothing left open. */
	int (*open)(struct store *store, const char **why);
	/* Tell on_epoch, on_room and on_state what is new. Returns true if that was a
	 * picture. Each store_dispatch calls it first, before it takes the answers from
	 * the outbox. So a driver must not tell a new epoch or picture while answers from
	 * before it wait in the outbox: it wakes the store and tells it in a later call.
	 * NULL for a driver whose history is empty when it is opened. */
	bool (*news)(struct store *store);
	/* As store_fd and store_dispatch, in place of the outbox and of news, for a
	 * driver whose answers are in one order with something else (delivery.h). NULL
	 * for others. */
	int (*fd)(const struct store *store);
	void (*dispatch)(struct store *store, size_t max_bytes);
	/* As store_shard and store_epoch. NULL for a driver without shards: delivery.c
	 * tells on_up for it. */
	unsigned (*shard)(const struct store *store, const char *room);
	const char *(*epoch)(const struct store *store, const char *room);
	bool is_shared; /* as store_is_shared; only then there are reads of STORE_SYNC */
	/* Take writes, which has at least one, and leave the list empty. Answer them in
	 * order. After an error that may pass, answer everything with that error until
	 * one comes that was held: all of them come again, in their order. */
	void (*write)(struct store *store, struct store_writes *writes);
	/* Take read and answer it. A search is answered within its time. */
	void (*read)(struct store *store, struct store_read *read);
	/* Do a part of the reads that were taken, for 1 ms at most. Returns true if there
	 * is more to do. NULL for a driver with threads of its own. */
	bool (*step)(struct store *store);
	/* Take limits, a new table that is freed by store_free_limits, in place of the
	 * one before, and trim. */
	void (*limit)(struct store *store, struct store_room_keep *limits);
	/* Delete messages that are too old at now_ms. */
	void (*prune)(struct store *store, int64_t now_ms);
	/* Answer everything under way, then close. store.c frees the struct. */
	void (*close)(struct store *store);
	/* As store_check. NULL for a driver that keeps no file. */
	int (*check)(const char *path, const char **why);
	/* As store_backup. NULL for a driver that keeps no file. */
	int (*backup)(
		const char *path, const char *to, const char *epoch, const char **why);
};

extern const struct store_ops store_memory_ops;
#ifdef LINNET_REDIS
extern const struct store_ops store_redis_ops;
#endif
extern const struct store_ops store_sqlite_ops;

/* Set epoch, which has STORE_EPOCH_BYTES and a NUL, to a random one. Returns 0 or -errno.
 */
int store_make_epoch(char *epoch);
