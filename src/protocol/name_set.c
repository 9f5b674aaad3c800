#include "linnet/protocol/name_set.h"

#include <stdlib.h>

#include "linnet/base/hash.h"
#include "linnet/base/xalloc.h"

LIST_HEAD(name_entries, name_entry);

/* The names with one form in common. Plain ASCII names are apart, because two of them do
 * not collide by their skeletons. */
struct name_class {
	char digest[NAME_DIGEST_BYTES + 1];
	struct name_entries plain, other;
	UT_hash_handle hh;
};

static struct name_class *
name_set_class(const struct name_set *set, const struct name_forms *forms, int form)
{
	struct name_class *class;

	HASH_FIND_STR(set->classes[form], forms->digests[form], class);
	return class;
}

void
name_set_add(struct name_set *set, struct name_entry *entry, const char *name)
{
	struct name_class *class;
	int form;

	name_forms_write(&entry->forms, name);
	for (form = 0; form < NAME_FORMS; form++) {
		class = name_set_class(set, &entry->forms, form);
		if (!class) {
			class = xcalloc(1, sizeof(*class));
			memcpy(class->digest, entry->forms.digests[form],
				sizeof(class->digest));
			HASH_ADD_STR(set->classes[form], digest, class);
		}
		LIST_INSERT_HEAD(entry->forms.is_ascii ? &class->plain : &class->other,
			entry, links[form]);
		entry->classes[form] = class;
	}
}

void
name_set_remove(struct name_set *set, struct name_entry *entry)
{
	struct name_class *class;
	int form;

	for (form = 0; form < NAME_FORMS; form++) {
		class = entry->classes[form];
		LIST_REMOVE(entry, links[form]);
		if (LIST_EMPTY(&class->plain) && LIST_EMPTY(&class->other)) {
			HASH_DEL(set->classes[form], class);
			free(class);
		}
	}
}

static struct name_entry *
name_set_first(
	const struct name_entries *entries, int form, const struct name_entry *except)
{
	struct name_entry *entry = LIST_FIRST(entries);

	return entry && entry == except ? LIST_NEXT(entry, links[form]) : entry;
}

struct name_entry *
name_set_find(const struct name_set *set, const struct name_forms *forms,
	const struct name_entry *except)
{
	const struct name_class *class;
	struct name_entry *entry = NULL;
	int form;

	for (form = 0; form < NAME_FORMS && !entry; form++) {
		class = name_set_class(set, forms, form);
		if (!class)
			continue;
		entry = name_set_first(&class->other, form, except);
		if (!entry && (form == NAME_FOLDED || !forms->is_ascii))
			entry = name_set_first(&class->plain, form, except);
	}
	return entry;
}

struct name_entry *
name_set_find_same(const struct name_set *set, const struct name_forms *forms)
{
	const struct name_class *class = name_set_class(set, forms, NAME_FOLDED);
	struct name_entry *entry = class ? LIST_FIRST(&class->other) : NULL;

	return entry || !class ? entry : LIST_FIRST(&class->plain);
}
