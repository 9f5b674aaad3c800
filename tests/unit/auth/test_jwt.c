#include "../config/config_fixture.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <unistd.h>

#include "linnet/auth/tokens.h"
#include "linnet/base/util.h"

#define SECRET "0123456789abcdef0123456789abcdef"
#define HS256 "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"

#define NOW_MS INT64_C(1800000000000)

static struct config *config;
static struct tokens *tokens;

/* Read the secret from a file, as linnetd does. */
static char secret_file[40];

static int
set_up(void **state)
{
	char file[] = "/tmp/linnet-test-XXXXXX", setting[100];
	int fd = mkstemp(file);
	struct config_errors warnings = { 0 };

	(void)state;
	if (fd < 0 || write(fd, SECRET "\n", sizeof(SECRET)) != sizeof(SECRET))
		return -1;
	close(fd);
	snprintf(setting, sizeof(setting), "auth.jwt_secret_file=%s", file);
	config = load(SETTINGS(setting, "auth.mode=jwt"));
	tokens = tokens_new(config, &errors, &warnings);
	print_errors();
	assert_non_null(tokens);
	snprintf(secret_file, sizeof(secret_file), "%s", file);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(secret_file);
	tokens_free(tokens);
	config_free(config);
	return 0;
}

static size_t
append_base64(char *out, const void *bytes, size_t len)
{
	size_t n = (size_t)EVP_EncodeBlock((unsigned char *)out, bytes, (int)len);

	while (n && out[n - 1] == '=')
		n--;
	for (size_t i = 0; i < n; i++)
		out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
	out[n] = '\0';
	return n;
}

/* Make a signed token of any header and claims; valid until the next call. */
static const char *
sign(const EVP_MD *hash, const char *header, const char *claims, const char *secret)
{
	static char token[20000];
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned mac_len;
	size_t len = append_base64(token, header, strlen(header));

	token[len++] = '.';
	len += append_base64(token + len, claims, strlen(claims));
	HMAC(hash, secret, (int)strlen(secret), (const unsigned char *)token, len, mac,
		&mac_len);
	token[len++] = '.';
	append_base64(token + len, mac, mac_len);
	return token;
}

static const struct token_rules rules = { .now_ms = NOW_MS, .name_max_bytes = 32 };

/* Returns the word for why token is refused, or "" with *permissions set. */
static const char *
refusal_of(const char *token, const struct permissions **permissions)
{
	const char *why = "";
	int r = tokens_check_jwt(tokens, token, strlen(token), &rules, permissions, &why);

	assert_true(r == 0 || r == -EACCES);
	return r == 0 ? "" : why;
}

static const struct permissions *
permissions_of(const char *claims)
{
	const struct permissions *permissions = NULL;

	assert_string_equal(
		refusal_of(sign(EVP_sha256(), HS256, claims, SECRET), &permissions), "");
	return permissions;
}

#define assert_refused(token, word)                                                      \
	do {                                                                             \
		const struct permissions *permissions_ = NULL;                           \
		assert_string_equal(refusal_of(token, &permissions_), word);             \
		assert_null(permissions_);                                               \
	} while (0)

#define assert_claims_refused(claims, word)                                              \
	assert_refused(sign(EVP_sha256(), HS256, claims, SECRET), word)

static void
test_a_valid_token_gives_name_rooms_and_expiry(void **state)
{
	const struct permissions *permissions =
		permissions_of("{\"sub\":\"7\",\"name\":\"ann\",\"rooms\":["
			       "\"ops\",\"dev\"],\"exp\":1800000060}");

	(void)state;
	assert_string_equal(permissions->name, "ann");
	assert_true(permissions_has_name(permissions, "ann"));
	assert_false(permissions_has_name(permissions, "bob"));
	assert_true(permissions_has_room(permissions, "dev", false, false));
	assert_true(permissions_has_room(permissions, "dev", true, false));
	assert_false(permissions_has_room(permissions, "lobby", false, false));
	assert_false(permissions_is_over(permissions, NOW_MS + 59999));
	assert_true(permissions_is_over(permissions, NOW_MS + 60000));
	permissions_unref(permissions);
}

static void
test_a_token_without_rooms_or_with_a_star_covers_all(void **state)
{
	static const char *const claims[] = { "{\"sub\":\"ann\"}",
		"{\"sub\":\"ann\",\"rooms\":[\"ops\",\"*\"]}" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct permissions *permissions = permissions_of(claims[i]);

		assert_true(permissions_has_room(permissions, "lobby", false, false));
		assert_true(permissions_has_room(permissions, "syslog", true, false));
		assert_false(permissions_is_over(permissions, INT64_MAX));
		permissions_unref(permissions);
	}
}

static void
test_an_empty_list_of_rooms_covers_none(void **state)
{
	const struct permissions *permissions =
		permissions_of("{\"sub\":\"ann\",\"rooms\":[]}");

	(void)state;
	assert_false(permissions_has_room(permissions, "lobby", false, false));
	permissions_unref(permissions);
}

static void
test_a_token_without_a_name_is_for_a_guest(void **state)
{
	const struct permissions *permissions = permissions_of("{}");

	(void)state;
	assert_true(permissions_has_name(permissions, "guest-7"));
	assert_false(permissions_has_name(permissions, "ann"));
	permissions_unref(permissions);
}

static void
test_people_with_the_same_name_differ_by_subject(void **state)
{
	const struct permissions *ann =
		permissions_of("{\"sub\":\"1\",\"name\":\"ann\"}");
	const struct permissions *same =
		permissions_of("{\"sub\":\"1\",\"name\":\"ann\",\"exp\":9e9}");
	const struct permissions *other =
		permissions_of("{\"sub\":\"2\",\"name\":\"ann\"}");
	const struct permissions *guest = permissions_of("{}");

	(void)state;
	assert_true(permissions_is_same_person(ann, same));
	assert_false(permissions_is_same_person(ann, other));
	assert_false(permissions_is_same_person(guest, guest));
	permissions_unref(ann);
	permissions_unref(same);
	permissions_unref(other);
	permissions_unref(guest);
}

static void
test_expired_and_early_tokens_are_refused(void **state)
{
	static const char *const over[] = { "{\"exp\":1800000000}", "{\"exp\":0}",
		"{\"exp\":-1}", "{\"exp\":0.0001}", "{\"exp\":1799999999.9}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(over); i++)
		assert_claims_refused(over[i], "expired");
	assert_claims_refused("{\"nbf\":1800000061}", "not_yet");
	permissions_unref(permissions_of("{\"nbf\":1800000059}"));
}

/* Some issuers write ms where RFC 7519 has s. */
static void
test_odd_times_are_taken_as_they_are_written(void **state)
{
	static const char *const never_begun[] = { "{\"nbf\":1800000000000}",
		"{\"nbf\":1e300}", "{\"nbf\":9223372036854775807}" };
	static const char *const good[] = { "{\"exp\":1e300}", "{\"exp\":1800000000000}",
		"{\"exp\":9223372036854775807}", "{\"exp\":1800000000.001}",
		"{\"nbf\":-1e300}", "{\"nbf\":-1}", "{\"nbf\":0}",
		"{\"iat\":1800000000000}", "{\"iat\":\"yesterday\"}", "{\"iat\":-1}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(never_begun); i++)
		assert_claims_refused(never_begun[i], "not_yet");
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		permissions_unref(permissions_of(good[i]));
	assert_claims_refused("{\"exp\":-1e300}", "expired");
	assert_claims_refused("{\"exp\":1e400}", "bad_token");
	assert_claims_refused("{\"exp\":10000000000000000000}", "bad_token");
}

static const char *
sign_with_type(const char *type)
{
	char header[100];

	snprintf(header, sizeof(header), "{\"typ\":%s,\"alg\":\"HS256\"}", type);
	return sign(EVP_sha256(), header, "{\"sub\":\"ann\"}", SECRET);
}

static void
test_the_types_of_a_token_and_of_an_access_token_are_accepted(void **state)
{
	static const char *const good[] = { "\"JWT\"", "\"jwt\"", "\"at+jwt\"",
		"\"AT+JWT\"", "\"application/at+jwt\"", "\"Application/at+JWT\"",
		"\"application/jwt\"" };
	static const char *const bad[] = { "\"\"", "\"JWE\"", "\"dpop+jwt\"",
		"\"logout+jwt\"", "\"at+jwt \"", "\"application/\"", "7", "[\"JWT\"]",
		"null" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		const struct permissions *permissions = NULL;

		assert_string_equal(
			refusal_of(sign_with_type(good[i]), &permissions), "");
		permissions_unref(permissions);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_refused(sign_with_type(bad[i]), "bad_token");
}

static void
test_claims_of_the_wrong_type_are_refused(void **state)
{
	static const char *const claims[] = { "{\"exp\":\"1800000060\"}",
		"{\"exp\":null}", "{\"nbf\":[]}", "{\"rooms\":\"ops\"}",
		"{\"rooms\":{\"ops\":1}}", "{\"rooms\":[1]}", "{\"rooms\":[[\"ops\"]]}",
		"{\"rooms\":null}", "{\"sub\":7}", "{\"name\":[\"ann\"]}",
		"{\"sub\":\"ann\",\"name\":null}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(claims); i++)
		assert_claims_refused(claims[i], "bad_claim");
}

static void
test_an_invalid_name_is_refused(void **state)
{
	static const char *const claims[] = { "{\"name\":\"\"}", "{\"sub\":\"guest-1\"}",
		"{\"name\":\"server\"}", "{\"name\":\"a\\u202eb\"}",
		"{\"name\":\"a\\u0007b\"}",
		"{\"name\":\"more than thirty-two bytes of name\"}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(claims); i++)
		assert_claims_refused(claims[i], "bad_name");
}

static void
test_a_token_for_another_audience_is_refused(void **state)
{
	(void)state;
	assert_claims_refused("{\"aud\":\"shop\"}", "bad_audience");
	assert_claims_refused("{\"aud\":[\"shop\",7]}", "bad_audience");
	assert_claims_refused("{\"aud\":7}", "bad_audience");
	permissions_unref(permissions_of("{\"aud\":\"linnet\"}"));
	permissions_unref(permissions_of("{\"aud\":[\"shop\",\"linnet\"]}"));
}

static void
test_only_hs256_with_the_secret_is_accepted(void **state)
{
	static const char claims[] = "{\"sub\":\"ann\"}";

	(void)state;
	assert_refused(sign(EVP_sha256(), HS256, claims, SECRET "x"), "bad_token");
	assert_refused(
		sign(EVP_sha256(), "{\"alg\":\"none\"}", claims, SECRET), "bad_token");
	assert_refused(
		sign(EVP_sha256(), "{\"alg\":\"None\",\"typ\":\"JWT\"}", claims, SECRET),
		"bad_token");
	assert_refused(
		sign(EVP_sha512(), "{\"alg\":\"HS512\"}", claims, SECRET), "bad_token");
	assert_refused(
		sign(EVP_sha256(), "{\"alg\":\"RS256\"}", claims, SECRET), "bad_token");
	assert_refused(
		sign(EVP_sha256(), "{\"typ\":\"JWT\"}", claims, SECRET), "bad_token");
	assert_refused(
		sign(EVP_sha256(), "{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}",
			claims, SECRET),
		"bad_token");
	assert_refused(sign(EVP_sha256(), HS256, "[]", SECRET), "bad_token");
	assert_refused(sign(EVP_sha256(), HS256, "ann", SECRET), "bad_token");
}

static void
test_an_unsigned_token_is_refused(void **state)
{
	char token[200];
	size_t len = append_base64(token, "{\"alg\":\"none\"}", 14);

	(void)state;
	token[len++] = '.';
	len += append_base64(token + len, "{\"sub\":\"ann\"}", 13);
	assert_refused(token, "bad_token");
	token[len] = '.';
	token[len + 1] = '\0';
	assert_refused(token, "bad_token");
}

static void
test_a_changed_token_is_refused(void **state)
{
	char token[200];
	const char *good = sign(EVP_sha256(), HS256, "{\"sub\":\"ann\"}", SECRET);
	size_t len = strlen(good);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		memcpy(token, good, len + 1);
		token[i] = token[i] == 'A' ? 'B' : 'A';
		assert_refused(token, "bad_token");
	}
	for (size_t i = 0; i < len; i++) {
		memcpy(token, good, len + 1);
		token[i] = '\0';
		assert_refused(token, "bad_token");
	}
}

static void
test_text_that_is_not_a_token_is_refused(void **state)
{
	static const char *const texts[] = { "", ".", "..", "...", "a.b", "a.b.c.d",
		"a..c", "%.%.%", "\xff.\xff.\xff", "eyJhbGciOiJIUzI1NiJ9..",
		"e30.e30.e30", "eyJ.eyJ.eyJ" };
	static char huge[TOKEN_MAX_BYTES * 4];
	const char *token;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_refused(texts[i], "bad_token");
	memset(huge, 'a', sizeof(huge) - 1);
	assert_refused(huge, "bad_token");
	snprintf(huge, sizeof(huge), "{\"sub\":\"ann\",\"x\":\"%0*d\"}", TOKEN_MAX_BYTES,
		0);
	token = sign(EVP_sha256(), HS256, huge, SECRET);
	assert_refused(token, "bad_token");
}

static void
test_deeply_nested_claims_are_refused(void **state)
{
	char claims[2600] = "{\"x\":";

	(void)state;
	memset(claims + 5, '[', 2500);
	claims[2505] = '\0';
	assert_claims_refused(claims, "bad_token");
}

static void
assert_secret_fails(const char *bytes, const char *reason)
{
	char file[] = "/tmp/linnet-test-XXXXXX", setting[100];
	int fd = mkstemp(file);
	struct config *other;
	struct config_errors refused = { 0 }, warnings = { 0 };

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, strlen(bytes)), strlen(bytes));
	close(fd);
	snprintf(setting, sizeof(setting), "auth.jwt_secret_file=%s", file);
	other = load(SETTINGS(setting));
	assert_null(tokens_new(other, &refused, &warnings));
	assert_int_equal(refused.count, 1);
	assert_non_null(strstr(refused.lines[0], reason));
	assert_non_null(strstr(refused.lines[0], "auth.jwt_secret_file"));
	assert_null(strstr(refused.lines[0], "012345"));
	config_errors_clear(&refused);
	unlink(file);
	config_free(other);
}

static void
test_a_bad_secret_is_refused_and_not_printed(void **state)
{
	(void)state;
	assert_secret_fails("0123456789abcdef0123456789abcde\n",
		"31 characters, but a secret needs at least 32");
	assert_secret_fails("0123456789abcdef 0123456789abcdef", "one word");
	assert_secret_fails("", "empty");
}

static void
test_mode_jwt_needs_a_secret(void **state)
{
	(void)state;
	assert_load_fails(SETTINGS("auth.mode=jwt"),
		"-s auth.mode=jwt: auth.mode is \"jwt\", but auth.jwt_secret_file is not "
		"set; set it, or change auth.mode");
	assert_load_fails(FILE_TEXT("auth = {\n  mode = \"jwt\";\n};"),
		"test.cfg:2: auth.mode is \"jwt\", but auth.jwt_secret_file is not set; "
		"set it, or change auth.mode");
}

static void
test_a_token_that_is_made_is_accepted(void **state)
{
	const char *rooms[] = { "ops", "caf\xc3\xa9" };
	struct token_grant grant = {
		.name = "Ann \"B\" \xc3\xa9",
		.rooms = rooms,
		.room_count = 2,
		.from_s = 1000,
		.until_s = 1000 + 86400,
	};
	struct token_rules at = { .now_ms = 1001000, .name_max_bytes = 32 };
	const struct permissions *permissions;
	const char *why;
	char *text = tokens_make_jwt(config, &grant, &errors);

	(void)state;
	print_errors();
	assert_non_null(text);
	assert_int_equal(
		tokens_check_jwt(tokens, text, strlen(text), &at, &permissions, &why), 0);
	assert_string_equal(permissions->name, grant.name);
	assert_int_equal(permissions->until_ms, grant.until_s * 1000);
	assert_true(permissions_has_room(permissions, "ops", false, true));
	assert_true(permissions_has_room(permissions, rooms[1], false, true));
	assert_false(permissions_has_room(permissions, "dev", false, true));
	permissions_unref(permissions);
	at.now_ms = grant.until_s * 1000;
	assert_int_equal(
		tokens_check_jwt(tokens, text, strlen(text), &at, &permissions, &why),
		-EACCES);
	assert_string_equal(why, "expired");
	free(text);

	grant.room_count = 0;
	at.now_ms = 1001000;
	text = tokens_make_jwt(config, &grant, &errors);
	assert_int_equal(
		tokens_check_jwt(tokens, text, strlen(text), &at, &permissions, &why), 0);
	assert_int_equal(permissions->rooms, PERMISSIONS_ALL);
	permissions_unref(permissions);
	free(text);
}

static void
test_no_token_is_made_without_a_secret(void **state)
{
	struct config *other = load(SETTINGS(NULL));
	const struct token_grant grant = { .name = "ann", .until_s = 1 };
	struct config_errors refused = { 0 };

	(void)state;
	assert_null(tokens_make_jwt(other, &grant, &refused));
	assert_int_equal(refused.count, 1);
	assert_string_equal(refused.lines[0],
		"built-in default: auth.jwt_secret_file is not set; set it to a file "
		"with at least 32 random characters");
	config_errors_clear(&refused);
	config_free(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_valid_token_gives_name_rooms_and_expiry),
		cmocka_unit_test(test_a_token_without_rooms_or_with_a_star_covers_all),
		cmocka_unit_test(test_an_empty_list_of_rooms_covers_none),
		cmocka_unit_test(test_a_token_without_a_name_is_for_a_guest),
		cmocka_unit_test(test_people_with_the_same_name_differ_by_subject),
		cmocka_unit_test(test_expired_and_early_tokens_are_refused),
		cmocka_unit_test(test_odd_times_are_taken_as_they_are_written),
		cmocka_unit_test(
			test_the_types_of_a_token_and_of_an_access_token_are_accepted),
		cmocka_unit_test(test_claims_of_the_wrong_type_are_refused),
		cmocka_unit_test(test_an_invalid_name_is_refused),
		cmocka_unit_test(test_a_token_for_another_audience_is_refused),
		cmocka_unit_test(test_only_hs256_with_the_secret_is_accepted),
		cmocka_unit_test(test_an_unsigned_token_is_refused),
		cmocka_unit_test(test_a_changed_token_is_refused),
		cmocka_unit_test(test_text_that_is_not_a_token_is_refused),
		cmocka_unit_test(test_deeply_nested_claims_are_refused),
		cmocka_unit_test(test_a_bad_secret_is_refused_and_not_printed),
		cmocka_unit_test(test_mode_jwt_needs_a_secret),
		cmocka_unit_test(test_a_token_that_is_made_is_accepted),
		cmocka_unit_test(test_no_token_is_made_without_a_secret),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
