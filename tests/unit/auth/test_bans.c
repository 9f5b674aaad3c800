#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "linnet/auth/bans.h"
#include "linnet/base/util.h"

static int
set_up(void **state)
{
	*state = bans_new();
	return 0;
}

static int
tear_down(void **state)
{
	bans_free(*state);
	return 0;
}

static struct in6_addr
address(const char *text)
{
	struct in6_addr out;

	assert_true(cidr_read_address(text, strlen(text), &out) > 0);
	return out;
}

static struct ban
ban_of(enum ban_kind kind, const char *subject, int64_t until_ms)
{
	struct ban ban = {
		.subject = { .kind = kind }, .until_ms = until_ms, .reason = ""
	};

	if (kind == BAN_ADDRESS)
		assert_null(cidr_read(subject, &ban.subject.cidr));
	else
		snprintf(ban.subject.name, sizeof(ban.subject.name), "%s", subject);
	return ban;
}

static void
add_ban(struct bans *bans, enum ban_kind kind, const char *subject, int64_t until_ms)
{
	struct ban ban = ban_of(kind, subject, until_ms);

	assert_int_equal(bans_add(bans, &ban), 0);
}

static bool
is_banned(const struct bans *bans, const char *text)
{
	struct in6_addr from = address(text);

	return bans_have_address(bans, &from);
}

static bool
has_name(const struct bans *bans, enum ban_kind kind, const char *name)
{
	struct name_forms forms;

	assert_true(name_forms_write(&forms, name));
	return bans_have_name(bans, kind, &forms);
}

static void
test_a_prefix_is_written_in_its_canonical_form(void **state)
{
	static const char *const good[][2] = {
		{ "203.0.113.7", "203.0.113.7" },
		{ "203.0.113.0/24", "203.0.113.0/24" },
		{ "203.0.113.7/32", "203.0.113.7" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "2001:DB8::/32", "2001:db8::/32" },
		{ "2001:db8:0::1/128", "2001:db8::1" },
		{ "::ffff:10.0.0.1", "10.0.0.1" },
		{ "::/0", "::/0" },
	};
	char text[CIDR_TEXT_BYTES];
	struct cidr cidr;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_null(cidr_read(good[i][0], &cidr));
		cidr_format(&cidr, text);
		assert_string_equal(text, good[i][1]);
	}
}

static void
test_text_that_is_not_a_prefix_is_refused(void **state)
{
	static const char *const bad[] = { "", "/", "/8", "10.0.0", "10.0.0.0/",
		"10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/ 8", "10.0.0.1/8",
		"::1/129", "2001:db8::1/32", "localhost", " 10.0.0.1", "10.0.0.1:80",
		"fe80::1%eth0",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc" };
	struct cidr cidr;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_non_null(cidr_read(bad[i], &cidr));
}

static void
test_a_ban_covers_names_that_look_alike_until_it_is_removed(void **state)
{
	struct bans *bans = bans_new();
	struct ban ban = { .subject = { .kind = BAN_NAME, .name = "ann" }, .reason = "" };
	struct ban again = ban;

	(void)state;
	strcpy(again.subject.name, "аnn"); /* Cyrillic: a ban of its own */
	assert_int_equal(bans_add(bans, &ban), 0);
	assert_int_equal(bans_add(bans, &again), 0);
	assert_true(has_name(bans, BAN_NAME, "ａnn"));
	assert_false(has_name(bans, BAN_NAME, "anm"));
	bans_remove(bans, bans_find(bans, &ban.subject));
	assert_true(has_name(bans, BAN_NAME, "ann"));
	bans_remove(bans, bans_find(bans, &again.subject));
	assert_false(has_name(bans, BAN_NAME, "ann"));
	bans_free(bans);
}

static void
test_a_banned_name_matches_in_any_case(void **state)
{
	struct bans *bans = *state;

	add_ban(bans, BAN_NAME, "Ann", 0);
	assert_true(has_name(bans, BAN_NAME, "ann"));
	assert_true(has_name(bans, BAN_NAME, "ANN"));
	assert_false(has_name(bans, BAN_NAME, "anna"));
	assert_false(has_name(bans, BAN_MUTE, "ann"));
}

static void
test_a_prefix_bans_its_whole_network_and_no_other(void **state)
{
	struct bans *bans = *state;

	assert_false(is_banned(bans, "203.0.113.7"));
	add_ban(bans, BAN_ADDRESS, "203.0.113.128/25", 0);
	add_ban(bans, BAN_ADDRESS, "198.51.100.7", 0);
	add_ban(bans, BAN_ADDRESS, "2001:db8::/47", 0);
	assert_true(is_banned(bans, "203.0.113.128"));
	assert_true(is_banned(bans, "::ffff:203.0.113.255"));
	assert_false(is_banned(bans, "203.0.113.127"));
	assert_true(is_banned(bans, "198.51.100.7"));
	assert_false(is_banned(bans, "198.51.100.8"));
	assert_true(is_banned(bans, "2001:db8:1:ffff::1"));
	assert_false(is_banned(bans, "2001:db8:2::1"));
}

static void
test_a_new_ban_replaces_the_old_one_of_its_subject(void **state)
{
	struct bans *bans = *state;
	struct ban ban = ban_of(BAN_ADDRESS, "10.0.0.0/8", 0);

	add_ban(bans, BAN_ADDRESS, "10.0.0.0/8", 5000);
	ban.reason = "spam";
	assert_int_equal(bans_add(bans, &ban), 0);
	assert_null(bans_next_over(bans, 6000));
	assert_string_equal(bans_find(bans, &ban.subject)->reason, "spam");
	bans_remove(bans, bans_find(bans, &ban.subject));
	assert_null(bans_find(bans, &ban.subject));
	assert_false(is_banned(bans, "10.1.2.3"));
}

static void
test_bans_expire_exactly_at_their_time(void **state)
{
	struct bans *bans = *state;
	const struct ban *over;

	add_ban(bans, BAN_NAME, "late", 9000);
	add_ban(bans, BAN_NAME, "early", 5000);
	add_ban(bans, BAN_NAME, "ever", 0);
	assert_null(bans_next_over(bans, 4999));
	over = bans_next_over(bans, 5000);
	assert_string_equal(over->subject.name, "early");
	bans_remove(bans, over);
	assert_null(bans_next_over(bans, 8999));
	over = bans_next_over(bans, 9000);
	assert_string_equal(over->subject.name, "late");
	bans_remove(bans, over);
	assert_null(bans_next_over(bans, INT64_MAX));
	assert_true(has_name(bans, BAN_NAME, "ever"));
}

static void
test_the_number_of_bans_is_limited(void **state)
{
	struct bans *bans = *state;
	struct ban ban = ban_of(BAN_NAME, "one more", 0);
	char name[20];

	for (int i = 0; i < BANS_MAX; i++) {
		snprintf(name, sizeof(name), "name %d", i);
		add_ban(bans, BAN_NAME, name, 0);
	}
	assert_int_equal(bans_add(bans, &ban), -ENOSPC);
	add_ban(bans, BAN_NAME, "name 1", 1000);
}

static void
test_a_stored_ban_is_read_back(void **state)
{
	static const struct {
		enum ban_kind kind;
		const char *subject;
	} all[] = {
		{ BAN_NAME, "Ann \xe5\xae\x89" },
		{ BAN_ADDRESS, "2001:db8::/32" },
		{ BAN_MUTE, "bob" },
	};
	char key[BAN_KEY_BYTES + 1], again[BAN_KEY_BYTES + 1];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct ban ban = ban_of(all[i].kind, all[i].subject, 9000), back;
		json_t *object;

		ban.since_ms = 5000;
		ban.reason = "says \"hi\"";
		object = ban_to_json(&ban);
		assert_true(ban_from_json(&back, all[i].kind, object));
		ban_write_key(&ban.subject, key);
		ban_write_key(&back.subject, again);
		assert_string_equal(key, again);
		assert_int_equal(strlen(key), BAN_KEY_BYTES);
		assert_int_equal(back.since_ms, 5000);
		assert_int_equal(back.until_ms, 9000);
		assert_string_equal(back.reason, ban.reason);
		json_decref(object);
	}
}

static void
test_json_that_is_not_a_ban_is_refused(void **state)
{
	struct ban ban;
	json_t *object = json_object();

	(void)state;
	assert_false(ban_from_json(&ban, BAN_NAME, NULL));
	assert_false(ban_from_json(&ban, BAN_NAME, object));
	json_object_set_new(object, "address", json_string("nowhere"));
	assert_false(ban_from_json(&ban, BAN_ADDRESS, object));
	json_object_set_new(object, "username", json_integer(7));
	assert_false(ban_from_json(&ban, BAN_MUTE, object));
	json_decref(object);
}

#define ban_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_a_ban_covers_names_that_look_alike_until_it_is_removed),
		cmocka_unit_test(test_a_prefix_is_written_in_its_canonical_form),
		cmocka_unit_test(test_text_that_is_not_a_prefix_is_refused),
		ban_test(test_a_banned_name_matches_in_any_case),
		ban_test(test_a_prefix_bans_its_whole_network_and_no_other),
		ban_test(test_a_new_ban_replaces_the_old_one_of_its_subject),
		ban_test(test_bans_expire_exactly_at_their_time),
		ban_test(test_the_number_of_bans_is_limited),
		cmocka_unit_test(test_a_stored_ban_is_read_back),
		cmocka_unit_test(test_json_that_is_not_a_ban_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
