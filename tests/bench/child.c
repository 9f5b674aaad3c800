#include "child.h"

#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bare.h"
#include "die.h"

#define READY "ready http=127.0.0.1:"
#define CONFIG_FILE "linnet.cfg"

enum {
	START_MS = 30000,
	STOP_MS = 20000,
	STEP_MS = 100, /* delay in noticing a signal while waiting */
	DIRECTORY_DEPTH = 8,
};

/* For the exit handler, which cleans up. */
static struct child *running;
static char directory[256];

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int
remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static void
remove_directory(void)
{
	if (directory[0])
		nftw(directory, remove_entry, DIRECTORY_DEPTH, FTW_DEPTH | FTW_PHYS);
	directory[0] = '\0';
}

/* A child that still runs when the program ends is a sign of an error. Print its
 * last output, which may tell the reason. */
static void
on_exit_clean_up(void)
{
	if (running) {
		child_read_log(running);
		if (running->log_bytes)
			fprintf(stderr, "linnet-bench: output of %s:\n%s\n",
				running->name, running->log);
		kill(running->pid, SIGKILL);
		waitpid(running->pid, NULL, 0);
		running = NULL;
	}
	remove_directory();
}

struct child_cpus
child_choose_cpus(void)
{
	struct child_cpus cpus = { -1, -1 };
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0 ||
		CPU_COUNT(&allowed) < 2)
		return cpus;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		if (cpus.load < 0)
			cpus.load = cpu;
		cpus.server = cpu;
	}
	return cpus;
}

void
child_bind_to_cpu(int cpu)
{
	cpu_set_t only;

	if (cpu < 0)
		return;
	CPU_ZERO(&only);
	CPU_SET(cpu, &only);
	if (sched_setaffinity(0, sizeof(only), &only) < 0)
		fprintf(stderr, "linnet-bench: cannot bind to cpu %d: %m\n", cpu);
}

static void
make_directory(void)
{
	const char *parent = getenv("TMPDIR");
	char path[sizeof(directory) + sizeof(CONFIG_FILE)];
	int fd;

	if (!parent || !*parent)
		parent = "/tmp";
	if (snprintf(path, sizeof(directory), "%s/linnet-bench.XXXXXX", parent) >=
		(int)sizeof(directory))
		die("the path of the temporary directory is too long");
	if (!mkdtemp(path))
		die("cannot create the directory %s: %m", path);
	memcpy(directory, path, sizeof(directory));
	snprintf(path, sizeof(path), "%s/" CONFIG_FILE, directory);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		die("cannot make %s: %m", path);
	close(fd);
}

/* Runs in the child, before it becomes a server. */
static void
enter_child(pid_t parent, int output, int cpu)
{
	int input = open("/dev/null", O_RDONLY | O_CLOEXEC);

	die_release_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	if (input < 0 || dup2(input, STDIN_FILENO) < 0 ||
		dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0)
		_exit(1);
	child_bind_to_cpu(cpu);
}

static _Noreturn void
exec_daemon(const char *path, const char *const *settings, size_t n)
{
	const char **arguments = calloc(4 + 2 * n, sizeof(*arguments));
	size_t count = 0;

	if (!arguments)
		_exit(1);
	arguments[count++] = path;
	arguments[count++] = "-c";
	arguments[count++] = CONFIG_FILE;
	for (size_t i = 0; i < n; i++) {
		arguments[count++] = "-s";
		arguments[count++] = settings[i];
	}
	if (chdir(directory) == 0)
		execv(path, (char *const *)arguments);
	dprintf(STDERR_FILENO, "cannot run %s: %m\n", path);
	_exit(1);
}

/* Fork. The parent gets the read end of the child's output; the child returns
 * true. */
static bool
fork_child(struct child *child, const char *name, int cpu)
{
	static bool has_exit_handler;
	pid_t parent = getpid();
	int output[2];

	if (!has_exit_handler && atexit(on_exit_clean_up) != 0)
		die("cannot register an exit handler");
	has_exit_handler = true;
	if (pipe2(output, O_CLOEXEC) < 0)
		die("pipe: %m");
	*child = (struct child){ .name = name, .log_fd = output[0] };
	fflush(NULL);
	child->pid = fork();
	if (child->pid < 0)
		die("fork: %m");
	if (child->pid == 0) {
		enter_child(parent, output[1], cpu);
		return true;
	}
	close(output[1]);
	fcntl(output[0], F_SETFL, O_NONBLOCK);
	running = child;
	return false;
}

/* Keep the end of the output. When the buffer is full, its older half is dropped. */
static bool
read_log_part(struct child *child)
{
	size_t room = sizeof(child->log) - 1 - child->log_bytes;
	ssize_t n;

	if (room == 0) {
		size_t kept = child->log_bytes / 2;

		memmove(child->log, child->log + child->log_bytes - kept, kept);
		child->log_bytes = kept;
		room = sizeof(child->log) - 1 - kept;
	}
	n = read(child->log_fd, child->log + child->log_bytes, room);
	if (n > 0)
		child->log_bytes += (size_t)n;
	child->log[child->log_bytes] = '\0';
	return n > 0;
}

void
child_read_log(struct child *child)
{
	while (read_log_part(child)) {
	}
}

/* The port in the ready line; 0 if the line is not complete yet. */
static uint16_t
find_ready_port(const char *log)
{
	const char *at = strstr(log, READY);
	char *end;
	unsigned long port;

	if (!at)
		return 0;
	port = strtoul(at + sizeof(READY) - 1, &end, 10);
	return (*end == ' ' || *end == '\n') && port <= UINT16_MAX ? (uint16_t)port : 0;
}

static void
wait_until_ready(struct child *child)
{
	uint64_t give_up = now_ms() + START_MS;

	while (!(child->port = find_ready_port(child->log))) {
		struct pollfd output = { .fd = child->log_fd, .events = POLLIN };

		die_if_signalled();
		if (now_ms() > give_up)
			die("%s was not ready after %d s", child->name, START_MS / 1000);
		if (poll(&output, 1, STEP_MS) > 0 && !read_log_part(child))
			die("%s ended before it was ready", child->name);
	}
}

void
child_start_daemon(struct child *child, const char *path, const char *const *settings,
	size_t n, int cpu)
{
	make_directory();
	if (fork_child(child, "linnetd", cpu))
		exec_daemon(path, settings, n);
	child->ends_by_itself = true;
	wait_until_ready(child);
}

/* Listen on any port of 127.0.0.1. */
static int
listen_on_loopback(uint16_t *port)
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
	*port = ntohs(address.sin_port);
	return fd;
}

void
child_start_bare(
	struct child *child, size_t frame_bytes, unsigned max_connections, int cpu)
{
	uint16_t port;
	int listen_fd = listen_on_loopback(&port);

	if (fork_child(child, "bare", cpu))
		bare_serve(listen_fd, frame_bytes, max_connections, max_connections);
	close(listen_fd);
	child->port = port;
}

uint64_t
child_cpu_ns(const struct child *child)
{
	struct timespec used;
	clockid_t clock;

	if (clock_getcpuclockid(child->pid, &clock) != 0 ||
		clock_gettime(clock, &used) < 0)
		die("cannot read the CPU time of %s", child->name);
	return (uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec;
}

uint64_t
child_resident_kb(const struct child *child)
{
	static const char key[] = "VmRSS:";
	char path[64];
	char line[256];
	uint64_t kb = 0;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)child->pid);
	status = fopen(path, "re");
	if (!status)
		die("cannot read %s: %m", path);
	while (kb == 0 && fgets(line, sizeof(line), status)) {
		if (strncmp(line, key, sizeof(key) - 1) == 0)
			kb = strtoull(line + sizeof(key) - 1, NULL, 10);
	}
	fclose(status);
	return kb;
}

/* Wait for the child's end. Read its output meanwhile, or a full pipe would block
 * it. False if it takes too long. */
static bool
wait_for_end(struct child *child, int *status)
{
	uint64_t give_up = now_ms() + STOP_MS;
	pid_t ended;

	while ((ended = waitpid(child->pid, status, WNOHANG)) == 0 &&
		now_ms() < give_up) {
		child_read_log(child);
		die_if_signalled();
		poll(NULL, 0, 1);
	}
	return ended == child->pid;
}

void
child_stop(struct child *child)
{
	int status;

	kill(child->pid, child->ends_by_itself ? SIGTERM : SIGKILL);
	if (!wait_for_end(child, &status))
		die("%s did not end within %d s", child->name, STOP_MS / 1000);
	running = NULL;
	child_read_log(child);
	close(child->log_fd);
	if (child->ends_by_itself && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
		fprintf(stderr, "%s\n", child->log);
		die("%s ended by %s %d", child->name,
			WIFEXITED(status) ? "status" : "signal",
			WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	}
	remove_directory();
}
