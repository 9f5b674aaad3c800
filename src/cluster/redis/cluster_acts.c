#include "cluster/redis/cluster_acts.h"

#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"
#include "linnet/protocol/name.h"

/* Limits of one turn. One act alone is never too large. */
#define TURN_ACTS 128
#define TURN_BYTES ((size_t)256 * 1024)

void
acts_init(struct acts *acts)
{
	*acts = (struct acts){ .count = 0 };
	STAILQ_INIT(&acts->list);
}

static void
acts_free(struct act *act)
{
	redis_args_clear(&act->words);
	free(act->name);
	free(act);
}

static void
acts_append(struct acts *acts, struct act *act)
{
	STAILQ_INSERT_TAIL(&acts->list, act, link);
	acts->count++;
	acts->bytes += act->words.bytes.len;
}

static struct act *
acts_remove_first(struct acts *acts)
{
	struct act *act = STAILQ_FIRST(&acts->list);

	STAILQ_REMOVE_HEAD(&acts->list, link);
	acts->count--;
	acts->bytes -= act->words.bytes.len;
	return act;
}

void
acts_clear(struct acts *acts)
{
	while (acts->count)
		acts_free(acts_remove_first(acts));
}

static struct act *
acts_new(const char *word)
{
	struct act *act = xcalloc(1, sizeof(*act));

	redis_args_text(&act->words, word);
	return act;
}

static void
acts_add_proofs(struct act *act, const struct cluster_proofs *proofs)
{
	redis_args_text(&act->words, proofs->token);
	redis_args_text(&act->words, proofs->grant);
	redis_args_text(&act->words, proofs->email);
}

void
acts_claim(struct acts *acts, const struct cluster_claim *claim, uint64_t ticket)
{
	struct act *act = acts_new("claim");

	act->is_claim = true;
	act->ticket = ticket;
	act->name = claim->name ? xstrdup(claim->name) : NULL;
	redis_args_text(&act->words, claim->name ? claim->key : "");
	redis_args_text(&act->words, claim->name ? claim->name : "");
	acts_add_proofs(act, claim->proofs);
	acts_append(acts, act);
}

void
acts_release(struct acts *acts, const char *key)
{
	struct act *act = acts_new("release");

	redis_args_text(&act->words, key);
	acts_append(acts, act);
}

void
acts_event(struct acts *acts, const struct cluster_event *event)
{
	static const char *const words[] = {
		[CLUSTER_HERE] = "here",
		[CLUSTER_LEFT] = "left",
		[CLUSTER_ENTER] = "enter",
		[CLUSTER_LEAVE] = "leave",
		[CLUSTER_RENAME] = "rename",
		[CLUSTER_SILENT] = "silent",
	};
	struct act *act = acts_new(words[event->kind]);
	struct redis_args *args = &act->words;

	if (event->kind == CLUSTER_SILENT) {
		redis_args_number(args, event->number);
	} else {
		redis_args_text(args, event->key);
		redis_args_text(args, event->name);
	}
	if (event->kind == CLUSTER_HERE) {
		redis_args_text(args, name_is_guest(event->name) ? "1" : "0");
		redis_args_number(args, event->sessions);
		acts_add_proofs(act, event->proofs);
	} else if (event->kind == CLUSTER_RENAME) {
		redis_args_text(args, event->was_key);
		redis_args_text(args, event->was);
	} else if (event->kind == CLUSTER_ENTER || event->kind == CLUSTER_LEAVE) {
		redis_args_text(args, event->room);
		redis_args_text(args, event->via);
	}
	acts_append(acts, act);
}

void
acts_order(struct acts *acts, const char *order, size_t len)
{
	struct act *act = acts_new("order");

	act->is_order = true;
	redis_args_add(&act->words, order, len);
	acts_append(acts, act);
}

void
acts_move(struct acts *to, struct acts *from)
{
	STAILQ_CONCAT(&to->list, &from->list);
	to->count += from->count;
	to->bytes += from->bytes;
	from->count = from->bytes = 0;
}

void
acts_take_turn(struct acts *to, struct acts *from, struct redis_args *args)
{
	struct act *act;

	while ((act = STAILQ_FIRST(&from->list)) && to->count < TURN_ACTS &&
		(!to->count || to->bytes + act->words.bytes.len <= TURN_BYTES)) {
		redis_args_join(args, &act->words);
		acts_append(to, acts_remove_first(from));
	}
}

void
acts_drop_told(struct acts *acts, bool keeps_orders)
{
	struct acts all = *acts;

	if (!acts->count)
		return;
	acts_init(acts);
	while (all.count) {
		struct act *act = acts_remove_first(&all);

		if (act->is_claim || (act->is_order && keeps_orders))
			acts_append(acts, act);
		else
			acts_free(act);
	}
}
