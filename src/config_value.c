/* One value: what it must be, what it is, taking it from a setting, printing it. */
#include <stdlib.h>
#include <string.h>

#include "config_private.h"
#include "linnet/xalloc.h"

#define SHOWN_BYTES 80 /* of a value in a message */

/* Where a value goes and who hears about it if it is not fine. */
struct target {
	struct config *config;
	const struct config_option *option;
	const char *where;
	struct config_errors *errors;
};

static void *
member(const struct config *config, const struct config_option *option)
{
	return (char *)config + option->offset;
}

static void
free_list(struct string_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
}

/* "must be "error", "warn" or "info"". The caller frees it. */
static char *
describe_choices(const struct config_option *option)
{
	char *text = xstrdup("must be");

	for (const char *const *word = option->choices; *word; word++) {
		const char *between = word[1] ? "," : " or";
		char *longer = config_format("%s%s \"%s\"", text,
			word == option->choices ? "" : between, *word);
		free(text);
		text = longer;
	}
	return text;
}

char *
config_value_wanted(const struct config_option *option)
{
	switch (option->type) {
	case OPTION_INT:
		return config_format("must be a whole number from %ld to %ld",
			option->min, option->max);
	case OPTION_STRING:
		return config_format(
			"must be a string of %ld to %ld bytes", option->min, option->max);
	case OPTION_CHOICE:
		return describe_choices(option);
	case OPTION_LIST:
		return xstrdup("must be a list of strings, such as [ \"a\", \"b\" ]");
	case OPTION_BOOL:
		break;
	}
	return xstrdup("must be true or false");
}

static long long
int_value(const config_setting_t *setting)
{
	long long value = config_setting_get_int64(setting);

	/* A hexadecimal int has 32 bits and no sign: 0xFFFFFFFF is read as -1. */
	if (config_setting_type(setting) == CONFIG_TYPE_INT && value < 0 &&
		config_setting_get_format(setting) == CONFIG_FORMAT_HEX)
		value += 1LL << 32;
	return value;
}

/* A number that shows that it is no whole one. */
static char *
describe_float(double value)
{
	char *plain = config_format("%g", value);
	char *text = config_format("%s%s", plain, strpbrk(plain, ".einf") ? "" : ".0");

	free(plain);
	return text;
}

static char *
describe_string(const char *value)
{
	char *escaped = config_escape(value, SHOWN_BYTES, ESCAPE_FOR_STRING);
	char *text = config_format("\"%s\"", escaped);

	free(escaped);
	return text;
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
		return describe_float(config_setting_get_float(setting));
	case CONFIG_TYPE_STRING:
		return describe_string(config_setting_get_string(setting));
	default:
		return config_format("%lld", int_value(setting));
	}
}

/* Report that the setting is not what is wanted; frees wanted. */
static void
refuse(const struct target *to, const config_setting_t *setting, char *wanted)
{
	char *found = config_value_found(setting);

	config_errors_add(
		to->errors, to->where, "%s %s, is %s", to->option->path, wanted, found);
	free(found);
	free(wanted);
}

/* What is wrong with a string of the option, or NULL. The caller frees it. */
static char *
check_string(const struct config_option *option, const char *value)
{
	size_t length = strlen(value);
	const char *wanted = NULL;

	if (length < (size_t)option->min || length > (size_t)option->max)
		return config_format(
			"must be a string of %ld to %ld bytes", option->min, option->max);
	if (option->check)
		wanted = option->check(value);
	return wanted ? xstrdup(wanted) : NULL;
}

static bool
set_bool(const struct target *to, const config_setting_t *setting)
{
	if (config_setting_type(setting) != CONFIG_TYPE_BOOL) {
		refuse(to, setting, config_value_wanted(to->option));
		return false;
	}
	*(bool *)member(to->config, to->option) = config_setting_get_bool(setting);
	return true;
}

static bool
set_int(const struct target *to, const config_setting_t *setting)
{
	int type = config_setting_type(setting);
	long long value = int_value(setting);

	if ((type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) ||
		value < to->option->min || value > to->option->max) {
		refuse(to, setting, config_value_wanted(to->option));
		return false;
	}
	*(int *)member(to->config, to->option) = (int)value;
	return true;
}

static bool
set_string(const struct target *to, const config_setting_t *setting)
{
	const char *value = config_setting_get_string(setting);
	char **string = member(to->config, to->option);
	char *wanted =
		value ? check_string(to->option, value) : config_value_wanted(to->option);

	if (wanted) {
		refuse(to, setting, wanted);
		return false;
	}
	free(*string);
	*string = xstrdup(value);
	return true;
}

static bool
set_choice(const struct target *to, const config_setting_t *setting)
{
	const char *value = config_setting_get_string(setting);

	for (int i = 0; value && to->option->choices[i]; i++) {
		if (strcmp(value, to->option->choices[i]) == 0) {
			*(int *)member(to->config, to->option) = i;
			return true;
		}
	}
	refuse(to, setting, describe_choices(to->option));
	return false;
}

/* Check all items of a list. They are reported at the line of the list, because libconfig
 * gives the last item the line of the bracket after it. */
static bool
check_items(const struct target *to, const config_setting_t *setting)
{
	bool good = true;

	for (int i = 0; i < config_setting_length(setting); i++) {
		const config_setting_t *item =
			config_setting_get_elem(setting, (unsigned)i);
		const char *value = config_setting_get_string(item);
		char *wanted = value ? check_string(to->option, value)
				     : xstrdup("must be a string");
		if (wanted) {
			char *numbered = config_format("item %d %s", i + 1, wanted);
			refuse(to, item, numbered);
			good = false;
		}
		free(wanted);
	}
	return good;
}

static bool
set_list(const struct target *to, const config_setting_t *setting)
{
	struct string_list *list = member(to->config, to->option);

	if (!config_setting_is_array(setting) && !config_setting_is_list(setting)) {
		refuse(to, setting, config_value_wanted(to->option));
		return false;
	}
	if (!check_items(to, setting))
		return false;
	free_list(list);
	list->count = (size_t)config_setting_length(setting);
	list->items = xcalloc(list->count, sizeof(*list->items));
	for (size_t i = 0; i < list->count; i++)
		list->items[i] = xstrdup(config_setting_get_string_elem(setting, (int)i));
	return true;
}

bool
config_value_set(struct config *config, const struct config_option *option,
	const config_setting_t *setting, const char *where, struct config_errors *errors)
{
	static bool (*const setters[])(
		const struct target *, const config_setting_t *) = {
		[OPTION_BOOL] = set_bool,
		[OPTION_INT] = set_int,
		[OPTION_STRING] = set_string,
		[OPTION_CHOICE] = set_choice,
		[OPTION_LIST] = set_list,
	};
	const struct target target = { config, option, where, errors };

	return setters[option->type](&target, setting);
}

void
config_value_free(struct config *config, const struct config_option *option)
{
	if (option->type == OPTION_STRING)
		free(*(char **)member(config, option));
	else if (option->type == OPTION_LIST)
		free_list(member(config, option));
}

static void
print_string(const char *value, FILE *out)
{
	char *escaped = config_escape(value, SIZE_MAX, ESCAPE_FOR_STRING);

	fprintf(out, "\"%s\"", escaped);
	free(escaped);
}

static void
print_list(const struct string_list *list, FILE *out)
{
	fputs("[", out);
	for (size_t i = 0; i < list->count; i++) {
		fputs(i ? ", " : " ", out);
		print_string(list->items[i], out);
	}
	fputs(" ]", out);
}

void
config_value_print(
	const struct config *config, const struct config_option *option, FILE *out)
{
	const void *value = member(config, option);

	switch (option->type) {
	case OPTION_BOOL:
		fputs(*(const bool *)value ? "true" : "false", out);
		break;
	case OPTION_INT:
		fprintf(out, "%d", *(const int *)value);
		break;
	case OPTION_STRING:
		print_string(*(char *const *)value, out);
		break;
	case OPTION_CHOICE:
		print_string(option->choices[*(const int *)value], out);
		break;
	case OPTION_LIST:
		print_list(value, out);
		break;
	}
}
