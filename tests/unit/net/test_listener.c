#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop_fixture.h"
#include "net/listener.h"

static struct loop_fixture fixture;
static struct listener *listener;
static struct sockaddr_in address;
static int accepted = -1;
static uint16_t accepted_port;

static void
on_accept(void *context, int fd, const struct sockaddr *peer, uint16_t port)
{
	assert_ptr_equal(context, &fixture);
	assert_int_equal(peer->sa_family, AF_INET);
	accepted = fd;
	accepted_port = port;
}

/* Listen on a socket of somebody else, as that of a service manager. */
static int
set_up(void **state)
{
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	address = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	loop_fixture_open(&fixture, NULL, NULL);
	assert_return_code(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_return_code(listen(fd, 8), 0);
	getsockname(fd, (struct sockaddr *)&address, &len);
	listener = listener_adopt(fixture.loop, &fd, 1, on_accept, &fixture);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	listener_close(listener);
	loop_fixture_close(&fixture);
	return 0;
}

static int
come(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_return_code(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static unsigned
option(int name)
{
	unsigned value = 0;
	socklen_t len = sizeof(value);

	getsockopt(accepted, IPPROTO_TCP, name, &value, &len);
	return value;
}

/* Accept what has come. */
static void
check_is_accepted(int peer, unsigned gone_ms)
{
	loop_fixture_turn(&fixture, 10000);
	assert_true(accepted >= 0);
	assert_int_equal(accepted_port, ntohs(address.sin_port));
	assert_int_equal(option(TCP_USER_TIMEOUT), gone_ms);
	assert_int_equal(option(TCP_NODELAY), 1);
	assert_in_range(option(TCP_NOTSENT_LOWAT), 1, 1024 * 1024);
	close(accepted);
	close(peer);
	accepted = -1;
}

static void
test_connections_have_the_options_also_if_they_came_before_these(void **state)
{
	int early = come();

	(void)state;
	listener_set_gone_ms(listener, 7000);
	check_is_accepted(early, 7000);
	check_is_accepted(come(), 7000);
	check_is_accepted(come(), 7000);
}

static void
test_a_changed_time_is_that_of_later_connections(void **state)
{
	(void)state;
	listener_set_gone_ms(listener, 7000);
	check_is_accepted(come(), 7000);
	listener_set_gone_ms(listener, 9000);
	check_is_accepted(come(), 9000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_connections_have_the_options_also_if_they_came_before_these,
			set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_changed_time_is_that_of_later_connections, set_up,
			tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
