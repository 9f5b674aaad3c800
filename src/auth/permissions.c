#include "linnet/auth/permissions.h"

#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"
#include "linnet/protocol/name.h"

const struct grant grant_of_rooms = { .rooms = GRANT_ALL };
const struct grant grant_of_all = { .rooms = GRANT_ALL, .tails = GRANT_ALL };

struct grant *
grant_new(void)
{
	struct grant *grant = xcalloc(1, sizeof(*grant));

	grant->refs = 1;
	return grant;
}

void
grant_add_room(struct grant *grant, const char *room)
{
	struct string_list *list = &grant->list;

	list->items = xrealloc(list->items, (list->count + 1) * sizeof(list->items[0]));
	list->items[list->count++] = xstrdup(room);
}

void
grant_set_person(struct grant *grant, const char *name, const char *subject)
{
	grant->is_name_fixed = true;
	grant->name = name ? xstrdup(name) : NULL;
	grant->subject = subject ? xstrdup(subject) : NULL;
}

const struct grant *
grant_ref(const struct grant *grant)
{
	if (grant->refs)
		((struct grant *)grant)->refs++;
	return grant;
}

void
grant_unref(const struct grant *grant)
{
	struct grant *own = (struct grant *)grant;

	if (!own || !own->refs || --own->refs)
		return;
	for (size_t i = 0; i < own->list.count; i++)
		free(own->list.items[i]);
	free(own->list.items);
	free(own->name);
	free(own->subject);
	free(own);
}

bool
grant_has_room(const struct grant *grant, const char *room, bool is_tail)
{
	enum grant_scope scope = !grant    ? GRANT_NONE
				 : is_tail ? grant->tails
					   : grant->rooms;

	if (scope != GRANT_LISTED)
		return scope == GRANT_ALL;
	for (size_t i = 0; i < grant->list.count; i++)
		if (!strcmp(grant->list.items[i], room))
			return true;
	return false;
}

bool
grant_has_name(const struct grant *grant, const char *name)
{
	if (!grant)
		return false;
	if (!grant->is_name_fixed)
		return true;
	return grant->name ? !strcmp(grant->name, name) : name_is_guest(name);
}

bool
grant_is_over(const struct grant *grant, int64_t now_ms)
{
	return grant->until_ms && now_ms >= grant->until_ms;
}

static bool
is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

bool
grant_is_same_person(const struct grant *a, const struct grant *b)
{
	return a && b && a->name && is_same(a->name, b->name) &&
	       is_same(a->subject, b->subject);
}

bool
grant_may_be_same(const struct grant *a, const struct grant *b)
{
	return (!a->name && !b->name) || grant_is_same_person(a, b);
}
