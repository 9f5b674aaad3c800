/* Checks that involve several options. An error is reported where the last of them was
 * set. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_private.h"
#include "linnet/base/xalloc.h"

/* What is checked, and where the values come from. */
struct cross_check {
	const struct config *config;
	const struct config_origin *origins;
	struct config_errors *errors;
};

static const struct config_origin *
cross_check_origin(const struct cross_check *loaded, const struct config_option *option)
{
	return &loaded->origins[option - config_options];
}

static const char *
cross_check_string(const void *base, const struct config_option *option)
{
	return *(char *const *)config_value_at(base, option);
}

/* The setting of a member in a group. If the member has its default, it is the setting of
 * the group. NULL if the group comes from no source. */
static const config_setting_t *
cross_check_member_setting(
	const struct config_origin *group, const struct config_option *member)
{
	if (!group->setting)
		return NULL;
	const config_setting_t *key =
		config_setting_get_member(group->setting, member->path);
	return key ? key : group->setting;
}

/* Report a string that exceeds its limit option. origin is the string's, or its group's.
 */
static void
cross_check_length(const struct cross_check *loaded, const struct config_target *string,
	const struct config_origin *origin)
{
	const struct config_option *limit =
		config_option_find(&config_root, string->option->limit);
	const struct config_origin *limit_origin = cross_check_origin(loaded, limit);
	bool limit_last = limit_origin->step > origin->step;
	struct config_place place = limit_last ? limit_origin->place : origin->place;
	int most = *(const int *)config_value_at(loaded->config, limit);
	const char *text = cross_check_string(string->base, string->option);

	if (!text || origin->bad || limit_origin->bad || strlen(text) <= (size_t)most)
		return;
	place.within = origin->place.within;
	config_report(loaded->errors, &place,
		limit_last ? limit_origin->setting : string->setting,
		"%s has %zu bytes, but %s allows %d; shorten it or raise %s",
		string->option->path, strlen(text), limit->path, most, limit->path);
}

/* Check the members of group number index of a list. */
static void
cross_check_group(const struct cross_check *loaded, const struct config_option *list,
	const struct config_groups *groups, size_t index)
{
	const struct config_origin *origin =
		&cross_check_origin(loaded, list)->items[index];

	for (size_t i = 0; i < list->members->count; i++) {
		const struct config_option *member = &list->members->options[i];
		const struct config_target string = {
			.base = config_groups_item(groups, list, index),
			.option = member,
			.setting = cross_check_member_setting(origin, member),
		};
		if (member->limit)
			cross_check_length(loaded, &string, origin);
	}
}

/* A string that may be there only once, in a hash table. */
struct cross_check_entry {
	const char *text;
	char *key;    /* by which it is compared */
	size_t index; /* of its group */
	UT_hash_handle hh;
};

/* The strings that were seen: room for a number of entries. */
struct cross_check_seen {
	struct cross_check_entry *table, *entries;
	size_t count;
};

static char *
cross_check_key(const char *text, bool ignores_case)
{
	char *key = xstrdup(text), *letter;

	for (letter = key; ignores_case && *letter; letter++)
		*letter = (char)tolower((unsigned char)*letter);
	return key;
}

/* The entry that text equals, or NULL. */
static const struct cross_check_entry *
cross_check_find(const struct cross_check_seen *seen, const char *text, bool ignores_case)
{
	char *key = cross_check_key(text, ignores_case);
	struct cross_check_entry *entry;

	HASH_FIND_STR(seen->table, key, entry);
	free(key);
	return entry;
}

/* Add a text that is not there. */
static void
cross_check_add(
	struct cross_check_seen *seen, const char *text, size_t index, bool ignores_case)
{
	struct cross_check_entry *entry = &seen->entries[seen->count++];

	entry->text = text;
	entry->key = cross_check_key(text, ignores_case);
	entry->index = index;
	HASH_ADD_KEYPTR(hh, seen->table, entry->key, strlen(entry->key), entry);
}

static void
cross_check_forget(struct cross_check_seen *seen)
{
	HASH_CLEAR(hh, seen->table);
	for (size_t i = 0; i < seen->count; i++)
		free(seen->entries[i].key);
	free(seen->entries);
}

/* Report that group number index has the member of another one. Both places are named. */
static void
cross_check_report_twice(const struct cross_check *loaded,
	const struct config_option *list, const struct config_option *member,
	const struct cross_check_entry *first, size_t index)
{
	const struct config_origin *items = cross_check_origin(loaded, list)->items;
	const struct config_origin *own = &items[index], *other = &items[first->index];
	char *where =
		config_where(&other->place, cross_check_member_setting(other, member));

	config_report(loaded->errors, &own->place,
		cross_check_member_setting(own, member),
		"%s \"%s\" is already used by %s at %s; use another %s, or remove one "
		"of the two",
		member->path, config_show(first->text).text, other->place.within, where,
		member->path);
	free(where);
}

/* Report every group whose member equals that of an earlier group. */
static void
cross_check_unique(const struct cross_check *loaded, const struct config_option *list,
	const struct config_option *member)
{
	const struct config_groups groups = config_groups_get(loaded->config, list);
	struct cross_check_seen seen = { 0 };

	seen.entries = xcalloc(groups.count, sizeof(*seen.entries));
	for (size_t i = 0; i < groups.count; i++) {
		const char *text =
			cross_check_string(config_groups_item(&groups, list, i), member);
		const struct cross_check_entry *first =
			text ? cross_check_find(&seen, text, member->ignores_case) : NULL;

		if (first)
			cross_check_report_twice(loaded, list, member, first, i);
		else if (text)
			cross_check_add(&seen, text, i, member->ignores_case);
	}
	cross_check_forget(&seen);
}

/* A member of the groups of a list, and an option that it must differ from. */
struct cross_check_pair {
	const struct config_option *list, *member;
	const struct config_option *other;
	const struct config_option *unique; /* member of other; NULL: other is a string */
};

/* Add the strings of the pair's other option: its value, or the unique member of each of
 * its groups. */
static void
cross_check_add_strings(const struct config *config, const struct cross_check_pair *pair,
	struct cross_check_seen *seen)
{
	struct config_groups groups = { .count = 1 };
	bool ignores_case = pair->member->ignores_case;

	if (pair->unique)
		groups = config_groups_get(config, pair->other);
	seen->entries = xcalloc(groups.count, sizeof(*seen->entries));
	for (size_t i = 0; i < groups.count; i++) {
		const char *text =
			pair->unique ? cross_check_string(config_groups_item(&groups,
								  pair->other, i),
					       pair->unique)
				     : cross_check_string(config, pair->other);

		if (text && !cross_check_find(seen, text, ignores_case))
			cross_check_add(seen, text, i, ignores_case);
	}
}

/* Report that a group has a string that is taken, where the last of the two is set. */
static void
cross_check_report_same(const struct cross_check *loaded,
	const struct cross_check_pair *pair, const struct config_origin *own,
	const struct cross_check_entry *taken)
{
	const struct config_origin *option = cross_check_origin(loaded, pair->other);
	const struct config_origin *other =
		pair->unique ? &option->items[taken->index] : option;
	bool is_other_last = other->step > own->step;
	struct config_place place = is_other_last ? other->place : own->place;
	const config_setting_t *setting =
		!is_other_last ? cross_check_member_setting(own, pair->member)
		: pair->unique ? cross_check_member_setting(other, pair->unique)
			       : other->setting;

	place.within = own->place.within;
	config_report(loaded->errors, &place, setting,
		"%s must differ from %s, but both are \"%s\"; change one of them",
		pair->member->path,
		pair->unique ? other->place.within : pair->other->path,
		config_show(taken->text).text);
}

/* Check all groups of the pair's list. */
static void
cross_check_pair(const struct cross_check *loaded, const struct cross_check_pair *pair)
{
	const struct config_groups groups = config_groups_get(loaded->config, pair->list);
	const struct config_origin *origin = cross_check_origin(loaded, pair->list);
	struct cross_check_seen seen = { 0 };

	cross_check_add_strings(loaded->config, pair, &seen);
	for (size_t i = 0; i < groups.count; i++) {
		const char *text = cross_check_string(
			config_groups_item(&groups, pair->list, i), pair->member);
		const struct cross_check_entry *taken =
			text ? cross_check_find(&seen, text, pair->member->ignores_case)
			     : NULL;

		if (taken)
			cross_check_report_same(loaded, pair, &origin->items[i], taken);
	}
	cross_check_forget(&seen);
}

/* Check a member against all options that it must differ from. */
static void
cross_check_differs(const struct cross_check *loaded, const struct config_option *list,
	const struct config_option *member)
{
	struct cross_check_pair pair = { .list = list, .member = member };

	for (const char *const *path = member->differs; path && *path; path++) {
		pair.other = config_option_find(&config_root, *path);
		pair.unique = pair.other->members ? config_groups_key(pair.other) : NULL;
		cross_check_pair(loaded, &pair);
	}
}

/* Report a string that is set, or a choice that is at needs_at, while the string that it
 * needs is not set. */
static void
cross_check_needs(const struct cross_check *loaded, const struct config_option *option)
{
	const struct config_option *other =
		config_option_find(&config_root, option->needs);
	const struct config_origin *own_origin = cross_check_origin(loaded, option);
	const struct config_origin *other_origin = cross_check_origin(loaded, other);
	const struct config_origin *last =
		other_origin->step > own_origin->step ? other_origin : own_origin;
	const int *choice =
		option->choices ? config_value_at(loaded->config, option) : NULL;
	bool is_set = choice ? *choice == option->needs_at
			     : *cross_check_string(loaded->config, option);

	if (own_origin->bad || other_origin->bad || !is_set ||
		*cross_check_string(loaded->config, other))
		return;
	if (choice)
		config_report(loaded->errors, &last->place, last->setting,
			"%s is \"%s\", but %s is not set; set it, or change %s",
			option->path, option->choices[*choice], other->path,
			option->path);
	else
		config_report(loaded->errors, &last->place, last->setting,
			"%s is set, but %s is not; set both or neither", option->path,
			other->path);
}

/* Check an option, or all groups of a list. */
static void
cross_check_option(const struct cross_check *loaded, const struct config_option *option)
{
	const struct config_origin *origin = cross_check_origin(loaded, option);
	const struct config_target string = {
		.base = (void *)loaded->config,
		.option = option,
		.setting = origin->setting,
	};

	if (option->limit)
		cross_check_length(loaded, &string, origin);
	if (option->needs)
		cross_check_needs(loaded, option);
	if (!option->members)
		return;
	const struct config_groups groups = config_groups_get(loaded->config, option);
	for (size_t i = 0; i < groups.count; i++)
		cross_check_group(loaded, option, &groups, i);
	for (size_t i = 0; i < option->members->count; i++)
		cross_check_differs(loaded, option, &option->members->options[i]);
}

void
config_check_unique(const struct config *config, const struct config_origin *origins,
	struct config_errors *errors)
{
	const struct cross_check loaded = { config, origins, errors };

	for (size_t i = 0; i < config_option_count; i++)
		if (config_options[i].members)
			cross_check_unique(&loaded, &config_options[i],
				config_groups_key(&config_options[i]));
}

void
config_cross_check(const struct config *config, const struct config_origin *origins,
	struct config_errors *errors)
{
	const struct cross_check loaded = { config, origins, errors };

	for (size_t i = 0; i < config_option_count; i++)
		cross_check_option(&loaded, &config_options[i]);
}
