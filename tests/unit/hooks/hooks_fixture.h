/* hooks_fixture.h - converts the bodies in tests/fixtures/hooks and checks the pushes. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "linnet/hooks/hooks.h"

/* The members of one push object. NULL: it must not have that member. */
struct expected {
	const char *key;
	const char *severity;
	const char *username;
	const char *title;
	const char *message;
	const char *click;
};

/* The caller frees it. */
static inline json_t *
body_of(const char *fixture)
{
	json_error_t error;
	char path[4096];
	json_t *body;

	snprintf(path, sizeof(path), "%s/tests/fixtures/hooks/%s.json", LINNET_SOURCE_DIR,
		fixture);
	body = json_load_file(path, 0, &error);
	if (!body)
		fail_msg("%s:%d: %s", path, error.line, error.text);
	return body;
}

/* Convert body, which is consumed. The caller frees the pushes. */
static inline json_t *
pushes_of(const char *kind, const char *event, json_t *body)
{
	struct message_fault fault;
	json_t *pushes = hook_convert(hook_find(kind), event, body, 16384, &fault);

	json_decref(body);
	if (!pushes)
		fail_msg("%s", fault.text);
	return pushes;
}

static inline json_t *
pushes_of_text(const char *kind, const char *event, const char *text)
{
	json_t *body = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(body);
	return pushes_of(kind, event, body);
}

/* The string member key of push number i, or NULL. */
static inline const char *
member(const json_t *pushes, size_t i, const char *key)
{
	return json_string_value(json_object_get(json_array_get(pushes, i), key));
}

static inline void
assert_member(const json_t *pushes, size_t i, const char *key, const char *expected)
{
	const char *value = member(pushes, i, key);

	if (!expected && value)
		fail_msg("there is a \"%s\": %s", key, value);
	if (expected && !value)
		fail_msg("there is no \"%s\"", key);
	if (expected)
		assert_string_equal(value, expected);
}

static inline void
assert_push(const json_t *pushes, size_t i, struct expected expected)
{
	assert_member(pushes, i, "type", expected.key ? "alarm" : NULL);
	assert_member(pushes, i, "key", expected.key);
	assert_member(pushes, i, "severity", expected.severity);
	assert_member(pushes, i, "username", expected.username);
	assert_member(pushes, i, "title", expected.title);
	assert_member(pushes, i, "message", expected.message);
	assert_member(pushes, i, "click", expected.click);
}

/* Check that fixture is converted to exactly one push. */
static inline void
assert_one(const char *kind, const char *event, const char *fixture,
	struct expected expected)
{
	json_t *pushes = pushes_of(kind, event, body_of(fixture));

	assert_int_equal(json_array_size(pushes), 1);
	assert_push(pushes, 0, expected);
	json_decref(pushes);
}

/* Check that fixture clears the alarm, and also that of the former key. */
static inline void
assert_cleared(const char *kind, const char *event, const char *fixture,
	struct expected expected, const char *former_key)
{
	json_t *pushes = pushes_of(kind, event, body_of(fixture));

	assert_int_equal(json_array_size(pushes), 2);
	assert_push(pushes, 0, expected);
	expected.key = former_key;
	assert_push(pushes, 1, expected);
	json_decref(pushes);
}

static inline void
assert_nothing(const char *kind, const char *event, const char *text)
{
	json_t *pushes = pushes_of_text(kind, event, text);

	assert_int_equal(json_array_size(pushes), 0);
	json_decref(pushes);
}

static inline void
assert_bad(const char *kind, const char *event, const char *text)
{
	json_t *body = json_loads(text, JSON_DECODE_ANY, NULL);
	struct message_fault fault = { .code = "" };

	assert_non_null(body);
	assert_null(hook_convert(hook_find(kind), event, body, 16384, &fault));
	assert_string_equal(fault.code, "bad_hook");
	assert_true(fault.text[0] != '\0');
	json_decref(body);
}
