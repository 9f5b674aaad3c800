#include <signal.h>
#include <time.h>

#include "linnet/base/clock.h"
#include "store/sqlite/sqlite.h"

void
sqlite_thread_init(struct sqlite_thread *thread, bool (*take)(void *context),
	void (*work)(void *context), void *context)
{
	pthread_condattr_t attributes;

	thread->take = take;
	thread->work = work;
	thread->context = context;
	pthread_mutex_init(&thread->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&thread->cond, &attributes);
	pthread_condattr_destroy(&attributes);
}

/* Wait until the thread is woken, or until its time. */
static void
thread_sleep(struct sqlite_thread *thread)
{
	struct timespec until = { .tv_sec = thread->wake_ms / 1000,
		.tv_nsec = thread->wake_ms % 1000 * 1000000 };

	if (thread->wake_ms)
		pthread_cond_timedwait(&thread->cond, &thread->mutex, &until);
	else
		pthread_cond_wait(&thread->cond, &thread->mutex);
}

/* Wait for work and take it. Returns false if the thread should end. */
static bool
thread_wait(struct sqlite_thread *thread)
{
	bool has_work;

	pthread_mutex_lock(&thread->mutex);
	while (!(has_work = thread->take(thread->context)) && !thread->is_stopping)
		thread_sleep(thread);
	pthread_mutex_unlock(&thread->mutex);
	return has_work;
}

static void *
thread_run(void *context)
{
	struct sqlite_thread *thread = context;

	while (thread_wait(thread))
		thread->work(thread->context);
	return NULL;
}

int
sqlite_thread_start(struct sqlite_thread *thread, const char *name, const char **why)
{
	sigset_t all, before;
	int r;

	/* The new thread inherits the mask: the loop's thread handles all signals. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread->id, NULL, thread_run, thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	thread->is_started = r == 0;
	if (r == 0)
		pthread_setname_np(thread->id, name);
	else
		*why = "the system does not allow another thread";
	return -r;
}

void
sqlite_thread_lock(struct sqlite_thread *thread)
{
	pthread_mutex_lock(&thread->mutex);
}

void
sqlite_thread_wake(struct sqlite_thread *thread)
{
	pthread_mutex_unlock(&thread->mutex);
	/* Behind the unlocking: on one processor the thread may run at once, and would
	 * only wait for the mutex. */
	pthread_cond_signal(&thread->cond);
}

void
sqlite_thread_stop(struct sqlite_thread *thread)
{
	if (!thread->is_started)
		return;
	sqlite_thread_lock(thread);
	thread->is_stopping = true;
	sqlite_thread_wake(thread);
	pthread_join(thread->id, NULL);
}

void
sqlite_thread_destroy(struct sqlite_thread *thread)
{
	pthread_mutex_destroy(&thread->mutex);
	pthread_cond_destroy(&thread->cond);
}
