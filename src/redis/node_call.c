/* Calls of scripts. */
#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"
#include "redis/node_private.h"

extern const struct redis_script redis_script_top;

static void node_call_send(struct node_call *call);

static void
node_call_on_reply(void *context, void *what, const struct redisReply *reply)
{
	struct node_call *call = what;
	struct redis_node *node = context;
	char *error = NULL;

	if (reply && reply->type == REDIS_REPLY_ERROR) {
		if (!strncmp(reply->str, "NOSCRIPT ", 9) && !call->is_whole) {
			call->is_whole = true;
			node_call_send(call);
			return;
		}
		error = xstrdup(reply->str);
	}
	TAILQ_REMOVE(&node->calls, call, link);
	redis_args_clear(&call->rest);
	if (call->on_answer)
		call->on_answer(call->context, call->what, reply);
	free(call);
	if (error)
		node->on_error(node, error);
	free(error);
}

static void
node_call_send(struct node_call *call)
{
	struct redis_args args = { .count = 0 };

	redis_args_text(&args, call->is_whole ? "EVAL" : "EVALSHA");
	if (call->is_whole)
		redis_args_add(&args, call->script->text, call->script->len);
	else
		redis_args_text(&args, call->script->sha);
	redis_args_text(&args, "0");
	redis_args_join(&args, &call->rest);
	peer_call(&call->node->peer, &args, node_call_on_reply, call->node, call);
	redis_args_clear(&args);
}

bool
redis_node_can_read(const struct redis_node *node)
{
	return node->state >= NODE_PICTURE;
}

bool
redis_node_can_write(const struct redis_node *node)
{
	return node->state == NODE_UP;
}

uint64_t
redis_node_generation(const struct redis_node *node)
{
	return node->generation;
}

const char *
redis_node_prefix(const struct redis_node *node)
{
	return node->prefix;
}

void
node_call_drop_syncs(struct redis_node *node)
{
	struct node_sync *sync;

	while ((sync = STAILQ_FIRST(&node->syncs))) {
		STAILQ_REMOVE_HEAD(&node->syncs, link);
		if (sync->on_told)
			sync->on_told(sync->context, sync->what, -EIO);
		free(sync);
	}
}

void
node_call_end_syncs(struct redis_node *node)
{
	struct node_sync *sync;

	while ((sync = STAILQ_FIRST(&node->syncs)) && sync->has_top &&
		log_position_has_passed(&node->reader.position, &sync->top)) {
		STAILQ_REMOVE_HEAD(&node->syncs, link);
		if (sync->on_told)
			sync->on_told(sync->context, sync->what, 0);
		free(sync);
	}
}

void
redis_node_call(struct redis_node *node, const struct redis_script *script,
	struct redis_args *args,
	void (*on_answer)(void *context, void *what, const struct redisReply *reply),
	void *context, void *what)
{
	struct node_call *call = xcalloc(1, sizeof(*call));

	*call = (struct node_call){ .node = node,
		.script = script,
		.on_answer = on_answer,
		.context = context,
		.what = what };
	redis_args_text(&call->rest, node->prefix);
	redis_args_text(&call->rest, node->epoch);
	redis_args_text(&call->rest, node->name);
	redis_args_number(&call->rest, node->generation);
	redis_args_number(&call->rest, node->log_ms);
	redis_args_join(&call->rest, args);
	redis_args_clear(args);
	TAILQ_INSERT_TAIL(&node->calls, call, link);
	node_call_send(call);
}

void
redis_node_say(struct redis_node *node, const char *bytes, size_t len)
{
	struct redis_args args = { .count = 0 };
	char *channel = xasprintf("%snow", node->prefix);

	redis_args_text(&args, "PUBLISH");
	redis_args_text(&args, channel);
	redis_args_add(&args, bytes, len);
	peer_call(&node->peer, &args, NULL, NULL, NULL);
	redis_args_clear(&args);
	free(channel);
}

/* reply: the top of the log. */
static void
node_on_top(void *context, void *what, const struct redisReply *reply)
{
	struct redis_node *node = context;
	struct node_sync *sync = what;

	if (reply && reply->type == REDIS_REPLY_STRING) {
		log_position_read(&sync->top, reply->str);
		sync->has_top = true;
		node_call_end_syncs(node);
		return;
	}
	STAILQ_REMOVE(&node->syncs, sync, node_sync, link);
	if (sync->on_told)
		sync->on_told(sync->context, sync->what, -EIO);
	free(sync);
}

void
redis_node_sync(struct redis_node *node,
	void (*on_told)(void *context, void *what, int error), void *context, void *what)
{
	struct node_sync *sync = xcalloc(1, sizeof(*sync));
	struct redis_args args = { .count = 0 };

	*sync = (struct node_sync){
		.node = node, .on_told = on_told, .context = context, .what = what
	};
	STAILQ_INSERT_TAIL(&node->syncs, sync, link);
	redis_node_call(node, &redis_script_top, &args, node_on_top, node, sync);
}
