#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/checks.h"
#include "daemon/command_line.h"
#include "daemon/config_files.h"
#include "daemon/daemon.h"
#include "daemon/make_token.h"
#include "daemon/versions.h"
#include "linnet/base/log.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/chat/chat.h"
#include "linnet/config/config.h"

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

static void
main_print_file(const char *path)
{
	if (path)
		printf("read %s\n", path);
	else
		puts("read no file: the built-in defaults apply");
}

/* Returns the configuration, or NULL after printing all errors. */
static struct config *
main_load(struct config_files *files, enum action action)
{
	struct config_errors errors = { 0 };
	struct config *config = config_files_load(
		files, action == ACTION_CHECK ? main_print_file : NULL, &errors);
	size_t i;

	fflush(stdout); /* the files that were read come before their errors */
	for (i = 0; i < errors.count; i++)
		log_print(LOG_LEVEL_ERROR, "%s", errors.lines[i]);
	config_errors_clear(&errors);
	return config;
}

static struct config *
main_read_again(void *context, struct config_errors *errors)
{
	return config_files_load(context, NULL, errors);
}

static void
main_on_check(const char *event, bool is_warning, const char *line)
{
	(void)event;
	log_print(is_warning ? LOG_LEVEL_WARN : LOG_LEVEL_ERROR, "%s%s",
		is_warning ? "warning: " : "", line);
}

/* Tells the user too, because another user may not be able to read the same files. */
static void
main_print_good(void)
{
	struct passwd entry, *user = NULL;
	char strings[4096];

	if (getpwuid_r(geteuid(), &entry, strings, sizeof(strings), &user) == 0 && user)
		printf("the configuration is good (checked as the user %s)\n",
			user->pw_name);
	else
		printf("the configuration is good (checked as the user %u)\n", geteuid());
}

static enum exit_status
main_check(const struct config *config)
{
	struct secrets secrets;

	if (!checks_run(config, CHECKS_OF_TEST, &secrets, main_on_check))
		return EXIT_BAD_CONFIG;
	secrets_clear(&secrets);
	main_print_good();
	return EXIT_OK;
}

static enum exit_status
main_backup(const struct config *config, const char *to)
{
	const char *why = "";

	if (chat_backup(config, to, &why) < 0) {
		log_print(LOG_LEVEL_ERROR,
			"linnetd: cannot copy the history %s to %s: %s",
			config->store.path, to, why);
		return EXIT_CANNOT_OPEN;
	}
	return EXIT_OK;
}

static enum exit_status
main_act_on(struct config *config, const struct arguments *arguments,
	struct config_files *files)
{
	switch (arguments->action) {
	case ACTION_DUMP:
		config_dump(config, stdout);
		return EXIT_OK;
	case ACTION_CHECK:
		return main_check(config);
	case ACTION_BACKUP:
		return main_backup(config, arguments->copy);
	case ACTION_MAKE_TOKEN:
		return make_token(config, arguments);
	default:
		return daemon_serve(config, main_read_again, files);
	}
}

static enum exit_status
main_act(const struct arguments *arguments)
{
	char *root = main_default_root();
	struct config_files files = {
		.input = {
			.paths = arguments->paths,
			.path_count = arguments->path_count,
			.settings = arguments->settings,
			.setting_count = arguments->setting_count,
			.default_root = root,
		},
	};
	enum exit_status status = EXIT_BAD_CONFIG;
	struct config *config = main_load(&files, arguments->action);

	if (config)
		status = main_act_on(config, arguments, &files);
	config_free(config);
	free(root);
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

/* What was printed may not fit on a full disk. Returns status, or another one if so. */
static enum exit_status
main_flush(enum exit_status status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fputs("linnetd: cannot write to standard output: it is full or broken\n", stderr);
	return status == EXIT_OK ? EXIT_CANNOT_OPEN : status;
}

int
main(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	enum exit_status status = EXIT_OK;

	if (main_open_standard_files() < 0)
		return EXIT_CANNOT_OPEN;
	/* Without this jansson would return NULL, which callers take for invalid
	 * input. */
	json_set_alloc_funcs(xmalloc, free);
	if (command_line_parse(&arguments, argc, argv) < 0)
		status = EXIT_BAD_USAGE;
	else if (arguments.action == ACTION_HELP)
		command_line_print_help();
	else if (arguments.action == ACTION_VERSION)
		versions_print();
	else
		status = main_act(&arguments);
	command_line_free(&arguments);
	return main_flush(status);
}
