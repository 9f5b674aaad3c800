/* Lists of groups. Each group becomes a struct, which a table of members describes. */
#include <ctype.h>
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
				"%s is missing", member->path);
			good = false;
		}
	}
	return good;
}

/* Check a whole group whose members are valid. */
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

/* Fill the struct of group number index. */
static bool
groups_set_group(const struct config_target *to, const struct config_groups *groups,
	size_t index, const config_setting_t *presets)
{
	const struct config_members *members = to->option->members;
	struct config_place place = *to->place;
	struct config_target group = *to;

	group.setting = config_setting_get_elem(to->setting, (unsigned)index);
	if (!config_setting_is_group(group.setting))
		return config_value_refuse(to, group.setting,
			xasprintf("item %zu must be a group", index + 1));
	char *within = config_groups_name(to->option, index);
	place.within = within;
	group.place = &place;
	group.base = config_groups_item(groups, to->option, index);
	bool taken = groups_set_members(&group, members);
	bool complete = groups_add_presets(&group, members, presets);
	bool good = taken && complete && groups_check_group(&group, members);
	free(within);
	return good;
}

static void
groups_report_duplicate(const struct config_target *to,
	const struct config_option *member, const struct config_unique *entry,
	size_t other)
{
	const config_setting_t *group =
		config_setting_get_elem(to->setting, (unsigned)entry->index);
	const config_setting_t *key = config_setting_get_member(group, member->path);
	char *within = config_groups_name(to->option, entry->index);
	struct config_place place = *to->place;

	place.within = within;
	config_report(to->errors, &place, key ? key : group,
		"%s must differ from item %zu, is \"%s\"", member->path, other + 1,
		config_show(entry->text).text);
	free(within);
}

static char *
groups_unique_key(const char *text, bool ignores_case)
{
	char *key = xstrdup(text), *letter;

	for (letter = key; ignores_case && *letter; letter++)
		*letter = (char)tolower((unsigned char)*letter);
	return key;
}

void
config_unique_init(
	struct config_unique *entry, const char *text, size_t index, bool ignores_case)
{
	entry->text = text;
	entry->key = groups_unique_key(text, ignores_case);
	entry->index = index;
}

struct config_unique *
config_unique_find(struct config_unique *table, const char *text, bool ignores_case)
{
	char *key = groups_unique_key(text, ignores_case);
	struct config_unique *entry;

	HASH_FIND_STR(table, key, entry);
	free(key);
	return entry;
}

void
config_unique_free(
	struct config_unique *table, struct config_unique *entries, size_t count)
{
	HASH_CLEAR(hh, table);
	for (size_t i = 0; i < count; i++)
		free(entries[i].key);
	free(entries);
}

/* Report every group whose member equals that of an earlier group. */
static bool
groups_check_unique(const struct config_target *to, const struct config_groups *groups,
	const struct config_option *member)
{
	struct config_unique *entries = xcalloc(groups->count, sizeof(*entries));
	struct config_unique *table = NULL;
	bool good = true;

	for (size_t i = 0; i < groups->count; i++) {
		const void *item = config_groups_item(groups, to->option, i);
		struct config_unique *entry = &entries[i], *other;
		const char *text = *(char *const *)config_value_at(item, member);

		if (!text)
			continue;
		other = config_unique_find(table, text, member->ignores_case);
		config_unique_init(entry, text, i, member->ignores_case);
		if (other) {
			groups_report_duplicate(to, member, entry, other->index);
			good = false;
		} else {
			HASH_ADD_KEYPTR(hh, table, entry->key, strlen(entry->key), entry);
		}
	}
	config_unique_free(table, entries, groups->count);
	return good;
}

static bool
groups_set_all(const struct config_target *to, const struct config_groups *groups)
{
	const struct config_members *members = to->option->members;
	bool good = true;
	config_t tree;

	config_init(&tree);
	const config_setting_t *presets = groups_read_presets(members, &tree);
	for (size_t i = 0; i < groups->count; i++)
		good = groups_set_group(to, groups, i, presets) && good;
	config_destroy(&tree);
	for (size_t i = 0; i < members->count; i++)
		if (members->options[i].unique)
			good = groups_check_unique(to, groups, &members->options[i]) &&
			       good;
	return good;
}

bool
config_groups_set(const struct config_target *to)
{
	struct config_groups groups, old = config_groups_get(to->base, to->option);

	if (!config_value_is_list(to->setting))
		return config_value_refuse_setting(to);
	groups.count = (size_t)config_setting_length(to->setting);
	groups.items = xcalloc(groups.count, to->option->members->size);
	if (!groups_set_all(to, &groups)) {
		config_groups_free(&groups, to->option);
		return false;
	}
	config_groups_free(&old, to->option);
	memcpy(config_value_at(to->base, to->option), &groups, sizeof(groups));
	return true;
}
