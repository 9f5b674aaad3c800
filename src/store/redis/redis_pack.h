/* redis_pack.h - entries as they are in Redis and in its log. */
#pragma once

#include "linnet/redis/args.h"
#include "store/driver.h"

/* Room for the digest of a key, with its NUL. */
#define REDIS_KEY_BYTES 33

/* An entry that was read. Its texts point into what was read. */
struct redis_stored {
	const char *keys; /* one a line, not followed by a NUL, as emoji and words */
	size_t keys_len;
	uint64_t target; /* 0: none */
	uint64_t revision;
	struct store_message message; /* without an id; the tail is followed by a NUL */
	const unsigned char *author;  /* or NULL */
	const char *emoji, *words;
	size_t emoji_len, words_len;
};

/* Append the digests of keys, one a line. */
void redis_pack_keys(struct buffer *buffer, const char *const *keys);

/* Append the entry of write to buffer. */
void redis_pack_entry(struct buffer *buffer, const struct store_write *write);

/* Append stored, as it is now. */
void redis_pack_stored(struct buffer *buffer, const struct redis_stored *stored);

/* Append what the log says besides the entry. */
void redis_pack_besides(struct buffer *buffer, const struct store_write *write);

/* Read an entry of len bytes, which are followed by a NUL. Returns false if it is none.
 */
bool redis_unpack_stored(struct redis_stored *stored, const char *text, size_t len);

/* Make a write of no ticket, as it was told by another node. NULL: it is none. text need
 * not be followed by a NUL. */
struct store_write *redis_unpack_write(const char *room, const char *text, size_t len,
	const char *besides, size_t besides_len);
