/* driver.h - between store.c and the drivers; no other file includes it. store.c
 * copies what is asked for, counts what is under way and hands answers over; a driver
 * only does the work, in whatever thread it likes. */
#pragma once

#include <pthread.h>
#include <sys/queue.h>

#include "linnet/store/store.h"

/* An entry on its way to the driver and, as its answer, back. */
struct store_write {
	STAILQ_ENTRY(store_write) link;
	uint64_t ticket;
	size_t bytes; /* of the whole block */
	struct store_entry entry;
	/* The answer, by the driver. */
	int error;
	uint64_t id;
	bool is_duplicate;
	char memory[]; /* the strings of entry */
};

STAILQ_HEAD(store_writes, store_write);

enum store_read_kind {
	STORE_AFTER,
	STORE_BEFORE,
	STORE_SEARCH,
};

/* A page on its way to the driver and, filled, back. */
struct store_read {
	STAILQ_ENTRY(store_read) link;
	uint64_t ticket;
	enum store_read_kind kind;
	const char *room, *query;
	int64_t low, high; /* both excluded: low < id < high */
	unsigned limit;
	size_t max_bytes;
	/* The answer, by the driver. */
	int error;
	struct store_page page;         /* its messages are those below */
	struct store_message *messages; /* as found; type and tail in one block */
	size_t capacity;
	size_t tail_bytes;
	char memory[]; /* room and query */
};

STAILQ_HEAD(store_reads, store_read);

/* Answers that wait for store_dispatch; drivers add to it from any thread. */
struct store_outbox {
	pthread_mutex_t mutex;
	struct store_writes writes;
	struct store_reads reads;
	int fd; /* an eventfd */
};

/* Embedded in each driver's own struct, as its first member. */
struct store {
	const struct store_ops *ops;
	char epoch[STORE_EPOCH_BYTES + 1];
	/* Below this line store.c's own, but for the options. */
	struct store_options options; /* its strings are gone once open has returned */
	struct store_outbox outbox;
	struct store_writes pending; /* appended since the last flush */
	size_t writes_under_way;
	size_t write_bytes_under_way;
	size_t reads_under_way;
	bool closing;
};

/* What a driver does. All but open are called in the thread that calls store.h. */
struct store_ops {
	const char *driver;
	size_t size; /* of the driver's struct, which store.c allocates, all zero */
	/* Open, with the options in the struct; sets the epoch. Returns 0, or -errno with
	 * *why set and nothing left open. */
	int (*open)(struct store *store, const char **why);
	void (*each_room)(const struct store *store,
		void (*on_room)(void *context, const char *name, uint64_t last_id),
		void *context);
	void (*each_state)(const struct store *store,
		void (*on_state)(void *context, const char *room, const char *key,
			uint64_t id, const char *value, size_t value_len),
		void *context);
	/* Take writes, at least one, leave the list empty, and answer them in order. */
	void (*write)(struct store *store, struct store_writes *writes);
	/* Take read and answer it. */
	void (*read)(struct store *store, struct store_read *read);
	/* Let go of what is older than cutoff_ms. */
	void (*prune)(struct store *store, int64_t cutoff_ms);
	/* Answer all that is under way, then close; store.c frees the struct. */
	void (*close)(struct store *store);
};

extern const struct store_ops store_memory_ops;
extern const struct store_ops store_sqlite_ops;

/* Hand writes, which are left empty, or read back with their answers. In any thread. */
void store_answer_writes(struct store *store, struct store_writes *writes);
void store_answer_read(struct store *store, struct store_read *read);

/* Copy message to the end of the page. Returns false if the limits forbid it, which is
 * noted as "more": nothing is to be added after that. */
bool store_read_add(struct store_read *read, const struct store_message *message);

/* Turn the order of the page round. */
void store_read_reverse(struct store_read *read);

/* Make the page empty again. */
void store_read_clear(struct store_read *read);

/* Give the store a random epoch. Returns 0 or -errno. */
int store_make_epoch(struct store *store);

/* How many messages of a room that has count of them are too many. */
uint64_t store_excess(const struct store *store, uint64_t count);
