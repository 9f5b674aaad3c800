#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <errno.h>

#include <cmocka.h>

#include "linnet/base/cidr.h"
#include "linnet/base/conn_limit.h"

static struct in6_addr
address_of(const char *text)
{
	struct in6_addr address;

	assert_true(cidr_read_address(text, strlen(text), &address));
	return address;
}

static struct conn_limit_key
key_of(const char *text)
{
	struct in6_addr address = address_of(text);

	return conn_limit_key_of(&address);
}

static bool
is_loopback(const char *text)
{
	struct in6_addr address = address_of(text);

	return conn_limit_is_loopback(&address);
}

static void
assert_same(const char *a, const char *b, bool same)
{
	struct conn_limit_key key_a = key_of(a), key_b = key_of(b);

	assert_int_equal(memcmp(&key_a, &key_b, sizeof(key_a)) == 0, same);
}

static void
test_ipv4_counts_by_whole_address_also_when_mapped_to_ipv6(void **state)
{
	(void)state;
	assert_same("192.0.2.1", "192.0.2.2", false);
	assert_same("192.0.2.1", "::ffff:192.0.2.1", true);
}

static void
test_ipv6_counts_by_the_first_64_bits(void **state)
{
	(void)state;
	assert_same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true);
	assert_same("2001:db8:1:2::1", "2001:db8:1:3::1", false);
}

static void
test_all_forms_of_loopback_are_recognised(void **state)
{
	(void)state;
	assert_true(is_loopback("127.0.0.1"));
	assert_true(is_loopback("127.9.9.9"));
	assert_true(is_loopback("::1"));
	assert_true(is_loopback("::ffff:127.0.0.1"));
	assert_false(is_loopback("128.0.0.1"));
	assert_false(is_loopback("::2"));
}

static void
test_an_address_holds_its_limit_and_no_more(void **state)
{
	struct conn_limit_table *table = conn_limit_new(2);
	struct conn_limit_key a = key_of("192.0.2.1"), b = key_of("192.0.2.2");

	(void)state;
	assert_int_equal(conn_limit_acquire(table, &a), 0);
	assert_int_equal(conn_limit_acquire(table, &a), 0);
	assert_int_equal(conn_limit_acquire(table, &a), -EUSERS);
	assert_int_equal(conn_limit_acquire(table, &b), 0);
	conn_limit_release(table, &a);
	assert_int_equal(conn_limit_acquire(table, &a), 0);
	conn_limit_free(table);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_ipv4_counts_by_whole_address_also_when_mapped_to_ipv6),
		cmocka_unit_test(test_ipv6_counts_by_the_first_64_bits),
		cmocka_unit_test(test_all_forms_of_loopback_are_recognised),
		cmocka_unit_test(test_an_address_holds_its_limit_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
