/* What a reload changes in a running configuration. */
#include <stdlib.h>
#include <string.h>

#include "config/config_private.h"
#include "linnet/base/xalloc.h"

#define VALUE_BYTES 200

static size_t
diff_value_size(const struct config_option *option)
{
	switch (option->type) {
	case OPTION_BOOL:
		return sizeof(bool);
	case OPTION_LONG:
		return sizeof(long);
	case OPTION_REAL:
		return sizeof(double);
	case OPTION_STRING:
		return sizeof(char *);
	case OPTION_LIST:
		return sizeof(struct string_list);
	case OPTION_GROUPS:
		return sizeof(struct config_groups);
	default:
		return sizeof(int);
	}
}

static bool
diff_are_lists_equal(const struct string_list *a, const struct string_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

static bool
diff_is_equal(const void *a, const void *b, const struct config_option *option)
{
	const void *x = config_value_at(a, option), *y = config_value_at(b, option);

	switch (option->type) {
	case OPTION_STRING:
		return !strcmp(*(char *const *)x, *(char *const *)y);
	case OPTION_LIST:
		return diff_are_lists_equal(x, y);
	default:
		return !memcmp(x, y, diff_value_size(option));
	}
}

static char *
diff_list_text(const struct string_list *list)
{
	struct buffer text = { 0 };

	for (size_t i = 0; i < list->count && text.len <= VALUE_BYTES; i++)
		buffer_printf(&text, "%s%s", i ? ", " : "", list->items[i]);
	return text.bytes ? text.bytes : xstrdup("");
}

/* The value, which is no list of groups, as a change shows it. The caller frees it. */
static char *
diff_value_text(const void *base, const struct config_option *option)
{
	const void *value = config_value_at(base, option);
	const char *string = option->type == OPTION_STRING ? *(char *const *)value : "";
	char *text, *shown;

	switch (option->type) {
	case OPTION_BOOL:
		return xstrdup(*(const bool *)value ? "true" : "false");
	case OPTION_INT:
		return xasprintf("%d", *(const int *)value);
	case OPTION_LONG:
		return xasprintf("%ld", *(const long *)value);
	case OPTION_REAL:
		return config_real_text(*(const double *)value);
	case OPTION_CHOICE:
		return xstrdup(option->choices[*(const int *)value]);
	case OPTION_LIST:
		text = diff_list_text(value);
		break;
	default:
		text = xstrdup(*string && option->mask ? "(hidden)" : string);
		break;
	}
	shown = config_escape(text, VALUE_BYTES, ESCAPE_FOR_LINE);
	free(text);
	return shown;
}

/* The comparison of one option. */
struct diff {
	const struct config_option *option;
	bool is_kept;
	config_on_change *on_change;
	size_t count; /* of changes in the list of groups */
};

static void
diff_report_value(const struct diff *diff, const char *key, const char *entry,
	const void *a, const void *b, const struct config_option *option)
{
	char *from = diff_value_text(a, option), *to = diff_value_text(b, option);

	diff->on_change(&(struct config_change){
		.key = key,
		.entry = entry,
		.from = from,
		.to = to,
		.is_kept = diff->is_kept,
	});
	free(from);
	free(to);
}

/* True if the change is one of those that are reported. */
static bool
diff_count(struct diff *diff)
{
	return ++diff->count <= CONFIG_CHANGES_MAX;
}

/* A group, found by its name. */
struct diff_group {
	const char *name;
	const void *item;
	bool is_in_both;
	UT_hash_handle hh;
};

/* Report the group, which is only in one of the lists. */
static void
diff_report_group(struct diff *diff, const char *name, bool is_new)
{
	if (diff_count(diff))
		diff->on_change(&(struct config_change){
			.key = diff->option->path,
			.entry = name,
			.from = is_new ? NULL : "",
			.to = is_new ? "" : NULL,
			.is_kept = diff->is_kept,
		});
}

/* Report the members in which a and b, groups of the same name, differ. */
static void
diff_compare_groups(struct diff *diff, const char *name, const void *a, const void *b)
{
	const struct config_members *members = diff->option->members;

	for (size_t i = 0; i < members->count; i++) {
		const struct config_option *member = &members->options[i];

		if (diff_is_equal(a, b, member) || !diff_count(diff))
			continue;
		char *key = xasprintf("%s.%s", diff->option->path, member->path);
		diff_report_value(diff, key, name, a, b, member);
		free(key);
	}
}

static void
diff_compare_lists(struct diff *diff, const void *a, const void *b)
{
	const struct config_option *option = diff->option;
	const struct config_option *key = config_groups_key(option);
	const struct config_groups x = config_groups_get(a, option),
				   y = config_groups_get(b, option);
	struct diff_group *old = xcalloc(x.count, sizeof(*old)), *table = NULL, *found;

	for (size_t i = 0; i < x.count; i++) {
		old[i].item = config_groups_item(&x, option, i);
		old[i].name = *(char *const *)config_value_at(old[i].item, key);
		HASH_ADD_KEYPTR(hh, table, old[i].name, strlen(old[i].name), &old[i]);
	}
	for (size_t i = 0; i < y.count; i++) {
		const void *item = config_groups_item(&y, option, i);
		const char *name = *(char *const *)config_value_at(item, key);

		HASH_FIND_STR(table, name, found);
		if (!found) {
			diff_report_group(diff, name, true);
			continue;
		}
		found->is_in_both = true;
		diff_compare_groups(diff, name, found->item, item);
	}
	HASH_CLEAR(hh, table);
	for (size_t i = 0; i < x.count; i++)
		if (!old[i].is_in_both)
			diff_report_group(diff, old[i].name, false);
	free(old);
	if (diff->count > CONFIG_CHANGES_MAX)
		diff->on_change(&(struct config_change){
			.key = option->path,
			.is_kept = diff->is_kept,
			.more = diff->count - CONFIG_CHANGES_MAX,
		});
}

/* True if a reload applies the fresh value. */
static bool
diff_is_live(const struct config *config, const struct config *fresh,
	const struct config_option *option)
{
	if (!option->live || !option->stays_set)
		return option->live;
	return !**(char *const *)config_value_at(config, option) ==
	       !**(char *const *)config_value_at(fresh, option);
}

static void
diff_swap(struct config *a, struct config *b, const struct config_option *option)
{
	void *x = config_value_at(a, option), *y = config_value_at(b, option);
	unsigned char kept[sizeof(struct config_groups)]; /* no value is larger */
	size_t size = diff_value_size(option);

	memcpy(kept, x, size);
	memcpy(x, y, size);
	memcpy(y, kept, size);
}

void
config_adopt(struct config *config, struct config *fresh, config_on_change *on_change)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];
		bool is_live = diff_is_live(config, fresh, option);
		struct diff diff = {
			.option = option,
			.is_kept = !is_live,
			.on_change = on_change,
		};

		if (option->members)
			diff_compare_lists(&diff, config, fresh);
		else if (!diff_is_equal(config, fresh, option))
			diff_report_value(
				&diff, option->path, NULL, config, fresh, option);
		if (is_live)
			diff_swap(config, fresh, option);
	}
}
