/* The link to Redis: addresses, arguments, and what a node does when its Redis goes,
 * comes back, or has lost something. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "../redis_server.h"
#include "linnet/base/clock.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/redis/node.h"
#include "redis/redis_uri.h"

#define PATIENCE_MS 60000

static void
test_an_address_is_read(void **state)
{
	struct redis_address address;
	const char *why;

	(void)state;
	assert_int_equal(
		redis_address_read(&address, "redis://127.0.0.1:7000/3", &why), 0);
	assert_string_equal(address.host, "127.0.0.1");
	assert_int_equal(address.port, 7000);
	assert_int_equal(address.db, 3);
	assert_null(address.password);
	redis_address_fini(&address);
	assert_int_equal(
		redis_address_read(&address, "redis://ann:a%40b@[::1]", &why), 0);
	assert_string_equal(address.host, "::1");
	assert_int_equal(address.port, 6379);
	assert_string_equal(address.user, "ann");
	assert_string_equal(address.password, "a@b");
	redis_address_fini(&address);
	assert_int_equal(redis_address_read(&address, "redis://:pw@h/", &why), 0);
	assert_null(address.user);
	assert_string_equal(address.password, "pw");
	redis_address_fini(&address);
	assert_int_equal(
		redis_address_read(&address, "unix:///run/r.sock?db=2", &why), 0);
	assert_string_equal(address.path, "/run/r.sock");
	assert_int_equal(address.db, 2);
	redis_address_fini(&address);
}

static void
test_a_wrong_address_is_refused(void **state)
{
	static const char *const wrong[] = { "", "http://x", "redis://", "redis://h:0",
		"redis://h:65536", "redis://h:7x", "redis://h/x", "redis://h/10000",
		"redis://:p%4@h", "redis://:p%00@h", "redis://@h", "redis://[::1",
		"unix://x", "unix:///x?db=", "unix:///x?y=1", "rediss://h" };
	struct redis_address address;
	const char *why;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		if (redis_address_read(&address, wrong[i], &why) != -EINVAL)
			fail_msg("\"%s\" is accepted", wrong[i]);
		redis_address_fini(&address);
	}
	assert_non_null(strstr(why, "stunnel"));
}

static void
test_parts_are_read_back(void **state)
{
	struct buffer buffer = { 0 };
	struct redis_parts parts;
	size_t len;

	(void)state;
	redis_part_add(&buffer, "a:\0b", 4);
	redis_part_text(&buffer, NULL);
	redis_part_number(&buffer, UINT64_MAX);
	redis_part_text(&buffer, "x");
	parts = (struct redis_parts){ .at = buffer.bytes, .left = buffer.len };
	assert_memory_equal(redis_part_next(&parts, &len), "a:\0b", 4);
	assert_int_equal(len, 4);
	redis_part_next(&parts, &len);
	assert_int_equal(len, 0);
	assert_true(redis_part_next_number(&parts) == UINT64_MAX);
	redis_part_next(&parts, &len);
	assert_int_equal(len, 1);
	redis_part_next(&parts, &len);
	assert_int_equal(len, 0);
	assert_false(parts.is_broken);
	buffer_clear(&buffer);
}

static void
test_what_is_no_part_is_broken(void **state)
{
	static const char *const wrong[] = { "x", ":", "1", "1:", "2:x", "-1:x",
		"99999999999:x", "1 :x" };
	size_t len;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct redis_parts parts = { .at = wrong[i], .left = strlen(wrong[i]) };

		redis_part_next(&parts, &len);
		assert_int_equal(len, 0);
		assert_true(parts.is_broken);
	}
}

/* A node with one consumer, which writes down what it hears. Its thread writes, the test
 * reads. */
struct listener {
	struct redis_node *node;
	struct redis_consumer consumer;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	char heard[4000]; /* "hello+ entry=x up down=-5 ..." */
	char epoch[REDIS_EPOCH_BYTES + 1];
	bool wants_say;
};

__attribute__((format(printf, 2, 3))) static void
hear(struct listener *listener, const char *format, ...)
{
	size_t used;
	va_list arguments;

	pthread_mutex_lock(&listener->mutex);
	used = strlen(listener->heard);
	va_start(arguments, format);
	vsnprintf(listener->heard + used, sizeof(listener->heard) - used, format,
		arguments);
	va_end(arguments);
	pthread_cond_broadcast(&listener->cond);
	pthread_mutex_unlock(&listener->mutex);
}

/* Wait until words were heard, and forget everything heard. */
static void
await(struct listener *listener, const char *words)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_MS / 1000;
	pthread_mutex_lock(&listener->mutex);
	while (!strstr(listener->heard, words))
		if (pthread_cond_timedwait(&listener->cond, &listener->mutex, &until) !=
			0)
			fail_msg("\"%s\" is not in \"%s\"", words, listener->heard);
	listener->heard[0] = '\0';
	pthread_mutex_unlock(&listener->mutex);
}

static void
on_hello(void *context, const struct redis_hello *hello)
{
	struct listener *listener = context;

	memcpy(listener->epoch, hello->epoch, sizeof(listener->epoch));
	hear(listener, "hello%s%s ", hello->is_new ? "+" : "",
		hello->is_new_epoch ? "!" : "");
	if (hello->is_new)
		redis_node_ready(listener->node);
}

static void
on_entry(void *context, const struct redis_entry *entry)
{
	hear(context, "%s=%.*s%s ", entry->kind, (int)entry->len, entry->data,
		entry->is_own ? "*" : "");
}

static void
on_up(void *context)
{
	hear(context, "up ");
}

static void
on_down(void *context, int error, bool can_read)
{
	hear(context, "down=%d%s ", error, can_read ? "r" : "");
}

static void
on_said(void *context, const char *bytes, size_t len)
{
	hear(context, "said=%.*s ", (int)len, bytes);
}

static void
on_told(void *context, void *what, int error)
{
	(void)what;
	hear(context, "synced=%d ", error);
}

static void
on_wake(void *context)
{
	struct listener *listener = context;

	if (!listener->wants_say)
		return;
	listener->wants_say = false;
	redis_node_say(listener->node, "hm", 2);
	redis_node_sync(listener->node, on_told, listener, NULL);
}

/* A port that nobody listens on. */
static int
free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static const struct redis_options plain = { .prefix = "test",
	.name = "one",
	.layout = "x",
	.lease_ms = 3000,
	.timeout_ms = 1000,
	.log_ms = 60000 };

static struct listener *
listen_as(const struct redis_server *server, const struct redis_options *options)
{
	struct listener *listener = xcalloc(1, sizeof(*listener));
	struct redis_options all = *options;
	const char *why = "";

	if (!all.uri)
		all.uri = server->uri;
	pthread_mutex_init(&listener->mutex, NULL);
	pthread_cond_init(&listener->cond, NULL);
	listener->consumer = (struct redis_consumer){ .context = listener,
		.on_hello = on_hello,
		.on_entry = on_entry,
		.on_up = on_up,
		.on_down = on_down,
		.on_said = on_said,
		.on_wake = on_wake };
	if (redis_node_new(&listener->node, &all, &why) < 0)
		fail_msg("%s", why);
	redis_node_attach(listener->node, &listener->consumer);
	assert_int_equal(redis_node_start(listener->node, &why), 0);
	return listener;
}

static struct listener *
listen_up(const struct redis_server *server, const struct redis_options *options)
{
	struct listener *listener = listen_as(server, options);
	const char *why = "";

	if (redis_node_await(listener->node, PATIENCE_MS, &why) < 0)
		fail_msg("%s", why);
	return listener;
}

static void
listener_free(struct listener *listener)
{
	redis_node_detach(listener->node, &listener->consumer, 0);
	redis_node_free(listener->node);
	pthread_mutex_destroy(&listener->mutex);
	pthread_cond_destroy(&listener->cond);
	free(listener);
}

/* Append an entry to the log as if another node had. */
static void
tell(const struct redis_server *server)
{
	redis_server_do(server, "EVAL %s 0 x",
		"local q = redis.call('HINCRBY', '{test:0}:meta', 'entries', 1) "
		"redis.call('XADD', '{test:0}:log', '*', 'n', 'two', 'g', '1', 'q', q, "
		"'t', "
		"'other', 'd', 'x')");
}

static int
set_up(void **state)
{
	struct redis_server *server = xcalloc(1, sizeof(*server));

	redis_server_init(server);
	redis_server_start(server);
	*state = server;
	return 0;
}

static int
tear_down(void **state)
{
	redis_server_fini(*state);
	free(*state);
	return 0;
}

static void
test_a_node_reads_the_log_and_the_channel(void **state)
{
	const struct redis_server *server = *state;
	struct listener *listener = listen_up(server, &plain);

	await(listener, "hello+! up ");
	tell(server);
	await(listener, "other=x ");
	listener->wants_say = true;
	redis_node_wake(listener->node);
	await(listener, "synced=0 ");
	redis_server_do(server, "PUBLISH {test:0}:now again");
	await(listener, "said=again ");
	listener_free(listener);
}

static void
test_a_connection_that_was_cut_goes_on(void **state)
{
	const struct redis_server *server = *state;
	struct listener *listener = listen_up(server, &plain);

	await(listener, "up ");
	redis_server_do(server, "CLIENT KILL TYPE normal");
	tell(server);
	await(listener, "down=-5 hello other=x up ");
	/* The channel, too. */
	redis_server_do(server, "CLIENT KILL TYPE pubsub");
	await(listener, "down=-5 hello up ");
	redis_server_do(server, "SCRIPT FLUSH");
	redis_server_do(server, "CLIENT KILL TYPE normal");
	await(listener, "down=-5 hello up ");
	listener_free(listener);
}

static void
test_a_redis_that_comes_back_empty_has_another_history(void **state)
{
	struct redis_server *server = *state;
	struct listener *listener = listen_up(server, &plain);
	char epoch[REDIS_EPOCH_BYTES + 1];

	await(listener, "up ");
	memcpy(epoch, listener->epoch, sizeof(epoch));
	redis_server_kill(server);
	redis_server_start(server);
	await(listener, "hello+! up ");
	assert_string_not_equal(epoch, listener->epoch);
	listener_free(listener);
}

static void
test_a_redis_that_has_lost_an_entry_has_another_history(void **state)
{
	struct redis_server *server = *state;
	struct listener *listener = listen_up(server, &plain);

	await(listener, "up ");
	tell(server);
	await(listener, "other=x ");
	redis_server_do(server, "SAVE");
	redis_server_kill(server);
	redis_server_start(server);
	await(listener, "hello up "); /* everything is there */
	tell(server);
	await(listener, "other=x ");
	redis_server_kill(server);
	redis_server_start(server);
	await(listener, "hello+! up "); /* the second one is not */
	listener_free(listener);
}

static void
test_the_roll_call_waits_for_a_node_that_may_have_seen_more(void **state)
{
	struct redis_server *server = *state;
	struct listener *listener = listen_up(server, &plain);

	await(listener, "up ");
	redis_server_do(server, "ZADD {test:0}:leases 99999999999999 ghost");
	redis_server_do(server, "SAVE");
	redis_server_kill(server);
	redis_server_start(server);
	await(listener, "hello down=-16r "); /* EBUSY */
	await(listener, "up ");              /* it has not come within a lease */
	listener_free(listener);
}

static void
test_the_roll_call_ends_when_all_have_reported(void **state)
{
	struct redis_server *server = *state;
	struct redis_options other = plain;
	struct listener *one, *two;

	other.lease_ms = 100000;
	one = listen_up(server, &other);
	other.name = "two";
	two = listen_up(server, &other);
	await(one, "up ");
	await(two, "up ");
	redis_server_do(server, "SAVE");
	redis_server_kill(server);
	redis_server_start(server);
	await(one, "up ");
	await(two, "up ");
	listener_free(two);
	listener_free(one);
}

static void
test_a_redis_that_evicts_is_refused(void **state)
{
	const struct redis_server *server = *state;
	struct listener *listener;
	const char *why;

	redis_server_do(server, "CONFIG SET maxmemory-policy allkeys-lru");
	listener = listen_as(server, &plain);
	assert_int_equal(redis_node_await(listener->node, PATIENCE_MS, &why), -ENOTSUP);
	assert_non_null(strstr(why, "noeviction"));
	listener_free(listener);
}

static void
test_a_node_with_other_settings_is_refused(void **state)
{
	const struct redis_server *server = *state;
	struct redis_options other = plain;
	struct listener *one = listen_up(server, &plain), *two;
	const char *why;

	other.name = "two";
	other.layout = "y";
	two = listen_as(server, &other);
	assert_int_equal(redis_node_await(two->node, PATIENCE_MS, &why), -EINVAL);
	assert_non_null(strstr(why, "one has other settings: x"));
	listener_free(two);
	listener_free(one);
	two = listen_up(server, &other); /* nobody else is there */
	listener_free(two);
}

static void
test_the_later_one_of_a_name_takes_it(void **state)
{
	const struct redis_server *server = *state;
	struct listener *one = listen_up(server, &plain), *two;

	await(one, "up ");
	two = listen_up(server, &plain);
	await(one, "down=-98 "); /* EADDRINUSE */
	await(two, "hello+! up ");
	listener_free(two);
	listener_free(one);
}

static void
test_a_redis_that_is_full_can_be_read(void **state)
{
	const struct redis_server *server = *state;
	struct listener *listener = listen_up(server, &plain);

	await(listener, "up ");
	redis_server_do(server, "CONFIG SET maxmemory 1");
	await(listener, "down=-28r "); /* ENOSPC */
	redis_server_do(server, "CONFIG SET maxmemory 0");
	await(listener, "up ");
	listener_free(listener);
}

static void
test_a_redis_that_does_not_answer_is_left(void **state)
{
	const struct redis_server *server = *state;
	struct listener *listener = listen_up(server, &plain);

	await(listener, "up ");
	kill(server->pid, SIGSTOP);
	await(listener, "down=-5 ");
	kill(server->pid, SIGCONT);
	await(listener, "hello up ");
	listener_free(listener);
}

static void
test_a_node_without_redis_says_so(void **state)
{
	struct redis_server *server = *state;
	struct listener *listener;
	const char *why;

	redis_server_kill(server);
	listener = listen_as(server, &plain);
	assert_int_equal(redis_node_await(listener->node, 50, &why), -ETIMEDOUT);
	assert_true(*why);
	redis_server_start(server);
	await(listener, "hello+! up ");
	listener_free(listener);
}

static void
test_a_node_logs_in_over_tcp(void **state)
{
	struct redis_server *server = *state;
	struct redis_options options = plain;
	struct listener *listener;
	const char *why;
	char uri[60];
	int port = free_port();

	redis_server_kill(server);
	strcpy(server->options[0], "--port");
	snprintf(server->options[1], sizeof(server->options[1]), "%d", port);
	redis_server_start(server);
	redis_server_do(server, "ACL SETUSER default resetpass >secret");
	snprintf(uri, sizeof(uri), "redis://127.0.0.1:%d/3", port);
	options.uri = uri;
	options.password = "wrong";
	listener = listen_as(server, &options);
	/* It is tried again and again. */
	while (redis_node_await(listener->node, 100, &why) == -ETIMEDOUT &&
		!strstr(why, "WRONGPASS"))
		;
	assert_non_null(strstr(why, "WRONGPASS"));
	listener_free(listener);
	options.password = "secret";
	listener = listen_up(server, &options);
	await(listener, "hello+! up ");
	listener_free(listener);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_address_is_read),
		cmocka_unit_test(test_a_wrong_address_is_refused),
		cmocka_unit_test(test_parts_are_read_back),
		cmocka_unit_test(test_what_is_no_part_is_broken),
		SERVED(test_a_node_reads_the_log_and_the_channel),
		SERVED(test_a_connection_that_was_cut_goes_on),
		SERVED(test_a_redis_that_comes_back_empty_has_another_history),
		SERVED(test_a_redis_that_has_lost_an_entry_has_another_history),
		SERVED(test_the_roll_call_waits_for_a_node_that_may_have_seen_more),
		SERVED(test_the_roll_call_ends_when_all_have_reported),
		SERVED(test_a_redis_that_evicts_is_refused),
		SERVED(test_a_node_with_other_settings_is_refused),
		SERVED(test_the_later_one_of_a_name_takes_it),
		SERVED(test_a_redis_that_is_full_can_be_read),
		SERVED(test_a_redis_that_does_not_answer_is_left),
		SERVED(test_a_node_without_redis_says_so),
		SERVED(test_a_node_logs_in_over_tcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
