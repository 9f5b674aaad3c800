/* permissions.h - what somebody may do: in which rooms, under which name, until when. The
 * one answer to that for every door; the chat asks it wherever a room or a name is used.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "linnet/config/config.h"

/* How many rooms of a kind. */
enum grant_scope {
	GRANT_NONE,
	GRANT_LISTED,
	GRANT_ALL,
};

/* Shared by reference; whoever gets one only reads it. */
struct grant {
	unsigned refs;           /* 0: one of those below, which nobody frees */
	enum grant_scope rooms;  /* to chat in */
	enum grant_scope tails;  /* rooms of log files */
	struct string_list list; /* what GRANT_LISTED is about, in the order given */
	bool is_name_fixed;      /* it is called name and nothing else */
	char *name;              /* NULL: a guest, if it is fixed */
	char *subject;           /* tells people of one name apart; NULL: not said */
	int64_t until_ms;        /* Unix time when it ends; 0: never */
};

/* Every room but those of log files; every room. Always there. */
extern const struct grant grant_of_rooms, grant_of_all;

/* A grant of nothing, to be filled in. Given back by grant_unref. */
struct grant *grant_new(void);

/* Add a room (copied) to the list. */
void grant_add_room(struct grant *grant, const char *room);

/* It is for the person of that name (NULL: a guest) and subject (NULL: not said), both
 * copied, alone. */
void grant_set_person(struct grant *grant, const char *name, const char *subject);

/* One more reference. */
const struct grant *grant_ref(const struct grant *grant);

/* Give a reference back; NULL is fine. */
void grant_unref(const struct grant *grant);

/* True if it is for that room. NULL is for none. */
bool grant_has_room(const struct grant *grant, const char *room, bool is_tail);

/* True if whoever has it may be called name. Guests may be called guest-N. */
bool grant_has_name(const struct grant *grant, const char *name);

/* True if it has ended at now_ms. */
bool grant_is_over(const struct grant *grant, int64_t now_ms);

/* True if both are for the same person, who is no guest. Either may be NULL. */
bool grant_is_same_person(const struct grant *a, const struct grant *b);

/* True if the tokens behind both do not tell their owners apart: they are of the same
 * person, or name nobody. */
bool grant_may_be_same(const struct grant *a, const struct grant *b);
