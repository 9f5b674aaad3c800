#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"
#include "linnet/protocol/name.h"
#include "store/change_answer.h"
#include "store/memory/memory.h"
#include "store/revised.h"
#include "store/segment.h"

/* Give the message in slot this tail, this kind, and the text words to be found by (NULL:
 * as before). Only what can be edited keeps its author and reactions. */
static void
memory_replace(struct store *store, struct memory_room *room,
	struct memory_message **slot, const char *tail, enum store_kind kind,
	const char *words)
{
	struct memory_message *kept = *slot, *left;
	struct store_message message = kept->message;

	message.tail = tail;
	message.tail_len = strlen(tail);
	message.kind = kind;
	memory_count(store, room, kept, false);
	left = memory_new_message(store, &message, words ? words : "");
	memcpy(left->keys, kept->keys, sizeof(left->keys));
	left->target = kept->target;
	if (!words) {
		free(left->tokens);
		left->tokens = kept->tokens;
		kept->tokens = NULL;
	}
	if (kind != STORE_DELETED) {
		left->author = kept->author;
		left->emoji = kept->emoji;
		left->reactions = kept->reactions;
		kept->author = NULL;
		kept->emoji = NULL;
		kept->reactions = NULL;
	}
	memory_free_message(kept);
	*slot = left;
	memory_count(store, room, left, true);
}

/* The entries of reactions to message id have no emoji any more. */
static void
memory_drop_emoji(const struct memory_room *room, uint64_t id)
{
	for (uint64_t i = 0; i < room->changes.count; i++) {
		struct memory_message *kept = *memory_slot(&room->changes, i);
		if (kept->target != id)
			continue;
		free(kept->emoji);
		kept->emoji = NULL;
	}
}

/* The first names that have reacted with emoji. */
static json_t *
memory_list_names(const struct memory_message *kept, const char *emoji)
{
	json_t *names = json_array();
	const struct memory_reaction *reaction;

	for (reaction = kept->reactions;
		reaction && json_array_size(names) < STORE_REACTION_NAMES;
		reaction = reaction->hh.next)
		if (reaction->is_on && !strcmp(reaction->emoji, emoji))
			json_array_append_new(names, json_string(reaction->name));
	return names;
}

/* One of those that react with emoji does it no longer. */
static void
memory_take_back(const struct memory_message *kept, const char *emoji, json_t *object)
{
	size_t count = revised_count(object, emoji);

	revised_set_names(
		object, emoji, memory_list_names(kept, emoji), count ? count - 1 : 0);
}

/* Take name out of kept's reactions, and out of tail, which is freed. Returns the tail.
 */
static char *
memory_forget_reactions(struct memory_message *kept, const char *name, char *tail)
{
	struct memory_reaction *reaction, *next;
	json_t *object = NULL;

	HASH_ITER(hh, kept->reactions, reaction, next)
	{
		char *emoji = reaction->is_on ? xstrdup(reaction->emoji) : NULL;

		if (strcmp(reaction->folded, name) != 0) {
			free(emoji);
			continue;
		}
		memory_drop_reaction(kept, reaction);
		if (emoji && !object)
			object = revised_load(tail, strlen(tail));
		if (emoji)
			memory_take_back(kept, emoji, object);
		free(emoji);
	}
	if (!object)
		return tail;
	free(tail);
	return revised_print(object);
}

/* The object of the message that an edit or a reaction is about; its slot is *slot. NULL:
 * there is none. */
static json_t *
memory_find_target(const struct memory_room *room, const struct store_write *write,
	struct memory_message ***slot)
{
	*slot = memory_find(room, write->entry.change.of[0]);
	return *slot ? revised_parse(&(**slot)->message) : NULL;
}

static void
memory_edit(struct store *store, struct memory_room *room, struct store_write *write)
{
	struct memory_message **slot;
	json_t *object = memory_find_target(room, write, &slot);
	char *tail, *words;

	if (!object || !revised_is_by((*slot)->author, &write->entry)) {
		store_refuse_change(write, object);
		json_decref(object);
		return;
	}
	revised_set_text(object, write->entry.change.text, write->entry.ts_ms);
	words = revised_words(object);
	tail = revised_print(object);
	memory_replace(store, room, slot, tail, STORE_SAID, words);
	free(tail);
	free(words);
	store_make_tail(write);
}

/* The key of a reaction: the emoji and the folded name, both with their NUL. The caller
 * frees it. */
static char *
memory_reaction_key(const char *emoji, const char *folded, size_t *len)
{
	size_t emoji_size = strlen(emoji) + 1, folded_size = strlen(folded) + 1;
	char *key = xmalloc(emoji_size + folded_size);

	memcpy(key, emoji, emoji_size);
	memcpy(key + emoji_size, folded, folded_size);
	*len = emoji_size + folded_size;
	return key;
}

static void
memory_set_reaction(struct memory_message *kept, const struct store_change *change,
	const char *folded, uint64_t id)
{
	struct memory_reaction *reaction = xcalloc(1, sizeof(*reaction));
	size_t len;

	reaction->emoji = memory_reaction_key(change->emoji, folded, &len);
	reaction->folded = reaction->emoji + strlen(change->emoji) + 1;
	reaction->name = xstrdup(change->name);
	reaction->id = id;
	reaction->is_on = change->is_on;
	HASH_ADD_KEYPTR(hh, kept->reactions, reaction->emoji, len, reaction);
}

static struct memory_reaction *
memory_find_reaction(const struct memory_message *kept, const struct store_change *change,
	const char *folded)
{
	size_t len;
	char *key = memory_reaction_key(change->emoji, folded, &len);
	struct memory_reaction *reaction;

	HASH_FIND(hh, kept->reactions, key, len, reaction);
	free(key);
	return reaction;
}

/* The reaction changes something: set it, in object, too. */
static void
memory_apply_reaction(struct memory_message *kept, struct memory_reaction *before,
	const struct store_change *change, const char *folded, uint64_t id,
	json_t *object)
{
	if (before)
		memory_drop_reaction(kept, before);
	memory_set_reaction(kept, change, folded, id);
	if (change->is_on)
		revised_add_name(object, change->emoji, change->name);
	else
		memory_take_back(kept, change->emoji, object);
}

static void
memory_react(struct store *store, struct memory_room *room, struct store_write *write)
{
	const struct store_change *change = &write->entry.change;
	struct memory_message **slot, **entry;
	json_t *object = memory_find_target(room, write, &slot);
	struct memory_reaction *before = NULL;
	char folded[NAME_MAX_BYTES + 1], *tail;

	if (object) {
		name_fold(folded, change->name);
		before = memory_find_reaction(*slot, change, folded);
	}
	if (!object) {
		store_refuse_change(write, false);
	} else if ((before && before->is_on) == change->is_on) {
		entry = before ? memory_find(room, before->id) : NULL;
		store_note_reaction(write, before ? before->id : 0,
			entry ? (*entry)->message.ts_ms : 0);
	} else if (change->is_on && revised_is_full(object, change->emoji)) {
		write->error = -E2BIG;
	} else {
		memory_count(store, room, *slot, false);
		memory_apply_reaction(
			*slot, before, change, folded, room->last_id + 1, object);
		memory_count(store, room, *slot, true);
		tail = revised_print(json_incref(object));
		memory_replace(store, room, slot, tail, STORE_SAID, NULL);
		free(tail);
		store_make_tail(write);
	}
	json_decref(object);
}

/* The tokens of an entry begin with those of who has said it. If that is name, take them
 * out. */
static void
memory_drop_name(const struct store *store, struct memory_message *kept, const char *name)
{
	char *segmented = segment_text(name, strlen(name));
	char *tokens = fts_tokenizer_run(
		((const struct store_memory *)store)->tokenizer, segmented);
	size_t len = strlen(tokens);

	/* What follows begins with the last separator. */
	if (len && !strncmp(kept->tokens, tokens, len))
		memmove(kept->tokens, kept->tokens + len - 1,
			strlen(kept->tokens) - len + 2);
	free(tokens);
	free(segmented);
}

/* Take name out of an entry that somebody else has said, or that is a change. */
static void
memory_erase_name(struct store *store, struct memory_room *room,
	struct memory_message **slot, const char *name)
{
	struct memory_message *kept = *slot;
	const struct store_message *message = &kept->message;
	char *tail = revised_without_name(message->tail, message->tail_len, name);

	if (revised_has_name(message->tail, message->tail_len, name))
		memory_drop_name(store, kept, name);
	memory_count(store, room, kept, false);
	tail = memory_forget_reactions(kept, name, tail);
	memory_count(store, room, kept, true);
	free(kept->emoji);
	kept->emoji = NULL;
	memory_replace(store, room, slot, tail, message->kind, NULL);
	free(tail);
}

static void
memory_erase_message(struct store *store, struct memory_room *room,
	struct store_write *write, uint64_t id, bool *is_denied)
{
	const struct store_change *change = &write->entry.change;
	struct memory_message **slot = memory_find(room, id);
	char *tail = slot ? revised_deleted(&(*slot)->message, change) : NULL;

	if (tail && !change->is_admin && !revised_is_by((*slot)->author, &write->entry)) {
		*is_denied = true;
	} else if (tail) {
		store_note_deleted(write, id);
		memory_replace(store, room, slot, tail, STORE_DELETED, "");
		memory_drop_emoji(room, id);
	} else if (slot && change->forgotten) {
		memory_erase_name(store, room, slot, change->forgotten);
	}
	free(tail);
}

static void
memory_erase(struct store *store, struct memory_room *room, struct store_write *write)
{
	const struct store_change *change = &write->entry.change;
	bool is_denied = false;

	if (change->whole_room)
		memory_empty_room(store, room);
	for (size_t i = 0; i < change->count; i++)
		memory_erase_message(store, room, write, change->of[i], &is_denied);
	if (write->deleted)
		store_end_deleted(write);
	else
		store_refuse_change(write, is_denied);
}

void
memory_change(struct store *store, struct memory_room *room, struct store_write *write)
{
	if (write->entry.change.kind == STORE_EDIT)
		memory_edit(store, room, write);
	else if (write->entry.change.kind == STORE_REACT)
		memory_react(store, room, write);
	else
		memory_erase(store, room, write);
}
