/* An object in the form of each wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "linnet/protocol/encode.h"

#define MESSAGE                                                                          \
	"{\"type\":\"message\",\"room\":\"lobby\",\"id\":7,\"username\":\"ann\","        \
	"\"message\":\"hi\"}"

static struct encoded
encoded_of(const char *json, uint64_t id)
{
	struct buffer text = { 0 };
	struct encoded encoded;

	buffer_append(&text, json, strlen(json));
	encode_text(&encoded, &text, id ? "k3f9" : NULL, id);
	assert_null(text.bytes);
	assert_int_equal(text.len, 0);
	return encoded;
}

static void
check_frame(struct encoded *encoded, enum wire wire, const char *bytes)
{
	struct frame *frame = encode_frame(encoded, wire);

	assert_non_null(frame);
	assert_int_equal(frame->len, strlen(bytes));
	assert_memory_equal(frame_bytes(frame), bytes, frame->len);
}

static void
test_a_message_has_a_form_for_each_wire(void **state)
{
	struct encoded encoded = encoded_of(MESSAGE, 7);

	(void)state;
	check_frame(&encoded, WIRE_WS, "\x81\x48" MESSAGE);
	check_frame(&encoded, WIRE_WS_LINE,
		"\x81\x07"
		"ann: hi");
	check_frame(&encoded, WIRE_LINE, "ann: hi\n");
	check_frame(&encoded, WIRE_SSE, "id: k3f9:7\ndata: " MESSAGE "\n\n");
	check_frame(&encoded, WIRE_SSE_CHUNKED,
		"5b\r\nid: k3f9:7\ndata: " MESSAGE "\n\n\r\n");
	check_frame(&encoded, WIRE_OBJECT, MESSAGE);
	encode_fini(&encoded);
}

static void
test_only_objects_with_an_id_have_one_in_an_event_stream(void **state)
{
	struct encoded encoded = encoded_of(MESSAGE, 0);

	(void)state;
	check_frame(&encoded, WIRE_SSE, "data: " MESSAGE "\n\n");
	encode_fini(&encoded);
	encode_object(&encoded, json_pack("{s:s,s:i}", "type", "metric", "id", 5));
	check_frame(&encoded, WIRE_SSE, "data: {\"type\":\"metric\",\"id\":5}\n\n");
	encode_fini(&encoded);
	encoded = encoded_of("{}", UINT64_MAX);
	check_frame(&encoded, WIRE_SSE, "id: k3f9:18446744073709551615\ndata: {}\n\n");
	encode_fini(&encoded);
}

static void
test_an_event_with_an_epoch_has_an_id_even_if_it_is_0(void **state)
{
	struct buffer text = { 0 };
	struct encoded encoded;

	(void)state;
	buffer_append(&text, "{}", 2);
	encode_text(&encoded, &text, "k3f9", 0);
	check_frame(&encoded, WIRE_SSE, "id: k3f9:0\ndata: {}\n\n");
	encode_fini(&encoded);
}

static void
test_line_breaks_in_a_text_do_not_end_an_event(void **state)
{
	struct encoded encoded;

	(void)state;
	encode_object(&encoded, json_pack("{s:s}", "message", "a\n\r\n\rb"));
	check_frame(&encoded, WIRE_SSE, "data: {\"message\":\"a\\n\\r\\n\\rb\"}\n\n");
	encode_fini(&encoded);
}

static void
test_the_old_form_always_has_a_name_an_email_and_a_text(void **state)
{
	struct encoded encoded = encoded_of(
		"{\"username\":\"ann\",\"email\":\"a@x\",\"message\":\"hi\"}", 7);

	(void)state;
	check_frame(&encoded, WIRE_WS_OLD,
		"\x81\x2f{\"username\":\"ann\",\"email\":\"a@x\",\"message\":\"hi\"}");
	encode_fini(&encoded);
	encode_object(&encoded, json_pack("{s:s,s:n}", "title", "Full", "message"));
	check_frame(&encoded, WIRE_WS_OLD,
		"\x81\x40{\"title\":\"Full\",\"message\":\"Full\",\"username\":"
		"\"server\","
		"\"email\":\"\"}");
	check_frame(&encoded, WIRE_OBJECT, "{\"title\":\"Full\",\"message\":null}");
	encode_fini(&encoded);
}

static void
test_a_form_is_encoded_once_and_shared(void **state)
{
	struct encoded encoded = encoded_of(MESSAGE, 7);
	int wire;

	(void)state;
	for (wire = 0; wire < WIRE_COUNT; wire++)
		assert_ptr_equal(encode_frame(&encoded, (enum wire)wire),
			encode_frame(&encoded, (enum wire)wire));
	encode_fini(&encoded);
}

static void
test_a_queued_frame_outlives_the_encoded_object(void **state)
{
	struct encoded encoded = encoded_of(MESSAGE, 7);
	struct frame *frame = frame_ref(encode_frame(&encoded, WIRE_LINE));

	(void)state;
	encode_fini(&encoded);
	assert_int_equal(frame->refs, 1);
	assert_memory_equal(frame_bytes(frame), "ann: hi\n", frame->len);
	frame_unref(frame);
}

static void
test_objects_for_programs_have_no_line_form(void **state)
{
	struct encoded encoded = encoded_of("{\"type\":\"metric\",\"value\":0.1}", 0);

	(void)state;
	assert_null(encode_frame(&encoded, WIRE_LINE));
	assert_null(encode_frame(&encoded, WIRE_WS_LINE));
	check_frame(&encoded, WIRE_OBJECT, "{\"type\":\"metric\",\"value\":0.1}");
	encode_fini(&encoded);
}

static void
test_lines_in_a_websocket_message_end_without_a_line_feed(void **state)
{
	struct encoded encoded =
		encoded_of("{\"type\":\"joined\",\"room\":\"ops\",\"topic\":\"disks\","
			   "\"count\":1,\"you\":{\"username\":\"ann\"}}",
			0);

	(void)state;
	check_frame(&encoded, WIRE_WS_LINE,
		"\x81\x38* You are ann in ops with 0 others\n* The topic is: disks");
	encode_fini(&encoded);
}

static void
test_a_text_with_a_nul_is_shown_up_to_it(void **state)
{
	struct encoded encoded =
		encoded_of("{\"type\":\"log\",\"message\":\"a\\u0000b\"}", 1);

	(void)state;
	check_frame(&encoded, WIRE_LINE, "a\n");
	encode_fini(&encoded);
}

/* The decoder accepts a message this deep. A history nests it deeper. */
static void
test_an_object_nested_too_deeply_has_no_line_form(void **state)
{
	size_t depth = JSON_PARSER_MAX_DEPTH + 1, i;
	struct buffer text = { 0 };
	struct encoded encoded;

	(void)state;
	for (i = 0; i < depth; i++)
		buffer_append(&text, "[", 1);
	for (i = 0; i < depth; i++)
		buffer_append(&text, "]", 1);
	encode_text(&encoded, &text, NULL, 0);
	assert_null(encode_frame(&encoded, WIRE_LINE));
	assert_ptr_equal(
		encode_frame(&encoded, WIRE_WS_OLD), encode_frame(&encoded, WIRE_WS));
	encode_fini(&encoded);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_message_has_a_form_for_each_wire),
		cmocka_unit_test(
			test_only_objects_with_an_id_have_one_in_an_event_stream),
		cmocka_unit_test(test_an_event_with_an_epoch_has_an_id_even_if_it_is_0),
		cmocka_unit_test(test_line_breaks_in_a_text_do_not_end_an_event),
		cmocka_unit_test(test_the_old_form_always_has_a_name_an_email_and_a_text),
		cmocka_unit_test(test_a_form_is_encoded_once_and_shared),
		cmocka_unit_test(test_a_queued_frame_outlives_the_encoded_object),
		cmocka_unit_test(test_objects_for_programs_have_no_line_form),
		cmocka_unit_test(
			test_lines_in_a_websocket_message_end_without_a_line_feed),
		cmocka_unit_test(test_a_text_with_a_nul_is_shown_up_to_it),
		cmocka_unit_test(test_an_object_nested_too_deeply_has_no_line_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
