#include "daemon/daemon.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "daemon/checks.h"
#include "daemon/server.h"
#include "daemon/stopper.h"
#include "linnet/auth/tokens.h"
#include "linnet/base/log.h"
#include "linnet/base/metrics.h"
#include "linnet/base/util.h"
#include "linnet/net/acceptor.h"
#include "linnet/net/loop.h"
#include "linnet/net/systemd.h"
#include "linnet/net/tls.h"
#include "linnet/tail/tail.h"

/* How long the end waits for a stderr that nobody reads. */
#define LOG_FLUSH_MS 500

struct daemon {
	struct config *config;
	daemon_read_config *read_again;
	void *context;
	struct secrets secrets;
	struct loop *loop;
	struct server *server; /* NULL until it is started */
	struct systemd *systemd;
	struct loop_socket signals;
	uint64_t failed; /* messages that could not be stored, before the stop */
};

static void
daemon_log_setup_from(const struct config *config)
{
	log_setup((enum log_level)config->log.level, (enum log_format)config->log.format);
	log_show_people(config->log.people);
}

static void
daemon_add_field(struct log_field *fields, size_t *n, const char *key, const char *value,
	bool is_room)
{
	if (value)
		fields[(*n)++] = is_room ? log_person(key, value) : log_str(key, value);
}

/* True if the groups of this list are named by rooms. */
static bool
daemon_has_rooms(const char *key)
{
	return !strncmp(key, "rooms", strlen("rooms")) ||
	       !strncmp(key, "tails", strlen("tails"));
}

/* What to do about a value that the reload cannot change. */
static const char *
daemon_hint_of(const char *key)
{
	static const char *const doors[] = { "http", "line" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(doors); i++) {
		size_t len = strlen(doors[i]);

		if (!strncmp(key, doors[i], len) && systemd_has_passed(doors[i]) &&
			(!strcmp(key + len, ".address") || !strcmp(key + len, ".port")))
			return "the socket unit's ListenStream= decides the address";
	}
	return "a restart is needed";
}

/* One line for each value that the reload changes, or cannot change. */
static void
daemon_log_change(const struct config_change *change)
{
	bool is_changed = change->from && change->to;
	const char *place = is_changed ? "entry" : change->to ? "added" : "removed";
	bool is_room = !strcmp(change->key, "chat.default_room") ||
		       !strcmp(change->key, "auth.tokens.rooms");
	struct log_field fields[5];
	size_t n = 0;

	daemon_add_field(fields, &n, "key", change->key, false);
	daemon_add_field(fields, &n, place, change->entry, daemon_has_rooms(change->key));
	daemon_add_field(fields, &n, "from", is_changed ? change->from : NULL, is_room);
	daemon_add_field(fields, &n, "to", is_changed ? change->to : NULL, is_room);
	if (change->more)
		fields[n++] = log_uint("more", change->more);
	if (change->is_kept)
		fields[n++] = log_str("hint", daemon_hint_of(change->key));
	log_write(change->is_kept ? LOG_LEVEL_WARN : LOG_LEVEL_INFO,
		change->is_kept ? "reload_kept" : "reloaded", fields, n);
}

static void
daemon_adopt_certificate(struct daemon *daemon, struct tls *fresh)
{
	struct tls *tls = daemon->secrets.tls;

	if (!tls || !fresh) {
		tls_free(fresh);
		return;
	}
	tls_replace(tls, fresh);
	metrics.certificate_expiry_s = tls_expiry_s(tls);
}

/* Everything is valid: use all of it at once. */
static void
daemon_adopt(struct daemon *daemon, struct config *fresh, const struct secrets *secrets)
{
	daemon_log_setup_from(fresh);
	config_adopt(daemon->config, fresh, daemon_log_change);
	tokens_replace(daemon->secrets.tokens, secrets->tokens);
	daemon_adopt_certificate(daemon, secrets->tls);
	server_reload(daemon->server);
	config_free(fresh);
	metrics.reloads[OUTCOME_OK]++;
	log_info("reloaded");
}

static void
daemon_on_start_check(const char *event, bool is_warning, const char *line)
{
	if (is_warning)
		log_warn("config_warning", log_str("warning", line));
	else
		log_error(event, log_str("error", line));
}

static void
daemon_on_reload_check(const char *event, bool is_warning, const char *line)
{
	daemon_on_start_check(is_warning ? event : "reload_failed", is_warning, line);
}

static void
daemon_reload(struct daemon *daemon)
{
	struct config_errors errors = { 0 };
	struct config *fresh = daemon->read_again(daemon->context, &errors);
	struct secrets secrets;
	size_t i;

	for (i = 0; i < errors.count; i++)
		log_error("reload_failed", log_str("error", errors.lines[i]));
	config_errors_clear(&errors);
	if (fresh &&
		checks_run(fresh, CHECKS_OF_RELOAD, &secrets, daemon_on_reload_check)) {
		daemon_adopt(daemon, fresh, &secrets);
		return;
	}
	metrics.reloads[OUTCOME_FAILED]++;
	config_free(fresh);
}

static void
daemon_on_stop(void *context)
{
	struct daemon *daemon = context;

	systemd_stopping();
	daemon->failed = metrics.appended[APPEND_FAILED];
	server_stop(daemon->server);
}

static void
daemon_on_hangup(struct loop_socket *signals)
{
	struct daemon *daemon = container_of(signals, struct daemon, signals);
	struct signalfd_siginfo info;

	while (read(signals->fd, &info, sizeof(info)) == sizeof(info)) {
		systemd_reloading();
		daemon_reload(daemon);
		systemd_reloaded();
	}
}

/* Their default is to end the process. Writes fail with EPIPE and EFBIG instead. There is
 * no log file to reopen. */
static void
daemon_ignore_signals(void)
{
	static const int ignored[] = { SIGPIPE, SIGXFSZ, SIGUSR1, SIGUSR2 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ignored); i++)
		signal(ignored[i], SIG_IGN);
}

/* Call this before anything is opened: a signal may arrive as soon as the log says
 * "ready", and the store's threads must not receive any. Returns 0 or -errno. */
static int
daemon_catch_signals(struct daemon *daemon)
{
	static const struct loop_socket_ops ops = { .on_readable = daemon_on_hangup };
	sigset_t caught;
	int fd;

	sigemptyset(&caught);
	sigaddset(&caught, SIGHUP);
	sigprocmask(SIG_BLOCK, &caught, NULL);
	fd = signalfd(-1, &caught, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	loop_socket_open(&daemon->signals, daemon->loop, fd, &ops);
	return stopper_start(daemon->loop, daemon_on_stop, daemon);
}

/* The server is closed. Their senders got no ack. */
static enum exit_status
daemon_end(const struct daemon *daemon)
{
	uint64_t lost = metrics.appended[APPEND_FAILED] - daemon->failed;

	if (lost) {
		log_error("stopped_without_messages", log_uint("count", lost));
		return EXIT_CANNOT_OPEN;
	}
	log_info("stopped");
	return EXIT_OK;
}

static enum exit_status
daemon_run(struct daemon *daemon, size_t connections)
{
	int r = daemon_catch_signals(daemon);

	if (r < 0) {
		log_error("signals_failed", log_str("error", strerror(-r)));
		return EXIT_CANNOT_OPEN;
	}
	if (daemon->secrets.tls)
		metrics.certificate_expiry_s = tls_expiry_s(daemon->secrets.tls);
	daemon->server = server_start(daemon->config, daemon->secrets.tokens,
		daemon->secrets.tls, daemon->loop, connections);
	if (!daemon->server)
		return EXIT_CANNOT_OPEN;
	daemon->systemd = systemd_ready(daemon->loop, server_describe, daemon->server);
	loop_run(daemon->loop);
	systemd_free(daemon->systemd);
	server_free(daemon->server);
	return daemon_end(daemon);
}

static enum exit_status
daemon_open_and_run(struct daemon *daemon)
{
	enum exit_status status;
	size_t connections;
	char name[SYSTEMD_NAME_BYTES];
	const char *why;

	if (systemd_take_sockets(name, &why) < 0) {
		log_error("activation_failed", log_str("socket", name),
			log_str("error", why));
		return EXIT_CANNOT_OPEN;
	}
	connections = acceptor_fit_rlimit(daemon->config, daemon->secrets.tls != NULL,
		tail_descriptors(daemon->config));
	daemon->loop = loop_new();
	if (!daemon->loop)
		return EXIT_CANNOT_OPEN;
	status = daemon_run(daemon, connections);
	loop_free(daemon->loop);
	return status;
}

enum exit_status
daemon_serve(struct config *config, daemon_read_config *read_again, void *context)
{
	struct daemon daemon = {
		.config = config,
		.read_again = read_again,
		.context = context,
	};
	enum exit_status status = EXIT_BAD_CONFIG;

	daemon_ignore_signals();
	daemon_log_setup_from(config);
	log_start();
	if (checks_run(config, CHECKS_OF_START, &daemon.secrets, daemon_on_start_check)) {
		status = daemon_open_and_run(&daemon);
		secrets_clear(&daemon.secrets);
	}
	log_flush(LOG_FLUSH_MS);
	return status;
}
