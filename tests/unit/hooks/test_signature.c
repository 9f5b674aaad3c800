#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "linnet/hooks/hooks.h"

/* The example in GitHub's documentation. */
#define SECRET "It's a Secret to Everybody"
#define BODY "Hello, World!"
#define HMAC "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

static bool
is_signed(enum hook_kind kind, const char *signature)
{
	return hook_is_signed(kind, signature, BODY, strlen(BODY), SECRET);
}

static void
test_each_program_signs_in_its_own_way(void **state)
{
	(void)state;
	assert_string_equal(hook_signature_header(HOOK_GITHUB), "x-hub-signature-256");
	assert_true(is_signed(HOOK_GITHUB, "sha256=" HMAC));
	assert_string_equal(
		hook_signature_header(HOOK_GRAFANA), "x-grafana-alerting-signature");
	assert_true(is_signed(HOOK_GRAFANA, HMAC));
	assert_string_equal(hook_signature_header(HOOK_GITEA), "x-gitea-signature");
	assert_true(is_signed(HOOK_GITEA, HMAC));
	assert_string_equal(hook_signature_header(HOOK_SENTRY), "sentry-hook-signature");
	assert_true(is_signed(HOOK_SENTRY, HMAC));
	assert_string_equal(hook_signature_header(HOOK_GITLAB), "x-gitlab-token");
	assert_true(is_signed(HOOK_GITLAB, SECRET));
}

static void
test_anything_else_is_not_signed(void **state)
{
	static const char *const wrong[] = { NULL, "", "sha256=", HMAC "0", "sha1=" HMAC,
		"sha256=sha256=" HMAC, "SHA256=" HMAC, SECRET " ",
		"057107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17" };
	static const enum hook_kind kinds[] = { HOOK_GRAFANA, HOOK_GITHUB, HOOK_GITEA,
		HOOK_SENTRY, HOOK_GITLAB };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++)
			assert_false(is_signed(kinds[k], wrong[i]));
	assert_false(is_signed(HOOK_GITHUB, HMAC));
	assert_false(is_signed(HOOK_GITEA, "sha256=" HMAC));
	assert_false(is_signed(HOOK_GITLAB, HMAC));
	assert_false(
		hook_is_signed(HOOK_GITEA, HMAC, "hello, World!", strlen(BODY), SECRET));
	assert_false(hook_is_signed(HOOK_GITEA, HMAC, BODY, strlen(BODY), "a secret"));
}

static void
test_the_other_kinds_have_no_signature(void **state)
{
	static const enum hook_kind kinds[] = { HOOK_ALERTMANAGER, HOOK_KUMA,
		HOOK_GENERIC };

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		assert_null(hook_signature_header(kinds[i]));
		assert_false(is_signed(kinds[i], SECRET));
		assert_false(is_signed(kinds[i], HMAC));
	}
}

static void
test_an_empty_body_can_be_signed(void **state)
{
	(void)state;
	assert_true(hook_is_signed(HOOK_GITEA,
		"5d5d139563c95b5967b9bd9a8c9b233a9dedb45072794cd232dc1b74832607d0", NULL,
		0, "key"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_program_signs_in_its_own_way),
		cmocka_unit_test(test_anything_else_is_not_signed),
		cmocka_unit_test(test_the_other_kinds_have_no_signature),
		cmocka_unit_test(test_an_empty_body_can_be_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
