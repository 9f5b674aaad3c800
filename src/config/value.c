/* The value of one option: parses, checks and describes it. */
#include <stdlib.h>
#include <string.h>

#include "config/config_private.h"
#include "linnet/base/xalloc.h"

void *
config_value_at(const void *base, const struct config_option *option)
{
	return (char *)base + option->offset;
}

static void
value_free_list(struct string_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
}

/* must be "error", "warn" or "info". The caller frees it. */
static char *
value_describe_choices(const struct config_option *option)
{
	struct buffer text = { 0 };

	buffer_printf(&text, "must be");
	for (const char *const *word = option->choices; *word; word++)
		buffer_printf(&text, "%s \"%s\"",
			word == option->choices ? ""
			: word[1]               ? ","
						: " or",
			*word);
	return text.bytes;
}

char *
config_value_wanted(const struct config_option *option)
{
	switch (option->type) {
	case OPTION_INT:
	case OPTION_LONG:
		return xasprintf("must be a whole number from %ld to %ld", option->min,
			option->max);
	case OPTION_REAL:
		return xasprintf(
			"must be a number from %ld.0 to %ld.0", option->min, option->max);
	case OPTION_STRING:
		return xasprintf(
			"must be a string of %ld to %ld bytes", option->min, option->max);
	case OPTION_CHOICE:
		return value_describe_choices(option);
	case OPTION_LIST:
		return xstrdup("must be a list of strings, such as [ \"a\", \"b\" ]");
	case OPTION_GROUPS:
		return xstrdup("must be a list of groups, as in ( { ... }, { ... } )");
	case OPTION_BOOL:
		break;
	}
	return xstrdup("must be true or false");
}

static long long
value_int(const config_setting_t *setting)
{
	long long value = config_setting_get_int64(setting);

	/* A hexadecimal int has 32 bits: libconfig reads 0xFFFFFFFF as -1. */
	if (config_setting_type(setting) == CONFIG_TYPE_INT && value < 0 &&
		config_setting_get_format(setting) == CONFIG_FORMAT_HEX)
		value += 1LL << 32;
	return value;
}

char *
config_value_found(const config_setting_t *setting)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_GROUP:
		return xstrdup("a group");
	case CONFIG_TYPE_ARRAY:
	case CONFIG_TYPE_LIST:
		return xstrdup("a list");
	case CONFIG_TYPE_BOOL:
		return xstrdup(config_setting_get_bool(setting) ? "true" : "false");
	case CONFIG_TYPE_FLOAT:
		return config_real_text(config_setting_get_float(setting));
	case CONFIG_TYPE_STRING:
		return xasprintf(
			"\"%s\"", config_show(config_setting_get_string(setting)).text);
	default:
		return xasprintf("%lld", value_int(setting));
	}
}

bool
config_value_refuse(
	const struct config_target *to, const config_setting_t *found, char *wanted)
{
	char *shown = config_value_found(found);

	/* The wrong value may be the secret itself, so do not print it. */
	if (to->option->mask)
		config_report(to->errors, to->place, to->setting, "%s %s",
			to->option->path, wanted);
	else
		config_report(to->errors, to->place, to->setting, "%s %s, is %s",
			to->option->path, wanted, shown);
	free(shown);
	free(wanted);
	return false;
}

bool
config_value_refuse_setting(const struct config_target *to)
{
	return config_value_refuse(to, to->setting, config_value_wanted(to->option));
}

bool
config_value_is_list(const config_setting_t *setting)
{
	return config_setting_is_array(setting) || config_setting_is_list(setting);
}

static bool
value_is_int(const config_setting_t *setting)
{
	int type = config_setting_type(setting);

	return type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64;
}

/* What is wrong with a string of the option, or NULL. The caller frees it. */
static char *
value_check_string(const struct config_option *option, const char *value)
{
	size_t length = strlen(value);
	const char *wanted = NULL;

	if (length < (size_t)option->min || length > (size_t)option->max)
		return xasprintf(
			"must be a string of %ld to %ld bytes", option->min, option->max);
	if (option->check)
		wanted = option->check(value);
	return wanted ? xstrdup(wanted) : NULL;
}

static bool
value_set_bool(const struct config_target *to)
{
	if (config_setting_type(to->setting) != CONFIG_TYPE_BOOL)
		return config_value_refuse_setting(to);
	*(bool *)config_value_at(to->base, to->option) =
		config_setting_get_bool(to->setting);
	return true;
}

static bool
value_set_int(const struct config_target *to)
{
	long long value = value_int(to->setting);

	if (!value_is_int(to->setting) || value < to->option->min ||
		value > to->option->max)
		return config_value_refuse_setting(to);
	if (to->option->type == OPTION_LONG)
		*(long *)config_value_at(to->base, to->option) = (long)value;
	else
		*(int *)config_value_at(to->base, to->option) = (int)value;
	return true;
}

static bool
value_set_real(const struct config_target *to)
{
	bool is_int = value_is_int(to->setting);
	double value = is_int ? (double)value_int(to->setting)
			      : config_setting_get_float(to->setting);

	if ((!is_int && config_setting_type(to->setting) != CONFIG_TYPE_FLOAT) ||
		value < (double)to->option->min || value > (double)to->option->max)
		return config_value_refuse_setting(to);
	*(double *)config_value_at(to->base, to->option) = value;
	return true;
}

static bool
value_set_string(const struct config_target *to)
{
	const char *value = config_setting_get_string(to->setting);
	char **string = config_value_at(to->base, to->option);
	char *wanted = value ? value_check_string(to->option, value)
			     : config_value_wanted(to->option);

	if (wanted)
		return config_value_refuse(to, to->setting, wanted);
	free(*string);
	*string = xstrdup(value);
	return true;
}

static bool
value_set_choice(const struct config_target *to)
{
	const char *value = config_setting_get_string(to->setting);

	for (int i = 0; value && to->option->choices[i]; i++) {
		if (strcmp(value, to->option->choices[i]) == 0) {
			*(int *)config_value_at(to->base, to->option) = i;
			return true;
		}
	}
	return config_value_refuse_setting(to);
}

/* Check all items of a list. Errors have the line of the list, because libconfig gives
 * the last item the line of the closing bracket. */
static bool
value_check_items(const struct config_target *to)
{
	bool good = true;

	for (int i = 0; i < config_setting_length(to->setting); i++) {
		const config_setting_t *item =
			config_setting_get_elem(to->setting, (unsigned)i);
		const char *value = config_setting_get_string(item);
		char *wanted = value ? value_check_string(to->option, value)
				     : xstrdup("must be a string");
		if (wanted)
			good = config_value_refuse(
				to, item, xasprintf("item %d %s", i + 1, wanted));
		free(wanted);
	}
	return good;
}

static bool
value_set_list(const struct config_target *to)
{
	struct string_list *list = config_value_at(to->base, to->option);

	if (!config_value_is_list(to->setting))
		return config_value_refuse_setting(to);
	if (!value_check_items(to))
		return false;
	value_free_list(list);
	list->count = (size_t)config_setting_length(to->setting);
	list->items = xcalloc(list->count, sizeof(*list->items));
	for (size_t i = 0; i < list->count; i++)
		list->items[i] =
			xstrdup(config_setting_get_string_elem(to->setting, (int)i));
	return true;
}

bool
config_value_set(const struct config_target *to)
{
	static bool (*const setters[])(const struct config_target *) = {
		[OPTION_BOOL] = value_set_bool,
		[OPTION_INT] = value_set_int,
		[OPTION_LONG] = value_set_int,
		[OPTION_REAL] = value_set_real,
		[OPTION_STRING] = value_set_string,
		[OPTION_CHOICE] = value_set_choice,
		[OPTION_LIST] = value_set_list,
		[OPTION_GROUPS] = config_groups_set,
	};

	return setters[to->option->type](to);
}

void
config_value_free(void *base, const struct config_option *option)
{
	if (option->type == OPTION_STRING) {
		free(*(char **)config_value_at(base, option));
	} else if (option->type == OPTION_LIST) {
		value_free_list(config_value_at(base, option));
	} else if (option->type == OPTION_GROUPS) {
		struct config_groups groups = config_groups_get(base, option);
		config_groups_free(&groups, option);
	}
}
