/* log_reader.h - reads the log of a shard, entry by entry, on a connection of its own. */
#pragma once

#include "linnet/redis/node.h"
#include "redis/peer.h"

/* A place in the log: the id of an entry, and how many entries there were with it. */
struct log_position {
	uint64_t ms, sequence; /* 0-0: before everything */
	uint64_t count;
};

/* Read the id of an entry, "MS-SEQUENCE". */
void log_position_read(struct log_position *position, const char *id);

/* True if a is behind b or equal to it. */
bool log_position_has_passed(const struct log_position *a, const struct log_position *b);

struct log_reader {
	struct peer peer;
	ev_timer pause;
	char *key; /* of the log */
	struct log_position position;
	bool is_reading;
	void (*on_entry)(void *context, const struct redis_entry *entry);
	/* What was there was read. */
	void (*on_read)(void *context);
	/* The connection is lost, or entries are missing (is_gap). */
	void (*on_lost)(void *context, const char *why, bool is_gap);
	void *context;
};

/* The callbacks and the context are set before. */
void log_reader_init(struct log_reader *reader, struct ev_loop *loop, const char *prefix);
void log_reader_fini(struct log_reader *reader);

/* Connect and read on behind the position. */
bool log_reader_start(struct log_reader *reader, const struct redis_address *address,
	const char *password, unsigned timeout_ms, const char **why);
void log_reader_stop(struct log_reader *reader);
