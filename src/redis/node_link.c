/* The states of a node's connection: hello, pictures, reading on, up; and away. */
#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "linnet/base/random_text.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "redis/node_private.h"

#define RETRY_MIN_MS 50
#define RETRY_MAX_MS 2000

/* While writing is refused, the node asks so often whether it is over. */
#define REFUSED_MS 250

extern const struct redis_script redis_script_hello, redis_script_renew;

/* What an error reply means. */
static int
node_link_error(const char *reply)
{
	static const struct {
		const char *word;
		int error;
	} errors[] = { { "OOM ", -ENOSPC }, { "MISCONF ", -EROFS }, { "CLOSED ", -EBUSY },
		{ "NOREPLICAS ", -EROFS }, { "READONLY ", -EROFS },
		{ "LOADING ", -EBUSY }, { "BUSY ", -EBUSY }, { "TAKEN ", -EADDRINUSE },
		{ "LAYOUT ", -EINVAL } };

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (!strncmp(reply, errors[i].word, strlen(errors[i].word)))
			return errors[i].error;
	return -EIO;
}

/* True if the connection is good, but may not write now. */
static bool
node_link_is_refusal(const char *reply)
{
	return !strncmp(reply, "OOM ", 4) || !strncmp(reply, "CLOSED ", 7) ||
	       !strncmp(reply, "MISCONF ", 8) || !strncmp(reply, "NOREPLICAS ", 11);
}

/* Tell the consumers that nothing can be written, if that is new. */
static void
node_link_down(struct redis_node *node, int error)
{
	bool can_read = redis_node_can_read(node);
	struct redis_consumer *consumer;

	if (node->down_error == error && can_read)
		return;
	node->down_error = error;
	SLIST_FOREACH(consumer, &node->consumers, link)
	if (consumer->on_down)
		consumer->on_down(consumer->context, error, can_read);
}

/* For redis_node_await. */
static void
node_link_note(struct redis_node *node, int refusal, const char *why)
{
	pthread_mutex_lock(&node->mutex);
	node->refusal = refusal;
	snprintf(node->why, sizeof(node->why), "%s", why);
	pthread_cond_broadcast(&node->cond);
	pthread_mutex_unlock(&node->mutex);
}

static void
node_link_schedule(struct redis_node *node)
{
	unsigned ms = RETRY_MIN_MS << (node->failures < 6 ? node->failures : 6);

	if (ms > RETRY_MAX_MS)
		ms = RETRY_MAX_MS;
	node->failures++;
	/* Not all nodes at once. */
	ms = ms / 2 + (unsigned)(clock_now_us() % (ms / 2 + 1));
	node->retry.repeat = ms / 1000.;
	ev_timer_again(node->loop, &node->retry);
}

static void
node_link_away(struct redis_node *node, int error, const char *why)
{
	bool is_news = node->state > NODE_HELLO || !node->failures;

	if (node->state == NODE_AWAY || node->is_stopped)
		return;
	if (is_news)
		log_warn("redis_away", log_str("why", why), log_uint("shard", 0));
	node->state = NODE_AWAY;
	ev_timer_stop(node->loop, &node->renewal);
	peer_close(&node->peer);
	peer_close(&node->channel);
	log_reader_stop(&node->reader);
	node_call_drop_syncs(node);
	node_link_note(node, error == -EADDRINUSE ? error : 0, why);
	node_link_down(node, error);
	if (error == -EADDRINUSE)
		log_error("node_name_taken", log_str("node", node->name));
	else
		node_link_schedule(node);
}

/* Redis or its settings are not what Linnet needs. While it starts, that is the end. */
static void
node_link_refuse(struct redis_node *node, int error, const char *why)
{
	char *copy = xstrdup(why);

	log_error("redis_refused", log_str("why", copy));
	node_link_away(node, -EIO, copy);
	if (!node->was_up)
		node_link_note(node, error, copy);
	free(copy);
}

/* Calls may write. */
static void
node_link_up(struct redis_node *node)
{
	struct redis_consumer *consumer;

	if (node->state == NODE_UP)
		return;
	node->state = NODE_UP;
	node->failures = 0;
	node->down_error = 0;
	log_info("redis_up", log_str("epoch", node->epoch),
		log_uint("generation", node->generation), log_uint("shard", 0));
	SLIST_FOREACH(consumer, &node->consumers, link)
	if (consumer->on_up)
		consumer->on_up(consumer->context);
	pthread_mutex_lock(&node->mutex);
	node->was_up = true;
	pthread_cond_broadcast(&node->cond);
	pthread_mutex_unlock(&node->mutex);
}

/* Reading goes on, writing does not. */
static void
node_link_stay_refused(struct redis_node *node, int error)
{
	node->state = NODE_REFUSED;
	node->renewal.repeat = REFUSED_MS / 1000.;
	ev_timer_again(node->loop, &node->renewal);
	node_link_down(node, error);
}

/* The log may have been read up to the top of hello. */
static void
node_link_look(struct redis_node *node)
{
	if (node->state != NODE_READING ||
		!log_position_has_passed(&node->reader.position, &node->top))
		return;
	if (node->is_open)
		node_link_up(node);
	else
		node_link_stay_refused(node, -EBUSY);
}

/* What an error reply of a script means for the connection. */
static void
node_link_on_error(struct redis_node *node, const char *reply)
{
	int error = node_link_error(reply);

	if (node->state <= NODE_HELLO)
		return;
	if (!node_link_is_refusal(reply)) {
		if (error == -EIO && strncmp(reply, "EPOCH ", 6) != 0 &&
			strncmp(reply, "STALE ", 6) != 0)
			log_error("redis_refused", log_str("why", reply));
		node_link_away(node, error, reply);
	} else if (node->state == NODE_UP) {
		log_warn("redis_away", log_str("why", reply), log_uint("shard", 0));
		node_link_stay_refused(node, error);
	}
}

/* The names of the nodes that are there, from index on. */
static void
node_link_note_others(
	struct redis_node *node, const struct redisReply *reply, size_t first)
{
	struct buffer names = { 0 };

	for (size_t i = first; i < reply->elements; i++)
		if (reply->element[i]->type == REDIS_REPLY_STRING &&
			strcmp(reply->element[i]->str, node->name) != 0)
			buffer_append(&names, reply->element[i]->str,
				strlen(reply->element[i]->str) + 1);
	free(node->others);
	node->others = names.bytes;
	node->others_len = names.len;
}

/* Is the reader at the top, or does it come nearer? */
static void
node_link_watch_reader(struct redis_node *node, const char *id)
{
	struct log_position top;
	int64_t now_ms = clock_now_ms();

	log_position_read(&top, id);
	if (node->state < NODE_READING ||
		log_position_has_passed(&node->reader.position, &top)) {
		node->behind_ms = 0;
	} else if (!node->behind_ms ||
		   node->behind_count != node->reader.position.count) {
		node->behind_ms = now_ms;
		node->behind_count = node->reader.position.count;
	} else if (now_ms - node->behind_ms > node->timeout_ms) {
		node->behind_ms = 0;
		node_link_away(node, -EIO, "the log is not told");
	}
}

/* reply: open, top, its number, was over, names. */
static void
node_link_on_renewed(void *context, void *what, const struct redisReply *reply)
{
	struct redis_node *node = context;
	struct redis_consumer *consumer;

	(void)what;
	if (!reply || reply->type != REDIS_REPLY_ARRAY || reply->elements < 4)
		return;
	node->is_open = !strcmp(reply->element[0]->str, "1");
	node_link_note_others(node, reply, 4);
	if (node->state == NODE_REFUSED && node->is_open) {
		node->renewal.repeat = node->lease_ms / 3000.;
		ev_timer_again(node->loop, &node->renewal);
		node_link_up(node);
	}
	node_link_watch_reader(node, reply->element[1]->str);
	SLIST_FOREACH(consumer, &node->consumers, link)
	if (consumer->on_renewed && node->state == NODE_UP)
		consumer->on_renewed(consumer->context, reply->element[3]->integer);
}

static void
node_link_on_renewal(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct redis_node *node = timer->data;
	struct redis_args args = { .count = 0 };

	(void)loop;
	(void)events;
	redis_args_number(&args, node->lease_ms);
	redis_node_call(
		node, &redis_script_renew, &args, node_link_on_renewed, node, NULL);
}

static void
node_link_on_said(void *context, const char *bytes, size_t len)
{
	struct redis_node *node = context;
	struct redis_consumer *consumer;

	SLIST_FOREACH(consumer, &node->consumers, link)
	if (consumer->on_said)
		consumer->on_said(consumer->context, bytes, len);
}

/* The consumers have their pictures: read the log behind them. */
static void
node_link_read_on(struct redis_node *node)
{
	struct redis_args ping = { .count = 0 };
	const char *why;
	char *channel;

	node->state = NODE_READING;
	node->knows_position = true;
	if (!log_reader_start(&node->reader, &node->address, node->password,
		    node->timeout_ms, &why) ||
		!peer_open(&node->channel, &node->address, node->password,
			node->timeout_ms, &why)) {
		node_link_away(node, -EIO, why);
		return;
	}
	/* A connection with a subscription alone would not be seen to fail. */
	redis_args_text(&ping, "PING");
	peer_call(&node->channel, &ping, NULL, NULL, NULL);
	redis_args_clear(&ping);
	channel = xasprintf("%snow", node->prefix);
	peer_subscribe(&node->channel, channel, node_link_on_said, node);
	free(channel);
	node_link_look(node);
}

void
redis_node_ready(struct redis_node *node)
{
	if (node->pictures && --node->pictures == 0 && node->state == NODE_PICTURE)
		node_link_read_on(node);
}

void
redis_node_resync(struct redis_node *node, const char *why)
{
	log_warn("resync", log_str("why", why));
	node->knows_position = false;
	node_link_away(node, -EIO, why);
}

static void
node_link_tell_hello(struct redis_node *node, const struct redis_hello *hello)
{
	struct redis_consumer *consumer;

	node->state = NODE_PICTURE;
	node->pictures = 1;
	SLIST_FOREACH(consumer, &node->consumers, link)
	node->pictures += hello->is_new && consumer->on_hello;
	SLIST_FOREACH(consumer, &node->consumers, link)
	if (consumer->on_hello && node->state == NODE_PICTURE)
		consumer->on_hello(consumer->context, hello);
	redis_node_ready(node);
}

/* reply: as hello.lua says. */
static void
node_link_take_hello(struct redis_node *node, const struct redisReply *reply)
{
	const char *epoch = reply->element[0]->str, *why = reply->element[6]->str;
	struct redis_hello hello = { .is_new_epoch = strcmp(node->epoch, epoch) != 0,
		.has_other_boot = reply->element[5]->integer };

	hello.is_new = hello.is_new_epoch || !node->knows_position;
	node->generation = strtoull(reply->element[1]->str, NULL, 10);
	node->is_open = !strcmp(reply->element[2]->str, "1");
	log_position_read(&node->top, reply->element[3]->str);
	node->top.count = strtoull(reply->element[4]->str, NULL, 10);
	if (*why)
		log_warn("epoch_new", log_str("reason", why), log_str("epoch", epoch));
	if (!node->is_open)
		log_info("redis_roll_call",
			log_int("awaited", reply->element[7]->integer));
	if (hello.is_new) {
		node->reader.position = node->top;
		node->first_generation = node->generation;
		node->knows_position = false;
	}
	snprintf(node->epoch, sizeof(node->epoch), "%s", epoch);
	memcpy(node->seen_run, node->run, sizeof(node->run));
	hello.epoch = node->epoch;
	node->renewal.repeat = node->lease_ms / 3000.;
	ev_timer_again(node->loop, &node->renewal);
	node_link_tell_hello(node, &hello);
}

static void
node_link_on_hello(void *context, void *what, const struct redisReply *reply)
{
	struct redis_node *node = context;

	(void)what;
	if (!reply || node->state != NODE_HELLO)
		return;
	if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 8)
		node_link_take_hello(node, reply);
	else if (reply->type != REDIS_REPLY_ERROR)
		node_link_away(node, -EIO, "hello has no answer");
	else if (node_link_error(reply->str) == -EINVAL)
		node_link_refuse(node, -EINVAL, reply->str);
	else
		node_link_away(node, node_link_error(reply->str), reply->str);
}

static void
node_link_say_hello(struct redis_node *node)
{
	char fresh[REDIS_EPOCH_BYTES + 1];
	char *position =
		xasprintf("%llu-%llu", (unsigned long long)node->reader.position.ms,
			(unsigned long long)node->reader.position.sequence);
	struct redis_args args = { .count = 0 };

	if (random_text(fresh, REDIS_EPOCH_BYTES) < 0) {
		free(position);
		node_link_away(node, -EIO, "the system has no random numbers");
		return;
	}
	redis_args_text(&args, position);
	redis_args_number(&args, node->reader.position.count);
	redis_args_text(&args, node->boot);
	redis_args_number(&args, node->lease_ms);
	redis_args_text(&args, node->run);
	redis_args_text(&args, node->seen_run);
	redis_args_text(&args, fresh);
	redis_args_text(&args, node->has_aof ? "1" : "0");
	redis_args_text(&args, node->layout);
	for (size_t at = 0; at < node->others_len; at += strlen(node->others + at) + 1)
		redis_args_text(&args, node->others + at);
	redis_node_call(node, &redis_script_hello, &args, node_link_on_hello, node, NULL);
	free(position);
}

/* The value of key in the answer to INFO; "" if it is not there. */
static void
node_link_read_info(const char *info, const char *key, char *value, size_t size)
{
	const char *at = strstr(info, key);
	size_t len = at ? strcspn(at + strlen(key), "\r\n") : 0;

	snprintf(value, size, "%.*s", (int)len, at ? at + strlen(key) : "");
}

static void
node_link_on_info(void *context, void *what, const struct redisReply *reply)
{
	struct redis_node *node = context;
	char policy[40], aof[4];

	(void)what;
	if (!reply || node->state != NODE_HELLO)
		return;
	if (reply->type == REDIS_REPLY_ERROR) {
		node_link_away(node, node_link_error(reply->str), reply->str);
		return;
	}
	if (reply->type != REDIS_REPLY_STRING) {
		node_link_away(node, -EIO, "INFO has no answer");
		return;
	}
	node_link_read_info(reply->str, "\nrun_id:", node->run, sizeof(node->run));
	node_link_read_info(reply->str, "\nmaxmemory_policy:", policy, sizeof(policy));
	node_link_read_info(reply->str, "\naof_enabled:", aof, sizeof(aof));
	if (strcmp(policy, "noeviction") != 0) {
		node_link_refuse(node, -ENOTSUP,
			"Redis evicts keys: set its maxmemory-policy to noeviction");
		return;
	}
	node->has_aof = !strcmp(aof, "1");
	if (!node->has_aof && !node->generation)
		log_warn("redis_not_durable",
			log_str("hint", "set appendonly yes in redis.conf"));
	node_link_say_hello(node);
}

void
node_link_open(struct redis_node *node)
{
	struct redis_args args = { .count = 0 };
	const char *why;

	node->state = NODE_HELLO;
	if (!peer_open(&node->peer, &node->address, node->password, node->timeout_ms,
		    &why)) {
		node_link_away(node, -EIO, why);
		return;
	}
	redis_args_text(&args, "INFO");
	peer_call(&node->peer, &args, node_link_on_info, node, NULL);
	redis_args_clear(&args);
}

static void
node_link_on_retry(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)events;
	ev_timer_stop(loop, timer);
	node_link_open(timer->data);
}

static void
node_link_on_lost(void *context, const char *why)
{
	node_link_away(context, -EIO, why);
}

static void
node_link_on_reader_lost(void *context, const char *why, bool is_gap)
{
	struct redis_node *node = context;

	if (is_gap)
		redis_node_resync(node, why);
	else
		node_link_away(node, node_link_error(why), why);
}

static void
node_link_on_entry(void *context, const struct redis_entry *read)
{
	struct redis_node *node = context;
	struct redis_entry entry = *read;
	struct redis_consumer *consumer;

	if (!strcmp(entry.kind, "epoch")) {
		node_link_away(node, -EIO, "the history is another one");
		return;
	}
	entry.is_own = !strcmp(entry.node, node->name) &&
		       entry.generation >= node->first_generation;
	SLIST_FOREACH(consumer, &node->consumers, link)
	if (consumer->on_entry && node->state != NODE_AWAY)
		consumer->on_entry(consumer->context, &entry);
}

static void
node_link_on_read(void *context)
{
	struct redis_node *node = context;

	node_link_look(node);
	node_call_end_syncs(node);
}

void
node_link_init(struct redis_node *node)
{
	node->on_error = node_link_on_error;
	node->reader.on_entry = node_link_on_entry;
	node->reader.on_read = node_link_on_read;
	node->reader.on_lost = node_link_on_reader_lost;
	node->reader.context = node;
	log_reader_init(&node->reader, node->loop, node->prefix);
	peer_init(&node->peer, node->loop, node_link_on_lost, node);
	peer_init(&node->channel, node->loop, node_link_on_lost, node);
	ev_timer_init(&node->retry, node_link_on_retry, 0., 0.);
	ev_timer_init(&node->renewal, node_link_on_renewal, 0., 0.);
	node->retry.data = node->renewal.data = node;
}

void
node_link_fini(struct redis_node *node)
{
	node->state = NODE_AWAY;
	ev_timer_stop(node->loop, &node->retry);
	ev_timer_stop(node->loop, &node->renewal);
	peer_close(&node->peer);
	peer_close(&node->channel);
	log_reader_fini(&node->reader);
	node_call_drop_syncs(node);
	free(node->others);
}
