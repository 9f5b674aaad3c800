#include <errno.h>
#include <ev.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linnet/auth.h"
#include "linnet/config.h"
#include "linnet/log.h"
#include "linnet/server.h"
#include "linnet/tls.h"
#include "linnet/xalloc.h"

#define DEFAULT_CONFIG "/etc/linnet/linnet.cfg"

enum exit_status {
	EXIT_OK = 0,
	EXIT_BAD_CONFIG = 1,
	EXIT_BAD_USAGE = 2,
	EXIT_CANNOT_OPEN = 3,
};

enum action {
	ACTION_SERVE,
	ACTION_CHECK,
	ACTION_DUMP,
	ACTION_VERSION,
	ACTION_HELP,
};

struct arguments {
	enum action action;
	const char *path; /* of the configuration file; NULL: none */
	const char **settings;
	size_t setting_count;
};

static const char usage[] =
	"usage: linnetd [-c FILE] [-s KEY=VALUE]... [-t | -T] [-V] [-h]\n"
	"\n"
	"  -c, --config FILE    read FILE (default: " DEFAULT_CONFIG " if it exists)\n"
	"  -s, --set KEY=VALUE  override one key, e.g. -s http.port=0; may repeat\n"
	"  -t, --check          check the configuration and exit\n"
	"  -T, --dump           print the effective configuration and exit\n"
	"  -V, --version        print the version and exit\n"
	"  -h, --help           print this and exit\n";

/* Returns 0, or -EINVAL where getopt or the text said why. */
static int
choose(struct arguments *arguments, enum action action)
{
	bool both = (arguments->action == ACTION_CHECK && action == ACTION_DUMP) ||
		    (arguments->action == ACTION_DUMP && action == ACTION_CHECK);

	if (both) {
		fprintf(stderr, "linnetd: --check and --dump exclude each other\n");
		return -EINVAL;
	}
	/* Help and version win over whatever else was asked. */
	if (arguments->action < ACTION_VERSION)
		arguments->action = action;
	return 0;
}

static int
parse_arguments(struct arguments *arguments, int argc, char **argv)
{
	static const struct option options[] = {
		{"config",           required_argument, NULL, 'c' },
		{ "set",              required_argument, NULL, 's' },
		{ "check",                 no_argument, NULL, 't' },
		{ "dump",no_argument, NULL, 'T' },
		{ "version",               no_argument, NULL, 'V' },
		{ "help",           no_argument, NULL, 'h' },
		{ 0             },
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
			r = choose(arguments, ACTION_CHECK);
			break;
		case 'T':
			r = choose(arguments, ACTION_DUMP);
			break;
		case 'V':
			r = choose(arguments, ACTION_VERSION);
			break;
		case 'h':
			r = choose(arguments, ACTION_HELP);
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

/* The page's folder where none is configured: "public" beside the program, as in a build
 * folder, or ../share/linnet/public from it, where it is installed. The caller frees it.
 */
static char *
default_root(void)
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
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int n = snprintf(path, sizeof(path), "%s/%s", folder, places[i]);

		if (n > 0 && (size_t)n < sizeof(path) && realpath(path, real))
			return xstrdup(real);
	}
	return xstrdup("/usr/share/linnet/public");
}

/* Returns the configuration, or NULL after every error was printed. */
static struct config *
load(const struct arguments *arguments)
{
	struct config_errors errors = { 0 };
	const char *path = arguments->path;
	char *root = default_root();
	struct config *config;
	size_t i;

	if (!path && access(DEFAULT_CONFIG, F_OK) == 0)
		path = DEFAULT_CONFIG;
	config = config_load(
		path, arguments->settings, arguments->setting_count, root, &errors);
	for (i = 0; i < errors.count; i++)
		fprintf(stderr, "%s\n", errors.lines[i]);
	config_errors_clear(&errors);
	free(root);
	return config;
}

#define STOP_SIGNALS 3

/* What a signal ends. */
struct daemon {
	struct ev_loop *loop;
	struct server *server; /* NULL until it has started */
	ev_signal signals[STOP_SIGNALS];
};

static void
on_stop_signal(struct ev_loop *loop, ev_signal *watcher, int revents)
{
	struct daemon *daemon = watcher->data;

	(void)loop;
	(void)revents;
	server_stop(daemon->server);
}

/* Before anything is opened: whoever reads that it is ready may send a signal at once. */
static void
catch_signals(struct daemon *daemon)
{
	static const int signals[STOP_SIGNALS] = { SIGTERM, SIGINT, SIGHUP };
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < STOP_SIGNALS; i++) {
		ev_signal_init(&daemon->signals[i], on_stop_signal, signals[i]);
		daemon->signals[i].data = daemon;
		ev_signal_start(daemon->loop, &daemon->signals[i]);
	}
}

static void
release_signals(struct daemon *daemon)
{
	size_t i;

	for (i = 0; i < STOP_SIGNALS; i++)
		ev_signal_stop(daemon->loop, &daemon->signals[i]);
}

/* What is read from files beside the configuration. */
struct secrets {
	struct auth *auth;
	struct tls *tls; /* NULL: plain HTTP */
};

static void
secrets_clear(struct secrets *secrets)
{
	auth_free(secrets->auth);
	tls_free(secrets->tls);
}

/* Returns 0, or -errno with a sentence in *why and the name of what failed in *event. */
static int
secrets_load(struct secrets *secrets, const struct config *config, const char **event,
	const char **why)
{
	const char *certificate = config->http.tls_certificate;
	int r = auth_new(&secrets->auth, config, why);

	*event = "auth_failed";
	if (r < 0 || !*certificate)
		return r;
	*event = "tls_failed";
	r = tls_new(&secrets->tls, certificate, config->http.tls_key, why);
	if (r < 0)
		secrets_clear(secrets);
	return r;
}

static enum exit_status
run(const struct config *config, const struct secrets *secrets)
{
	struct daemon daemon = { .loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV) };
	enum exit_status status = EXIT_CANNOT_OPEN;

	if (!daemon.loop) {
		log_error("loop_failed", log_str("error", strerror(errno)));
		return status;
	}
	catch_signals(&daemon);
	daemon.server = server_start(config, secrets->auth, secrets->tls, daemon.loop);
	if (daemon.server) {
		ev_run(daemon.loop, 0);
		server_free(daemon.server);
		log_info("stopped");
		status = EXIT_OK;
	}
	release_signals(&daemon);
	ev_loop_destroy(daemon.loop);
	return status;
}

static enum exit_status
check(const struct config *config)
{
	struct secrets secrets = { NULL };
	const char *event, *why;

	if (secrets_load(&secrets, config, &event, &why) < 0) {
		fprintf(stderr, "%s\n", why);
		return EXIT_BAD_CONFIG;
	}
	secrets_clear(&secrets);
	puts("the configuration is good");
	return EXIT_OK;
}

static enum exit_status
serve(const struct config *config)
{
	struct secrets secrets = { NULL };
	enum exit_status status;
	const char *event, *why;

	log_setup((enum log_level)config->log.level, (enum log_format)config->log.format);
	if (secrets_load(&secrets, config, &event, &why) < 0) {
		log_error(event, log_str("error", why));
		return EXIT_BAD_CONFIG;
	}
	status = run(config, &secrets);
	secrets_clear(&secrets);
	return status;
}

static enum exit_status
act(const struct arguments *arguments)
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
	config = load(arguments);
	if (!config)
		return EXIT_BAD_CONFIG;
	if (arguments->action == ACTION_DUMP)
		config_dump(config, stdout);
	else if (arguments->action == ACTION_CHECK)
		status = check(config);
	else
		status = serve(config);
	config_free(config);
	return status;
}

int
main(int argc, char **argv)
{
	struct arguments arguments = { .action = ACTION_SERVE };
	enum exit_status status;

	arguments.settings = xcalloc((size_t)argc, sizeof(*arguments.settings));
	if (parse_arguments(&arguments, argc, argv) < 0) {
		fputs(usage, stderr);
		status = EXIT_BAD_USAGE;
	} else {
		status = act(&arguments);
	}
	free(arguments.settings);
	return status;
}
