/* Edits, reactions and deletions. What they make of earlier entries is computed here, as
 * in the other drivers, from what Redis has (look.lua). It is stored if that is still so
 * (amend.lua); otherwise somebody else has changed something, and it is computed again.
 */
#include <errno.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "linnet/base/xalloc.h"
#include "linnet/protocol/name.h"
#include "store/change_answer.h"
#include "store/redis/redis_pack.h"
#include "store/redis/redis_store.h"
#include "store/revised.h"

extern const struct redis_script redis_script_look, redis_script_amend;

/* The last reaction of one name with one emoji. */
struct reaction {
	const char *field; /* EMOJI LF FOLDED; of the reply */
	const char *folded;
	uint64_t id;
	bool is_on;
	char *name;
	int64_t ts_ms;
	bool is_gone; /* taken away by this change */
};

/* A target of the change. */
struct target {
	const char *letter; /* of its hash */
	uint64_t id;
	struct redis_stored stored;
	struct reaction *reactions;
	size_t count;
};

/* A list of arguments of amend.lua, with how many rows it has. */
struct rows {
	struct redis_args args;
	size_t count;
};

/* A change while it is computed. */
struct amending {
	struct store_redis *redis;
	struct store_write *write;
	struct rows replaced, reactions, values;
};

static int
amend_compare(const void *a, const void *b)
{
	const struct reaction *left = a, *right = b;

	return (left->id > right->id) - (left->id < right->id);
}

static void
amend_read_reactions(struct target *target, const struct redisReply *reply)
{
	target->reactions = xcalloc(reply->elements / 2 + 1, sizeof(*target->reactions));
	for (size_t i = 0; i + 1 < reply->elements; i += 2) {
		const struct redisReply *value = reply->element[i + 1];
		struct redis_parts parts = { .at = value->str,
			.left = (size_t)value->len };
		struct reaction *reaction = &target->reactions[target->count];
		const char *between = strchr(reply->element[i]->str, '\n');

		if (!between)
			continue;
		reaction->field = reply->element[i]->str;
		reaction->folded = between + 1;
		reaction->id = redis_part_next_number(&parts);
		reaction->is_on = redis_part_next_number(&parts);
		reaction->ts_ms = (int64_t)redis_part_next_number(&parts);
		reaction->name = redis_part_next_text(&parts);
		target->count++;
	}
	/* In the order in which they were set. */
	qsort(target->reactions, target->count, sizeof(*target->reactions),
		amend_compare);
}

static void
amend_free_target(struct target *target)
{
	for (size_t i = 0; i < target->count; i++)
		free(target->reactions[i].name);
	free(target->reactions);
}

/* Read target number i of reply. Returns false if it is gone; otherwise it is freed by
 * amend_free_target. */
static bool
amend_read_target(const struct amending *amending, const struct redisReply *reply,
	size_t i, struct target *target)
{
	size_t at = 3 + 3 * i;
	const struct redisReply *entry;

	*target = (struct target){ .count = 0 };
	if (at + 3 > reply->elements)
		return false;
	entry = reply->element[at + 1];
	target->letter = reply->element[at]->str;
	target->id = amending->write->entry.change.of[i];
	if (!*target->letter ||
		!redis_unpack_stored(&target->stored, entry->str, (size_t)entry->len))
		return false;
	amend_read_reactions(target, reply->element[at + 2]);
	target->stored.message.id = target->id;
	return true;
}

static bool
amend_is_emoji(const struct reaction *reaction, const char *emoji)
{
	size_t len = strlen(emoji);

	return !strncmp(reaction->field, emoji, len) && reaction->field[len] == '\n';
}

/* What target becomes: with this tail, and found by words. */
static void
amend_replace(struct amending *amending, const struct target *target, const char *tail,
	const char *words, size_t words_len)
{
	struct redis_stored stored = target->stored;
	bool is_deleted = stored.message.kind == STORE_DELETED;
	struct redis_args *args = &amending->replaced.args;
	struct buffer packed = { 0 };

	redis_args_text(args, target->letter);
	redis_args_number(args, target->id);
	redis_args_number(args, stored.revision);
	stored.revision++;
	stored.message.tail = tail;
	stored.message.tail_len = strlen(tail);
	stored.words = words;
	stored.words_len = words_len;
	if (is_deleted)
		stored.author = NULL;
	redis_pack_stored(&packed, &stored);
	redis_args_add(args, packed.bytes, packed.len);
	redis_args_text(args, is_deleted ? "1" : "0");
	buffer_clear(&packed);
	amending->replaced.count++;
}

static void
amend_edit(struct amending *amending, struct target *target, json_t *object)
{
	struct store_write *write = amending->write;
	char *words, *tail;

	revised_set_text(object, write->entry.change.text, write->entry.ts_ms);
	words = revised_words(object);
	tail = revised_print(json_incref(object));
	amend_replace(amending, target, tail, words, strlen(words));
	store_make_tail(write);
	free(words);
	free(tail);
}

/* One of those that react to target with emoji does it no longer. */
static void
amend_take_back(const struct target *target, const char *emoji, json_t *object)
{
	size_t count = revised_count(object, emoji);
	json_t *names = json_array();

	for (size_t i = 0;
		i < target->count && json_array_size(names) < STORE_REACTION_NAMES; i++) {
		const struct reaction *reaction = &target->reactions[i];

		if (reaction->is_on && !reaction->is_gone &&
			amend_is_emoji(reaction, emoji))
			json_array_append_new(names, json_string(reaction->name));
	}
	revised_set_names(object, emoji, names, count ? count - 1 : 0);
}

/* Note the reaction of write for target. */
static void
amend_set_reaction(
	struct amending *amending, const struct target *target, const char *field)
{
	const struct store_entry *entry = &amending->write->entry;
	struct redis_args *args = &amending->reactions.args;
	struct buffer value = { 0 };

	redis_part_number(&value, entry->change.is_on);
	redis_part_number(&value, (uint64_t)entry->ts_ms);
	redis_part_text(&value, entry->change.name);
	redis_args_number(args, target->id);
	redis_args_text(args, field);
	redis_args_add(args, value.bytes, value.len);
	buffer_clear(&value);
	amending->reactions.count++;
}

/* The field of a reaction: the caller frees it. */
static char *
amend_field(const struct store_change *change)
{
	char folded[NAME_MAX_BYTES + 1];

	name_fold(folded, change->name);
	return xasprintf("%s\n%s", change->emoji, folded);
}

static void
amend_react(struct amending *amending, struct target *target, json_t *object)
{
	struct store_write *write = amending->write;
	const struct store_change *change = &write->entry.change;
	char *field = amend_field(change), *tail;
	struct reaction *before = NULL;

	for (size_t i = 0; i < target->count; i++)
		if (!strcmp(target->reactions[i].field, field))
			before = &target->reactions[i];
	if ((before && before->is_on) == change->is_on) {
		store_note_reaction(
			write, before ? before->id : 0, before ? before->ts_ms : 0);
	} else if (change->is_on && revised_is_full(object, change->emoji)) {
		write->error = -E2BIG;
	} else {
		if (before)
			before->is_gone = true;
		if (change->is_on)
			revised_add_name(object, change->emoji, change->name);
		else
			amend_take_back(target, change->emoji, object);
		tail = revised_print(json_incref(object));
		amend_replace(amending, target, tail, target->stored.words,
			target->stored.words_len);
		amend_set_reaction(amending, target, field);
		store_make_tail(write);
		free(tail);
	}
	free(field);
}

/* An edit or a reaction. */
static void
amend_message(struct amending *amending, const struct redisReply *reply)
{
	struct store_write *write = amending->write;
	bool is_edit = write->entry.change.kind == STORE_EDIT;
	struct target target;
	json_t *object = amend_read_target(amending, reply, 0, &target)
				 ? revised_parse(&target.stored.message)
				 : NULL;

	if (!object || (is_edit && !revised_is_by(target.stored.author, &write->entry)))
		store_refuse_change(write, object);
	else if (is_edit)
		amend_edit(amending, &target, object);
	else
		amend_react(amending, &target, object);
	json_decref(object);
	amend_free_target(&target);
}

/* Take the reactions of name away from target and out of tail, which is freed. Returns
 * the tail. */
static char *
amend_forget_reactions(
	struct amending *amending, struct target *target, const char *name, char *tail)
{
	json_t *object = NULL;

	for (size_t i = 0; i < target->count; i++) {
		struct reaction *reaction = &target->reactions[i];
		char *emoji;

		if (strcmp(reaction->folded, name) != 0)
			continue;
		reaction->is_gone = true;
		redis_args_number(&amending->reactions.args, target->id);
		redis_args_text(&amending->reactions.args, reaction->field);
		redis_args_text(&amending->reactions.args, "");
		amending->reactions.count++;
		if (!reaction->is_on)
			continue;
		if (!object)
			object = revised_load(tail, strlen(tail));
		emoji = xstrndup(reaction->field,
			(size_t)(reaction->folded - reaction->field - 1));
		amend_take_back(target, emoji, object);
		free(emoji);
	}
	if (!object)
		return tail;
	free(tail);
	return revised_print(object);
}

/* Take name out of an entry that somebody else has said, or that is a change. */
static void
amend_erase_name(struct amending *amending, struct target *target, const char *name)
{
	struct redis_stored *stored = &target->stored;
	const struct store_message *message = &stored->message;
	char *tail = revised_without_name(message->tail, message->tail_len, name);
	const char *words = stored->words;
	size_t words_len = stored->words_len, len = strlen(name);

	/* The words begin with the name of who has said it. */
	if (revised_has_name(message->tail, message->tail_len, name) && len < words_len &&
		!strncasecmp(words, name, len) && words[len] == ' ') {
		words += len;
		words_len -= len;
	}
	tail = amend_forget_reactions(amending, target, name, tail);
	stored->emoji_len = 0;
	amend_replace(amending, target, tail, words, words_len);
	free(tail);
}

static void
amend_erase_target(struct amending *amending, struct target *target, bool *is_denied)
{
	struct store_write *write = amending->write;
	const struct store_change *change = &write->entry.change;
	char *tail = revised_deleted(&target->stored.message, change);

	if (tail && !change->is_admin &&
		!revised_is_by(target->stored.author, &write->entry)) {
		*is_denied = true;
	} else if (tail) {
		store_note_deleted(write, target->id);
		target->stored.message.kind = STORE_DELETED;
		amend_replace(amending, target, tail, "", 0);
	} else if (change->forgotten) {
		amend_erase_name(amending, target, change->forgotten);
	}
	free(tail);
}

/* Take name out of the state. reply: keys and values. */
static void
amend_erase_state(
	struct amending *amending, const struct redisReply *reply, const char *name)
{
	struct redis_args *args = &amending->values.args;

	for (size_t i = 0; i + 1 < reply->elements; i += 2) {
		const struct redisReply *before = reply->element[i + 1];
		struct redis_parts parts = { .at = before->str,
			.left = (size_t)before->len };
		uint64_t first_id = redis_part_next_number(&parts);
		uint64_t id = redis_part_next_number(&parts);
		struct buffer value = { 0 }, after = { 0 };
		const char *text;
		size_t len;
		char *left;

		redis_part_next(&parts, &len); /* the version */
		text = redis_part_next(&parts, &len);
		/* Behind its brace, the object is like a tail; the value is the last
		 * part, so a NUL follows. */
		if (*text != '{' || !revised_has_name(text + 1, len - 1, name))
			continue;
		left = revised_without_name(text + 1, len - 1, name);
		buffer_printf(&value, "{%s", left);
		redis_part_number(&after, first_id);
		redis_part_number(&after, id);
		redis_part_number(&after, store_version(value.bytes, value.len));
		redis_part_add(&after, value.bytes, value.len);
		redis_args_text(args, reply->element[i]->str);
		redis_args_add(args, before->str, (size_t)before->len);
		redis_args_add(args, after.bytes, after.len);
		amending->values.count++;
		buffer_clear(&value);
		buffer_clear(&after);
		free(left);
	}
}

/* True if an id before the one at i is the same. */
static bool
amend_is_repeated(const struct store_change *change, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (change->of[k] == change->of[i])
			return true;
	return false;
}

static void
amend_erase(struct amending *amending, const struct redisReply *reply)
{
	struct store_write *write = amending->write;
	const struct store_change *change = &write->entry.change;
	bool is_denied = false;

	for (size_t i = 0; i < change->count && !change->whole_room; i++) {
		struct target target;

		if (amend_read_target(amending, reply, i, &target) &&
			!amend_is_repeated(change, i))
			amend_erase_target(amending, &target, &is_denied);
		amend_free_target(&target);
	}
	if (change->forgotten)
		amend_erase_state(amending, reply->element[2], change->forgotten);
	if (write->deleted)
		store_end_deleted(write);
	else
		store_refuse_change(write, is_denied);
}

/* What became of write is known without another call. */
static void
amend_end(struct store_redis *redis, struct store_write *write)
{
	redis_sent_add(redis, write)->is_known = true;
	redis_sent_answer(redis);
	redis->is_calling = false;
	redis->go_on(redis);
}

/* reply: the id of the log's entry, or "": somebody was faster. */
static void
amend_on_stored(void *context, void *what, const struct redisReply *reply)
{
	struct store_redis *redis = context;
	struct redis_batch *batch = what;
	int error = redis_reply_error(reply);
	bool is_late = !error && reply->type == REDIS_REPLY_STRING && !reply->len;

	redis->is_calling = false;
	if (reply && error == -EUCLEAN)
		redis_sent_failed(redis, batch, error);
	else if (reply && (error || is_late))
		redis_sent_again(redis, batch);
	if (!error || error == -EUCLEAN)
		redis->go_on(redis);
}

static void
amend_add_rows(struct redis_args *args, struct rows *rows)
{
	redis_args_number(args, rows->count);
	redis_args_join(args, &rows->args);
	redis_args_clear(&rows->args);
}

static void
amend_send(struct amending *amending)
{
	struct store_redis *redis = amending->redis;
	struct store_write *write = amending->write;
	const struct store_entry *entry = &write->entry;
	struct redis_batch *batch = redis_sent_add(redis, write);
	struct redis_args args = { .count = 0 };
	struct buffer packed = { 0 };

	redis_args_number(&args, batch->number);
	redis_args_text(&args, entry->room);
	redis_args_number(&args, redis_keep_of(redis, entry->room));
	redis_pack_entry(&packed, write);
	redis_args_add(&args, packed.bytes, packed.len);
	buffer_clear(&packed);
	redis_pack_besides(&packed, write);
	redis_args_add(&args, packed.bytes, packed.len);
	buffer_clear(&packed);
	redis_args_text(&args, write->tail.len ? "1" : "0");
	redis_args_text(&args, entry->change.whole_room ? "1" : "0");
	amend_add_rows(&args, &amending->replaced);
	amend_add_rows(&args, &amending->reactions);
	amend_add_rows(&args, &amending->values);
	redis_node_call(
		redis->node, &redis_script_amend, &args, amend_on_stored, redis, batch);
}

/* Compute what reply, the answer of look.lua, makes of write. */
static void
amend_compute(struct amending *amending, const struct redisReply *reply)
{
	struct store_write *write = amending->write;
	const struct store_change *change = &write->entry.change;
	const char *known = reply->element[0]->str;
	char *behind;

	if (*known) {
		write->is_duplicate = true;
		write->id = strtoull(known, &behind, 10);
		write->ts_ms = strtoll(behind, NULL, 10);
	} else if (!reply->element[1]->integer) {
		store_refuse_change(write, false);
	} else if (change->kind == STORE_DELETE) {
		amend_erase(amending, reply);
		if (!write->error && !write->tail.len &&
			(change->whole_room || change->forgotten)) {
			amend_send(amending);
			return;
		}
	} else {
		amend_message(amending, reply);
	}
	if (write->tail.len)
		amend_send(amending);
	else
		amend_end(amending->redis, write);
}

static void
amend_on_seen(void *context, void *what, const struct redisReply *reply)
{
	struct amending amending = { .redis = context, .write = what };
	int error = redis_reply_error(reply);

	if (!error && reply->type == REDIS_REPLY_ARRAY && reply->elements >= 3) {
		amend_compute(&amending, reply);
	} else if (error == -EUCLEAN) {
		amending.write->error = error;
		amend_end(amending.redis, amending.write);
	} else {
		amending.redis->is_calling = false;
		STAILQ_INSERT_HEAD(&amending.redis->queue, amending.write, link);
	}
	redis_args_clear(&amending.replaced.args);
	redis_args_clear(&amending.reactions.args);
	redis_args_clear(&amending.values.args);
}

/* True if the computation needs all reactions of its targets: more names are listed when
 * one of the first is taken back. */
static bool
amend_wants_all(const struct store_change *change)
{
	return change->forgotten || (change->kind == STORE_REACT && !change->is_on);
}

void
redis_amend_begin(struct store_redis *redis, struct store_write *write)
{
	const struct store_entry *entry = &write->entry;
	const struct store_change *change = &entry->change;
	struct redis_args args = { .count = 0 };
	struct buffer keys = { 0 };
	char *field = change->kind == STORE_REACT ? amend_field(change) : xstrdup("");

	redis_pack_keys(&keys, entry->keys);
	redis_args_text(&args, entry->room);
	redis_args_number(&args, redis_keep_of(redis, entry->room));
	redis_args_add(&args, keys.bytes, keys.len);
	redis_args_text(&args, field);
	redis_args_text(&args, amend_wants_all(change) ? "1" : "0");
	redis_args_text(&args, change->forgotten ? "1" : "0");
	for (size_t i = 0; i < change->count && !change->whole_room; i++)
		redis_args_number(&args, change->of[i]);
	redis->is_calling = true;
	redis_node_call(
		redis->node, &redis_script_look, &args, amend_on_seen, redis, write);
	buffer_clear(&keys);
	free(field);
}
