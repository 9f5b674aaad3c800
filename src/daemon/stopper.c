#include "daemon/stopper.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "linnet/base/metrics.h"

/* Time to end after the first signal: 10 s without the time for the log. */
#define STOP_MS 9500

/* The same after the second signal. */
#define STOP_NOW_MS 1000

#define LOG_MS 400

static struct {
	struct loop_socket socket;
	int fd; /* of the thread; the loop closes its own copy */
	void (*on_stop)(void *context);
	void *context;
	sigset_t signals;
} stopper;

static void
stopper_on_readable(struct loop_socket *socket)
{
	eventfd_t count;

	if (eventfd_read(socket->fd, &count) < 0)
		return;
	while (count--)
		stopper.on_stop(stopper.context);
}

/* Ends even if another thread hangs in a system call that only SIGKILL interrupts. */
static _Noreturn void
stopper_force(void)
{
	/* The loop's thread changes it atomically. */
	uint64_t waiting = __atomic_load_n(&metrics.store_pending, __ATOMIC_RELAXED);

	log_error("stop_forced", log_uint("messages_not_acked", waiting));
	log_flush(LOG_MS);
	_exit(EXIT_CANNOT_OPEN);
}

/* Wait for a signal until due_ms (monotonic; 0: without end). Returns false if none came.
 */
static bool
stopper_wait(int64_t due_ms)
{
	int64_t left_ms;
	int r;

	do {
		left_ms = due_ms - clock_now_ms();
		if (left_ms < 0)
			left_ms = 0;
		r = due_ms ? sigtimedwait(&stopper.signals, NULL,
				     &(struct timespec){ .tv_sec = left_ms / 1000,
					     .tv_nsec = left_ms % 1000 * 1000000 })
			   : sigwaitinfo(&stopper.signals, NULL);
	} while (r < 0 && errno == EINTR);
	return r > 0;
}

static void *
stopper_run(void *context)
{
	int64_t due_ms, soon_ms;

	stopper_wait(0);
	eventfd_write(stopper.fd, 1);
	due_ms = clock_now_ms() + STOP_MS;
	if (stopper_wait(due_ms)) {
		eventfd_write(stopper.fd, 1);
		soon_ms = clock_now_ms() + STOP_NOW_MS;
		stopper_wait(soon_ms < due_ms ? soon_ms : due_ms);
	}
	stopper_force();
	return context;
}

static int
stopper_start_thread(void)
{
	sigset_t all, before;
	pthread_t thread;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, NULL, stopper_run, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0)
		return -r;
	pthread_setname_np(thread, "stopper");
	pthread_detach(thread);
	return 0;
}

int
stopper_start(struct loop *loop, void (*on_stop)(void *context), void *context)
{
	static const struct loop_socket_ops ops = { .on_readable = stopper_on_readable };
	int copy;

	stopper.on_stop = on_stop;
	stopper.context = context;
	stopper.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	copy = stopper.fd < 0 ? -1 : fcntl(stopper.fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		return -errno;
	loop_socket_open(&stopper.socket, loop, copy, &ops);
	sigemptyset(&stopper.signals);
	sigaddset(&stopper.signals, SIGTERM);
	sigaddset(&stopper.signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &stopper.signals, NULL);
	return stopper_start_thread();
}
