/* Lists of groups. Each group becomes a struct, which a table of members describes. */
#include <stdlib.h>
#include <string.h>

#include "config/config_private.h"
#include "linnet/base/xalloc.h"

struct config_groups
config_groups_get(const void *base, const struct config_option *option)
{
	struct config_groups groups;

	/* items has another pointer type in each such struct, so copy bytes. */
	memcpy(&groups, config_value_at(base, option), sizeof(groups));
	return groups;
}

void *
config_groups_item(const struct config_groups *groups, const struct config_option *option,
	size_t index)
{
	return (char *)groups->items + index * option->members->size;
}

const struct config_option *
config_groups_key(const struct config_option *option)
{
	const struct config_option *member = option->members->options;

	while (!member->unique)
		member++;
	return member;
}

char *
config_groups_name(const struct config_option *option, size_t index)
{
	return xasprintf("%s item %zu", option->path, index + 1);
}

void
config_groups_free(const struct config_groups *groups, const struct config_option *option)
{
	const struct config_members *members = option->members;

	for (size_t i = 0; i < groups->count; i++)
		for (size_t j = 0; j < members->count; j++)
			config_value_free(config_groups_item(groups, option, i),
				&members->options[j]);
	free(groups->items);
}

void
config_groups_clear(void *base, const struct config_option *option)
{
	const struct config_groups none = { 0 };

	config_value_free(base, option);
	memcpy(config_value_at(base, option), &none, sizeof(none));
}

/* Parse the defaults of all members. The caller destroys tree. */
static const config_setting_t *
groups_read_presets(const struct config_members *members, config_t *tree)
{
	struct buffer text = { 0 };

	for (size_t i = 0; i < members->count; i++)
		if (members->options[i].preset)
			buffer_printf(&text, "%s = %s;\n", members->options[i].path,
				members->options[i].preset);
	if (!config_read_string(tree, text.bytes))
		abort(); /* the table of options is wrong */
	buffer_clear(&text);
	return config_root_setting(tree);
}

/* Set a member of the group from the setting. */
static bool
groups_set_member(const struct config_target *group, const struct config_option *member,
	const config_setting_t *setting)
{
	struct config_target target = *group;

	target.option = member;
	target.setting = setting;
	return config_value_set(&target);
}

/* Set the members that the group has. */
static bool
groups_set_members(
	const struct config_target *group, const struct config_members *members)
{
	bool good = true;

	for (int i = 0; i < config_setting_length(group->setting); i++) {
		const config_setting_t *key =
			config_setting_get_elem(group->setting, (unsigned)i);
		const char *name = config_setting_name(key);
		const struct config_option *member = config_option_find(members, name);
		if (!member) {
			config_report_unknown(group->errors, group->place, key, name,
				config_option_suggest(members, name));
			good = false;
		} else if (config_setting_type(key) != CONFIG_TYPE_NONE) {
			good = groups_set_member(group, member, key) && good;
		}
	}
	return good;
}

/* True if the group has the member, maybe misspelt. */
static bool
groups_is_meant(const config_setting_t *group, const struct config_members *members,
	const struct config_option *member)
{
	for (int i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *key = config_setting_get_elem(group, (unsigned)i);
		const char *name = config_setting_name(key);
		const struct config_option *known = config_option_find(members, name);
		if ((known ? known : config_option_suggest(members, name)) == member)
			return true;
	}
	return false;
}

/* Set the members that the group does not have to their defaults. */
static bool
groups_add_presets(const struct config_target *group,
	const struct config_members *members, const config_setting_t *presets)
{
	bool cut = config_source_is_cut(group->place->source);
	bool good = true;

	for (size_t i = 0; i < members->count; i++) {
		const struct config_option *member = &members->options[i];
		const config_setting_t *preset =
			config_setting_get_member(presets, member->path);
		if (cut || groups_is_meant(group->setting, members, member))
			continue;
		if (preset) {
			groups_set_member(group, member, preset);
		} else {
			config_report(group->errors, group->place, group->setting,
				"%s is missing; add it to the group", member->path);
			good = false;
		}
	}
	return good;
}

/* Check a whole group, whose members may be wrong. */
static bool
groups_check_group(
	const struct config_target *group, const struct config_members *members)
{
	bool cut = config_source_is_cut(group->place->source);
	const char *fault = members->check && !cut ? members->check(group->base) : NULL;

	if (fault)
		config_report(group->errors, group->place, group->setting, "%s", fault);
	return !fault;
}

/* Fill the struct at base from group number index of the setting. */
static bool
groups_set_group(const struct config_target *to, void *base, size_t index,
	const config_setting_t *presets)
{
	const struct config_members *members = to->option->members;
	struct config_place place = *to->place;
	struct config_target group = *to;

	group.setting = config_setting_get_elem(to->setting, (unsigned)index);
	if (!config_setting_is_group(group.setting))
		return config_value_refuse(to, group.setting,
			xasprintf("item %zu must be a group in { }", index + 1));
	char *within = config_groups_name(to->option, index);
	place.within = within;
	group.place = &place;
	group.base = base;
	bool taken = groups_set_members(&group, members);
	bool complete = groups_add_presets(&group, members, presets);
	bool fits = groups_check_group(&group, members);
	free(within);
	return taken && complete && fits;
}

bool
config_groups_set(const struct config_target *to)
{
	const struct config_members *members = to->option->members;
	struct config_groups groups = config_groups_get(to->base, to->option);
	bool good = true;
	config_t tree;

	if (!config_value_is_list(to->setting))
		return config_value_refuse_setting(to);
	size_t more = (size_t)config_setting_length(to->setting);
	if (more == 0)
		return true;
	size_t old_bytes = groups.count * members->size;
	groups.items = xrealloc(groups.items, old_bytes + more * members->size);
	memset((char *)groups.items + old_bytes, 0, more * members->size);
	config_init(&tree);
	const config_setting_t *presets = groups_read_presets(members, &tree);
	for (size_t i = 0; i < more; i++) {
		void *base = config_groups_item(&groups, to->option, groups.count + i);
		good = groups_set_group(to, base, i, presets) && good;
	}
	config_destroy(&tree);
	groups.count += more;
	memcpy(config_value_at(to->base, to->option), &groups, sizeof(groups));
	return good;
}
