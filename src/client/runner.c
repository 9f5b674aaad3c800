#include "client/runner.h"

#include <libwebsockets.h>
#include <signal.h>
#include <stdlib.h>

#include "linnet/base/clock.h"
#include "linnet/base/xalloc.h"

/* Room for the head of a request, which may have a token of 4 KB. */
#define HEAD_BYTES 16384

/* The longest wait for events. */
#define WAIT_MAX_MS 3600000

struct runner {
	struct lws_context *context;
	struct lws_sorted_usec_list until; /* bounds the wait of lws_service */
};

/* For the signal handler. */
static struct lws_context *volatile context_of_signals;
static volatile sig_atomic_t is_stopped;

static void
runner_on_signal(int number)
{
	(void)number;
	is_stopped = 1;
	if (context_of_signals)
		lws_cancel_service(context_of_signals);
}

static void
runner_watch_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	/* A second signal ends linnet at once. */
	struct sigaction action = { .sa_handler = runner_on_signal,
		.sa_flags = (int)SA_RESETHAND };
	struct sigaction before;

	/* Writing fails then, which is handled. */
	signal(SIGPIPE, SIG_IGN);

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		/* nohup(1) has them ignored. */
		if (sigaction(numbers[i], NULL, &before) == 0 &&
			before.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
}

struct runner *
runner_new(const struct lws_protocols *protocols, bool is_tls)
{
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		/* It takes a while to read the certificates of the system. */
		.options = is_tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0,
		.pt_serv_buf_size = HEAD_BYTES,
		.alpn = "http/1.1",
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
	};
	struct runner *runner = xcalloc(1, sizeof(*runner));

	lws_set_log_level(0, NULL);
	/* libwebsockets would ask this proxy for every host, this machine too. */
	unsetenv("http_proxy");
	runner->context = lws_create_context(&info);
	if (!runner->context) {
		free(runner);
		return NULL;
	}
	context_of_signals = runner->context;
	runner_watch_signals();
	return runner;
}

void
runner_free(struct runner *runner)
{
	if (!runner)
		return;
	context_of_signals = NULL;
	lws_sul_cancel(&runner->until);
	lws_context_destroy(runner->context);
	free(runner);
}

static void
runner_on_until(struct lws_sorted_usec_list *until)
{
	(void)until;
}

void
runner_turn(struct runner *runner, int64_t until_ms)
{
	int64_t wait_ms = 0, now_ms = clock_now_ms();

	if (until_ms > now_ms)
		wait_ms =
			until_ms - now_ms < WAIT_MAX_MS ? until_ms - now_ms : WAIT_MAX_MS;
	lws_sul_schedule(runner->context, 0, &runner->until, runner_on_until,
		wait_ms * LWS_US_PER_MS + 1);
	lws_service(runner->context, 0);
}

bool
runner_is_stopped(const struct runner *runner)
{
	(void)runner;
	return is_stopped;
}

void
runner_wake(struct runner *runner)
{
	lws_cancel_service(runner->context);
}

struct lws_context *
runner_lws(const struct runner *runner)
{
	return runner->context;
}
