/* Checks that involve several options. An error is reported where the last of them was
 * set. */
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

/* The setting of a member in group number index of a list. If the member has its default,
 * it is the setting of the group. NULL if the list comes from no source. */
static const config_setting_t *
cross_check_member_setting(const struct config_origin *list,
	const struct config_option *member, size_t index)
{
	if (!list->setting)
		return NULL;
	const config_setting_t *group =
		config_setting_get_elem(list->setting, (unsigned)index);
	const config_setting_t *key = config_setting_get_member(group, member->path);
	return key ? key : group;
}

/* Report a string that exceeds its limit option. origin is the string's; for a member of
 * a group, it is the list's, and within names the group. */
static void
cross_check_length(const struct cross_check *loaded, const struct config_target *string,
	const struct config_origin *origin, const char *within)
{
	const struct config_option *limit =
		config_option_find(&config_root, string->option->limit);
	const struct config_origin *limit_origin = cross_check_origin(loaded, limit);
	bool limit_last = limit_origin->step > origin->step;
	struct config_place place = limit_last ? limit_origin->place : origin->place;
	int most = *(const int *)config_value_at(loaded->config, limit);
	size_t length = strlen(cross_check_string(string->base, string->option));

	if (origin->bad || limit_origin->bad || length <= (size_t)most)
		return;
	place.within = within;
	config_report(loaded->errors, &place,
		limit_last ? limit_origin->setting : string->setting,
		"%s has %zu bytes, %s allows %d", string->option->path, length,
		limit->path, most);
}

/* Check the members of group number index of a list. */
static void
cross_check_group(const struct cross_check *loaded, const struct config_option *list,
	const struct config_groups *groups, size_t index)
{
	const struct config_origin *origin = cross_check_origin(loaded, list);
	char *within = config_groups_name(list, index);

	for (size_t i = 0; i < list->members->count; i++) {
		const struct config_option *member = &list->members->options[i];
		const struct config_target string = {
			.base = config_groups_item(groups, list, index),
			.option = member,
			.setting = cross_check_member_setting(origin, member, index),
		};
		if (member->limit)
			cross_check_length(loaded, &string, origin, within);
	}
	free(within);
}

/* A member of the groups of a list, and an option that it must differ from. */
struct cross_check_pair {
	const struct config_option *list, *member;
	const struct config_option *other;
	const struct config_option *unique; /* member of other; NULL: other is a string */
};

static const struct config_option *
cross_check_unique_member(const struct config_members *members)
{
	for (size_t i = 0; i < members->count; i++)
		if (members->options[i].unique)
			return &members->options[i];
	return NULL;
}

/* Add the strings of the pair's other option to table: its value, or the unique member of
 * each of its groups. Returns the
 * entries, *count of them, for config_unique_free. */
static struct config_unique *
cross_check_add_strings(const struct config *config, const struct cross_check_pair *pair,
	struct config_unique **table, size_t *count)
{
	struct config_groups groups = { .count = 1 };

	if (pair->unique)
		groups = config_groups_get(config, pair->other);
	*count = groups.count;
	struct config_unique *entries = xcalloc(groups.count, sizeof(*entries));
	for (size_t i = 0; i < groups.count; i++) {
		struct config_unique *entry = &entries[i];
		const char *text =
			pair->unique ? cross_check_string(config_groups_item(&groups,
								  pair->other, i),
					       pair->unique)
				     : cross_check_string(config, pair->other);

		config_unique_init(entry, text, i, pair->member->ignores_case);
		if (!config_unique_find(*table, text, pair->member->ignores_case))
			HASH_ADD_KEYPTR(
				hh, *table, entry->key, strlen(entry->key), entry);
	}
	return entries;
}

/* Report that group number index has a string that is taken. */
static void
cross_check_report_same(const struct cross_check *loaded,
	const struct cross_check_pair *pair, size_t index,
	const struct config_unique *taken)
{
	const struct config_origin *own = cross_check_origin(loaded, pair->list);
	const struct config_origin *other = cross_check_origin(loaded, pair->other);
	struct config_place place = other->step > own->step ? other->place : own->place;
	const config_setting_t *setting =
		cross_check_member_setting(own, pair->member, index);
	char *within = config_groups_name(pair->list, index);
	char *name = pair->unique ? config_groups_name(pair->other, taken->index)
				  : xstrdup(pair->other->path);

	if (other->step > own->step)
		setting = pair->unique ? cross_check_member_setting(
						 other, pair->unique, taken->index)
				       : other->setting;
	place.within = within;
	config_report(loaded->errors, &place, setting,
		"%s must differ from %s, is \"%s\"", pair->member->path, name,
		config_show(taken->text).text);
	free(name);
	free(within);
}

/* Check all groups of the pair's list. */
static void
cross_check_pair(const struct cross_check *loaded, const struct cross_check_pair *pair)
{
	const struct config_groups groups = config_groups_get(loaded->config, pair->list);
	struct config_unique *table = NULL, *taken;
	size_t count;

	if (cross_check_origin(loaded, pair->list)->bad ||
		cross_check_origin(loaded, pair->other)->bad)
		return;
	struct config_unique *entries =
		cross_check_add_strings(loaded->config, pair, &table, &count);
	for (size_t i = 0; i < groups.count; i++) {
		const void *group = config_groups_item(&groups, pair->list, i);
		taken = config_unique_find(table, cross_check_string(group, pair->member),
			pair->member->ignores_case);
		if (taken)
			cross_check_report_same(loaded, pair, i, taken);
	}
	config_unique_free(table, entries, count);
}

/* Check a member against all options that it must differ from. */
static void
cross_check_differs(const struct cross_check *loaded, const struct config_option *list,
	const struct config_option *member)
{
	struct cross_check_pair pair = { .list = list, .member = member };

	for (const char *const *path = member->differs; path && *path; path++) {
		pair.other = config_option_find(&config_root, *path);
		pair.unique = pair.other->members
				      ? cross_check_unique_member(pair.other->members)
				      : NULL;
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
			"%s \"%s\" needs %s", option->path, option->choices[*choice],
			other->path);
	else
		config_report(loaded->errors, &last->place, last->setting,
			"%s is given without %s", option->path, other->path);
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
		cross_check_length(loaded, &string, origin, NULL);
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
config_cross_check(const struct config *config, const struct config_origin *origins,
	struct config_errors *errors)
{
	const struct cross_check loaded = { config, origins, errors };

	for (size_t i = 0; i < config_option_count; i++)
		cross_check_option(&loaded, &config_options[i]);
}
