#include "die.h"

#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static const int caught[] = { SIGINT, SIGTERM, SIGHUP };
static volatile sig_atomic_t signalled;

void
die(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("linnet-bench: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void *
die_or_allocate(size_t n, size_t bytes)
{
	void *memory = calloc(n, bytes);

	if (!memory)
		die("out of memory for %zu entries of %zu bytes", n, bytes);
	return memory;
}

static void
on_signal(int number)
{
	signalled = number;
}

/* Without SA_RESTART a signal ends a wait early, so its loop checks the flag. */
static void
set_handlers(void (*handler)(int), void (*pipe_handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		sigaction(caught[i], &action, NULL);
	action.sa_handler = pipe_handler;
	sigaction(SIGPIPE, &action, NULL);
}

void
die_catch_signals(void)
{
	set_handlers(on_signal, SIG_IGN);
}

void
die_release_signals(void)
{
	set_handlers(SIG_DFL, SIG_DFL);
}

void
die_if_signalled(void)
{
	if (signalled)
		die("ended by signal %d", (int)signalled);
}
