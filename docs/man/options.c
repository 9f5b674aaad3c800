/* Prints the chapter KEYS of linnet.cfg(5) from the option table: mdoc(7) on stdout. */
#include <stdio.h>
#include <string.h>

#include "linnet/config/config.h"

/* A text in which no character means anything to troff. */
static void
print_text(const char *text)
{
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '-')
			fputs("\\-", stdout);
		else
			putchar(*text);
	}
}

static void
print_kind(const struct config_option *option)
{
	static const char *const kinds[] = {
		[OPTION_BOOL] = "True or false",
		[OPTION_INT] = "A whole number",
		[OPTION_LONG] = "A whole number",
		[OPTION_REAL] = "A number",
		[OPTION_STRING] = "A string",
		[OPTION_CHOICE] = "One of",
		[OPTION_LIST] = "A list of strings",
		[OPTION_GROUPS] = "A list of groups",
	};
	const char *const *word;

	printf("%s", kinds[option->type]);
	if (option->type == OPTION_CHOICE)
		for (word = option->choices; *word; word++)
			printf("%s \\(dq%s\\(dq", word == option->choices ? "" : ",",
				*word);
	if (option->type == OPTION_INT || option->type == OPTION_LONG ||
		option->type == OPTION_REAL)
		printf(" from %ld to %ld", option->min, option->max);
	if (option->unit)
		printf("%s %s", option->type == OPTION_STRING ? ", counted in" : "",
			option->unit);
}

static void
print_option(const struct config_option *option, const char *prefix, int is_member)
{
	printf(".It Ic %s%s\n", prefix, option->path);
	print_text(option->help);
	fputs(".\n", stdout);
	print_kind(option);
	fputs("; ", stdout);
	if (option->preset) {
		fputs("default ", stdout);
		print_text(option->preset);
	} else {
		fputs(is_member ? "required" : "found at the start", stdout);
	}
	fputs(".\n", stdout);
	if (!is_member && !option->live)
		fputs("A change needs a restart.\n", stdout);
}

int
main(void)
{
	size_t i, j;

	for (i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];
		char prefix[80];

		print_option(option, "", 0);
		if (option->type != OPTION_GROUPS)
			continue;
		snprintf(prefix, sizeof(prefix), "%s: ", option->path);
		for (j = 0; j < option->members->count; j++)
			print_option(&option->members->options[j], prefix, 1);
	}
	return 0;
}
