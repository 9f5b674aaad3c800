/* name_set.h - names that are in use, found by those that collide with them. */
#pragma once

#include <sys/queue.h>

#include "linnet/protocol/name_forms.h"

struct name_class;

/* A name in a set. Embedded in what has the name. */
struct name_entry {
	struct name_forms forms;
	/* Its place among the names with the same form. */
	struct name_class *classes[NAME_FORMS];
	LIST_ENTRY(name_entry) links[NAME_FORMS];
};

/* All zero is empty. Names in a set may collide. */
struct name_set {
	struct name_class *classes[NAME_FORMS]; /* by digest */
};

/* Add entry with the forms of name, which must have been checked by name_fault. */
void name_set_add(struct name_set *set, struct name_entry *entry, const char *name);

/* Remove entry. The set is empty, and needs no more memory, when all are removed. */
void name_set_remove(struct name_set *set, struct name_entry *entry);

/* An entry other than except (NULL: any) whose name collides with the name of forms, or
 * NULL. One with the same folded form comes first. Takes the same time however many names
 * there are. */
struct name_entry *name_set_find(const struct name_set *set,
	const struct name_forms *forms, const struct name_entry *except);

/* The entry with the same folded form, or NULL. */
struct name_entry *name_set_find_same(
	const struct name_set *set, const struct name_forms *forms);
