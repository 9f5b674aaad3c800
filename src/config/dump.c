/* Prints the configuration as a file. */
#include <stdlib.h>
#include <string.h>

#include "config/config_private.h"

static void dump_value(const void *base, const struct config_option *option,
	const char *indent, FILE *out);

static void
dump_string(const char *value, FILE *out)
{
	char *escaped = config_escape(value, SIZE_MAX, ESCAPE_FOR_STRING);

	fprintf(out, "\"%s\"", escaped);
	free(escaped);
}

static void
dump_real(double value, FILE *out)
{
	char *text = config_real_text(value);

	fputs(text, out);
	free(text);
}

static void
dump_list(const struct string_list *list, FILE *out)
{
	fputs("[", out);
	for (size_t i = 0; i < list->count; i++) {
		fputs(i ? ", " : " ", out);
		dump_string(list->items[i], out);
	}
	fputs(" ]", out);
}

/* One group a line. */
static void
dump_groups(const void *base, const struct config_option *option, const char *indent,
	FILE *out)
{
	const struct config_groups groups = config_groups_get(base, option);
	const struct config_members *members = option->members;

	fputs("(", out);
	for (size_t i = 0; i < groups.count; i++) {
		const void *item = config_groups_item(&groups, option, i);
		fprintf(out, "%s\n%s\t{ ", i ? "," : "", indent);
		for (size_t j = 0; j < members->count; j++) {
			fprintf(out, "%s = ", members->options[j].path);
			dump_value(item, &members->options[j], indent, out);
			fputs("; ", out);
		}
		fputs("}", out);
	}
	if (groups.count)
		fprintf(out, "\n%s)", indent);
	else
		fputs(" )", out);
}

static void
dump_value(const void *base, const struct config_option *option, const char *indent,
	FILE *out)
{
	const void *value = config_value_at(base, option);
	const char *string = option->type == OPTION_STRING ? *(char *const *)value : "";

	switch (option->type) {
	case OPTION_BOOL:
		fputs(*(const bool *)value ? "true" : "false", out);
		break;
	case OPTION_INT:
		fprintf(out, "%d", *(const int *)value);
		break;
	case OPTION_LONG:
		/* libconfig may want the suffix for what is no int. */
		fprintf(out, "%ldL", *(const long *)value);
		break;
	case OPTION_REAL:
		dump_real(*(const double *)value, out);
		break;
	case OPTION_STRING:
		dump_string(*string && option->mask ? option->mask : string, out);
		break;
	case OPTION_CHOICE:
		dump_string(option->choices[*(const int *)value], out);
		break;
	case OPTION_LIST:
		dump_list(value, out);
		break;
	case OPTION_GROUPS:
		dump_groups(base, option, indent, out);
		break;
	}
}

/* The values that the option accepts, at the end of its comment. */
static void
dump_range(const struct config_option *option, FILE *out)
{
	const char *point = option->type == OPTION_REAL ? ".0" : "";

	if (option->type == OPTION_CHOICE) {
		for (const char *const *word = option->choices; *word; word++)
			fprintf(out, "%s%s", word == option->choices ? " (" : ", ",
				*word);
		fputs(")", out);
	} else if (option->type == OPTION_INT || option->unit) {
		fprintf(out, " (%ld%s..%ld%s%s%s)", option->min, point, option->max,
			point, option->unit ? " " : "", option->unit ? option->unit : "");
	}
}

/* The comment above a key: a line for it, and one for each member of a list's groups. */
static void
dump_comment(const struct config_option *option, const char *indent, FILE *out)
{
	const struct config_members *members = option->members;

	fprintf(out, "%s# %s", indent, option->help);
	dump_range(option, out);
	fputs(".\n", out);
	for (size_t i = 0; members && i < members->count; i++) {
		fprintf(out, "%s#   %s: %s", indent, members->options[i].path,
			members->options[i].help);
		dump_range(&members->options[i], out);
		fputs(".\n", out);
	}
}

static void
dump_option(const struct config *config, const struct config_option *option,
	const char *key, const char *indent, FILE *out)
{
	dump_comment(option, indent, out);
	fprintf(out, "%s%s = ", indent, key);
	dump_value(config, option, indent, out);
	fputs(";\n", out);
}

void
config_dump(const struct config *config, FILE *out)
{
	/* The first length bytes of group are the name of the open group, if there is
	 * one. */
	const char *group = "";
	size_t length = 0;

	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];
		const char *dot = strchr(option->path, '.');
		bool same =
			dot && length && strncmp(option->path, group, length + 1) == 0;
		if (!same) {
			fprintf(out, "%s%s", length ? "};\n" : "", i ? "\n" : "");
			group = option->path;
			length = dot ? (size_t)(dot - group) : 0;
		}
		if (!same && dot)
			fprintf(out, "%.*s = {\n", (int)length, group);
		dump_option(config, option, dot ? dot + 1 : option->path, dot ? "\t" : "",
			out);
	}
	fputs(length ? "};\n" : "", out);
}
