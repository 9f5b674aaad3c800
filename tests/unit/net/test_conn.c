#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "linnet/net/conn.h"

#define PER_ADDRESS 2

static struct conn_table table;
static struct cidr_list *proxies;

static void
on_closed(struct conn *conn)
{
	(void)conn;
}

static int stopped;

static void
on_stop(struct conn *conn, uint16_t code, const char *reason)
{
	(void)conn;
	(void)code;
	(void)reason;
	stopped++;
}

static const struct door door = {
	.on_stop = on_stop, .kill = conn_free, .on_closed = on_closed
};

static int
set_up(void **state)
{
	char *items[] = { "10.0.0.0/8", "127.0.0.1" };

	(void)state;
	proxies = cidr_list_new(items, sizeof(items) / sizeof(items[0]));
	conn_table_init(&table, 10, PER_ADDRESS, proxies);
	stopped = 0;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	conn_table_clear(&table);
	conn_table_fini(&table);
	cidr_list_free(proxies);
	return 0;
}

static struct conn *
admit(const char *text)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	bool is_v4 = inet_pton(AF_INET, text, &v4.sin_addr) == 1;
	struct conn *conn;
	const char *why;

	if (!is_v4)
		assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	conn = conn_admit(&table, is_v4 ? (const void *)&v4 : (const void *)&v6,
		TRANSPORT_HTTP, &why);
	if (conn)
		conn->door = &door;
	else
		assert_string_equal(why, "per_address");
	return conn;
}

static int
set_client(struct conn *conn, const char *text)
{
	struct in6_addr client;

	assert_int_equal(inet_pton(AF_INET6, text, &client), 1);
	return conn_set_client(conn, &client);
}

static void
test_both_forms_of_an_ipv4_address_share_one_limit(void **state)
{
	struct conn *conn = admit("192.0.2.1");

	(void)state;
	assert_string_equal(conn->peer, "192.0.2.1");
	assert_string_equal(admit("::ffff:192.0.2.1")->peer, "192.0.2.1");
	assert_null(admit("192.0.2.1"));
	conn_free(conn);
	assert_non_null(admit("192.0.2.1"));
	assert_string_equal(admit("2001:db8::1")->peer, "2001:db8::1");
}

static void
test_loopback_addresses_and_proxies_have_no_limit(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < PER_ADDRESS + 1; i++) {
		assert_false(conn_is_proxy(admit("127.0.0.2")));
		assert_true(conn_is_proxy(admit("10.1.2.3")));
		assert_true(conn_is_proxy(admit("::ffff:10.1.2.3")));
	}
}

static void
test_a_client_has_one_limit_directly_and_through_all_proxies(void **state)
{
	struct conn *conns[3] = { admit("10.0.0.1"), admit("10.0.0.2"),
		admit("10.0.0.1") };

	(void)state;
	assert_int_equal(set_client(conns[0], "::ffff:192.0.2.1"), 0);
	assert_string_equal(conns[0]->peer, "192.0.2.1");
	assert_non_null(admit("192.0.2.1"));
	assert_int_equal(set_client(conns[1], "::ffff:192.0.2.1"), -EUSERS);
	assert_null(admit("192.0.2.1"));
	assert_int_equal(set_client(conns[1], "::ffff:192.0.2.2"), 0);
	conn_unset_client(conns[0]);
	assert_string_equal(conns[0]->peer, "10.0.0.1");
	assert_int_equal(set_client(conns[2], "::ffff:192.0.2.1"), 0);
	conn_free(conns[2]);
	assert_int_equal(set_client(conns[0], "::ffff:192.0.2.1"), 0);
	assert_null(admit("192.0.2.1"));
}

static void
test_a_refused_client_frees_no_place(void **state)
{
	struct conn *conn = admit("10.0.0.1");

	(void)state;
	assert_non_null(admit("192.0.2.1"));
	assert_non_null(admit("192.0.2.1"));
	assert_int_equal(set_client(conn, "::ffff:192.0.2.1"), -EUSERS);
	conn_unset_client(conn);
	assert_int_equal(set_client(conn, "::ffff:192.0.2.1"), -EUSERS);
	conn_free(conn);
	assert_null(admit("192.0.2.1"));
}

static void
test_a_client_behind_a_local_proxy_is_not_loopback(void **state)
{
	struct conn *conn = admit("127.0.0.1");

	(void)state;
	assert_true(conn->is_loopback);
	assert_int_equal(set_client(conn, "2001:db8::1"), 0);
	assert_false(conn->is_loopback);
	assert_int_equal(set_client(conn, "::1"), 0);
	assert_true(conn->is_loopback);
	assert_int_equal(set_client(conn, "2001:db8::1"), 0);
	conn_unset_client(conn);
	assert_true(conn->is_loopback);
	assert_string_equal(conn->peer, "127.0.0.1");
}

static void
test_a_proxy_that_is_no_longer_trusted_is_a_client(void **state)
{
	struct conn *was = admit("10.0.0.1"), *becomes = admit("192.0.2.1");
	char *items[] = { "192.0.2.1" };
	struct cidr_list *others = cidr_list_new(items, 1);

	(void)state;
	conn_table_set_proxies(&table, others, false);
	assert_false(conn_is_proxy(was));
	assert_true(conn_is_proxy(becomes));
	assert_int_equal(stopped, 0);
	assert_non_null(admit("10.0.0.1"));
	assert_null(admit("10.0.0.1"));
	assert_int_equal(set_client(becomes, "::ffff:192.0.2.7"), 0);
	conn_unset_client(becomes);
	assert_string_equal(becomes->peer, "192.0.2.1");
	conn_table_set_proxies(&table, proxies, false);
	cidr_list_free(others);
}

static void
test_what_a_proxy_said_is_void_when_it_is_no_longer_trusted(void **state)
{
	struct conn *remote = admit("10.0.0.1"), *local = admit("127.0.0.1");
	struct conn *direct = admit("127.0.0.1");

	(void)state;
	assert_int_equal(set_client(remote, "::ffff:192.0.2.7"), 0);
	assert_int_equal(set_client(local, "::1"), 0);
	conn_table_set_proxies(&table, NULL, false);
	assert_int_equal(stopped, 2);
	conn_unset_client(remote);
	assert_string_equal(remote->peer, "10.0.0.1");
	assert_true(remote->is_counted);
	assert_string_equal(direct->peer, "127.0.0.1");
	conn_table_set_proxies(&table, proxies, false);
}

static void
test_clients_without_an_address_share_one_limit(void **state)
{
	const struct sockaddr peer = { .sa_family = AF_UNIX };
	struct conn *proxy = admit("10.0.0.1"), *conn;
	const char *why;

	(void)state;
	assert_int_equal(set_client(proxy, "::"), 0);
	conn = conn_admit(&table, &peer, TRANSPORT_HTTP, &why);
	conn->door = &door;
	assert_string_equal(conn->peer, "unknown");
	assert_false(conn->is_loopback);
	assert_false(conn_is_exempt(conn));
	assert_null(conn_admit(&table, &peer, TRANSPORT_HTTP, &why));
	assert_string_equal(why, "per_address");
	conn_table_set_proxies(&table, proxies, true);
	for (int i = 0; i < PER_ADDRESS + 1; i++) {
		conn = conn_admit(&table, &peer, TRANSPORT_HTTP, &why);
		conn->door = &door;
		assert_true(conn_is_exempt(conn));
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_both_forms_of_an_ipv4_address_share_one_limit),
		TEST(test_loopback_addresses_and_proxies_have_no_limit),
		TEST(test_a_client_has_one_limit_directly_and_through_all_proxies),
		TEST(test_a_refused_client_frees_no_place),
		TEST(test_a_client_behind_a_local_proxy_is_not_loopback),
		TEST(test_a_proxy_that_is_no_longer_trusted_is_a_client),
		TEST(test_what_a_proxy_said_is_void_when_it_is_no_longer_trusted),
		TEST(test_clients_without_an_address_share_one_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
