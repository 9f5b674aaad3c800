#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "linnet/protocol/message.h"

static const struct message_stamp stamp = {
	.ts_ms = 1795168487123,
	.username = "ann",
	.avatar = true,
};

/* What readers receive for text. The caller frees it. */
static char *
relayed(const char *text, const struct message_stamp *with)
{
	struct buffer tail = { 0 }, whole = { 0 };
	struct message message;
	struct message_fault fault;

	assert_int_equal(message_decode(&message, text, strlen(text), 32768, &fault), 0);
	message_append_tail(&message, with, &tail);
	message_append_whole(&whole, message.type ? message.type : "message", "lobby", 42,
		tail.bytes, tail.len);
	buffer_append(&whole, "", 1);
	free(tail.bytes);
	message_fini(&message);
	return whole.bytes;
}

static void
assert_relayed(const char *text, const char *expected)
{
	char *out = relayed(text, &stamp);

	assert_string_equal(out, expected);
	free(out);
}

static void
assert_refused(const char *text, const char *code, const char *ref)
{
	struct message message;
	struct message_fault fault;

	assert_true(message_decode(&message, text, strlen(text), 32768, &fault) < 0);
	assert_string_equal(fault.code, code);
	assert_string_equal(fault.ref, ref);
	assert_true(fault.text[0] != '\0');
}

static void
test_a_message_is_stamped_and_keeps_members_that_linnet_does_not_know(void **state)
{
	(void)state;
	assert_relayed(
		"{\"x\":1,\"message\":\"hi\",\"username\":\"ann\",\"y\":{\"z\":[]}}",
		"{\"type\":\"message\",\"room\":\"lobby\",\"id\":42,\"ts\":1795168487123,"
		"\"username\":\"ann\",\"message\":\"hi\",\"x\":1,\"y\":{\"z\":[]}}");
}

static void
test_the_email_becomes_its_gravatar_hash(void **state)
{
	(void)state;
	/* printf ann@example.org | sha256sum */
	assert_relayed("{\"email\":\" Ann@Example.ORG\\t\",\"username\":\"ann\"}",
		"{\"type\":\"message\",\"room\":\"lobby\",\"id\":42,\"ts\":1795168487123,"
		"\"username\":\"ann\",\"avatar\":"
		"\"438c4c7afe600cdf1e455c369bec76dc970fc8ca463447c7b387a347f3c79331\"}");
}

static void
test_the_email_is_passed_on_only_if_configured(void **state)
{
	struct message_stamp shared = stamp;
	char *out;

	(void)state;
	shared.share_email = true;
	out = relayed("{\"email\":\"a@x.org\"}", &shared);
	assert_non_null(strstr(out, "\"email\":\"a@x.org\""));
	free(out);
	out = relayed("{\"email\":\"a@x.org\"}", &stamp);
	assert_null(strstr(out, "a@x.org"));
	free(out);
}

static void
test_a_sender_cannot_set_members_of_the_server(void **state)
{
	(void)state;
	assert_relayed("{\"id\":7,\"ts\":1,\"avatar\":\"evil\",\"via\":\"push\","
		       "\"ref\":\"r\",\"deleted\":true,\"message\":\"m\"}",
		"{\"type\":\"message\",\"room\":\"lobby\",\"id\":42,\"ts\":1795168487123,"
		"\"username\":\"ann\",\"message\":\"m\"}");
}

static void
test_a_client_may_use_its_own_type(void **state)
{
	(void)state;
	assert_relayed("{\"type\":\"chart\",\"value\":0.41}",
		"{\"type\":\"chart\",\"room\":\"lobby\",\"id\":42,\"ts\":1795168487123,"
		"\"username\":\"ann\",\"value\":0.41}");
}

static void
test_numbers_and_texts_are_passed_on_unchanged(void **state)
{
	char *out =
		relayed("{\"n\":[0.1,-0.0,1.0,1e300,5e-324,123456789012345678,"
			"0.30000000000000004],\"s\":\"\\u00e9\\n\\\"\\\\ 😀 \\u0001/\"}",
			&stamp);

	(void)state;
	assert_non_null(strstr(out, "\"n\":[0.1,-0.0,1.0,1e+300,4.94065645841247e-324,"
				    "123456789012345678,0.30000000000000004]"));
	assert_non_null(strstr(out, "\"s\":\"é\\n\\\"\\\\ 😀 \\u0001/\""));
	free(out);
}

static void
test_a_message_that_is_not_stored_has_no_id(void **state)
{
	struct buffer text = { 0 };

	(void)state;
	message_append_whole(&text, "cur\"sor", "lobby", 0, "\"ts\":1}", 7);
	assert_int_equal(text.len,
		strlen("{\"type\":\"cur\\\"sor\",\"room\":\"lobby\",\"ts\":1}"));
	assert_memory_equal(text.bytes,
		"{\"type\":\"cur\\\"sor\",\"room\":\"lobby\",\"ts\":1}", text.len);
	free(text.bytes);
}

static void
test_anything_but_an_object_is_bad_json(void **state)
{
	static const char *const texts[] = { "", "hello", "42", "null", "[]", "[{}]",
		"\"x\"", "{", "{\"a\":1}x", "{\"a\":1}{\"b\":2}", "{'a':1}",
		"{\"a\":\"\\u0000\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\xff\"}",
		"{\"a\":1e999}", "\xef\xbb\xbf{}" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_refused(texts[i], "bad_json", "");
}

/* An object that holds levels - 1 nested arrays. The caller frees it. */
static char *
nested(size_t levels)
{
	size_t arrays = levels - 1;
	char *text = malloc(2 * arrays + 16), *out = stpcpy(text, "{\"a\":");

	memset(out, '[', arrays);
	memset(out + arrays, ']', arrays);
	strcpy(out + 2 * arrays, "}");
	return text;
}

static void
test_deep_nesting_is_rejected_without_deep_recursion(void **state)
{
	struct message message;
	struct message_fault fault;
	char *text = nested(100000);

	(void)state;
	assert_refused(text, "bad_json", "");
	free(text);
	text = nested(2001);
	assert_refused(text, "bad_json", "");
	free(text);
	text = nested(2000);
	assert_int_equal(message_decode(&message, text, strlen(text), 32768, &fault), 0);
	message_fini(&message);
	free(text);
}

static void
test_the_error_names_the_member_of_a_wrong_type(void **state)
{
	struct message message;
	struct message_fault fault;
	const char *text = "{\"ref\":\"c1\",\"username\":5}";

	(void)state;
	assert_refused("{\"message\":5}", "bad_field", "");
	assert_refused("{\"email\":[]}", "bad_field", "");
	assert_refused("{\"type\":{}}", "bad_field", "");
	assert_refused("{\"room\":1}", "bad_field", "");
	assert_true(message_decode(&message, text, strlen(text), 32768, &fault) < 0);
	assert_string_equal(fault.text, "\"username\" must be a string");
	assert_string_equal(fault.ref, "c1");
}

static void
test_a_ref_has_1_to_64_characters(void **state)
{
	char text[512], ref[300];
	struct message message;
	struct message_fault fault;
	int i;

	(void)state;
	assert_refused("{\"ref\":\"\"}", "bad_field", "");
	assert_refused("{\"ref\":7}", "bad_field", "");
	for (ref[0] = '\0', i = 0; i < 64; i++)
		strcat(ref, "😀");
	snprintf(text, sizeof(text), "{\"ref\":\"%s\"}", ref);
	assert_int_equal(message_decode(&message, text, strlen(text), 32768, &fault), 0);
	assert_string_equal(message.ref, ref);
	message_fini(&message);
	snprintf(text, sizeof(text), "{\"ref\":\"%s\"}",
		"12345678901234567890123456789012345678901234567890123456789012345");
	assert_refused(text, "bad_field", "");
}

static void
test_an_error_names_the_ref_that_it_is_about(void **state)
{
	struct message_fault fault = {
		.code = "bad_json",
		.text = "no \"luck\"",
		.ref = "c1",
	};
	json_t *object = message_error(&fault);
	char *text = json_dumps(object, JSON_COMPACT);
	const char *expected = "{\"type\":\"error\",\"code\":\"bad_json\","
			       "\"message\":\"no \\\"luck\\\"\",\"ref\":\"c1\"}";

	(void)state;
	assert_string_equal(text, expected);
	free(text);
	json_decref(object);
}

static int
decode(const char *text, size_t max_bytes)
{
	struct message_fault fault;
	struct message message;
	int r = message_decode(&message, text, strlen(text), max_bytes, &fault);

	if (r == 0) {
		message_fini(&message);
		return 0;
	}
	assert_string_equal(fault.code, "bad_field");
	assert_string_equal(fault.ref, "c1");
	assert_true(fault.is_too_large);
	return r;
}

static void
test_what_others_would_receive_is_limited(void **state)
{
	(void)state;
	/* The text, without its key and quotes. */
	assert_int_equal(decode("{\"ref\":\"c1\",\"message\":\"\\u0001\\n123\"}", 11), 0);
	assert_true(decode("{\"ref\":\"c1\",\"message\":\"\\u0001\\n123\"}", 10) < 0);
	/* Other members, with their keys; 1e14 is 100000000000000.0 then. */
	assert_int_equal(decode("{\"ref\":\"c1\",\"x\":1e14}", 20), 0);
	assert_true(decode("{\"ref\":\"c1\",\"x\":1e14}", 19) < 0);
	/* What is only for the server does not count. */
	assert_int_equal(decode("{\"ref\":\"c1\",\"email\":\"ann@example.org\"}", 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_a_message_is_stamped_and_keeps_members_that_linnet_does_not_know),
		cmocka_unit_test(test_the_email_becomes_its_gravatar_hash),
		cmocka_unit_test(test_the_email_is_passed_on_only_if_configured),
		cmocka_unit_test(test_a_sender_cannot_set_members_of_the_server),
		cmocka_unit_test(test_a_client_may_use_its_own_type),
		cmocka_unit_test(test_numbers_and_texts_are_passed_on_unchanged),
		cmocka_unit_test(test_a_message_that_is_not_stored_has_no_id),
		cmocka_unit_test(test_anything_but_an_object_is_bad_json),
		cmocka_unit_test(test_deep_nesting_is_rejected_without_deep_recursion),
		cmocka_unit_test(test_the_error_names_the_member_of_a_wrong_type),
		cmocka_unit_test(test_a_ref_has_1_to_64_characters),
		cmocka_unit_test(test_an_error_names_the_ref_that_it_is_about),
		cmocka_unit_test(test_what_others_would_receive_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
