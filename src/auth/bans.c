#include "linnet/auth/bans.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/hash.h"
#include "linnet/base/hex.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/protocol/name_set.h"

#define ADDRESS_BITS 128

struct ban_entry {
	struct ban ban;
	char key[BAN_KEY_BYTES + 1];
	struct name_entry name; /* not of an address */
	UT_hash_handle hh;
};

struct bans {
	struct ban_entry *entries;            /* by key */
	unsigned addresses[ADDRESS_BITS + 1]; /* count by length of the prefix */
	struct name_set names[BAN_MUTE + 1];  /* by kind */
	int64_t next_ms; /* no ban expires before this; 0: none expires */
};

struct bans *
bans_new(void)
{
	return xcalloc(1, sizeof(struct bans));
}

void
ban_write_key(const struct ban_subject *subject, char *out)
{
	char text[NAME_MAX_BYTES + 1];

	if (subject->kind == BAN_ADDRESS)
		cidr_format(&subject->cidr, text);
	else
		name_fold(text, subject->name);
	/* A hash, because a long name would make the key too long. */
	out[0] = "nam"[subject->kind];
	hex_sha256(out + 1, text, strlen(text));
}

static struct ban_entry *
bans_find_entry(const struct bans *bans, const struct ban_subject *subject)
{
	char key[BAN_KEY_BYTES + 1];
	struct ban_entry *entry;

	if (!bans->entries)
		return NULL;
	ban_write_key(subject, key);
	HASH_FIND_STR(bans->entries, key, entry);
	return entry;
}

const struct ban *
bans_find(const struct bans *bans, const struct ban_subject *subject)
{
	const struct ban_entry *entry = bans_find_entry(bans, subject);

	return entry ? &entry->ban : NULL;
}

void
bans_remove(struct bans *bans, const struct ban *ban)
{
	struct ban_entry *entry = container_of(ban, struct ban_entry, ban);

	assert(bans->entries);
	if (ban->subject.kind == BAN_ADDRESS)
		bans->addresses[ban->subject.cidr.bits]--;
	else
		name_set_remove(&bans->names[ban->subject.kind], &entry->name);
	HASH_DEL(bans->entries, entry);
	free(entry->ban.reason);
	free(entry);
}

bool
bans_are_full(const struct bans *bans, const struct ban_subject *subject)
{
	return HASH_COUNT(bans->entries) >= BANS_MAX && !bans_find_entry(bans, subject);
}

int
bans_add(struct bans *bans, const struct ban *ban)
{
	struct ban_entry *entry = bans_find_entry(bans, &ban->subject);

	if (bans_are_full(bans, &ban->subject))
		return -ENOSPC;
	if (entry)
		bans_remove(bans, &entry->ban);
	entry = xcalloc(1, sizeof(*entry));
	entry->ban = *ban;
	entry->ban.reason = xstrdup(ban->reason);
	ban_write_key(&ban->subject, entry->key);
	HASH_ADD_STR(bans->entries, key, entry);
	if (ban->subject.kind == BAN_ADDRESS)
		bans->addresses[ban->subject.cidr.bits]++;
	else
		name_set_add(
			&bans->names[ban->subject.kind], &entry->name, ban->subject.name);
	if (ban->until_ms && (!bans->next_ms || ban->until_ms < bans->next_ms))
		bans->next_ms = ban->until_ms;
	return 0;
}

bool
bans_have_name(
	const struct bans *bans, enum ban_kind kind, const struct name_forms *forms)
{
	/* Names with the same stored fold have the same folded form, too. */
	return name_set_find(&bans->names[kind], forms, NULL) != NULL;
}

bool
bans_have_address(const struct bans *bans, const struct in6_addr *address)
{
	struct ban_subject subject = { .kind = BAN_ADDRESS };

	if (!bans->entries)
		return false;
	for (unsigned bits = 0; bits <= ADDRESS_BITS; bits++) {
		if (!bans->addresses[bits])
			continue;
		subject.cidr = cidr_of(address, bits);
		if (bans_find_entry(bans, &subject))
			return true;
	}
	return false;
}

const struct ban *
bans_next_over(struct bans *bans, int64_t now_ms)
{
	struct ban_entry *entry, *next;

	if (!bans->next_ms || now_ms < bans->next_ms)
		return NULL;
	bans->next_ms = 0;
	HASH_ITER(hh, bans->entries, entry, next)
	{
		int64_t until_ms = entry->ban.until_ms;

		if (until_ms && now_ms >= until_ms) {
			bans->next_ms = until_ms;
			return &entry->ban;
		}
		if (until_ms && (!bans->next_ms || until_ms < bans->next_ms))
			bans->next_ms = until_ms;
	}
	return NULL;
}

void
bans_each(const struct bans *bans, void (*on_ban)(void *context, const struct ban *ban),
	void *context)
{
	struct ban_entry *entry, *next;

	HASH_ITER(hh, bans->entries, entry, next)
	on_ban(context, &entry->ban);
}

json_t *
ban_to_json(const struct ban *ban)
{
	char address[CIDR_TEXT_BYTES];
	bool is_address = ban->subject.kind == BAN_ADDRESS;

	if (is_address)
		cidr_format(&ban->subject.cidr, address);
	/* "*" leaves out what is NULL. */
	return json_pack("{s:s*, s:s*, s:o, s:o*, s:s*}", "address",
		is_address ? address : NULL, "username",
		is_address ? NULL : ban->subject.name, "since",
		json_integer(ban->since_ms), "until",
		ban->until_ms ? json_integer(ban->until_ms) : NULL, "reason",
		*ban->reason ? ban->reason : NULL);
}

bool
ban_from_json(struct ban *ban, enum ban_kind kind, const json_t *object)
{
	const char *name = json_string_value(json_object_get(object, "username"));
	const char *address = json_string_value(json_object_get(object, "address"));
	const char *reason = json_string_value(json_object_get(object, "reason"));

	*ban = (struct ban){
		.subject = { .kind = kind },
		.since_ms = json_integer_value(json_object_get(object, "since")),
		.until_ms = json_integer_value(json_object_get(object, "until")),
		.reason = (char *)(reason ? reason : ""),
	};
	if (kind == BAN_ADDRESS)
		return address && !cidr_read(address, &ban->subject.cidr);
	if (!name || strlen(name) > NAME_MAX_BYTES)
		return false;
	snprintf(ban->subject.name, sizeof(ban->subject.name), "%s", name);
	return true;
}

void
bans_free(struct bans *bans)
{
	struct ban_entry *entry, *next;

	if (!bans)
		return;
	HASH_ITER(hh, bans->entries, entry, next)
	bans_remove(bans, &entry->ban);
	free(bans);
}
