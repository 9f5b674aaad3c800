/* command_line.h - the command line. */
#pragma once

#include <stddef.h>

#include "linnet/config/config.h"

enum action {
	ACTION_SERVE,
	ACTION_CHECK,
	ACTION_DUMP,
	ACTION_BACKUP,
	ACTION_MAKE_TOKEN,
	ACTION_VERSION,
	ACTION_HELP,
};

/* All zero before command_line_parse. The strings belong to argv. */
struct arguments {
	enum action action;
	const char **paths; /* of configuration files */
	size_t path_count;
	const char **settings; /* KEY=VALUE */
	size_t setting_count;
	const char *copy;         /* the file that --backup writes */
	const char *const *words; /* of --make-token: a name, then rooms */
	size_t word_count;
	long days; /* until the token expires */
};

/* Read the command line. Returns 0, or -EINVAL after printing what is wrong. Call
 * command_line_free in either case. */
int command_line_parse(struct arguments *arguments, int argc, char **argv);

/* Print what the options mean to stdout. */
void command_line_print_help(void);

void command_line_free(struct arguments *arguments);
