#include <signal.h>

#include "store/sqlite/sqlite.h"

int
sqlite_thread_start(
	pthread_t *thread, const char *name, void *(*run)(void *), void *context)
{
	sigset_t all, before;
	int r;

	/* The new thread inherits the mask: signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(thread, NULL, run, context);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		pthread_setname_np(*thread, name);
	return -r;
}
