/* child.h - the server under measurement: start it, read its output, measure and
 * stop it. Only one runs at a time. It is killed however the program ends. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Zeroed means not started. Must outlive the process. */
struct child {
	const char *name;
	pid_t pid;
	uint16_t port;       /* on 127.0.0.1 */
	int log_fd;          /* its stdout and stderr; readable when there is output */
	bool ends_by_itself; /* on SIGTERM, with status 0 */
	size_t log_bytes;
	char log[8192]; /* the end of the output */
};

/* The cpus for the load and the server; -1 for any. */
struct child_cpus {
	int load;
	int server;
};

/* Choose two cpus that this process may use, with numbers as far apart as
 * possible; both are -1 if there is only one. */
struct child_cpus child_choose_cpus(void);

/* Bind the calling process to a cpu. Does nothing if cpu is -1. */
void child_bind_to_cpu(int cpu);

/* Start the daemon at path with an empty configuration file and one "-s" for each
 * of the n settings, in a fresh directory. Wait until it is ready. Relative file
 * names in settings are in that directory. */
void child_start_daemon(struct child *child, const char *path,
	const char *const *settings, size_t n, int cpu);

/* Start the bare server (see bare.h). */
void child_start_bare(
	struct child *child, size_t frame_bytes, unsigned max_connections, int cpu);

/* Read the child's new output. The caller watches log_fd. */
void child_read_log(struct child *child);

/* The CPU time of all threads of the child so far, user and system, in ns. */
uint64_t child_cpu_ns(const struct child *child);

/* The child's resident memory in KB. */
uint64_t child_resident_kb(const struct child *child);

/* Stop the child, wait for its end and remove its directory. Ends the program if
 * the child takes too long or its status is not 0. */
void child_stop(struct child *child);
