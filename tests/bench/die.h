/* die.h - how the benchmark ends on errors and signals. */
#pragma once

#include <stddef.h>

/* Print "linnet-bench: " and the message on stderr and exit with status 1. Runs
 * the atexit() handlers, which stop a running server. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);

/* Like calloc, but never fails. */
void *die_or_allocate(size_t n, size_t bytes);

/* Record SIGINT, SIGTERM and SIGHUP for die_if_signalled, and ignore SIGPIPE. */
void die_catch_signals(void);

/* Restore the default action of those signals, for a child after fork. */
void die_release_signals(void);

/* End the program if one of those signals has arrived. Every loop that waits
 * calls this. */
void die_if_signalled(void);
