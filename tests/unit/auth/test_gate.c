#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "linnet/auth/gate.h"
#include "linnet/base/metrics.h"

#define NOW_MS 1700000000000

static struct config config;

static int
setup(void **state)
{
	memset(&config, 0, sizeof(config));
	config.limits.message_rate = 5;
	config.limits.message_burst = 20;
	config.limits.address_rate = 20;
	config.limits.address_burst = 200;
	config.limits.connect_rate = 10;
	config.limits.connect_burst = 128;
	config.limits.address_rooms = 20;
	config.limits.hook_burst = 2000;
	*state = gate_new(&config);
	return 0;
}

static int
teardown(void **state)
{
	gate_free(*state);
	return 0;
}

/* The client with an address of the network 2001:db8::/32, in /64 number network. */
static struct gate_client *
client_in(struct gate *gate, unsigned network)
{
	struct in6_addr address = {
		.s6_addr = { 0x20, 0x01, 0x0d, 0xb8, (unsigned char)(network >> 24),
			(unsigned char)(network >> 16), (unsigned char)(network >> 8),
			(unsigned char)network, [15] = 1 }
	};
	struct conn_limit_key key = conn_limit_key_of(&address);

	return gate_find_address(gate, &key, false);
}

/* How often client may pay 1 at now_ms, with a rate of its own each time. */
static unsigned
count_payments(struct gate *gate, struct gate_client *client, int64_t now_ms)
{
	unsigned count = 0;
	struct rate own = { 0 };

	while (gate_pay(gate, client, &own, 1, now_ms) == 0 && count < 100000) {
		count++;
		memset(&own, 0, sizeof(own));
	}
	return count;
}

static void
test_all_sessions_of_a_client_share_one_limit(void **state)
{
	struct gate *gate = *state;
	struct gate_client *client = client_in(gate, 1);

	assert_int_equal(count_payments(gate, client, NOW_MS), 200);
	assert_int_equal(count_payments(gate, client, NOW_MS + 1000), 20);
	assert_int_equal(count_payments(gate, client_in(gate, 2), NOW_MS), 200);
	assert_ptr_equal(client_in(gate, 1), client);
}

static void
test_what_is_refused_costs_nothing(void **state)
{
	struct gate *gate = *state;
	struct gate_client *client = client_in(gate, 1);
	struct rate eager = { 0 }, other = { 0 };
	int i;

	for (i = 0; i < 20; i++)
		assert_int_equal(gate_pay(gate, client, &eager, 1, NOW_MS), 0);
	for (i = 0; i < 1000; i++)
		assert_true(gate_pay(gate, client, &eager, 1, NOW_MS) > 0);
	assert_int_equal(count_payments(gate, client, NOW_MS), 180);
	for (i = 0; i < 1000; i++)
		assert_true(gate_pay(gate, client, &other, 1, NOW_MS) > 0);
	config.limits.address_rate = 0;
	for (i = 0; i < 20; i++)
		assert_int_equal(gate_pay(gate, client, &other, 1, NOW_MS), 0);
	assert_true(gate_pay(gate, client, &other, 1, NOW_MS) > 0);
}

static void
test_what_is_paid_back_can_be_paid_again(void **state)
{
	struct gate *gate = *state;
	struct gate_client *client = client_in(gate, 1);
	struct rate own = { 0 };
	int i;

	for (i = 0; i < 1000; i++) {
		assert_int_equal(gate_pay(gate, client, &own, 1, NOW_MS), 0);
		gate_pay_back(gate, client, &own, 1);
	}
	assert_int_equal(count_payments(gate, client, NOW_MS), 200);
}

/* Others of the same address take everything that there is. */
static void
test_a_session_that_waits_as_told_is_never_taken_for_flooding(void **state)
{
	struct gate *gate = *state;
	struct gate_client *client = client_in(gate, 1);
	struct rate polite = { 0 }, rude = { 0 };
	int64_t now_ms = NOW_MS;
	unsigned refusals = 0;
	bool is_closed = false;

	for (int i = 0; i < 1000; i++) {
		int64_t wait_ms;

		count_payments(gate, client, now_ms);
		wait_ms = gate_charge(gate, client, &polite, 1, now_ms);
		assert_true(wait_ms > 0);
		assert_false(gate_is_flooding(gate, &polite, now_ms));
		now_ms += wait_ms;
	}
	while (!is_closed && refusals++ < 1000) {
		assert_true(
			gate_charge(gate, client, &rude, 1, now_ms) > 0 || refusals < 20);
		is_closed = gate_is_flooding(gate, &rude, now_ms);
	}
	assert_int_equal(refusals, GATE_PATIENCE + 1);
}

static void
test_connections_and_rooms_have_limits_of_their_own(void **state)
{
	struct gate *gate = *state;
	struct gate_client *client = client_in(gate, 1);
	uint64_t refused = metrics.refused[REFUSED_BY_CONNECT_RATE];
	int i;

	for (i = 0; i < 128; i++)
		assert_int_equal(gate_connect(gate, client, NOW_MS), 0);
	assert_in_range(gate_connect(gate, client, NOW_MS), 100, 101);
	assert_int_equal(metrics.refused[REFUSED_BY_CONNECT_RATE], refused + 1);
	for (i = 0; i < 20; i++)
		assert_int_equal(gate_make_room(gate, client, NOW_MS), 0);
	assert_in_range(gate_make_room(gate, client, NOW_MS), 180000, 180001);
	assert_int_equal(gate_make_room(gate, client, NOW_MS + 180001), 0);
	assert_true(gate_make_room(gate, client, NOW_MS + 180001) > 0);
	assert_int_equal(count_payments(gate, client, NOW_MS), 200);
	config.limits.connect_rate = 0;
	config.limits.address_rooms = 0;
	for (i = 0; i < 1000; i++) {
		assert_int_equal(gate_connect(gate, client, NOW_MS), 0);
		assert_int_equal(gate_make_room(gate, client, NOW_MS), 0);
	}
}

static void
test_hooks_have_a_limit_of_their_own_that_is_full_again_after_60_s(void **state)
{
	struct gate *gate = *state;
	struct gate_client *client = client_in(gate, 1), *other = client_in(gate, 2);
	uint64_t limited = metrics.rate_limited;
	int i;

	for (i = 0; i < 2000; i++)
		assert_int_equal(gate_take_hook(gate, client, NOW_MS), 0);
	assert_in_range(gate_take_hook(gate, client, NOW_MS), 30, 31);
	assert_int_equal(metrics.rate_limited, limited + 1);
	assert_int_equal(gate_take_hook(gate, other, NOW_MS), 0);
	assert_int_equal(count_payments(gate, client, NOW_MS), 200);
	for (i = 0; i < 2000; i++)
		assert_int_equal(gate_take_hook(gate, client, NOW_MS + 60000), 0);
	assert_true(gate_take_hook(gate, client, NOW_MS + 60000) > 0);
	config.limits.hook_burst = 0;
	assert_int_equal(gate_take_hook(gate, client, NOW_MS + 60000), 0);
}

static void
test_nobody_and_the_exempt_share_no_limit(void **state)
{
	struct gate *gate = *state;
	struct in6_addr loopback = IN6ADDR_LOOPBACK_INIT;
	struct conn_limit_key key = conn_limit_key_of(&loopback);
	struct gate_client *clients[] = { NULL, gate_find_address(gate, &key, true) };
	struct rate own = { 0 };

	for (int i = 0; i < 2; i++) {
		for (int k = 0; k < 1000; k++) {
			assert_int_equal(gate_pay(gate, clients[i], NULL, 1, NOW_MS), 0);
			assert_int_equal(gate_connect(gate, clients[i], NOW_MS), 0);
			assert_int_equal(gate_make_room(gate, clients[i], NOW_MS), 0);
		}
		for (int k = 0; k < 3000; k++)
			assert_int_equal(gate_take_hook(gate, clients[i], NOW_MS), 0);
	}
	for (int k = 0; k < 20; k++)
		assert_int_equal(gate_pay(gate, clients[1], &own, 1, NOW_MS), 0);
	assert_true(gate_pay(gate, clients[1], &own, 1, NOW_MS) > 0);
}

static void
test_strangers_without_an_address_are_not_this_machine(void **state)
{
	struct gate *gate = *state;
	struct in6_addr loopback = IN6ADDR_LOOPBACK_INIT, unknown = IN6ADDR_ANY_INIT;
	struct conn_limit_key key_of_loopback = conn_limit_key_of(&loopback);
	struct conn_limit_key key_of_unknown = conn_limit_key_of(&unknown);
	struct gate_client *strangers = gate_find_address(gate, &key_of_unknown, false);

	assert_int_equal(count_payments(gate, strangers, NOW_MS), 200);
	assert_ptr_not_equal(gate_find_address(gate, &key_of_loopback, true), strangers);
	assert_int_equal(count_payments(gate, strangers, NOW_MS), 0);
}

static void
test_a_token_is_a_client_of_its_own(void **state)
{
	struct gate *gate = *state;
	struct gate_client *ci = gate_find_token(gate, "ci");
	char long_name[300];

	assert_ptr_equal(gate_find_token(gate, "ci"), ci);
	assert_ptr_not_equal(gate_find_token(gate, "cd"), ci);
	assert_int_equal(count_payments(gate, ci, NOW_MS), 200);
	assert_int_equal(count_payments(gate, gate_find_token(gate, "cd"), NOW_MS), 200);
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_non_null(gate_find_token(gate, long_name));
}

static void
test_many_clients_displace_only_who_is_idle_for_longest(void **state)
{
	struct gate *gate = *state;
	struct gate_client *busy = gate_client_ref(client_in(gate, 1));
	unsigned i;

	assert_int_equal(count_payments(gate, busy, NOW_MS), 200);
	assert_int_equal(count_payments(gate, client_in(gate, 2), NOW_MS), 200);
	for (i = 0; i < GATE_IDLE_MAX - 1; i++)
		client_in(gate, 100 + i);
	/* Full, and every one of them is still known. */
	assert_int_equal(count_payments(gate, client_in(gate, 2), NOW_MS), 0);
	for (i = 0; i < GATE_IDLE_MAX; i++)
		client_in(gate, 100000 + i);
	assert_int_equal(count_payments(gate, client_in(gate, 2), NOW_MS), 200);
	assert_ptr_equal(client_in(gate, 1), busy);
	assert_int_equal(count_payments(gate, busy, NOW_MS), 0);
	gate_client_unref(busy);
	assert_int_equal(count_payments(gate, client_in(gate, 1), NOW_MS), 0);
	gate_client_unref(NULL);
	assert_null(gate_client_ref(NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_all_sessions_of_a_client_share_one_limit),
		TEST(test_what_is_refused_costs_nothing),
		TEST(test_what_is_paid_back_can_be_paid_again),
		TEST(test_a_session_that_waits_as_told_is_never_taken_for_flooding),
		TEST(test_connections_and_rooms_have_limits_of_their_own),
		TEST(test_hooks_have_a_limit_of_their_own_that_is_full_again_after_60_s),
		TEST(test_nobody_and_the_exempt_share_no_limit),
		TEST(test_strangers_without_an_address_are_not_this_machine),
		TEST(test_a_token_is_a_client_of_its_own),
		TEST(test_many_clients_displace_only_who_is_idle_for_longest),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
