/* revised.h - what edits, reactions and deletions make of an entry's tail. Tails are as
 * in store_entry, with a NUL behind them. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "linnet/base/buffer.h"
#include "linnet/store/store.h"

/* The object of message if it can be edited and reacted to, otherwise NULL. The caller
 * has a reference to it. */
json_t *revised_parse(const struct store_message *message);

/* The object of a tail, or NULL if that is no JSON. */
json_t *revised_load(const char *tail, size_t len);

/* The tail of object, which is consumed and has at least one member. The caller frees it.
 */
char *revised_print(json_t *object);

/* True if entry has this author, which may be NULL: nobody. */
bool revised_is_by(const unsigned char *author, const struct store_entry *entry);

/* Replace the text of a message at ts_ms. */
void revised_set_text(json_t *object, const char *text, int64_t ts_ms);

/* The words of a message for store_search. The caller frees them. */
char *revised_words(const json_t *object);

/* How many people have reacted to a message with emoji. */
size_t revised_count(const json_t *object, const char *emoji);

/* True if a message has STORE_EMOJI_MAX others than emoji. */
bool revised_is_full(const json_t *object, const char *emoji);

/* Add name to those that have reacted with emoji. */
void revised_add_name(json_t *object, const char *emoji, const char *name);

/* count people have reacted with emoji; names (consumed) are the first of them. */
void revised_set_names(json_t *object, const char *emoji, json_t *names, size_t count);

/* Append to the tail of an edit its text, or the text that the tail of its target has. */
void revised_append_text(struct buffer *tail, const char *text);
void revised_append_text_of(struct buffer *tail, const char *target);

/* Add to the tail of a reaction its emoji. */
void revised_append_emoji(struct buffer *tail, const char *emoji);

/* True if somebody called name (folded) has said the entry, or acknowledged or cleared
 * its alarm. */
bool revised_has_name(const char *tail, size_t len, const char *name);

/* The tail of message when change deletes it: its time and, unless a name is forgotten,
 * who has said it. NULL if it cannot be deleted: it is an alarm or a line of a log; it is
 * deleted already, another name has said it, or only an admin deletes what has no text.
 * The caller frees it. */
char *revised_deleted(
	const struct store_message *message, const struct store_change *change);

/* The tail without name (folded). The caller frees it. */
char *revised_without_name(const char *tail, size_t len, const char *name);
