/* permissions.h - what somebody may do: in which rooms, under which name, until when. The
 * one answer to that for every door; the chat asks it wherever a room or a name is used.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "linnet/config/config.h"

/* How many rooms of a kind. */
enum permissions_scope {
	PERMISSIONS_NONE,
	PERMISSIONS_LISTED,
	PERMISSIONS_ALL,
};

/* Shared by reference; whoever gets one only reads it. */
struct permissions {
	unsigned refs;                /* 0: one of those below, which nobody frees */
	enum permissions_scope rooms; /* to chat in */
	enum permissions_scope tails; /* rooms of log files */
	struct string_list
		list;       /* what PERMISSIONS_LISTED is about, in the order given */
	bool is_name_fixed; /* it is called name and nothing else */
	char *name;         /* NULL: a guest, if it is fixed */
	char *subject;      /* tells people of one name apart; NULL: not said */
	int64_t until_ms;   /* Unix time when it ends; 0: never */
};

/* Every room but those of log files; every room. Always there. */
extern const struct permissions permissions_of_rooms, permissions_of_all;

/* Permissions of nothing, to be filled in. Given back by permissions_unref. */
struct permissions *permissions_new(void);

/* Add a room (copied) to the list. */
void permissions_add_room(struct permissions *permissions, const char *room);

/* It is for the person of that name (NULL: a guest) and subject (NULL: not said), both
 * copied, alone. */
void permissions_set_person(
	struct permissions *permissions, const char *name, const char *subject);

/* One more reference. */
const struct permissions *permissions_ref(const struct permissions *permissions);

/* Give a reference back; NULL is fine. */
void permissions_unref(const struct permissions *permissions);

/* True if it is for that room. NULL is for none. */
bool permissions_has_room(
	const struct permissions *permissions, const char *room, bool is_tail);

/* True if whoever has it may be called name. Guests may be called guest-N. */
bool permissions_has_name(const struct permissions *permissions, const char *name);

/* True if it has ended at now_ms. */
bool permissions_is_over(const struct permissions *permissions, int64_t now_ms);

/* True if both are for the same person, who is no guest. Either may be NULL. */
bool permissions_is_same_person(const struct permissions *a, const struct permissions *b);

/* True if the tokens behind both do not tell their owners apart: they are of the same
 * person, or name nobody. */
bool permissions_may_be_same(const struct permissions *a, const struct permissions *b);
