#include "daemon/daemon.h"

#include <errno.h>
#include <ev.h>
#include <signal.h>
#include <string.h>

#include "daemon/server.h"
#include "linnet/auth/tokens.h"
#include "linnet/base/log.h"
#include "linnet/base/metrics.h"
#include "linnet/net/systemd.h"
#include "linnet/net/tls.h"

#define STOP_SIGNALS 2

/* What is read from files beside the configuration. */
struct secrets {
	struct tokens *tokens;
	struct tls *tls; /* NULL: plain HTTP */
};

struct daemon {
	struct config *config;
	daemon_read_config *read_again;
	void *context;
	struct secrets secrets;
	struct ev_loop *loop;
	struct server *server; /* NULL until it has started */
	struct systemd *systemd;
	ev_signal stops[STOP_SIGNALS];
	ev_signal reload;
};

static void
secrets_clear(struct secrets *secrets)
{
	tokens_free(secrets->tokens);
	tls_free(secrets->tls);
}

/* Returns 0, or -errno with a sentence in *why and the name of what failed in *event. */
static int
secrets_load(struct secrets *secrets, const struct config *config, const char **event,
	const char **why)
{
	const char *certificate = config->http.tls_certificate;
	int r;

	secrets->tls = NULL;
	*event = "auth_failed";
	r = tokens_new(&secrets->tokens, config, why);
	if (r < 0 || !*certificate)
		return r;
	*event = "tls_failed";
	r = tls_new(&secrets->tls, certificate, config->http.tls_key, why);
	if (r < 0)
		secrets_clear(secrets);
	return r;
}

int
daemon_check(const struct config *config, const char **why)
{
	struct secrets secrets;
	const char *event;
	int r = secrets_load(&secrets, config, &event, why);

	if (r == 0)
		secrets_clear(&secrets);
	return r;
}

static void
log_setup_from(const struct config *config)
{
	log_setup((enum log_level)config->log.level, (enum log_format)config->log.format);
}

static void
on_stop_signal(struct ev_loop *loop, ev_signal *watcher, int revents)
{
	struct daemon *daemon = watcher->data;

	(void)loop;
	(void)revents;
	systemd_stopping();
	server_stop(daemon->server);
}

static void
log_kept(void *context, const char *path)
{
	(void)context;
	log_warn("reload_kept", log_str("key", path),
		log_str("hint", "a restart is needed"));
}

/* Connections that come from now on see the new certificate. */
static void
adopt_certificate(struct daemon *daemon, const struct secrets *fresh)
{
	const struct config *config = daemon->config;
	const char *why;

	if (!daemon->secrets.tls != !fresh->tls)
		log_kept(NULL, "http.tls_certificate");
	else if (fresh->tls &&
		 tls_reload(daemon->secrets.tls, config->http.tls_certificate,
			 config->http.tls_key, &why) < 0)
		log_error("reload_failed", log_str("error", why));
	tls_free(fresh->tls);
}

/* Swap everything at once, now that it is known to be good. */
static void
adopt(struct daemon *daemon, struct config *fresh, const struct secrets *secrets)
{
	config_adopt(daemon->config, fresh, log_kept, NULL);
	tokens_replace(daemon->secrets.tokens, secrets->tokens);
	adopt_certificate(daemon, secrets);
	server_reload(daemon->server);
	config_free(fresh);
	log_setup_from(daemon->config);
	metrics.reloads[OUTCOME_OK]++;
	log_info("reloaded");
}

static void
reload(struct daemon *daemon)
{
	struct config_errors errors = { 0 };
	struct config *fresh = daemon->read_again(daemon->context, &errors);
	struct secrets secrets;
	const char *event, *why;
	size_t i;

	for (i = 0; i < errors.count; i++)
		log_error("reload_failed", log_str("error", errors.lines[i]));
	config_errors_clear(&errors);
	if (fresh && secrets_load(&secrets, fresh, &event, &why) == 0) {
		adopt(daemon, fresh, &secrets);
		return;
	}
	metrics.reloads[OUTCOME_FAILED]++;
	if (!fresh)
		return;
	log_error("reload_failed", log_str("error", why));
	config_free(fresh);
}

static void
on_reload_signal(struct ev_loop *loop, ev_signal *watcher, int revents)
{
	struct daemon *daemon = watcher->data;

	(void)loop;
	(void)revents;
	systemd_reloading();
	reload(daemon);
	systemd_reloaded();
}

/* Before anything is opened: whoever reads that it is ready may send a signal at once. */
static void
catch_signals(struct daemon *daemon)
{
	static const int signals[STOP_SIGNALS] = { SIGTERM, SIGINT };
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN); /* no log file is to be reopened */
	for (i = 0; i < STOP_SIGNALS; i++) {
		ev_signal_init(&daemon->stops[i], on_stop_signal, signals[i]);
		daemon->stops[i].data = daemon;
		ev_signal_start(daemon->loop, &daemon->stops[i]);
	}
	ev_signal_init(&daemon->reload, on_reload_signal, SIGHUP);
	daemon->reload.data = daemon;
	ev_signal_start(daemon->loop, &daemon->reload);
}

static void
release_signals(struct daemon *daemon)
{
	size_t i;

	for (i = 0; i < STOP_SIGNALS; i++)
		ev_signal_stop(daemon->loop, &daemon->stops[i]);
	ev_signal_stop(daemon->loop, &daemon->reload);
}

static enum exit_status
run(struct daemon *daemon)
{
	daemon->server = server_start(daemon->config, daemon->secrets.tokens,
		daemon->secrets.tls, daemon->loop);
	if (!daemon->server)
		return EXIT_CANNOT_OPEN;
	daemon->systemd = systemd_ready(daemon->loop, server_describe, daemon->server);
	ev_run(daemon->loop, 0);
	systemd_free(daemon->systemd);
	server_free(daemon->server);
	log_info("stopped");
	return EXIT_OK;
}

static enum exit_status
open_and_run(struct daemon *daemon)
{
	enum exit_status status;
	const char *why;
	int r = systemd_take_sockets(&why);

	if (r < 0) {
		log_error("activation_failed", log_str("socket", why),
			log_str("error", strerror(-r)));
		return EXIT_CANNOT_OPEN;
	}
	daemon->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	if (!daemon->loop) {
		log_error("loop_failed", log_str("error", strerror(errno)));
		return EXIT_CANNOT_OPEN;
	}
	catch_signals(daemon);
	status = run(daemon);
	release_signals(daemon);
	ev_loop_destroy(daemon->loop);
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
	enum exit_status status;
	const char *event, *why;

	log_setup_from(config);
	if (secrets_load(&daemon.secrets, config, &event, &why) < 0) {
		log_error(event, log_str("error", why));
		return EXIT_BAD_CONFIG;
	}
	status = open_and_run(&daemon);
	secrets_clear(&daemon.secrets);
	return status;
}
