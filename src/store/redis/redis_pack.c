#include "store/redis/redis_pack.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/hex.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "store/writes.h"

void
redis_pack_keys(struct buffer *buffer, const char *const *keys)
{
	char digest[HEX_SHA256_BYTES + 1];
	const char *between = "";

	for (size_t i = 0; i < STORE_KEYS; i++) {
		if (!keys[i])
			continue;
		hex_sha256(digest, keys[i], strlen(keys[i]));
		buffer_printf(buffer, "%s%.*s", between, REDIS_KEY_BYTES - 1, digest);
		between = "\n";
	}
}

void
redis_pack_stored(struct buffer *buffer, const struct redis_stored *stored)
{
	const struct store_message *message = &stored->message;
	char ts[24];

	redis_part_add(buffer, stored->keys, stored->keys_len);
	if (stored->target)
		redis_part_number(buffer, stored->target);
	else
		redis_part_text(buffer, NULL);
	snprintf(ts, sizeof(ts), "%" PRId64, message->ts_ms);
	redis_part_text(buffer, ts);
	redis_part_number(buffer, stored->revision);
	redis_part_number(buffer, message->kind);
	/* With its NUL, so that it need not be copied when it is read. */
	redis_part_add(buffer, message->type, strlen(message->type) + 1);
	redis_part_add(buffer, stored->author, stored->author ? STORE_AUTHOR_BYTES : 0);
	redis_part_add(buffer, stored->emoji, stored->emoji_len);
	redis_part_add(buffer, stored->words, stored->words_len);
	redis_part_add(buffer, message->tail, message->tail_len);
}

void
redis_pack_entry(struct buffer *buffer, const struct store_write *write)
{
	const struct store_entry *entry = &write->entry;
	const struct store_change *change = &entry->change;
	bool is_change = change->kind;
	struct buffer keys = { 0 };
	struct redis_stored stored = {
		.target = change->kind == STORE_EDIT || change->kind == STORE_REACT
				  ? change->of[0]
				  : 0,
		/* A deletion of the whole room has neither a type nor words. */
		.message = { .ts_ms = entry->ts_ms,
			.type = entry->type ? entry->type : "",
			.tail = is_change ? write->tail.bytes : entry->tail,
			.tail_len = is_change ? write->tail.len : entry->tail_len,
			.kind = change->kind },
		.author = is_change ? NULL : entry->author,
		.emoji = change->emoji,
		.emoji_len = change->emoji ? strlen(change->emoji) : 0,
		.words = entry->words,
		.words_len = entry->words ? strlen(entry->words) : 0,
	};

	redis_pack_keys(&keys, entry->keys);
	stored.keys = keys.bytes;
	stored.keys_len = keys.len;
	redis_pack_stored(buffer, &stored);
	buffer_clear(&keys);
}

void
redis_pack_besides(struct buffer *buffer, const struct store_write *write)
{
	const struct store_entry *entry = &write->entry;
	const struct store_change *change = &entry->change;
	struct buffer of = { 0 };

	redis_part_text(buffer, entry->note);
	redis_part_text(buffer, entry->state_key);
	redis_part_number(buffer, entry->state_value != NULL);
	redis_part_add(buffer, entry->state_value,
		entry->state_value ? entry->state_value_len : 0);
	if (!change->kind)
		return;
	for (size_t i = 0; i < change->count; i++)
		redis_part_number(&of, change->of[i]);
	redis_part_number(buffer, change->is_admin);
	redis_part_number(buffer, change->is_on);
	redis_part_number(buffer, change->whole_room);
	redis_part_text(buffer, change->text);
	redis_part_text(buffer, change->name);
	redis_part_text(buffer, change->forgotten);
	redis_part_add(buffer, of.bytes, of.len);
	buffer_clear(&of);
}

bool
redis_unpack_stored(struct redis_stored *stored, const char *text, size_t len)
{
	struct redis_parts parts = { .at = text, .left = len };
	struct store_message *message = &stored->message;
	const char *part;
	size_t part_len;
	char ts[24];

	*stored = (struct redis_stored){ .target = 0 };
	stored->keys = redis_part_next(&parts, &stored->keys_len);
	stored->target = redis_part_next_number(&parts);
	part = redis_part_next(&parts, &part_len);
	snprintf(ts, sizeof(ts), "%.*s", (int)part_len, part);
	message->ts_ms = strtoll(ts, NULL, 10);
	stored->revision = redis_part_next_number(&parts);
	message->kind = (enum store_kind)redis_part_next_number(&parts);
	message->type = redis_part_next(&parts, &part_len);
	parts.is_broken |= !part_len || message->type[part_len - 1];
	part = redis_part_next(&parts, &part_len);
	if (part_len == STORE_AUTHOR_BYTES)
		stored->author = (const unsigned char *)part;
	stored->emoji = redis_part_next(&parts, &stored->emoji_len);
	stored->words = redis_part_next(&parts, &stored->words_len);
	message->tail = redis_part_next(&parts, &message->tail_len);
	message->has_text = false;
	return !parts.is_broken && !parts.left && message->kind <= STORE_REACT;
}

/* The next part, or NULL if it is empty. The caller frees it. */
static char *
pack_next_text(struct redis_parts *parts)
{
	char *text = redis_part_next_text(parts);

	if (*text)
		return text;
	free(text);
	return NULL;
}

/* A copy of the next part, followed by a NUL. The caller frees it. */
static char *
pack_next_bytes(struct redis_parts *parts, size_t *len)
{
	const char *bytes = redis_part_next(parts, len);
	char *copy = xmalloc(*len + 1);

	memcpy(copy, bytes, *len);
	copy[*len] = '\0';
	return copy;
}

static void
pack_read_change(struct redis_parts *parts, struct store_change *change, uint64_t *of)
{
	struct redis_parts ids = { .at = NULL };

	change->is_admin = redis_part_next_number(parts);
	change->is_on = redis_part_next_number(parts);
	change->whole_room = redis_part_next_number(parts);
	change->text = redis_part_next_text(parts);
	change->name = pack_next_text(parts);
	change->forgotten = pack_next_text(parts);
	ids.at = redis_part_next(parts, &ids.left);
	while (ids.left && change->count < STORE_DELETE_MAX)
		of[change->count++] = redis_part_next_number(&ids);
	change->of = of;
}

struct store_write *
redis_unpack_write(const char *room, const char *text, size_t len, const char *besides,
	size_t besides_len)
{
	struct redis_parts parts = { .at = besides, .left = besides_len };
	char *entry_text = xmalloc(len + 1), *note, *state_key, *state_value;
	char *emoji = NULL;
	uint64_t of[STORE_DELETE_MAX];
	struct redis_stored stored;
	struct store_entry entry = { .room = room, .words = "" };
	struct store_change *change = &entry.change;
	struct store_write *write = NULL;
	bool has_value;

	memcpy(entry_text, text, len);
	entry_text[len] = '\0';
	note = pack_next_text(&parts);
	state_key = pack_next_text(&parts);
	has_value = redis_part_next_number(&parts);
	state_value = pack_next_bytes(&parts, &entry.state_value_len);
	if (redis_unpack_stored(&stored, entry_text, len)) {
		entry.ts_ms = stored.message.ts_ms;
		entry.type = stored.message.type;
		entry.tail = stored.message.tail;
		entry.tail_len = stored.message.tail_len;
		entry.author = stored.author;
		entry.note = note;
		entry.state_key = state_key;
		entry.state_value = has_value ? state_value : NULL;
		change->kind = stored.message.kind;
		if (change->kind)
			pack_read_change(&parts, change, of);
		if (change->kind == STORE_REACT)
			change->emoji = emoji = xstrndup(stored.emoji, stored.emoji_len);
		write = store_new_write(&entry, 0);
		if (change->kind)
			buffer_append(&write->tail, entry.tail, entry.tail_len);
	}
	free((char *)change->text);
	free((char *)change->name);
	free((char *)change->forgotten);
	free(emoji);
	free(note);
	free(state_key);
	free(state_value);
	free(entry_text);
	return write;
}
