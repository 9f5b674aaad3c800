/* linnet-bench-load - the clients of compare.mjs for one server, which several of them
 * take in turns. It reads a command a line from standard input, and answers each by a
 * line of key=value. A fault ends it with status 1 and a reason on stderr.
 *
 *     linnet-bench-load PORT tls|plain PID[,PID]...
 *     linnet-bench-load bare FRAME_BYTES CONNECTIONS ROOM_SIZE
 *
 * Commands are words with arguments NAME=VALUE, separated by tabs: the commands and
 * arguments are below, and what they mean is in crowd.h and requests.h. The second form
 * is the server of bare.h. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../bare.h"
#include "../die.h"
#include "crowd.h"
#include "link.h"
#include "requests.h"

enum {
	ARGUMENTS_MAX = 24,
	COPIES_MAX = 32,
	PIDS_MAX = 8,
	UNIT_SEPARATOR = 0x1f,
};

static pid_t pids[PIDS_MAX];
static size_t n_pids;
static struct crowd *crowd;
static struct requests *requests;

static char *line;
static char *arguments[ARGUMENTS_MAX];
static size_t n_arguments;

static char *copies[COPIES_MAX];
static size_t n_copies;

static const char *
text_of(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n_arguments; i++) {
		if (strncmp(arguments[i], name, n) == 0 && arguments[i][n] == '=')
			return arguments[i] + n + 1;
	}
	return "";
}

static unsigned
number_of(const char *name)
{
	return (unsigned)strtoul(text_of(name), NULL, 10);
}

/* A copy that stays until close_all. In a command a unit separator stands for the end of
 * a line. */
static const char *
copy_of(const char *name)
{
	char *copy = strdup(text_of(name));

	if (!copy || n_copies == COPIES_MAX)
		die("out of memory");
	copies[n_copies++] = copy;
	for (char *at = copy; (at = strchr(at, UNIT_SEPARATOR));)
		*at = '\n';
	return copy;
}

/* User and system time of all processes of the server, since they started. */
static uint64_t
cpu_ns(void)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n_pids; i++) {
		struct timespec used;
		clockid_t clock;

		if (clock_getcpuclockid(pids[i], &clock) != 0 ||
			clock_gettime(clock, &used) < 0)
			die("the server has ended");
		sum += (uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec;
	}
	return sum;
}

static void
print_latency(const struct histogram *latency)
{
	printf(" p50_ns=%ju p99_ns=%ju", (uintmax_t)histogram_quantile(latency, 0.5),
		(uintmax_t)histogram_quantile(latency, 0.99));
}

static enum crowd_framing
framing_of(const char *name)
{
	if (strcmp(name, "nats") == 0)
		return CROWD_NATS;
	return strcmp(name, "bare") == 0 ? CROWD_BARE : CROWD_WEBSOCKET;
}

static void
open_crowd(void)
{
	static struct crowd_plan plan;

	plan = (struct crowd_plan){
		.framing = framing_of(text_of("framing")),
		.connections = number_of("connections"),
		.rooms = number_of("rooms"),
		.room_senders = number_of("senders"),
		.message_bytes = number_of("bytes"),
		.bare_bytes = number_of("bare_bytes"),
		.sends_back = number_of("sends_back"),
		.has_guests = number_of("guests"),
		.missed = number_of("missed"),
		.target = copy_of("target"),
		.enter = copy_of("enter"),
		.entered = copy_of("entered"),
		.publish = copy_of("publish"),
	};
	crowd = crowd_open(&plan);
}

static void
run_crowd(void)
{
	static struct crowd_result result;

	memset(&result, 0, sizeof(result));
	crowd_run(crowd, number_of("ms") * (uint64_t)1000000, number_of("window"),
		number_of("rate"), &result);
	printf(" messages=%ju deliveries=%ju bytes=%ju", (uintmax_t)result.messages,
		(uintmax_t)result.deliveries, (uintmax_t)result.bytes);
	print_latency(&result.latency);
}

static void
open_requests(void)
{
	static struct requests_plan plan;

	plan = (struct requests_plan){
		.parallel = number_of("parallel"),
		.method = copy_of("method"),
		.target = copy_of("target"),
		.headers = copy_of("headers"),
		.body = copy_of("body"),
		.expected = copy_of("expected"),
		.file = copy_of("file"),
	};
	requests = requests_open(&plan, crowd);
}

static void
run_requests(void)
{
	static struct crowd_result result;
	static struct histogram latency;
	uint64_t answers;

	memset(&result, 0, sizeof(result));
	memset(&latency, 0, sizeof(latency));
	if (crowd)
		crowd_count_in(crowd, &result);
	answers = requests_run(requests, number_of("ms") * (uint64_t)1000000, &latency);
	if (crowd) {
		crowd_settle(crowd);
		crowd_count_in(crowd, NULL);
		if (result.deliveries != answers)
			die("%ju of %ju pushes were delivered",
				(uintmax_t)result.deliveries, (uintmax_t)answers);
	}
	printf(" requests=%ju", (uintmax_t)answers);
	print_latency(&latency);
}

/* Serve pings for that long, which is measured. */
static void
rest(void)
{
	uint64_t end_ns = link_now_ns() + number_of("ms") * (uint64_t)1000000;

	while (link_now_ns() < end_ns)
		link_turn(end_ns);
}

static void
close_all(void)
{
	if (requests)
		requests_close(requests);
	requests = NULL;
	if (crowd)
		crowd_close(crowd);
	crowd = NULL;
	while (n_copies > 0)
		free(copies[--n_copies]);
}

static void
do_nothing(void)
{
}

static const struct {
	const char *name;
	void (*run)(void);
} commands[] = {
	{ "open", open_crowd },      /* connections rooms senders bytes ... */
	{ "run", run_crowd },        /* ms, and window or rate */
	{ "ask", open_requests },    /* parallel method target ... */
	{ "request", run_requests }, /* ms */
	{ "rest", rest },            /* ms */
	{ "close", close_all },
	{ "cpu", do_nothing },
};

/* Each answer has the time and the server's CPU time before and after. */
static void
run_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		uint64_t cpu_before, before_ns;

		if (strcmp(commands[i].name, name) != 0)
			continue;
		before_ns = link_now_ns();
		cpu_before = cpu_ns();
		printf("cpu_before=%ju", (uintmax_t)cpu_before);
		commands[i].run();
		printf(" cpu_after=%ju ns=%ju\n", (uintmax_t)cpu_ns(),
			(uintmax_t)(link_now_ns() - before_ns));
		fflush(stdout);
		return;
	}
	die("no such command: %s", name);
}

static void
read_commands(void)
{
	size_t room = 0;
	ssize_t n;

	/* Nothing may wait in a buffer while links are served. */
	setvbuf(stdin, NULL, _IONBF, 0);
	while (true) {
		char *rest_of_line;
		char *name;

		link_serve_until_readable(STDIN_FILENO);
		n = getline(&line, &room, stdin);
		if (n <= 0)
			return;
		line[n - 1] = '\0';
		rest_of_line = line;
		name = strsep(&rest_of_line, "\t");
		n_arguments = 0;
		while (rest_of_line && n_arguments < ARGUMENTS_MAX)
			arguments[n_arguments++] = strsep(&rest_of_line, "\t");
		run_command(name);
	}
}

static void
serve_bare(char **argv)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t address_bytes = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, address_bytes) < 0 ||
		listen(fd, SOMAXCONN) < 0 ||
		getsockname(fd, (struct sockaddr *)&address, &address_bytes) < 0)
		die("cannot listen on 127.0.0.1: %m");
	printf("ready %u\n", ntohs(address.sin_port));
	fflush(stdout);
	bare_serve(fd, strtoul(argv[2], NULL, 10), (unsigned)strtoul(argv[3], NULL, 10),
		(unsigned)strtoul(argv[4], NULL, 10));
}

static void
raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		die("getrlimit: %m");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		die("setrlimit: %m");
}

int
main(int argc, char **argv)
{
	SSL_CTX *tls = NULL;
	char *pid;

	raise_file_limit();
	if (argc == 5 && strcmp(argv[1], "bare") == 0)
		serve_bare(argv);
	if (argc != 4) {
		fprintf(stderr, "usage: %s PORT tls|plain PID[,PID]...\n", argv[0]);
		return 2;
	}
	if (strcmp(argv[2], "tls") == 0) {
		tls = SSL_CTX_new(TLS_client_method());
		if (!tls)
			die("cannot use TLS");
		SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
					      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	}
	while ((pid = strsep(&argv[3], ",")) && n_pids < PIDS_MAX)
		pids[n_pids++] = (pid_t)strtol(pid, NULL, 10);
	die_catch_signals();
	link_init((uint16_t)strtoul(argv[1], NULL, 10), tls);
	read_commands();
	close_all();
	SSL_CTX_free(tls);
	free(line);
	return 0;
}
