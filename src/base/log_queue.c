#include "base/log_queue.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "linnet/base/util.h"

#define QUEUE_BYTES 262144

/* What is written at once. */
#define BATCH_BYTES 4096

/* The thread waits so long for more lines before it writes, so that it wakes at most this
 * often, however many lines there are. Waking it for each line would cost the loop more
 * than the line. */
#define GATHER_MS 5

/* How long a crash waits for the lines that lead to it. */
#define CRASH_FLUSH_MS 500

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	log_queue_describe *describe; /* NULL: not started */
	size_t start, len;            /* of the waiting bytes */
	uint64_t lost;                /* lines, since the last count was written */
	bool is_broken;               /* the last write failed */
	char bytes[QUEUE_BYTES];      /* a ring */
} queue = { .mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER };

/* The thread has something to write and does not sleep until it is signalled. Read
 * without the mutex by log_queue_flush. */
static atomic_bool has_work;

static const int crash_signals[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
static struct sigaction before_crash[ARRAY_SIZE(crash_signals)];

/* The thread goes on writing while the crashed one waits here. */
static void
log_queue_on_crash(int number, siginfo_t *info, void *context)
{
	size_t i;

	(void)context;
	log_queue_flush(CRASH_FLUSH_MS);
	for (i = 0; i < ARRAY_SIZE(crash_signals); i++)
		if (crash_signals[i] == number)
			sigaction(number, &before_crash[i], NULL);
	/* A fault happens again when this returns. What was sent does not. */
	if (info->si_code <= 0)
		raise(number);
}

static void
log_queue_catch_crashes(void)
{
	struct sigaction action = { .sa_sigaction = log_queue_on_crash,
		.sa_flags = SA_SIGINFO | SA_NODEFER };
	size_t i;

	sigemptyset(&action.sa_mask);
	for (i = 0; i < ARRAY_SIZE(crash_signals); i++)
		sigaction(crash_signals[i], &action, &before_crash[i]);
}

/* Returns false if stderr does not take the bytes now or ever. */
static bool
log_queue_write(const char *bytes, size_t len)
{
	struct pollfd pollfd = { .fd = STDERR_FILENO, .events = POLLOUT };

	while (len) {
		ssize_t n = write(STDERR_FILENO, bytes, len);

		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			/* Another process has set O_NONBLOCK for the terminal. */
			poll(&pollfd, 1, -1);
		} else if (n == 0 || errno != EINTR) {
			return false;
		}
	}
	return true;
}

static uint64_t
log_queue_count_lines(const char *bytes, size_t len)
{
	const char *end = bytes + len;
	uint64_t count = 0;

	while ((bytes = memchr(bytes, '\n', (size_t)(end - bytes)))) {
		bytes++;
		count++;
	}
	return count;
}

/* Copy whole lines to batch and remove them from the queue. Returns their bytes. */
static size_t
log_queue_take(char batch[BATCH_BYTES])
{
	size_t len = size_min(queue.len, BATCH_BYTES);
	size_t first = size_min(len, QUEUE_BYTES - queue.start);

	memcpy(batch, queue.bytes + queue.start, first);
	memcpy(batch + first, queue.bytes, len - first);
	while (len && batch[len - 1] != '\n')
		len--;
	queue.start = (queue.start + len) % QUEUE_BYTES;
	queue.len -= len;
	return len;
}

/* A write has failed. The next line that comes tries again. */
static void
log_queue_give_up(const char *batch, size_t len, bool is_count)
{
	if (!is_count)
		queue.lost += log_queue_count_lines(batch, len);
	while (is_count && queue.len) {
		char waiting[BATCH_BYTES];
		size_t taken = log_queue_take(waiting);

		queue.lost += log_queue_count_lines(waiting, taken);
	}
	queue.is_broken = true;
}

/* Write a batch or, where lines are missing, their count. Called and returns locked. */
static void
log_queue_work(void)
{
	uint64_t lost = !queue.len || queue.is_broken ? queue.lost : 0;
	char batch[BATCH_BYTES];
	size_t len = lost ? queue.describe(batch, lost) : log_queue_take(batch);
	bool is_written;

	pthread_mutex_unlock(&queue.mutex);
	is_written = log_queue_write(batch, len);
	pthread_mutex_lock(&queue.mutex);
	if (is_written) {
		queue.lost -= lost;
		queue.is_broken = false;
	} else {
		log_queue_give_up(batch, len, lost > 0);
	}
}

/* Sleep until there is a line, and until those that follow it have come. Called and
 * returns locked. */
static void
log_queue_gather(void)
{
	const struct timespec pause = { .tv_nsec = GATHER_MS * 1000000 };

	pthread_cond_wait(&queue.cond, &queue.mutex);
	pthread_mutex_unlock(&queue.mutex);
	nanosleep(&pause, NULL);
	pthread_mutex_lock(&queue.mutex);
}

static void *
log_queue_run(void *context)
{
	pthread_mutex_lock(&queue.mutex);
	for (;;) {
		has_work = queue.len || (queue.lost && !queue.is_broken);
		if (has_work)
			log_queue_work();
		else
			log_queue_gather();
	}
	return context;
}

void
log_queue_start(log_queue_describe *describe)
{
	sigset_t all, before;
	pthread_t thread;
	int r;

	queue.describe = describe;
	/* With SIGTTOU blocked, a terminal takes lines of a background process. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, NULL, log_queue_run, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0) {
		queue.describe = NULL;
		return;
	}
	pthread_setname_np(thread, "log");
	pthread_detach(thread);
	log_queue_catch_crashes();
}

bool
log_queue_put(const char *line, size_t len)
{
	size_t end, first;

	pthread_mutex_lock(&queue.mutex);
	if (!queue.describe) {
		pthread_mutex_unlock(&queue.mutex);
		return false;
	}
	/* After a loss nothing is taken until the count is written, in its place. */
	if ((queue.lost && !queue.is_broken) || len > QUEUE_BYTES - queue.len) {
		queue.lost++;
	} else {
		end = (queue.start + queue.len) % QUEUE_BYTES;
		first = size_min(len, QUEUE_BYTES - end);
		memcpy(queue.bytes + end, line, first);
		memcpy(queue.bytes, line + first, len - first);
		queue.len += len;
	}
	if (!has_work)
		pthread_cond_signal(&queue.cond);
	has_work = true;
	pthread_mutex_unlock(&queue.mutex);
	return true;
}

void
log_queue_flush(unsigned ms)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	for (; ms && has_work; ms--)
		nanosleep(&pause, NULL);
}
