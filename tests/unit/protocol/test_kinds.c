/* Forms, close codes, and the HTTP status of faults. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "linnet/protocol/kinds.h"

static void
test_each_close_code_counts_as_an_ending(void **state)
{
	(void)state;
	assert_int_equal(close_code_ending(CLOSE_NONE), ENDING_NORMAL);
	assert_int_equal(close_code_ending(CLOSE_POLICY), ENDING_SENT_AWAY);
	assert_int_equal(close_code_ending(CLOSE_GOING_AWAY), ENDING_STOPPING);
	assert_int_equal(close_code_ending(CLOSE_TRY_AGAIN), ENDING_ERROR);
}

static void
test_each_form_belongs_to_a_door(void **state)
{
	(void)state;
	assert_string_equal(wire_door(WIRE_WS), "ws");
	assert_string_equal(wire_door(WIRE_WS_LINE), "ws");
	assert_string_equal(wire_door(WIRE_LINE), "line");
	assert_string_equal(wire_door(WIRE_SSE), "sse");
	assert_string_equal(wire_door(WIRE_SSE_CHUNKED), "sse");
	assert_string_equal(wire_door(WIRE_OBJECT), "poll");
}

static void
test_a_fault_without_a_status_of_its_own_has_400(void **state)
{
	(void)state;
	assert_int_equal(fault_http_status("denied"), 403);
	assert_int_equal(fault_http_status("busy"), 503);
	assert_int_equal(fault_http_status("bad_field"), 400);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_close_code_counts_as_an_ending),
		cmocka_unit_test(test_each_form_belongs_to_a_door),
		cmocka_unit_test(test_a_fault_without_a_status_of_its_own_has_400),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
