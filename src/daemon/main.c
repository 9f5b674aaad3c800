#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/chat/chat.h"
#include "linnet/config/config.h"

#define DEFAULT_CONFIG "/etc/linnet/linnet.cfg"

enum action {
	ACTION_SERVE,
	ACTION_CHECK,
	ACTION_DUMP,
	ACTION_BACKUP,
	ACTION_VERSION,
	ACTION_HELP,
};

struct arguments {
	enum action action;
	const char *path; /* of the configuration file; NULL: none */
	const char *copy; /* the file that --backup writes */
	const char **settings;
	size_t setting_count;
};

/* Options without a letter have numbers that are none. */
enum { OPTION_BACKUP = UCHAR_MAX + 1 };

static const char usage[] =
	"usage: linnetd [-c FILE] [-s KEY=VALUE]... [-t | -T | --backup FILE] [-V] [-h]\n"
	"\n"
	"  -c, --config FILE    read FILE (default: " DEFAULT_CONFIG " if it exists)\n"
	"  -s, --set KEY=VALUE  override one key, e.g. -s http.port=0; may repeat\n"
	"  -t, --check          check the configuration and exit\n"
	"  -T, --dump           print the effective configuration and exit\n"
	"      --backup FILE    write a copy of the history to FILE and exit\n"
	"  -V, --version        print the version and exit\n"
	"  -h, --help           print this and exit\n";

/* Returns 0, or -EINVAL after printing why. */
static int
main_choose(struct arguments *arguments, enum action action)
{
	/* --help and --version take precedence. */
	bool is_first = arguments->action == ACTION_SERVE || action >= ACTION_VERSION;

	if (!is_first && arguments->action < ACTION_VERSION &&
		arguments->action != action) {
		fprintf(stderr,
			"linnetd: --check, --dump and --backup exclude each other\n");
		return -EINVAL;
	}
	if (arguments->action < ACTION_VERSION)
		arguments->action = action;
	return 0;
}

static int
main_parse_arguments(struct arguments *arguments, int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "set", required_argument, NULL, 's' },
		{ "check", no_argument, NULL, 't' },
		{ "dump", no_argument, NULL, 'T' },
		{ "backup", required_argument, NULL, OPTION_BACKUP },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option, r = 0;

	while (r == 0 &&
		(option = getopt_long(argc, argv, "c:s:tTVh", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			arguments->path = optarg;
			break;
		case 's':
			arguments->settings[arguments->setting_count++] = optarg;
			break;
		case 't':
			r = main_choose(arguments, ACTION_CHECK);
			break;
		case 'T':
			r = main_choose(arguments, ACTION_DUMP);
			break;
		case OPTION_BACKUP:
			arguments->copy = optarg;
			r = main_choose(arguments, ACTION_BACKUP);
			break;
		case 'V':
			r = main_choose(arguments, ACTION_VERSION);
			break;
		case 'h':
			r = main_choose(arguments, ACTION_HELP);
			break;
		default:
			r = -EINVAL;
		}
	}
	if (r == 0 && optind < argc) {
		fprintf(stderr, "linnetd: unexpected argument: %s\n", argv[optind]);
		r = -EINVAL;
	}
	return r;
}

/* The default folder of the page: "public" beside the program (in a build folder), or
 * else ../share/linnet/public (installed). The caller frees it. */
static char *
main_default_root(void)
{
	static const char *const places[] = { "public", "../share/linnet/public" };
	char program[PATH_MAX], path[PATH_MAX], real[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
	const char *folder = ".";
	size_t i;

	if (len > 0) {
		program[len] = '\0';
		folder = dirname(program);
	}
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		int n = snprintf(path, sizeof(path), "%s/%s", folder, places[i]);

		if (n > 0 && (size_t)n < sizeof(path) && realpath(path, real))
			return xstrdup(real);
	}
	return xstrdup("/usr/share/linnet/public");
}

/* A file that cannot be reached, or a link to nowhere, counts: reading it reports why. */
static bool
main_has_default_file(void)
{
	struct stat status;

	return lstat(DEFAULT_CONFIG, &status) == 0 ||
	       (errno != ENOENT && errno != ENOTDIR);
}

/* Returns the configuration, or NULL with all errors in errors. The default file is read
 * again at each reload once it was read. If it is gone then, that is an error: the
 * built-in defaults have no tokens. */
static struct config *
main_read_config(struct arguments *arguments, struct config_errors *errors)
{
	const char *path = arguments->path;
	char *root = main_default_root();
	struct config *config;

	if (!path && main_has_default_file())
		path = DEFAULT_CONFIG;
	config = config_load(
		path, arguments->settings, arguments->setting_count, root, errors);
	free(root);
	if (config)
		arguments->path = path;
	return config;
}

/* Returns the configuration, or NULL after printing all errors. */
static struct config *
main_load(struct arguments *arguments)
{
	struct config_errors errors = { 0 };
	struct config *config = main_read_config(arguments, &errors);
	size_t i;

	for (i = 0; i < errors.count; i++)
		fprintf(stderr, "%s\n", errors.lines[i]);
	config_errors_clear(&errors);
	return config;
}

static struct config *
main_read_again(void *context, struct config_errors *errors)
{
	return main_read_config(context, errors);
}

static enum exit_status
main_check(const struct config *config)
{
	const char *why;

	if (daemon_check(config, &why) < 0) {
		fprintf(stderr, "%s\n", why);
		return EXIT_BAD_CONFIG;
	}
	puts("the configuration is good");
	return EXIT_OK;
}

static enum exit_status
main_backup(const struct config *config, const char *to)
{
	const char *why = "";

	if (chat_backup(config, to, &why) < 0) {
		fprintf(stderr, "linnetd: %s to %s: %s\n", config->store.path, to, why);
		return EXIT_CANNOT_OPEN;
	}
	return EXIT_OK;
}

static enum exit_status
main_act(struct arguments *arguments)
{
	enum exit_status status = EXIT_OK;
	struct config *config;

	switch (arguments->action) {
	case ACTION_HELP:
		fputs(usage, stdout);
		return EXIT_OK;
	case ACTION_VERSION:
		puts("linnetd " LINNET_VERSION);
		return EXIT_OK;
	default:
		break;
	}
	config = main_load(arguments);
	if (!config)
		return EXIT_BAD_CONFIG;
	if (arguments->action == ACTION_DUMP)
		config_dump(config, stdout);
	else if (arguments->action == ACTION_CHECK)
		status = main_check(config);
	else if (arguments->action == ACTION_BACKUP)
		status = main_backup(config, arguments->copy);
	else
		status = daemon_serve(config, main_read_again, arguments);
	config_free(config);
	return status;
}

/* A descriptor that is closed at the start would become a socket or the database, and
 * then get the log. */
static int
main_open_standard_files(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return -errno;
	return 0;
}

int
main(int argc, char **argv)
{
	struct arguments arguments = { .action = ACTION_SERVE };
	enum exit_status status;

	if (main_open_standard_files() < 0)
		return EXIT_CANNOT_OPEN;
	/* Without this jansson would return NULL, which callers take for invalid
	 * input. */
	json_set_alloc_funcs(xmalloc, free);
	arguments.settings = xcalloc((size_t)argc, sizeof(*arguments.settings));
	if (main_parse_arguments(&arguments, argc, argv) < 0) {
		fputs(usage, stderr);
		status = EXIT_BAD_USAGE;
	} else {
		status = main_act(&arguments);
	}
	free(arguments.settings);
	return status;
}
