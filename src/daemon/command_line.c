#include "daemon/command_line.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/config_files.h"
#include "linnet/base/xalloc.h"

#define TOKEN_DAYS 30
#define TOKEN_DAYS_MAX 36500

/* Options without a letter have numbers that are none. */
enum { OPTION_BACKUP = UCHAR_MAX + 1, OPTION_MAKE_TOKEN, OPTION_DAYS };

static const char usage[] =
	"usage: linnetd [-c FILE]... [-s KEY=VALUE]...\n"
	"               [-t | -T | --backup FILE | --make-token NAME [ROOM]...] [-V] "
	"[-h]\n"
	"\n"
	"  -c, --config FILE    read this configuration file; a further one adds to it\n"
	"                       (default: " CONFIG_FILES_MAIN " if it exists, then\n"
	"                       " CONFIG_FILES_FOLDER "/*.cfg)\n"
	"  -s, --set KEY=VALUE  set one key, e.g. -s http.port=0; may be repeated\n"
	"  -t, --check          check the configuration and its files, and exit\n"
	"  -T, --dump           print the effective configuration and exit\n"
	"      --backup FILE    write a copy of the history to FILE and exit\n"
	"      --make-token NAME [ROOM]...\n"
	"                       print a JSON Web Token for this person and these rooms\n"
	"                       (without rooms: for all of them) and exit\n"
	"      --days N         days until that token expires (default: 30)\n"
	"  -V, --version        print the versions of linnetd and its libraries, and "
	"exit\n"
	"  -h, --help           print this and exit\n";

void
command_line_print_help(void)
{
	fputs(usage, stdout);
}

static int
command_line_choose(struct arguments *arguments, enum action action)
{
	/* --help and --version take precedence. */
	bool is_first = arguments->action == ACTION_SERVE || action >= ACTION_VERSION;

	if (!is_first && arguments->action < ACTION_VERSION &&
		arguments->action != action) {
		fputs("linnetd: use only one of --check, --dump, --backup and "
		      "--make-token\n",
			stderr);
		return -EINVAL;
	}
	if (arguments->action < ACTION_VERSION)
		arguments->action = action;
	return 0;
}

static int
command_line_read_days(struct arguments *arguments, const char *text)
{
	char *end;
	long days = strtol(text, &end, 10);

	if (end == text || *end || days < 1 || days > TOKEN_DAYS_MAX) {
		fprintf(stderr,
			"linnetd: --days must be a whole number from 1 to %d, is %s\n",
			TOKEN_DAYS_MAX, text);
		return -EINVAL;
	}
	arguments->days = days;
	return 0;
}

static int
command_line_take(struct arguments *arguments, int option, const char *value)
{
	switch (option) {
	case 'c':
		arguments->paths[arguments->path_count++] = value;
		return 0;
	case 's':
		arguments->settings[arguments->setting_count++] = value;
		return 0;
	case 't':
		return command_line_choose(arguments, ACTION_CHECK);
	case 'T':
		return command_line_choose(arguments, ACTION_DUMP);
	case OPTION_BACKUP:
		arguments->copy = value;
		return command_line_choose(arguments, ACTION_BACKUP);
	case OPTION_MAKE_TOKEN:
		return command_line_choose(arguments, ACTION_MAKE_TOKEN);
	case OPTION_DAYS:
		return command_line_read_days(arguments, value);
	case 'V':
		return command_line_choose(arguments, ACTION_VERSION);
	case 'h':
		return command_line_choose(arguments, ACTION_HELP);
	default:
		return -EINVAL; /* getopt_long has printed why */
	}
}

/* Check what is left when all options are known. */
static int
command_line_finish(struct arguments *arguments)
{
	if (arguments->action >= ACTION_VERSION)
		return 0;
	if (arguments->action == ACTION_MAKE_TOKEN && !arguments->word_count) {
		fputs("linnetd: --make-token needs a name\n", stderr);
		return -EINVAL;
	}
	if (arguments->action != ACTION_MAKE_TOKEN && arguments->word_count) {
		fprintf(stderr,
			"linnetd: unexpected argument %s: every option begins with -\n",
			arguments->words[0]);
		return -EINVAL;
	}
	if (arguments->action != ACTION_MAKE_TOKEN && arguments->days) {
		fputs("linnetd: --days is only for --make-token\n", stderr);
		return -EINVAL;
	}
	arguments->days = arguments->days ? arguments->days : TOKEN_DAYS;
	return 0;
}

int
command_line_parse(struct arguments *arguments, int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "set", required_argument, NULL, 's' },
		{ "check", no_argument, NULL, 't' },
		{ "dump", no_argument, NULL, 'T' },
		{ "backup", required_argument, NULL, OPTION_BACKUP },
		{ "make-token", no_argument, NULL, OPTION_MAKE_TOKEN },
		{ "days", required_argument, NULL, OPTION_DAYS },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option, r = 0;

	arguments->paths = xcalloc((size_t)argc, sizeof(*arguments->paths));
	arguments->settings = xcalloc((size_t)argc, sizeof(*arguments->settings));
	while (r == 0 &&
		(option = getopt_long(argc, argv, "c:s:tTVh", options, NULL)) != -1)
		r = command_line_take(arguments, option, optarg);
	arguments->words = (const char *const *)argv + optind;
	arguments->word_count = (size_t)(argc - optind);
	if (r == 0)
		r = command_line_finish(arguments);
	if (r < 0)
		fputs("linnetd --help lists the options\n", stderr);
	return r;
}

void
command_line_free(struct arguments *arguments)
{
	free(arguments->paths);
	free(arguments->settings);
}
