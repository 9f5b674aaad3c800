#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "http/forwarded.h"

/* The trusted proxies of all tests. */
static char *items[] = { "127.0.0.1", "::1", "10.0.0.0/8", "192.168.4.0/22",
	"fd00:1:2::/47", "2001:db8::7" };

static struct cidr_list *proxies;

static int
set_up(void **state)
{
	(void)state;
	proxies = cidr_list_new(items, sizeof(items) / sizeof(items[0]));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	cidr_list_free(proxies);
	return 0;
}

static struct in6_addr
address(const char *text)
{
	struct in6_addr address;
	char mapped[64];

	snprintf(
		mapped, sizeof(mapped), "%s%s", strchr(text, ':') ? "" : "::ffff:", text);
	assert_int_equal(inet_pton(AF_INET6, mapped, &address), 1);
	return address;
}

static bool
is_trusted(const char *text)
{
	struct in6_addr peer = address(text);

	return cidr_list_has(proxies, &peer);
}

static void
test_an_address_or_a_prefix_may_be_trusted(void **state)
{
	static const char *const good[] = { "127.0.0.1", "10.0.0.0/8", "0.0.0.0/0",
		"192.168.1.1/32", "::1", "::/0", "fd00::/8", "2001:db8::1/128",
		"::ffff:10.0.0.0/104" };
	static const char *const bad[] = { "", "/", "/8", "localhost", "10.0.0", "10/8",
		"10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/ 8",
		"10.0.0.0/0x8", "10.0.0.0/0008", " 10.0.0.1", "10.0.0.1 ", "10.0.0.256",
		"fd00::/129", "[::1]", "::1%lo", "fe80::1%eth0/64", "10.0.0.1:80", "*" };
	static const char *const overfull[] = { "10.0.0.1/8", "192.168.5.0/22",
		"fd00::1/8", "fd00:1:3::/47", "128.0.0.0/0" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_null(cidr_fault(good[i]));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_string_equal(cidr_fault(bad[i]),
			"must be an IP address or a prefix such as 10.0.0.0/8");
	for (i = 0; i < sizeof(overfull) / sizeof(overfull[0]); i++)
		assert_string_equal(cidr_fault(overfull[i]),
			"must have no bits set behind its prefix");
}

static void
test_addresses_in_the_list_are_trusted(void **state)
{
	static const char *const in[] = { "127.0.0.1", "::1", "10.0.0.0",
		"10.255.255.255", "::ffff:10.1.2.3", "192.168.4.0", "192.168.7.255",
		"fd00:1:2::", "fd00:1:3:ffff::1", "2001:db8::7" };
	static const char *const out[] = { "127.0.0.2", "::2", "11.0.0.0",
		"9.255.255.255", "192.168.3.255", "192.168.8.0",
		"fd00:1:1::", "fd00:1:4::", "2001:db8::8", "::10.0.0.1", "0.0.0.0",
		"::" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		assert_true(is_trusted(in[i]));
	for (i = 0; i < sizeof(out) / sizeof(out[0]); i++)
		assert_false(is_trusted(out[i]));
}

static void
test_an_empty_list_trusts_nobody(void **state)
{
	struct cidr_list *nobody = cidr_list_new(NULL, 0);
	struct in6_addr loopback = address("127.0.0.1");

	(void)state;
	assert_false(cidr_list_has(nobody, &loopback));
	cidr_list_free(nobody);
}

/* Find the client of a request of peer with the header lines in fields, each ending in
 * CRLF. */
static int
find_by(struct in6_addr peer, const char *fields, struct in6_addr *client)
{
	struct http_fault fault;
	struct http_head *head;
	char text[512];
	int n = snprintf(
		text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);
	int r;

	assert_int_equal(http_head_parse(text, (size_t)n, &head, &fault), n);
	r = forwarded_find_client(proxies, head, &peer, client);
	http_head_free(head);
	return r;
}

static int
find(const char *fields, struct in6_addr *client)
{
	return find_by(address("127.0.0.1"), fields, client);
}

#define FOR "X-Forwarded-For: "
#define END "\r\n"

static void
test_the_last_untrusted_hop_is_the_client(void **state)
{
	static const struct {
		const char *fields, *client;
	} cases[] = {
		{ FOR "8.8.8.8" END, "8.8.8.8" },
		{ FOR "1.1.1.1, 8.8.8.8" END, "8.8.8.8" },
		{ FOR "1.1.1.1, 8.8.8.8, 10.1.1.1,127.0.0.1" END, "8.8.8.8" },
		{ FOR "127.0.0.1, 8.8.8.8" END, "8.8.8.8" },
		{ FOR "nonsense, 8.8.8.8" END, "8.8.8.8" },
		{ FOR "1.1.1.1" END FOR "8.8.8.8" END, "8.8.8.8" },
		{ FOR "1.1.1.1, 8.8.8.8" END "X: y" END FOR "10.0.0.1" END, "8.8.8.8" },
		{ FOR "8.8.8.8" END FOR "" END, "8.8.8.8" },
		{ FOR "8.8.8.8, , \t," END, "8.8.8.8" },
		{ FOR ",\t8.8.8.8\t, 10.0.0.1 " END, "8.8.8.8" },
		{ FOR "2a00::1" END, "2a00::1" },
		{ FOR "2a00::1, fd00:1:2::1" END, "2a00::1" },
		{ FOR "::ffff:8.8.8.8" END, "8.8.8.8" },
		{ FOR "8.8.8.8:1234" END, "8.8.8.8" },
		{ FOR "[2a00::1]" END, "2a00::1" },
		{ FOR "[2a00::1]:1234" END, "2a00::1" },
		{ FOR "10.0.0.1" END, "10.0.0.1" },
		{ FOR "127.0.0.1" END, "127.0.0.1" },
		{ FOR "10.0.0.3, 10.0.0.2" END FOR "10.0.0.1" END, "10.0.0.3" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct in6_addr client = address("127.0.0.1");
		struct in6_addr wanted = address(cases[i].client);

		assert_int_equal(find(cases[i].fields, &client), 0);
		assert_memory_equal(&client, &wanted, sizeof(client));
	}
}

static void
test_a_client_without_an_address_is_a_stranger(void **state)
{
	static const char *const cases[] = {
		FOR "unknown" END,
		FOR "8.8.8.8, unknown" END,
		FOR "8.8.8.8, _hidden, 10.0.0.1" END,
		FOR "127.0.0.1" END FOR "unix:" END,
		FOR "8.8.8.8 9.9.9.9" END,
		FOR "8.8.8.8.8" END,
		FOR "[8.8.8.8]" END,
		FOR "[2a00::1" END,
		FOR "[2a00::1]x" END,
		FOR "[]" END,
		FOR ":" END,
		FOR "::" END,
		FOR "\"8.8.8.8\"" END,
		FOR "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000" END,
		FOR END,
		FOR ", ," END,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct in6_addr client = address("127.0.0.1");

		assert_int_equal(find(cases[i], &client), -EINVAL);
		assert_true(IN6_IS_ADDR_UNSPECIFIED(&client));
	}
}

/* A proxy on another machine serves its own machine, too. */
static void
test_only_a_proxy_on_this_machine_can_name_this_machine(void **state)
{
	static const struct {
		const char *peer, *fields;
		int found;
	} cases[] = {
		{ "10.0.0.1", FOR "127.0.0.1" END, -EINVAL },
		{ "10.0.0.1", FOR "127.8.8.8" END, -EINVAL },
		{ "10.0.0.1", FOR "::1" END, -EINVAL },
		{ "10.0.0.1", FOR "8.8.8.8, 127.0.0.1" END, -EINVAL },
		{ "127.0.0.1", FOR "127.0.0.1, 10.0.0.1" END, -EINVAL },
		{ "127.0.0.1", FOR "127.8.8.8" END FOR "10.0.0.1" END, -EINVAL },
		{ "10.0.0.1", FOR "127.0.0.1, 8.8.8.8" END, 0 },
		{ "127.0.0.1", FOR "127.8.8.8" END, 0 },
		{ "::1", FOR "127.8.8.8, ::1" END, 0 },
		{ "::", FOR "::1" END, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct in6_addr client;

		assert_int_equal(
			find_by(address(cases[i].peer), cases[i].fields, &client),
			cases[i].found);
		assert_int_equal(IN6_IS_ADDR_UNSPECIFIED(&client), cases[i].found != 0);
	}
}

static void
test_without_x_forwarded_for_no_client_is_found(void **state)
{
	static const char *const cases[] = { "", "X-Real-IP: 8.8.8.8" END,
		"Forwarded: for=8.8.8.8" END };
	struct in6_addr client;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(find(cases[i], &client), -ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_address_or_a_prefix_may_be_trusted),
		cmocka_unit_test(test_addresses_in_the_list_are_trusted),
		cmocka_unit_test(test_an_empty_list_trusts_nobody),
		cmocka_unit_test(test_the_last_untrusted_hop_is_the_client),
		cmocka_unit_test(test_a_client_without_an_address_is_a_stranger),
		cmocka_unit_test(test_only_a_proxy_on_this_machine_can_name_this_machine),
		cmocka_unit_test(test_without_x_forwarded_for_no_client_is_found),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
