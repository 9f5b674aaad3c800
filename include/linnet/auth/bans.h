/* bans.h - the bans in force, by name or by address. A ban is known by the fold
 * of its name that is stored, and covers every name that collides with it. This module
 * has no clock: the caller removes a ban when it expires. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "linnet/base/cidr.h"
#include "linnet/protocol/name_forms.h"

/* Most bans in force at the same time. */
#define BANS_MAX 10000

/* Length of a ban's key. */
#define BAN_KEY_BYTES 65

enum ban_kind {
	BAN_NAME,    /* nobody can use this name */
	BAN_ADDRESS, /* nobody can connect from this address */
	BAN_MUTE,    /* a user of this name can read, but not send */
};

/* Who is banned or muted. */
struct ban_subject {
	enum ban_kind kind;
	char name[NAME_MAX_BYTES +
		  1];     /* as the moderator wrote it; not for BAN_ADDRESS */
	struct cidr cidr; /* for BAN_ADDRESS */
};

struct ban {
	struct ban_subject subject;
	int64_t since_ms; /* Unix time */
	int64_t until_ms; /* 0: for ever */
	char *reason;     /* one line of text, "" if there is none */
};

struct bans;

/* Create an empty table for bans_free. */
struct bans *bans_new(void);

/* True if BANS_MAX leaves no place for a new ban of subject. */
bool bans_are_full(const struct bans *bans, const struct ban_subject *subject);

/* Put a copy of ban in force; it replaces a ban of the same subject. Returns 0, or
 * -ENOSPC if there are BANS_MAX others. */
int bans_add(struct bans *bans, const struct ban *ban);

/* Find the ban of exactly this subject, or NULL. */
const struct ban *bans_find(const struct bans *bans, const struct ban_subject *subject);

/* Remove a ban that bans_find or bans_next_over returned. */
void bans_remove(struct bans *bans, const struct ban *ban);

/* True if a ban of kind, which is not BAN_ADDRESS, covers the name of forms. */
bool bans_have_name(
	const struct bans *bans, enum ban_kind kind, const struct name_forms *forms);

/* True if a ban covers address. */
bool bans_have_address(const struct bans *bans, const struct in6_addr *address);

/* Find a ban that has expired at now_ms, or NULL. Cheap if none can have expired. */
const struct ban *bans_next_over(struct bans *bans, int64_t now_ms);

/* Call on_ban for each ban, oldest first. */
void bans_each(const struct bans *bans,
	void (*on_ban)(void *context, const struct ban *ban), void *context);

/* Write the key that identifies subject, BAN_KEY_BYTES and a NUL, to out. */
void ban_write_key(const struct ban_subject *subject, char *out);

/* Make an object for the ban: "username" or "address", "since", and "until" and "reason"
 * if it has them. */
json_t *ban_to_json(const struct ban *ban);

/* Read an object that ban_to_json made of a ban of kind; reason points into object.
 * Returns false if object is not a ban. */
bool ban_from_json(struct ban *ban, enum ban_kind kind, const json_t *object);

/* Free the table; NULL is fine. */
void bans_free(struct bans *bans);
