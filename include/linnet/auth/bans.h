/* bans.h - who is sent away or not heard: by name, which is compared as names are, or by
 * address. What is in it is in force; whoever knows the time takes out what is over. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "linnet/base/cidr.h"
#include "linnet/protocol/name.h"

/* So many may be in force. */
#define BANS_MAX 10000

/* Bytes of a ban's key as text, without the NUL. */
#define BAN_KEY_BYTES 65

enum ban_kind {
	BAN_NAME,    /* may not be called so */
	BAN_ADDRESS, /* may not come from there */
	BAN_MUTE,    /* whoever is called so may read, but says nothing */
};

/* Whom something is done to. */
struct ban_subject {
	enum ban_kind kind;
	char name[NAME_MAX_BYTES + 1]; /* as it was given; not of BAN_ADDRESS */
	struct cidr cidr;              /* of BAN_ADDRESS */
};

struct ban {
	struct ban_subject subject;
	int64_t since_ms; /* Unix time */
	int64_t until_ms; /* 0: for ever */
	char *reason;     /* a line of text; "": none was given */
};

struct bans;

/* Nobody is banned. Freed by bans_free. */
struct bans *bans_new(void);

/* True if there is no place for a ban of that subject. */
bool bans_are_full(const struct bans *bans, const struct ban_subject *subject);

/* Put a ban in force, in place of what was done to the same subject before; all of it is
 * copied. Returns 0, or -ENOSPC if there are too many. */
int bans_add(struct bans *bans, const struct ban *ban);

/* The ban of exactly that subject, or NULL. */
const struct ban *bans_find(const struct bans *bans, const struct ban_subject *subject);

/* Take out a ban that bans_find or bans_next_over found. */
void bans_remove(struct bans *bans, const struct ban *ban);

/* True if something of kind, which is not BAN_ADDRESS, is in force against name. */
bool bans_have_name(const struct bans *bans, enum ban_kind kind, const char *name);

/* True if a ban in force is for address. */
bool bans_have_address(const struct bans *bans, const struct in6_addr *address);

/* A ban that is over at now_ms, or NULL. Cheap where there is none. */
const struct ban *bans_next_over(struct bans *bans, int64_t now_ms);

/* Call on_ban for each, the oldest first. */
void bans_each(const struct bans *bans,
	void (*on_ban)(void *context, const struct ban *ban), void *context);

/* Write the text that tells the subject from every other one, of as many bytes as
 * BAN_KEY_BYTES, to out, which has room for a NUL. */
void ban_write_key(const struct ban_subject *subject, char *out);

/* A new object that says all of it: "username" or "address", "since", and where there is
 * one "until" and "reason". */
json_t *ban_to_json(const struct ban *ban);

/* Read what ban_to_json made of a ban of kind; reason is borrowed from object. Returns
 * false if it is none. */
bool ban_from_json(struct ban *ban, enum ban_kind kind, const json_t *object);

/* Free it; NULL is fine. */
void bans_free(struct bans *bans);
