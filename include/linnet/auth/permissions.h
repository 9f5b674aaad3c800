/* permissions.h - what a session may do: in which rooms, under which name, until when.
 * Every door uses these; the chat checks them wherever a room or a name is used. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "linnet/config/config.h"

/* Which rooms of one kind. */
enum permissions_scope {
	PERMISSIONS_NONE,
	PERMISSIONS_LISTED,
	PERMISSIONS_ALL,
};

/* Shared by reference and read-only after it was filled in. */
struct permissions {
	unsigned refs;                /* 0: one of the constants below, never freed */
	enum permissions_scope rooms; /* rooms for chat */
	enum permissions_scope tails; /* rooms of log files */
	struct string_list list;      /* the rooms of PERMISSIONS_LISTED */
	bool is_name_fixed;           /* the user can use no other name than name */
	char *name;                   /* with is_name_fixed; NULL: a guest */
	char *subject;                /* tells users of one name apart; may be NULL */
	int64_t until_ms;             /* Unix time when they expire; 0: never */
	char *token;                  /* name of the configured token; NULL: none */
	bool is_admin;                /* that token is an admin's */
};

/* Constants: all rooms for chat; all rooms. */
extern const struct permissions permissions_of_rooms, permissions_of_all;

/* Create permissions for nothing, to be filled in. Freed by permissions_unref. */
struct permissions *permissions_new(void);

/* Add a copy of room to the list. */
void permissions_add_room(struct permissions *permissions, const char *room);

/* Fix the name (NULL: a guest) and set the subject (may be NULL). Both are copied. */
void permissions_set_person(
	struct permissions *permissions, const char *name, const char *subject);

/* The permissions are those of the configured token called name (copied). */
void permissions_set_token(
	struct permissions *permissions, const char *name, bool is_admin);

/* Add a reference. */
const struct permissions *permissions_ref(const struct permissions *permissions);

/* Drop a reference; NULL is fine. */
void permissions_unref(const struct permissions *permissions);

/* True if list has room. ASCII case makes no difference unless is_exact: another room
 * has the same name but for case. */
bool permissions_list_has(
	const struct string_list *list, const char *room, bool is_exact);

/* True if they cover room, whose name is compared in that way. NULL covers none. */
bool permissions_has_room(const struct permissions *permissions, const char *room,
	bool is_tail, bool is_exact);

/* True if the user may be called name. A fixed guest may use any guest-N. */
bool permissions_has_name(const struct permissions *permissions, const char *name);

/* True if they have expired at now_ms. */
bool permissions_is_over(const struct permissions *permissions, int64_t now_ms);

/* True if both are for the same person, who is not a guest. Either may be NULL. */
bool permissions_is_same_person(const struct permissions *a, const struct permissions *b);

/* True if the tokens do not tell their owners apart: both are for the same person, or
 * neither has a name. */
bool permissions_may_be_same(const struct permissions *a, const struct permissions *b);
