#include "linnet/redis/node.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "linnet/base/random_text.h"
#include "linnet/base/xalloc.h"
#include "redis/node_private.h"

extern const struct redis_script redis_script_stop;

static bool
node_is_name(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("-_.", name[i]))
			return false;
	return len && len <= REDIS_NAME_BYTES;
}

static void
node_free_options(struct redis_node *node)
{
	redis_address_fini(&node->address);
	free(node->prefix);
	free(node->name);
	free(node->layout);
	free(node->password);
	free(node);
}

int
redis_node_new(
	struct redis_node **out, const struct redis_options *options, const char **why)
{
	struct redis_node *node = xcalloc(1, sizeof(*node));
	pthread_condattr_t attributes;
	int r = redis_address_read(&node->address, options->uri, why);

	if (r == 0 && (!node_is_name(options->prefix) || !node_is_name(options->name))) {
		*why = "the prefix and the name of the node must have 1 to 32 letters, "
		       "digits, \"-\", \"_\" or \".\"";
		r = -EINVAL;
	}
	if (r == 0 && (r = random_text(node->boot, BOOT_BYTES)) < 0)
		*why = "the system has no random numbers";
	if (r == 0 && (r = handover_init(&node->handover)) < 0) {
		*why = "there is no file descriptor left";
		handover_fini(&node->handover);
	}
	if (r < 0) {
		node_free_options(node);
		return r;
	}
	node->prefix = xasprintf("{%s:0}:", options->prefix);
	node->name = xstrdup(options->name);
	node->layout = xstrdup(options->layout);
	node->password = options->password ? xstrdup(options->password) : NULL;
	node->lease_ms = options->lease_ms;
	node->timeout_ms = options->timeout_ms;
	node->log_ms = options->log_ms;
	node->down_error = -EIO;
	SLIST_INIT(&node->consumers);
	TAILQ_INIT(&node->calls);
	STAILQ_INIT(&node->syncs);
	pthread_mutex_init(&node->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&node->cond, &attributes);
	pthread_condattr_destroy(&attributes);
	*out = node;
	return 0;
}

void
redis_node_attach(struct redis_node *node, struct redis_consumer *consumer)
{
	struct redis_consumer *last = SLIST_FIRST(&node->consumers);

	/* In the order of the calls. */
	while (last && SLIST_NEXT(last, link))
		last = SLIST_NEXT(last, link);
	if (last)
		SLIST_INSERT_AFTER(last, consumer, link);
	else
		SLIST_INSERT_HEAD(&node->consumers, consumer, link);
}

/* The stop was told to Redis, or cannot be. */
static void
node_on_stopped(void *context, void *what, const struct redisReply *reply)
{
	struct redis_node *node = context;

	(void)what;
	(void)reply;
	ev_break(node->loop, EVBREAK_ALL);
}

static void
node_stop(struct redis_node *node)
{
	struct redis_args args = { .count = 0 };

	node->is_stopped = true;
	ev_timer_stop(node->loop, &node->retry);
	if (redis_node_can_read(node))
		redis_node_call(
			node, &redis_script_stop, &args, node_on_stopped, node, NULL);
	else
		ev_break(node->loop, EVBREAK_ALL);
}

/* Nobody answers the calls of a consumer that has left. */
static void
node_drop_calls(struct redis_node *node, const struct redis_consumer *consumer)
{
	struct node_call *call;
	struct node_sync *sync;

	TAILQ_FOREACH (call, &node->calls, link) {
		if (call->context != consumer->context || !call->on_answer)
			continue;
		call->on_answer(call->context, call->what, NULL);
		call->on_answer = NULL;
	}
	STAILQ_FOREACH (sync, &node->syncs, link) {
		if (sync->context != consumer->context || !sync->on_told)
			continue;
		sync->on_told(sync->context, sync->what, -EIO);
		sync->on_told = NULL;
	}
}

/* Let the consumer go that is leaving, if nothing holds it. */
static void
node_let_leave(struct redis_node *node)
{
	struct redis_consumer *consumer;
	bool is_overdue;

	pthread_mutex_lock(&node->mutex);
	consumer = node->leaving;
	is_overdue = node->is_overdue;
	pthread_mutex_unlock(&node->mutex);
	if (!consumer || (!is_overdue && consumer->is_idle &&
				 !consumer->is_idle(consumer->context)))
		return;
	ev_timer_stop(node->loop, &node->deadline);
	SLIST_REMOVE(&node->consumers, consumer, redis_consumer, link);
	node_drop_calls(node, consumer);
	pthread_mutex_lock(&node->mutex);
	node->leaving = NULL;
	pthread_cond_broadcast(&node->cond);
	pthread_mutex_unlock(&node->mutex);
}

static void
node_before_sleep(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	(void)loop;
	(void)events;
	node_let_leave(prepare->data);
}

static void
node_on_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct redis_node *node = timer->data;

	(void)events;
	ev_timer_stop(loop, timer);
	pthread_mutex_lock(&node->mutex);
	node->is_overdue = true;
	pthread_mutex_unlock(&node->mutex);
}

static void
node_on_wake(struct ev_loop *loop, ev_async *waker, int events)
{
	struct redis_node *node = waker->data;
	struct redis_consumer *consumer;
	bool is_stopping, must_time;

	(void)events;
	pthread_mutex_lock(&node->mutex);
	is_stopping = node->is_stopping;
	must_time = node->leaving && !node->is_overdue;
	pthread_mutex_unlock(&node->mutex);
	SLIST_FOREACH(consumer, &node->consumers, link)
	if (consumer->on_wake)
		consumer->on_wake(consumer->context);
	if (must_time && !ev_is_active(&node->deadline))
		ev_timer_again(loop, &node->deadline);
	if (is_stopping && !node->is_stopped)
		node_stop(node);
}

static void *
node_run(void *context)
{
	struct redis_node *node = context;

	node_link_open(node);
	ev_run(node->loop, 0);
	return NULL;
}

int
redis_node_start(struct redis_node *node, const char **why)
{
	sigset_t all, before;
	int r;

	node->loop = ev_loop_new(EVFLAG_AUTO);
	if (!node->loop) {
		*why = "there is no file descriptor left";
		return -EMFILE;
	}
	node_link_init(node);
	ev_timer_init(&node->deadline, node_on_deadline, 0., 0.);
	ev_async_init(&node->waker, node_on_wake);
	ev_prepare_init(&node->before_sleep, node_before_sleep);
	node->deadline.data = node->waker.data = node->before_sleep.data = node;
	ev_async_start(node->loop, &node->waker);
	ev_prepare_start(node->loop, &node->before_sleep);
	/* The new thread inherits the mask: the loop's thread handles all signals. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&node->thread, NULL, node_run, node);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	node->is_started = r == 0;
	if (r == 0)
		pthread_setname_np(node->thread, "redis");
	else
		*why = "the system does not allow another thread";
	return -r;
}

/* A time of CLOCK_MONOTONIC. */
static struct timespec
node_in(unsigned ms)
{
	int64_t at_ms = clock_now_ms() + ms;

	return (struct timespec){ .tv_sec = at_ms / 1000,
		.tv_nsec = at_ms % 1000 * 1000000 };
}

int
redis_node_await(struct redis_node *node, unsigned ms, const char **why)
{
	struct timespec until = node_in(ms);
	int r = 0;

	pthread_mutex_lock(&node->mutex);
	while (!node->was_up && !node->refusal && r == 0)
		r = pthread_cond_timedwait(&node->cond, &node->mutex, &until);
	r = node->was_up ? 0 : node->refusal ? node->refusal : -ETIMEDOUT;
	if (r < 0)
		*why = *node->why ? node->why : "Redis does not answer";
	pthread_mutex_unlock(&node->mutex);
	return r;
}

void
redis_node_detach(struct redis_node *node, struct redis_consumer *consumer, unsigned ms)
{
	if (!node->is_started)
		return;
	pthread_mutex_lock(&node->mutex);
	node->leaving = consumer;
	node->is_overdue = false;
	node->deadline.repeat = ms / 1000. + 0.001;
	pthread_mutex_unlock(&node->mutex);
	redis_node_wake(node);
	pthread_mutex_lock(&node->mutex);
	while (node->leaving)
		pthread_cond_wait(&node->cond, &node->mutex);
	pthread_mutex_unlock(&node->mutex);
}

void
redis_node_free(struct redis_node *node)
{
	if (!node)
		return;
	if (node->is_started) {
		pthread_mutex_lock(&node->mutex);
		node->is_stopping = true;
		pthread_mutex_unlock(&node->mutex);
		redis_node_wake(node);
		pthread_join(node->thread, NULL);
	}
	if (node->loop) {
		node_link_fini(node);
		ev_loop_destroy(node->loop);
	}
	redis_node_dispatch(node, SIZE_MAX);
	handover_fini(&node->handover);
	pthread_mutex_destroy(&node->mutex);
	pthread_cond_destroy(&node->cond);
	node_free_options(node);
}

void
redis_node_wake(struct redis_node *node)
{
	ev_async_send(node->loop, &node->waker);
}

void
redis_node_post(struct redis_node *node, struct redis_item *item)
{
	handover_post(&node->handover, item);
}

int
redis_node_fd(const struct redis_node *node)
{
	return node->handover.fd;
}

void
redis_node_dispatch(struct redis_node *node, size_t max_bytes)
{
	handover_dispatch(&node->handover, max_bytes);
}
