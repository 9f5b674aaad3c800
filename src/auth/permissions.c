#include "linnet/auth/permissions.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "linnet/base/xalloc.h"
#include "linnet/protocol/name.h"

const struct permissions permissions_of_rooms = { .rooms = PERMISSIONS_ALL };
const struct permissions permissions_of_all = { .rooms = PERMISSIONS_ALL,
	.tails = PERMISSIONS_ALL };

struct permissions *
permissions_new(void)
{
	struct permissions *permissions = xcalloc(1, sizeof(*permissions));

	permissions->refs = 1;
	return permissions;
}

void
permissions_add_room(struct permissions *permissions, const char *room)
{
	struct string_list *list = &permissions->list;

	list->items = xrealloc(list->items, (list->count + 1) * sizeof(list->items[0]));
	list->items[list->count++] = xstrdup(room);
}

void
permissions_set_person(
	struct permissions *permissions, const char *name, const char *subject)
{
	permissions->is_name_fixed = true;
	permissions->name = name ? xstrdup(name) : NULL;
	permissions->subject = subject ? xstrdup(subject) : NULL;
}

void
permissions_set_token(struct permissions *permissions, const char *name, bool is_admin)
{
	permissions->token = xstrdup(name);
	permissions->is_admin = is_admin;
}

const struct permissions *
permissions_ref(const struct permissions *permissions)
{
	if (permissions->refs)
		((struct permissions *)permissions)->refs++;
	return permissions;
}

void
permissions_unref(const struct permissions *permissions)
{
	struct permissions *own = (struct permissions *)permissions;

	if (!own || !own->refs || --own->refs)
		return;
	for (size_t i = 0; i < own->list.count; i++)
		free(own->list.items[i]);
	free(own->list.items);
	free(own->name);
	free(own->subject);
	free(own->token);
	free(own);
}

bool
permissions_list_has(const struct string_list *list, const char *room, bool is_exact)
{
	int (*compare)(const char *, const char *) = is_exact ? strcmp : strcasecmp;

	for (size_t i = 0; i < list->count; i++)
		if (compare(list->items[i], room) == 0)
			return true;
	return false;
}

bool
permissions_has_room(const struct permissions *permissions, const char *room,
	bool is_tail, bool is_exact)
{
	enum permissions_scope scope = !permissions ? PERMISSIONS_NONE
				       : is_tail    ? permissions->tails
						    : permissions->rooms;

	if (scope != PERMISSIONS_LISTED)
		return scope == PERMISSIONS_ALL;
	return permissions_list_has(&permissions->list, room, is_exact);
}

bool
permissions_has_name(const struct permissions *permissions, const char *name)
{
	if (!permissions)
		return false;
	if (!permissions->is_name_fixed)
		return true;
	return permissions->name ? !strcmp(permissions->name, name) : name_is_guest(name);
}

bool
permissions_is_over(const struct permissions *permissions, int64_t now_ms)
{
	return permissions->until_ms && now_ms >= permissions->until_ms;
}

static bool
permissions_is_same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

bool
permissions_is_same_person(const struct permissions *a, const struct permissions *b)
{
	return a && b && a->name && permissions_is_same_text(a->name, b->name) &&
	       permissions_is_same_text(a->subject, b->subject);
}

bool
permissions_may_be_same(const struct permissions *a, const struct permissions *b)
{
	return (!a->name && !b->name) || permissions_is_same_person(a, b);
}
