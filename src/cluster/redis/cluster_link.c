#include "cluster/redis/cluster_link.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "linnet/base/xalloc.h"

extern const struct redis_script redis_script_numbers, redis_script_reap,
	redis_script_scan, redis_script_turn;

/* How many people a call of scan.lua answers, about. */
#define SCAN_PEOPLE 500

/* At the end, the names and people must be gone in this time. */
#define CLOSE_MS 5000

static void
cluster_link_set_up(struct cluster_link *link, bool is_up)
{
	pthread_mutex_lock(&link->mutex);
	link->is_up = is_up;
	pthread_mutex_unlock(&link->mutex);
}

static void
cluster_link_on_turned(void *context, void *what, const struct redisReply *reply)
{
	struct cluster_link *link = context;

	(void)what;
	if (reply && reply->type == REDIS_REPLY_INTEGER)
		link->is_done = true;
}

/* Send the next turn, if it may be sent. */
static void
cluster_link_turn(struct cluster_link *link)
{
	struct redis_args args = { .count = 0 };

	if (link->flight.count || !link->queue.count || link->must_forget ||
		!redis_node_can_write(link->node))
		return;
	acts_take_turn(&link->flight, &link->queue, &args);
	link->is_done = false;
	redis_node_call(link->node, &redis_script_turn, &args, cluster_link_on_turned,
		link, NULL);
}

static void cluster_link_reap(struct cluster_link *link, bool own);

/* reply: is it the housekeeper, is there more to do? what: not NULL for its own. */
static void
cluster_link_on_reaped(void *context, void *what, const struct redisReply *reply)
{
	struct cluster_link *link = context;
	bool is_answer = reply && reply->type == REDIS_REPLY_ARRAY;
	bool has_more = is_answer && reply->element[1]->integer;

	if (what) {
		link->is_ended = link->is_ending && is_answer && !has_more;
	} else {
		link->is_reaping = false;
		pthread_mutex_lock(&link->mutex);
		link->keeper_until_ms = is_answer && reply->element[0]->integer
						? link->asked_ms + link->lease_ms
						: 0;
		pthread_mutex_unlock(&link->mutex);
	}
	if (has_more && redis_node_can_write(link->node))
		cluster_link_reap(link, what);
}

/* Clear what this node has left, or one whose lease is over. */
static void
cluster_link_reap(struct cluster_link *link, bool own)
{
	struct redis_args args = { .count = 0 };

	if (!own) {
		link->is_reaping = true;
		link->asked_ms = clock_now_ms();
	}
	redis_args_number(&args, own);
	redis_args_number(&args, link->lease_ms);
	redis_node_call(link->node, &redis_script_reap, &args, cluster_link_on_reaped,
		link, own ? link : NULL);
}

/* Ask for numbers of guests, and for that of the node if it has none. */
static void
cluster_link_ask_numbers(struct cluster_link *link, unsigned guests,
	void (*on_answer)(void *context, void *what, const struct redisReply *reply))
{
	struct redis_args args = { .count = 0 };

	redis_args_number(&args, link->number);
	redis_args_number(&args, link->last_guest);
	redis_args_number(&args, guests);
	redis_node_call(link->node, &redis_script_numbers, &args, on_answer, link, NULL);
}

static void
cluster_link_on_guests(void *context, void *what, const struct redisReply *reply)
{
	struct cluster_link *link = context;
	uint64_t first = 0;

	(void)what;
	if (reply && reply->type == REDIS_REPLY_ARRAY) {
		first = (uint64_t)reply->element[1]->integer;
		link->last_guest = first + CLUSTER_GUESTS - 1;
	}
	news_post_guests(&link->reader, first);
}

/* Redis knows the number of this node: clear what it knows else. */
static void
cluster_link_on_numbers(void *context, void *what, const struct redisReply *reply)
{
	struct cluster_link *link = context;

	(void)what;
	if (!reply || reply->type != REDIS_REPLY_ARRAY)
		return;
	pthread_mutex_lock(&link->mutex);
	link->number = (unsigned)reply->element[0]->integer;
	if (!link->is_ready) {
		link->first_guest = (uint64_t)reply->element[1]->integer;
		link->last_guest = link->first_guest + CLUSTER_GUESTS - 1;
	}
	pthread_mutex_unlock(&link->mutex);
	cluster_link_reap(link, true);
}

/* What this node had is gone, and the others know it. */
static void
cluster_link_on_forgotten(struct cluster_link *link)
{
	if (!link->must_forget || link->is_ending)
		return;
	link->must_forget = link->is_forgetting = false;
	if (link->is_ready) {
		log_warn("node_forgotten", log_uint("node", link->number));
		news_post_event(&link->reader, CLUSTER_FORGOTTEN, link->number);
	}
	pthread_mutex_lock(&link->mutex);
	link->is_up = link->is_ready = true;
	pthread_cond_broadcast(&link->cond);
	pthread_mutex_unlock(&link->mutex);
	cluster_link_turn(link);
	if (!link->is_reaping)
		cluster_link_reap(link, false);
}

static void
cluster_link_on_gone(struct cluster_link *link, const struct redis_entry *entry)
{
	struct redis_parts parts = { .at = entry->data, .left = entry->len };
	unsigned number = (unsigned)redis_part_next_number(&parts);

	if (number != link->number)
		news_post_event(&link->reader, CLUSTER_GONE, number);
	else if (entry->is_own)
		cluster_link_on_forgotten(link);
	else if (!link->must_forget)
		redis_node_resync(link->node, "another node counts this one as gone");
}

static void
cluster_link_on_people(struct cluster_link *link, const struct redis_entry *entry)
{
	struct redis_parts parts = { .at = entry->data, .left = entry->len };
	unsigned number = (unsigned)redis_part_next_number(&parts);
	const char *answers;
	size_t len;

	answers = redis_part_next(&parts, &len);
	if (!entry->is_own) {
		news_post_acts(&link->reader, number, parts.at, parts.left);
	} else if (link->flight.count) {
		news_post_claims(&link->reader, &link->flight, answers, len);
		cluster_link_turn(link);
	}
}

static void
cluster_link_on_entry(void *context, const struct redis_entry *entry)
{
	if (!strcmp(entry->kind, "people"))
		cluster_link_on_people(context, entry);
	else if (!strcmp(entry->kind, "gone"))
		cluster_link_on_gone(context, entry);
}

/* reply: as scan.lua says. what: the number of the scan. */
static void
cluster_link_on_scanned(void *context, void *what, const struct redisReply *reply)
{
	struct cluster_link *link = context;
	struct redis_args args = { .count = 0 };
	unsigned number;

	if (!reply || reply->type != REDIS_REPLY_ARRAY || (uintptr_t)what != link->scan)
		return;
	number = (unsigned)strtoul(reply->element[2]->str, NULL, 10);
	for (size_t i = 3; i < reply->elements; i++)
		news_post_person(&link->reader, number, reply->element[i]->str,
			(size_t)reply->element[i]->len);
	if (!*reply->element[0]->str) {
		news_post_event(&link->reader, CLUSTER_WHOLE, 0);
		redis_node_ready(link->node);
		return;
	}
	redis_args_text(&args, reply->element[0]->str);
	redis_args_text(&args, reply->element[1]->str);
	redis_args_number(&args, SCAN_PEOPLE);
	redis_node_call(link->node, &redis_script_scan, &args, cluster_link_on_scanned,
		link, what);
}

/* Put what was sent, but not done, in front of what waits. */
static void
cluster_link_take_back(struct cluster_link *link)
{
	acts_move(&link->flight, &link->queue);
	acts_move(&link->queue, &link->flight);
}

static void
cluster_link_on_hello(void *context, const struct redis_hello *hello)
{
	struct cluster_link *link = context;
	struct redis_args args = { .count = 0 };

	link->is_done = link->is_forgetting = false;
	link->must_forget = link->must_forget || hello->is_new || hello->has_other_boot;
	if (!hello->is_new)
		return;
	/* Nobody knows whether that was done. */
	acts_drop_told(&link->flight, false);
	cluster_link_take_back(link);
	news_post_event(&link->reader, CLUSTER_ANEW, 0);
	redis_args_text(&args, "");
	redis_args_text(&args, "0");
	redis_args_number(&args, SCAN_PEOPLE);
	redis_node_call(link->node, &redis_script_scan, &args, cluster_link_on_scanned,
		link, (void *)++link->scan);
}

/* Take what the loop's thread has to tell. */
static void
cluster_link_take_fresh(
	struct cluster_link *link, struct buffer *said, bool *wants_guests)
{
	pthread_mutex_lock(&link->mutex);
	acts_move(&link->queue, &link->fresh);
	*said = link->said;
	*wants_guests = link->wants_guests;
	link->said = (struct buffer){ 0 };
	link->wants_guests = false;
	if (link->has_overflown) {
		link->has_overflown = false;
		link->must_forget = true;
	}
	pthread_mutex_unlock(&link->mutex);
}

/* Begin to forget, or send what waits. */
static void
cluster_link_go_on(struct cluster_link *link)
{
	if (!redis_node_can_write(link->node))
		return;
	if (!link->must_forget) {
		cluster_link_turn(link);
	} else if (!link->is_forgetting && !link->flight.count) {
		link->is_forgetting = true;
		acts_drop_told(&link->queue, true);
		cluster_link_ask_numbers(link, link->is_ready ? 0 : CLUSTER_GUESTS,
			cluster_link_on_numbers);
	}
}

static void
cluster_link_on_up(void *context)
{
	struct cluster_link *link = context;

	link->is_forgetting = false;
	if (!link->is_done)
		cluster_link_take_back(link);
	if (!link->must_forget)
		cluster_link_set_up(link, true);
	cluster_link_go_on(link);
}

static void
cluster_link_on_down(void *context, int error, bool can_read)
{
	(void)error;
	(void)can_read;
	cluster_link_set_up(context, false);
}

static void
cluster_link_on_renewed(void *context, bool was_over)
{
	struct cluster_link *link = context;

	if (was_over && !link->must_forget)
		redis_node_resync(link->node, "the lease was over");
	else if (!link->is_reaping && link->is_ready)
		cluster_link_reap(link, false);
}

static void
cluster_link_on_said(void *context, const char *bytes, size_t len)
{
	struct cluster_link *link = context;
	struct redis_parts parts = { .at = bytes, .left = len };

	if (redis_part_next_number(&parts) != link->number && !parts.is_broken)
		news_post_said(&link->reader, parts.at, parts.left);
}

static void
cluster_link_say(struct cluster_link *link, const struct buffer *said)
{
	struct redis_parts parts = { .at = said->bytes, .left = said->len };

	while (parts.left && redis_node_can_read(link->node)) {
		size_t len;
		const char *bytes = redis_part_next(&parts, &len);

		redis_node_say(link->node, bytes, len);
	}
}

/* No more turns: what this node has is cleared. */
static void
cluster_link_end(struct cluster_link *link)
{
	link->is_ending = true;
	acts_clear(&link->queue);
	if (link->must_forget)
		return; /* it is cleared already */
	link->must_forget = link->is_forgetting = true;
	if (redis_node_can_write(link->node))
		cluster_link_reap(link, true);
}

static void
cluster_link_on_wake(void *context)
{
	struct cluster_link *link = context;
	struct buffer said;
	bool wants_guests, is_closing;

	cluster_link_take_fresh(link, &said, &wants_guests);
	cluster_link_say(link, &said);
	buffer_clear(&said);
	if (wants_guests && redis_node_can_write(link->node))
		cluster_link_ask_numbers(link, CLUSTER_GUESTS, cluster_link_on_guests);
	else if (wants_guests)
		news_post_guests(&link->reader, 0);
	pthread_mutex_lock(&link->mutex);
	is_closing = link->is_closing;
	pthread_mutex_unlock(&link->mutex);
	if (!is_closing) {
		cluster_link_go_on(link);
	} else if (!link->is_ending) {
		cluster_link_end(link);
	}
}

static bool
cluster_link_is_idle(void *context)
{
	const struct cluster_link *link = context;

	return link->is_ended || !redis_node_can_write(link->node);
}

void
cluster_link_init(struct cluster_link *link, struct cluster *cluster,
	struct redis_node *node, unsigned lease_ms)
{
	pthread_condattr_t attributes;

	*link = (struct cluster_link){ .node = node, .lease_ms = lease_ms };
	link->reader = (struct news_reader){ .cluster = cluster, .node = node };
	link->consumer = (struct redis_consumer){
		.context = link,
		.on_hello = cluster_link_on_hello,
		.on_entry = cluster_link_on_entry,
		.on_up = cluster_link_on_up,
		.on_down = cluster_link_on_down,
		.on_said = cluster_link_on_said,
		.on_wake = cluster_link_on_wake,
		.on_renewed = cluster_link_on_renewed,
		.is_idle = cluster_link_is_idle,
	};
	acts_init(&link->fresh);
	acts_init(&link->queue);
	acts_init(&link->flight);
	pthread_mutex_init(&link->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&link->cond, &attributes);
	pthread_condattr_destroy(&attributes);
	redis_node_attach(node, &link->consumer);
}

void
cluster_link_fini(struct cluster_link *link)
{
	pthread_mutex_lock(&link->mutex);
	link->is_closing = true;
	pthread_mutex_unlock(&link->mutex);
	redis_node_detach(link->node, &link->consumer, CLOSE_MS);
	link->reader.is_closed = true;
	redis_node_dispatch(link->node, SIZE_MAX);
	acts_clear(&link->fresh);
	acts_clear(&link->queue);
	acts_clear(&link->flight);
	buffer_clear(&link->said);
	pthread_mutex_destroy(&link->mutex);
	pthread_cond_destroy(&link->cond);
}
