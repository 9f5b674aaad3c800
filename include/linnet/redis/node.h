/* node.h - this process as a node of a cluster: its link to a shard, which is one
 * database of Redis. A thread with an event loop of its own keeps three connections (for
 * calls, for the log and for the channel) and reads the log. The drivers of the store and
 * of the cluster are its consumers. What they hand to the thread that uses them goes
 * through one queue, so it arrives in the order of the log. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "linnet/redis/args.h"

struct redis_node;
struct redisReply; /* hiredis/hiredis.h */

/* Limits of the names in Redis. */
#define REDIS_NAME_BYTES 32

/* Length of an epoch. */
#define REDIS_EPOCH_BYTES 12

struct redis_options {
	/* redis://[USER[:PASSWORD]@]HOST[:PORT][/DB] or unix://PATH[?db=DB] */
	const char *uri;
	const char *password; /* NULL: as in uri */
	/* 1 to REDIS_NAME_BYTES letters, digits, "-", "_" and ".". */
	const char *prefix; /* of all keys */
	const char *name;   /* of this node; no other node of the prefix has it */
	/* What all nodes must agree on: a node that says something else is refused while
	 * another one is there. Text for people. */
	const char *layout;
	unsigned lease_ms;   /* without a word for so long a node counts as gone */
	unsigned timeout_ms; /* a connection that does not answer for so long is closed */
	unsigned log_ms;     /* how long the log remembers */
};

/* A Lua script with what all scripts share in front of it (src/redis/common.lua). */
struct redis_script {
	const char *text;
	size_t len;
	const char *sha; /* SHA-1 of the text in hex digits */
};

/* What hello has found. */
struct redis_hello {
	/* What was known before is not valid any more, or was never known: the consumer
	 * takes a picture, and calls redis_node_ready when it is there. */
	bool is_new;
	bool is_new_epoch; /* another one than that of the hello before */
	const char *epoch;
	/* A former process with the name of this node has left keys behind, or Redis has
	 * forgotten this one. */
	bool has_other_boot;
};

/* An entry of the log, valid during the call. */
struct redis_entry {
	const char *kind; /* "batch" is the store's, "epoch" the node's */
	const char *node; /* who has appended it */
	bool is_own;      /* this process has */
	uint64_t generation;
	const char *data;
	size_t len;
};

/* Something that a consumer hands to the thread that uses it. */
struct redis_item {
	STAILQ_ENTRY(redis_item) link;
	/* Called in that thread. *left is how many bytes may still be delivered; it is
	 * counted down, and may be exceeded by one message. Returns true if everything
	 * was delivered: then it has freed the item. */
	bool (*deliver)(struct redis_item *item, size_t *left);
};

/* Callbacks in the node's thread, all but NULL ones. Calls are only answered, never made,
 * before on_hello and after on_down with can_read false. */
struct redis_consumer {
	void *context;
	void (*on_hello)(void *context, const struct redis_hello *hello);
	/* Each entry behind the picture, in order and once; also those that a former
	 * connection of this process has appended. */
	void (*on_entry)(void *context, const struct redis_entry *entry);
	/* All that was in the log at the hello has been told, and calls may write. What
	 * this process has sent earlier and was not told was not done, and never will be.
	 */
	void (*on_up)(void *context);
	/* Calls may not write. error says why: -EIO (no connection), -EBUSY (roll call,
	 * loading), -ENOSPC (out of memory), -EROFS (read-only), -EADDRINUSE (another
	 * process has the node's name; it stays so). */
	void (*on_down)(void *context, int error, bool can_read);
	/* A message of the channel. */
	void (*on_said)(void *context, const char *bytes, size_t len);
	/* After redis_node_wake. */
	void (*on_wake)(void *context);
	/* The lease was renewed. was_over: it had run out, so others may count this node
	 * as gone. */
	void (*on_renewed)(void *context, bool was_over);
	/* True if nothing is under way that the owner waits for. */
	bool (*is_idle)(void *context);
	SLIST_ENTRY(redis_consumer) link; /* the node's */
};

/* Make a node that is not started. options are copied. Returns 0, or -errno with *why
 * set. */
int redis_node_new(
	struct redis_node **node, const struct redis_options *options, const char **why);

/* Call consumer's functions from now on. Only before the start. */
void redis_node_attach(struct redis_node *node, struct redis_consumer *consumer);

/* Start the thread. Returns 0, or -errno with *why set. */
int redis_node_start(struct redis_node *node, const char **why);

/* Wait until the node is up, at most ms. Returns 0; or -errno with *why set, which the
 * node owns: -ETIMEDOUT, or it was refused for good. */
int redis_node_await(struct redis_node *node, unsigned ms, const char **why);

/* Wait until consumer is idle, at most ms; then its functions are not called any more,
 * and its calls are answered with NULL. */
void redis_node_detach(
	struct redis_node *node, struct redis_consumer *consumer, unsigned ms);

/* Give the lease back, stop the thread and free the node; NULL is fine. Consumers are
 * detached before. */
void redis_node_free(struct redis_node *node);

/* From any thread: call on_wake of all consumers. */
void redis_node_wake(struct redis_node *node);

/* From any thread: hand item over behind all others. */
void redis_node_post(struct redis_node *node, struct redis_item *item);

/* In the thread that uses the consumers: a descriptor that is readable while there are
 * items, and their delivery until max_bytes are delivered. */
int redis_node_fd(const struct redis_node *node);
void redis_node_dispatch(struct redis_node *node, size_t max_bytes);

/* In the node's thread, as everything below. The picture of a consumer is there. */
void redis_node_ready(struct redis_node *node);

/* Forget the position: take new pictures. why is for the log. */
void redis_node_resync(struct redis_node *node, const char *why);

/* True if calls may read, or write. */
bool redis_node_can_read(const struct redis_node *node);
bool redis_node_can_write(const struct redis_node *node);

/* Present generation, and the prefix of all keys, "{PREFIX:0}:". */
uint64_t redis_node_generation(const struct redis_node *node);
const char *redis_node_prefix(const struct redis_node *node);

/* Call script with args, which become empty, behind those that common.lua reads. The
 * answer is told to on_answer: reply is NULL if there is none, then the script may have
 * run. An error reply means that nothing was done; the node does what has to be done
 * about it. */
void redis_node_call(struct redis_node *node, const struct redis_script *script,
	struct redis_args *args,
	void (*on_answer)(void *context, void *what, const struct redisReply *reply),
	void *context, void *what);

/* Send bytes to the channel, to all nodes; they may be lost. */
void redis_node_say(struct redis_node *node, const char *bytes, size_t len);

/* Wait until everything that is in the log now has been told: then on_told is called,
 * with an error if the node does not know any more. */
void redis_node_sync(struct redis_node *node,
	void (*on_told)(void *context, void *what, int error), void *context, void *what);
