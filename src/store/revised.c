#include "store/revised.h"

#include <stdlib.h>
#include <string.h>

#include "linnet/base/json_text.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/protocol/message.h"

json_t *
revised_load(const char *tail, size_t len)
{
	struct buffer text = { 0 };
	json_t *object;

	buffer_append(&text, "{", 1);
	buffer_append(&text, tail, len);
	object = json_loadb(text.bytes, text.len, JSON_ALLOW_NUL, NULL);
	buffer_clear(&text);
	return object;
}

char *
revised_print(json_t *object)
{
	struct buffer text = { 0 };
	char *tail;

	json_text_append(&text, object);
	json_decref(object);
	buffer_append(&text, "", 1);
	tail = xstrdup(text.bytes + 1);
	buffer_clear(&text);
	return tail;
}

json_t *
revised_parse(const struct store_message *message)
{
	static const char *const others[] = { "alarm", "log", "edit", "delete", "react" };
	json_t *object;

	if (message->kind != STORE_SAID)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(message->type, others[i]))
			return NULL;
	object = revised_load(message->tail, message->tail_len);
	if (json_is_string(json_object_get(object, "message")))
		return object;
	json_decref(object);
	return NULL;
}

bool
revised_is_by(const unsigned char *author, const struct store_entry *entry)
{
	return author && entry->author &&
	       !memcmp(author, entry->author, STORE_AUTHOR_BYTES);
}

void
revised_set_text(json_t *object, const char *text, int64_t ts_ms)
{
	json_object_set_new(object, "message", json_string(text));
	json_object_set_new(object, "edited", json_integer(ts_ms));
}

static const char *
revised_string(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

char *
revised_words(const json_t *object)
{
	return xasprintf("%s %s %s", revised_string(object, "username"),
		revised_string(object, "title"), revised_string(object, "message"));
}

size_t
revised_count(const json_t *object, const char *emoji)
{
	const json_t *count =
		json_object_get(json_object_get(object, "reaction_counts"), emoji);

	return count ? (size_t)json_integer_value(count)
		     : json_array_size(json_object_get(
			       json_object_get(object, "reactions"), emoji));
}

bool
revised_is_full(const json_t *object, const char *emoji)
{
	const json_t *reactions = json_object_get(object, "reactions");

	return json_object_size(reactions) >= STORE_EMOJI_MAX &&
	       !json_object_get(reactions, emoji);
}

/* Set what emoji stands for in the object's member key, or remove it if value, which is
 * consumed, is NULL. No empty member is left. */
static void
revised_set(json_t *object, const char *key, const char *emoji, json_t *value)
{
	json_t *member = json_object_get(object, key);

	if (!value) {
		json_object_del(member, emoji);
		if (!json_object_size(member))
			json_object_del(object, key);
		return;
	}
	if (!json_is_object(member)) {
		member = json_object();
		json_object_set_new(object, key, member);
	}
	json_object_set_new(member, emoji, value);
}

void
revised_set_names(json_t *object, const char *emoji, json_t *names, size_t count)
{
	bool is_counted = count > STORE_REACTION_NAMES;

	if (!count)
		json_decref(names);
	revised_set(object, "reactions", emoji, count ? names : NULL);
	revised_set(object, "reaction_counts", emoji,
		is_counted ? json_integer((json_int_t)count) : NULL);
}

void
revised_add_name(json_t *object, const char *emoji, const char *name)
{
	size_t count = revised_count(object, emoji);
	json_t *names = json_object_get(json_object_get(object, "reactions"), emoji);

	names = json_is_array(names) ? json_incref(names) : json_array();
	if (count < STORE_REACTION_NAMES)
		json_array_append_new(names, json_string(name));
	revised_set_names(object, emoji, names, count + 1);
}

static void
revised_append_string(struct buffer *tail, const char *key, const char *value)
{
	tail->len--; /* its } */
	buffer_printf(tail, ",\"%s\":", key);
	json_text_append_string(tail, value);
	buffer_append(tail, "}", 1);
}

void
revised_append_text(struct buffer *tail, const char *text)
{
	revised_append_string(tail, "message", text);
}

/* The object of what precedes the reactions in a tail. NULL if there are none, or if they
 * are not the last members. */
static json_t *
revised_load_start(const char *tail)
{
	/* In a string of JSON the quotes would be escaped. */
	const char *end = strstr(tail, ",\"reactions\":{");
	struct buffer start = { 0 };
	json_t *object;

	if (!end)
		return NULL;
	buffer_append(&start, tail, (size_t)(end - tail));
	buffer_append(&start, "}", 1);
	object = revised_load(start.bytes, start.len);
	buffer_clear(&start);
	return object;
}

void
revised_append_text_of(struct buffer *tail, const char *target)
{
	/* A message may have been edited often. Its reactions take the most time. */
	json_t *object = revised_load_start(target);

	if (!json_object_get(object, "message")) {
		json_decref(object);
		object = revised_load(target, strlen(target));
	}
	revised_append_text(tail, revised_string(object, "message"));
	json_decref(object);
}

void
revised_append_emoji(struct buffer *tail, const char *emoji)
{
	/* "on" is the last member, and stays it. */
	size_t len = (size_t)((char *)memrchr(tail->bytes, ',', tail->len) - tail->bytes);
	struct buffer on = { 0 };

	buffer_append(&on, tail->bytes + len, tail->len - len);
	tail->len = len;
	buffer_printf(tail, ",\"emoji\":");
	json_text_append_string(tail, emoji);
	buffer_append(tail, on.bytes, on.len);
	buffer_clear(&on);
}

bool
revised_has_name(const char *tail, size_t len, const char *name)
{
	json_t *object;
	bool found;

	/* Most entries are somebody else's. JSON escapes only these two characters of a
	 * name. */
	if (!strpbrk(name, "\"\\") && !strcasestr(tail, name))
		return false;
	object = revised_load(tail, len);
	found = message_has_name(object, name);
	json_decref(object);
	return found;
}

char *
revised_deleted(const struct store_message *message, const struct store_change *change)
{
	const char *name = change->forgotten;
	json_t *object, *left = NULL;

	if (message->kind != STORE_SAID || !strcmp(message->type, "alarm") ||
		!strcmp(message->type, "log"))
		return NULL;
	object = change->is_admin ? revised_load(message->tail, message->tail_len)
				  : revised_parse(message);
	if (name ? message_is_by(object, name) : change->is_admin || object)
		left = json_pack("{s:O*,s:O*,s:b}", "ts", json_object_get(object, "ts"),
			"username", name ? NULL : json_object_get(object, "username"),
			"deleted", 1);
	/* It is deleted already. A message need not have a text. */
	if (json_equal(left, object)) {
		json_decref(left);
		left = NULL;
	}
	json_decref(object);
	return left ? revised_print(left) : NULL;
}

char *
revised_without_name(const char *tail, size_t len, const char *name)
{
	json_t *object = revised_load(tail, len);

	message_drop_name(object, name);
	return object ? revised_print(object) : xstrndup(tail, len);
}
