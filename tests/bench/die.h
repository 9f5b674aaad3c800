/* die.h - the benchmark's one way out on errors and signals. */
#pragma once

#include <stddef.h>

/* Print "linnet-bench: " and the message on stderr, then exit with status 1. Handlers
 * given to atexit() run: that is how a running server is stopped. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);

/* As calloc, but never fails. */
void *die_or_allocate(size_t n, size_t bytes);

/* Remember SIGINT, SIGTERM and SIGHUP for die_if_signalled, and ignore SIGPIPE. */
void die_catch_signals(void);

/* Give those signals their default meaning again: for a child after fork. */
void die_release_signals(void);

/* End the program if one of those signals came. Every loop that waits calls this. */
void die_if_signalled(void);
