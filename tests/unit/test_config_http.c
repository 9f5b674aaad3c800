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
test_a_certificate_or_a_key_alone_is_refused(void **state)
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
test_one_that_is_taken_away_is_reported_where_that_is_done(void **state)
{
	static const char both[] =
		"http = { tls_certificate = \"a\"; tls_key = \"b\"; };";

	(void)state;
	assert_load_fails(((struct attempt){ both, { "http.tls_key=" } }),
		"-s http.tls_key=: http.tls_certificate is given without http.tls_key");
	config_free(load(((struct attempt){
		both, {"http.tls_key=", "http.tls_certificate="}
        })));
}

static void
test_one_that_is_refused_is_not_missed(void **state)
{
	(void)state;
	assert_load_fails(
		FILE_TEXT("http = { tls_certificate = \"a\";\n  tls_key = 1; };"),
		"test.cfg:2: http.tls_key must be a string of 0 to 4095 bytes, is 1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_certificate_and_its_key_come_together),
		cmocka_unit_test(test_a_certificate_or_a_key_alone_is_refused),
		cmocka_unit_test(
			test_one_that_is_taken_away_is_reported_where_that_is_done),
		cmocka_unit_test(test_one_that_is_refused_is_not_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
