/* linnet-bench - a server's CPU time for each delivered message of a broadcast,
 * as a ratio to a bare send() loop that is measured in alternation. See
 * README.md. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "child.h"
#include "die.h"
#include "histogram.h"
#include "load.h"
#include "report.h"
#include "wire.h"

enum {
	SETTINGS_MAX = 64,
	FILES_SPARE = 64, /* open files besides the clients' connections */
	STALL_MS = 10000,
	STALL_SMOKE_MS = 30000, /* allows for a sanitised server and a busy machine */
	NUMBER_MAX = 100000000,
};

/* Settings that a daemon needs to accept the load; "-s" adds to them or overrides
 * them. */
static const char *const default_settings[] = {
	"http.port=0",
	"line.enabled=false",
	"limits.queue_bytes=67108864",
	"limits.message_rate=0",
};

struct options {
	char *daemon;
	unsigned clients;
	unsigned senders;
	unsigned messages;
	unsigned message_bytes;
	unsigned rounds;
	unsigned windows[REPORT_WINDOWS_MAX];
	size_t n_windows;
	bool smoke;
	const char *settings[SETTINGS_MAX];
	size_t n_settings;
	struct child_cpus cpus;
};

static const char usage[] =
	"usage: linnet-bench --daemon FILE [--clients N] [--senders S] [--bytes B]\n"
	"                    [--messages M] [--windows 1,16] [--rounds R] [--smoke]\n"
	"                    [-s KEY=VALUE]...\n"
	"  --daemon FILE    the linnetd to measure\n"
	"  --clients N      connections (1000)\n"
	"  --senders S      how many clients send (10)\n"
	"  --bytes B        size of a message's JSON text (120)\n"
	"  --messages M     measured messages in each run (1000)\n"
	"  --windows W,...  how many messages are in flight at once, one run each "
	"(1,16)\n"
	"  --rounds R       repetitions of the whole measurement (5)\n"
	"  --smoke          check deliveries only: no figures, no binding to cpus\n"
	"  -s KEY=VALUE     passed to linnetd\n";

static _Noreturn void
die_of_usage(void)
{
	fputs(usage, stderr);
	exit(2);
}

/* Parses a whole number from 1 to NUMBER_MAX at the start of text; *end is what
 * follows it. */
static unsigned
parse_number(const char *text, char **end)
{
	unsigned long value;

	errno = 0;
	value = strtoul(text, end, 10);
	if (errno || *end == text || *text == '-' || value < 1 || value > NUMBER_MAX)
		die_of_usage();
	return (unsigned)value;
}

static unsigned
parse_whole_number(const char *text)
{
	char *end;
	unsigned value = parse_number(text, &end);

	if (*end)
		die_of_usage();
	return value;
}

static void
parse_windows(struct options *options, const char *text)
{
	char *end;

	options->n_windows = 0;
	do {
		if (options->n_windows == REPORT_WINDOWS_MAX)
			die("at most %d windows are possible", REPORT_WINDOWS_MAX);
		options->windows[options->n_windows++] = parse_number(text, &end);
		text = end + 1;
	} while (*end == ',');
	if (*end)
		die_of_usage();
}

static void
add_setting(struct options *options, const char *setting)
{
	if (options->n_settings == SETTINGS_MAX)
		die("at most %d settings are possible", SETTINGS_MAX);
	options->settings[options->n_settings++] = setting;
}

static void
parse_option(struct options *options, int option, const char *value)
{
	switch (option) {
	case 'd':
		free(options->daemon);
		options->daemon = realpath(value, NULL);
		if (!options->daemon)
			die("%s: %m", value);
		break;
	case 'c':
		options->clients = parse_whole_number(value);
		break;
	case 'n':
		options->senders = parse_whole_number(value);
		break;
	case 'b':
		options->message_bytes = parse_whole_number(value);
		break;
	case 'm':
		options->messages = parse_whole_number(value);
		break;
	case 'w':
		parse_windows(options, value);
		break;
	case 'r':
		options->rounds = parse_whole_number(value);
		break;
	case 'S':
		options->smoke = true;
		break;
	case 's':
		add_setting(options, value);
		break;
	default:
		die_of_usage();
	}
}

static void
parse_arguments(struct options *options, int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "daemon", required_argument, NULL, 'd' },
		{ "clients", required_argument, NULL, 'c' },
		{ "senders", required_argument, NULL, 'n' },
		{ "bytes", required_argument, NULL, 'b' },
		{ "messages", required_argument, NULL, 'm' },
		{ "windows", required_argument, NULL, 'w' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "smoke", no_argument, NULL, 'S' },
		{ "set", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "s:h", long_options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			exit(0);
		}
		parse_option(options, option, optarg);
	}
	if (optind < argc || !options->daemon)
		die_of_usage();
}

static void
check_options(const struct options *options)
{
	if (options->clients < 2)
		die("a broadcast needs at least 2 clients");
	if (options->senders > options->clients)
		die("%u senders are more than the %u clients", options->senders,
			options->clients);
	if (options->message_bytes < WIRE_MESSAGE_BYTES_MIN)
		die("a message needs at least %d bytes", WIRE_MESSAGE_BYTES_MIN);
}

/* Both processes need a file for each connection; the server inherits the limit. */
static void
raise_file_limit(unsigned clients)
{
	struct rlimit limit;
	rlim_t needed = (rlim_t)clients + FILES_SPARE;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		die("getrlimit: %m");
	if (limit.rlim_max < needed)
		die("%u clients need %ju open files, the hard limit is %ju (ulimit -Hn)",
			clients, (uintmax_t)needed, (uintmax_t)limit.rlim_max);
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		die("setrlimit: %m");
}

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static unsigned
warm_up_messages(const struct options *options)
{
	unsigned tenth = options->messages / 10;

	return tenth > 20 ? tenth : 20;
}

/* Any fault ends the program: figures of a server that loses messages are
 * meaningless. */
static void
check_counts(
	const struct child *server, unsigned window, const struct ledger_counts *counts)
{
	if (counts->lost || counts->doubled || counts->reordered || counts->unexpected)
		die("%s, window %u: delivered=%ju lost=%ju doubled=%ju reordered=%ju "
		    "unexpected=%ju",
			server->name, window, (uintmax_t)counts->delivered,
			(uintmax_t)counts->lost, (uintmax_t)counts->doubled,
			(uintmax_t)counts->reordered, (uintmax_t)counts->unexpected);
}

/* Connect to a ready server, warm it up, measure it and stop it. frame_bytes is 0
 * for a WebSocket server. */
static struct report_sample
measure(const struct options *options, struct child *server, unsigned window,
	size_t frame_bytes, struct histogram *latency)
{
	unsigned warm_up = warm_up_messages(options);
	struct load_plan plan = {
		.clients = options->clients,
		.senders = options->senders,
		.messages = warm_up + options->messages,
		.message_bytes = options->message_bytes,
		.bare_frame_bytes = frame_bytes,
		.stall_ms = options->smoke ? STALL_SMOKE_MS : STALL_MS,
	};
	uint64_t resident_kb = child_resident_kb(server);
	struct load *load = load_open(&plan, server);
	struct report_sample sample = { 0 };
	uint64_t deliveries = (uint64_t)options->messages * (options->clients - 1);
	uint64_t cpu_ns, wall_ns;

	resident_kb = child_resident_kb(server) - resident_kb;
	sample.resident_kb = (double)resident_kb / options->clients;
	if (load_run(load, warm_up, window, NULL)) {
		wall_ns = now_ns();
		cpu_ns = child_cpu_ns(server);
		load_run(load, options->messages, window, latency);
		cpu_ns = child_cpu_ns(server) - cpu_ns;
		wall_ns = now_ns() - wall_ns;
		sample.cpu_us = (double)cpu_ns / 1e3 / (double)deliveries;
		sample.wall_s = (double)wall_ns / 1e9;
	}
	load_settle(load);
	sample.counts = load_count(load);
	sample.frame_bytes = load_average_frame_bytes(load);
	load_close(load);
	check_counts(server, window, &sample.counts);
	child_stop(server);
	return sample;
}

/* Measure the daemon and the bare server one after the other. This pair gives one
 * ratio. */
static void
measure_pair(const struct options *options, struct report *report, size_t i)
{
	struct report_sample daemon, bare;
	struct report_window *window = &report->windows[i];
	static struct child server;

	child_start_daemon(&server, options->daemon, options->settings,
		options->n_settings, options->cpus.server);
	daemon = measure(options, &server, window->window, 0, &window->daemon_latency);
	child_start_bare(
		&server, daemon.frame_bytes, options->clients, options->cpus.server);
	bare = measure(options, &server, window->window, daemon.frame_bytes,
		&window->bare_latency);
	report_add(report, i, &daemon, &bare);
}

static void
print_plan(const struct options *options)
{
	printf("%u clients, %u senders, messages of %u bytes, %u messages a run, %u "
	       "round%s\n",
		options->clients, options->senders, options->message_bytes,
		options->messages, options->rounds, options->rounds == 1 ? "" : "s");
	if (options->cpus.load >= 0)
		printf("load on cpu %d, server on cpu %d\n", options->cpus.load,
			options->cpus.server);
	else
		printf("load and server are not bound to cpus\n");
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	struct options options = {
		.clients = 1000,
		.senders = 10,
		.messages = 1000,
		.message_bytes = 120,
		.rounds = 5,
		.windows = { 1, 16 },
		.n_windows = 2,
		.cpus = { -1, -1 },
	};
	char connections[64];
	struct report *report;

	for (size_t i = 0; i < sizeof(default_settings) / sizeof(default_settings[0]);
		i++)
		add_setting(&options, default_settings[i]);
	add_setting(&options, connections);
	parse_arguments(&options, argc, argv);
	check_options(&options);
	snprintf(connections, sizeof(connections), "limits.connections=%u",
		options.clients + FILES_SPARE / 2);
	raise_file_limit(options.clients);
	die_catch_signals();
	if (!options.smoke) {
		options.cpus = child_choose_cpus();
		child_bind_to_cpu(options.cpus.load);
	}
	print_plan(&options);
	report = report_new(options.windows, options.n_windows, options.rounds);
	for (unsigned round = 0; round < options.rounds; round++) {
		for (size_t i = 0; i < options.n_windows; i++)
			measure_pair(&options, report, i);
	}
	report_print(report, !options.smoke);
	report_free(report);
	free(options.daemon);
	return 0;
}
