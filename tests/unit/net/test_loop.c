#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop_fixture.h"

/* A test gives up after this number of turns. */
#define TURNS 1000

struct end {
	struct loop_socket socket;
	int peer;
	unsigned reads, writes;
	bool closes; /* closes itself when it can be read */
	struct loop_socket *victim;
};

static struct loop_fixture fixture;

static struct end *
end_of(struct loop_socket *socket)
{
	return (struct end *)socket;
}

static void
on_readable(struct loop_socket *socket)
{
	struct end *end = end_of(socket);
	char byte;

	end->reads++;
	if (end->victim)
		loop_socket_close(end->victim);
	if (end->closes)
		loop_socket_close(socket);
	else
		assert_true(read(socket->fd, &byte, 1) >= 0);
}

static void
on_writable(struct loop_socket *socket)
{
	struct end *end = end_of(socket);

	if (++end->writes < 3)
		loop_socket_want_write(socket);
}

static const struct loop_socket_ops ops = {
	.on_readable = on_readable,
	.on_writable = on_writable,
};

static void
open_end(struct end *end)
{
	int fds[2];

	memset(end, 0, sizeof(*end));
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
		0);
	end->peer = fds[0];
	loop_socket_open(&end->socket, fixture.loop, fds[1], &ops);
}

static void
close_end(struct end *end)
{
	loop_socket_close(&end->socket);
	close(end->peer);
}

static void
say(const struct end *end)
{
	assert_int_equal(write(end->peer, "x", 1), 1);
}

static int
set_up(void **state)
{
	(void)state;
	loop_fixture_open(&fixture, NULL, NULL);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	loop_fixture_close(&fixture);
	return 0;
}

static void
turn_until(const unsigned *count, unsigned wanted)
{
	int i;

	for (i = 0; i < TURNS && *count < wanted; i++)
		loop_fixture_turn(&fixture, LOOP_FIXTURE_SLEEP_MS);
	assert_int_equal(*count, wanted);
}

static void
test_input_is_reported_while_it_is_watched(void **state)
{
	struct end end;

	(void)state;
	open_end(&end);
	say(&end);
	turn_until(&end.reads, 1);
	loop_socket_watch_input(&end.socket, false);
	say(&end);
	loop_fixture_turn(&fixture, LOOP_FIXTURE_SLEEP_MS);
	loop_fixture_turn(&fixture, LOOP_FIXTURE_SLEEP_MS);
	assert_int_equal(end.reads, 1);
	loop_socket_watch_input(&end.socket, true);
	turn_until(&end.reads, 2);
	close_end(&end);
}

static void
test_want_write_calls_once_and_may_be_repeated_in_the_callback(void **state)
{
	struct end end;

	(void)state;
	open_end(&end);
	loop_socket_want_write(&end.socket);
	turn_until(&end.writes, 3);
	loop_fixture_turn(&fixture, LOOP_FIXTURE_SLEEP_MS);
	loop_fixture_turn(&fixture, LOOP_FIXTURE_SLEEP_MS);
	assert_int_equal(end.writes, 3);
	close_end(&end);
}

static void
test_a_socket_may_close_itself_and_others(void **state)
{
	struct end ends[3];
	char byte;
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		open_end(&ends[i]);
	ends[0].closes = ends[1].closes = ends[2].closes = true;
	ends[0].victim = &ends[1].socket;
	ends[1].victim = &ends[0].socket;
	for (i = 0; i < 3; i++)
		say(&ends[i]);
	turn_until(&ends[2].reads, 1);
	assert_int_equal(ends[0].reads + ends[1].reads, 1);
	for (i = 0; i < 3; i++) {
		assert_false(loop_socket_is_open(&ends[i].socket));
		/* The end of the input, or a reset. */
		assert_true(read(ends[i].peer, &byte, 1) <= 0 && errno != EAGAIN);
		close_end(&ends[i]);
	}
}

static void
test_a_moved_socket_has_another_owner(void **state)
{
	struct end from, to;

	(void)state;
	open_end(&from);
	memset(&to, 0, sizeof(to));
	loop_socket_want_write(&from.socket);
	loop_socket_move(&from.socket, &to.socket, &ops);
	assert_false(loop_socket_is_open(&from.socket));
	say(&from);
	turn_until(&to.reads, 1);
	assert_int_equal(from.reads, 0);
	loop_fixture_turn(&fixture, LOOP_FIXTURE_SLEEP_MS);
	assert_int_equal(to.writes, 0);
	loop_socket_close(&to.socket);
	close(from.peer);
}

static void
test_a_released_socket_keeps_its_number(void **state)
{
	struct end end, again;
	int fd, was;

	(void)state;
	open_end(&end);
	was = end.socket.fd;
	say(&end);
	fd = loop_socket_release(&end.socket);
	assert_int_equal(fd, was);
	assert_false(loop_socket_is_open(&end.socket));
	loop_fixture_turn(&fixture, LOOP_FIXTURE_SLEEP_MS);
	assert_int_equal(end.reads, 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	memset(&again, 0, sizeof(again));
	loop_socket_open(&again.socket, fixture.loop, fd, &ops);
	turn_until(&again.reads, 1);
	assert_int_equal(end.reads, 0);
	loop_socket_close(&again.socket);
	close(end.peer);
}

static void
test_closing_the_loop_closes_its_sockets(void **state)
{
	struct end end;
	char byte;

	(void)state;
	open_end(&end);
	loop_close_all(fixture.loop);
	assert_false(loop_socket_is_open(&end.socket));
	assert_int_equal(read(end.peer, &byte, 1), 0);
	close_end(&end);
}

static void
count(void *context)
{
	++*(unsigned *)context;
}

static void
test_timers_run_once_or_repeatedly(void **state)
{
	unsigned once = 0, often = 0;
	struct loop_timer *timers[2] = {
		loop_timer_new(fixture.loop, count, &once),
		loop_timer_new(fixture.loop, count, &often),
	};

	(void)state;
	loop_timer_start(timers[0], 1, 0);
	loop_timer_start(timers[1], 1, 1);
	assert_in_range(loop_timer_remaining_us(timers[1]), 0, 1000);
	turn_until(&often, 3);
	assert_int_equal(once, 1);
	assert_false(loop_timer_is_running(timers[0]));
	assert_true(loop_timer_is_running(timers[1]));
	loop_timer_stop(timers[1]);
	loop_fixture_turn(&fixture, LOOP_FIXTURE_SLEEP_MS);
	assert_int_equal(often, 3);
	loop_timer_free(timers[0]);
	loop_timer_free(timers[1]);
}

static void
skip_sleep(void *context)
{
	(void)context;
	loop_skip_sleep(fixture.loop);
}

static void
test_the_loop_does_not_sleep_while_it_is_told_so(void **state)
{
	unsigned once = 0, turns;
	struct loop_timer *timer = loop_timer_new(fixture.loop, count, &once);
	int i;

	(void)state;
	fixture.on_turn = skip_sleep;
	loop_timer_start(timer, 5000, 0);
	for (i = 0; i < TURNS / 10; i++)
		loop_fixture_turn(&fixture, 5000);
	assert_int_equal(once, 0);
	fixture.on_turn = NULL;
	loop_fixture_turn(&fixture, LOOP_FIXTURE_SLEEP_MS);
	turns = fixture.turns;
	loop_fixture_run(&fixture, LOOP_FIXTURE_SLEEP_MS);
	assert_in_range(fixture.turns - turns, 1, 10);
	loop_timer_free(timer);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_input_is_reported_while_it_is_watched),
		TEST(test_want_write_calls_once_and_may_be_repeated_in_the_callback),
		TEST(test_a_socket_may_close_itself_and_others),
		TEST(test_a_moved_socket_has_another_owner),
		TEST(test_a_released_socket_keeps_its_number),
		TEST(test_closing_the_loop_closes_its_sockets),
		TEST(test_timers_run_once_or_repeatedly),
		TEST(test_the_loop_does_not_sleep_while_it_is_told_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
