/* Checks that look at several options. What they find is reported where the last of these
 * was set. */
#include <stdlib.h>
#include <string.h>

#include "config_private.h"

/* All that was loaded, and where it came from. */
struct loaded {
	const struct config *config;
	const struct config_origin *origins;
	struct config_errors *errors;
};

static const struct config_origin *
origin_of(const struct loaded *loaded, const struct config_option *option)
{
	return &loaded->origins[option - config_options];
}

/* The setting of a member of group number index of the list that came from there: of the
 * group, if the member has its default; NULL if the list is in no source. */
static const config_setting_t *
member_setting(const struct config_origin *list, const struct config_option *member,
	size_t index)
{
	if (!list->setting)
		return NULL;
	const config_setting_t *group =
		config_setting_get_elem(list->setting, (unsigned)index);
	const config_setting_t *key = config_setting_get_member(group, member->path);
	return key ? key : group;
}

/* Report a string that is longer than the option that limits it allows. origin is that of
 * the string: of the whole list, if it is a member of a group, which within names. */
static void
check_length(const struct loaded *loaded, const struct config_target *string,
	const struct config_origin *origin, const char *within)
{
	const struct config_option *limit = config_option_find(string->option->limit);
	const struct config_origin *limit_origin = origin_of(loaded, limit);
	bool limit_last = limit_origin->step > origin->step;
	struct config_place place = limit_last ? limit_origin->place : origin->place;
	int most = *(const int *)config_value_at(loaded->config, limit);
	size_t length =
		strlen(*(char *const *)config_value_at(string->base, string->option));

	if (origin->bad || limit_origin->bad || length <= (size_t)most)
		return;
	place.within = within;
	char *where = config_place_where(
		&place, limit_last ? limit_origin->setting : string->setting);
	config_errors_add(loaded->errors, where, "%s has %zu bytes, %s is %d",
		string->option->path, length, limit->path, most);
	free(where);
}

/* Check the members of group number index of a list. */
static void
check_group(const struct loaded *loaded, const struct config_option *list,
	const struct config_groups *groups, size_t index)
{
	const struct config_origin *origin = origin_of(loaded, list);
	char *within = config_groups_name(list, index);

	for (size_t i = 0; i < list->members->count; i++) {
		const struct config_option *member = &list->members->options[i];
		const struct config_target string = {
			.base = config_groups_item(groups, list, index),
			.option = member,
			.setting = member_setting(origin, member, index),
		};
		if (member->limit)
			check_length(loaded, &string, origin, within);
	}
	free(within);
}

/* Check an option, or all the groups of a list. */
static void
check_option(const struct loaded *loaded, const struct config_option *option)
{
	const struct config_origin *origin = origin_of(loaded, option);
	const struct config_target string = {
		.base = (void *)loaded->config,
		.option = option,
		.setting = origin->setting,
	};

	if (option->limit)
		check_length(loaded, &string, origin, NULL);
	if (!option->members)
		return;
	const struct config_groups groups = config_groups_get(loaded->config, option);
	for (size_t i = 0; i < groups.count; i++)
		check_group(loaded, option, &groups, i);
}

void
config_cross_check(const struct config *config, const struct config_origin *origins,
	struct config_errors *errors)
{
	const struct loaded loaded = { config, origins, errors };

	for (size_t i = 0; i < config_option_count; i++)
		check_option(&loaded, &config_options[i]);
}
