/* child.h - the server under measurement: a process that is started, watched, measured
 * and stopped. Only one runs at a time; whichever way the program ends, it is killed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Zeroed is "not started". Must outlive the process. */
struct child {
	const char *name;
	pid_t pid;
	uint16_t port; /* on 127.0.0.1 */
	int log_fd;    /* its stdout and stderr; readable when it has said something */
	bool ends_by_itself; /* on SIGTERM, with status 0 */
	size_t log_bytes;
	char log[8192]; /* the end of what it said */
};

/* Which cpu the load and the server run on; -1 for any. */
struct child_cpus {
	int load;
	int server;
};

/* Two cpus of those this process may use, as far apart as their numbers allow; both -1 if
 * there is only one. */
struct child_cpus child_choose_cpus(void);

/* Bind the calling process to a cpu; nothing if cpu is -1. */
void child_bind_to_cpu(int cpu);

/* Start the daemon at path with one "-s" for each of the n settings, on an empty
 * configuration file and in a fresh directory of its own, and wait until it says that it
 * is ready. Relative file names in settings mean that directory. */
void child_start_daemon(struct child *child, const char *path,
	const char *const *settings, size_t n, int cpu);

/* Start the bare server (see bare.h). */
void child_start_bare(
	struct child *child, size_t frame_bytes, unsigned max_connections, int cpu);

/* Take in what the child has said since; the caller watches log_fd for it. */
void child_read_log(struct child *child);

/* The CPU time that all threads of the child have used so far, user and system, in ns. */
uint64_t child_cpu_ns(const struct child *child);

/* The child's resident memory in KB. */
uint64_t child_resident_kb(const struct child *child);

/* Ask the child to end, wait for it and remove its directory. Ends the program if the
 * child takes too long or ends with anything but status 0. */
void child_stop(struct child *child);
