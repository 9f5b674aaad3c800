#include "config_fixture.h"

static void
test_a_certificate_and_its_key_come_together(void **state)
{
	(void)state;
	struct config *config = load(FILE_TEXT(
		"http = { tls_certificate = \"a.pem\"; tls_key = \"a.key\"; };"));
	assert_string_equal(config->http.tls_certificate, "a.pem");
	assert_string_equal(config->http.tls_key, "a.key");
	config_free(config);
	config = load(FILE_TEXT(""));
	assert_string_equal(config->http.tls_certificate, "");
	assert_string_equal(config->http.tls_key, "");
	config_free(config);
}

static void
test_a_certificate_or_a_key_alone_is_rejected(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("http = {\n  tls_certificate = \"a\"; };"),
		"test.cfg:2: http.tls_certificate is given without http.tls_key");
	assert_load_fails(FILE_TEXT("http = {\n  tls_key = \"a\"; };"),
		"test.cfg:2: http.tls_key is given without http.tls_certificate");
	assert_load_fails(SETTINGS("http.tls_key=a"),
		"-s http.tls_key=a: http.tls_key is given without http.tls_certificate");
}

static void
test_a_removed_certificate_is_reported_at_the_setting_that_removes_it(void **state)
{
	static const char both[] =
		"http = { tls_certificate = \"a\"; tls_key = \"b\"; };";

	(void)state;
	assert_load_fails(((struct attempt){ both, { "http.tls_key=" } }),
		"-s http.tls_key=: http.tls_certificate is given without http.tls_key");
	config_free(load((
		(struct attempt){ both, { "http.tls_key=", "http.tls_certificate=" } })));
}

static void
test_a_rejected_certificate_is_not_reported_as_missing(void **state)
{
	(void)state;
	assert_load_fails(
		FILE_TEXT("http = { tls_certificate = \"a\";\n  tls_key = 1; };"),
		"test.cfg:2: http.tls_key must be a string of 0 to 4095 bytes, is 1");
}

static void
test_proxies_are_addresses_or_prefixes(void **state)
{
	(void)state;
	struct config *config = load(FILE_TEXT(
		"http = { trusted_proxies = [ \"127.0.0.1\", \"fd00::/8\" ]; };"));
	assert_int_equal(config->http.trusted_proxies.count, 2);
	assert_string_equal(config->http.trusted_proxies.items[1], "fd00::/8");
	config_free(config);
	assert_load_fails(FILE_TEXT("http = { trusted_proxies = [ \"localhost\",\n"
				    "  \"10.0.0.1/8\" ]; };"),
		"test.cfg:1: http.trusted_proxies item 1 must be an IP address or a "
		"prefix such as 10.0.0.0/8, is \"localhost\"",
		"test.cfg:1: http.trusted_proxies item 2 must have no bits set behind "
		"its prefix, is \"10.0.0.1/8\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_certificate_and_its_key_come_together),
		cmocka_unit_test(test_a_certificate_or_a_key_alone_is_rejected),
		cmocka_unit_test(
			test_a_removed_certificate_is_reported_at_the_setting_that_removes_it),
		cmocka_unit_test(test_a_rejected_certificate_is_not_reported_as_missing),
		cmocka_unit_test(test_proxies_are_addresses_or_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
