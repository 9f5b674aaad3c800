#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "linnet/base/frame.h"

static struct frame *
text_frame(const char *text)
{
	return frame_new_ws(WS_TEXT, true, text, strlen(text));
}

static void
test_a_short_text_has_a_two_byte_header(void **state)
{
	struct frame *frame = text_frame("hi");

	(void)state;
	assert_int_equal(frame->len, 4);
	assert_memory_equal(frame_bytes(frame), "\x81\x02hi", 4);
	frame_unref(frame);
}

static void
test_lengths_are_encoded_as_in_rfc_6455_5_2(void **state)
{
	static const struct {
		size_t len;
		size_t header;
		const char *bytes;
	} cases[] = {
		{ 0, 2, "\x82\x00" },
		{ 125, 2, "\x82\x7d" },
		{ 126, 4, "\x82\x7e\x00\x7e" },
		{ 65535, 4, "\x82\x7e\xff\xff" },
		{ 65536, 10, "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00" },
	};
	char *payload = calloc(1, 65536);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct frame *frame =
			frame_new_ws(WS_BINARY, true, payload, cases[i].len);

		assert_int_equal(frame->len, cases[i].header + cases[i].len);
		assert_memory_equal(frame_bytes(frame), cases[i].bytes, cases[i].header);
		frame_unref(frame);
	}
	free(payload);
}

static void
test_a_chunk_says_its_length_in_hex(void **state)
{
	struct frame *frame = frame_new_chunk("data: ann says hi\n\n", 19);

	(void)state;
	assert_int_equal(frame->len, 25);
	assert_memory_equal(
		frame_bytes(frame), "13\r\ndata: ann says hi\n\n\r\n", frame->len);
	frame_unref(frame);
}

static void
test_a_fragment_has_no_fin_bit(void **state)
{
	struct frame *frame = frame_new_ws(WS_CONTINUATION, false, "x", 1);

	(void)state;
	assert_int_equal(frame_bytes(frame)[0], 0x00);
	frame_unref(frame);
}

static void
test_a_queue_keeps_the_order_while_it_grows_and_wraps(void **state)
{
	struct frame_queue queue = { 0 };
	char text[8];
	int in = 0, out = 0, round;

	(void)state;
	for (round = 0; round < 50; round++) {
		int i;

		for (i = 0; i < 7; i++) {
			struct frame *frame;

			snprintf(text, sizeof(text), "%05d", in++);
			frame = text_frame(text);
			frame_queue_push(&queue, frame);
			frame_unref(frame);
		}
		for (i = 0; i < 5; i++) {
			snprintf(text, sizeof(text), "%05d", out++);
			assert_memory_equal(
				frame_bytes(frame_queue_peek(&queue)) + 2, text, 5);
			frame_queue_pop(&queue);
		}
	}
	assert_int_equal(queue.count, in - out);
	assert_int_equal(queue.bytes, (size_t)(in - out) * 7);
	frame_queue_clear(&queue);
}

static void
test_gather_copies_whole_frames_only(void **state)
{
	struct frame_queue queue = { 0 };
	struct frame *frame = text_frame("abc"); /* 5 bytes on the wire */
	uint8_t buffer[12];
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		frame_queue_push(&queue, frame);
	assert_int_equal(frame_queue_gather(&queue, buffer, sizeof(buffer)), 10);
	assert_memory_equal(buffer,
		"\x81\x03"
		"abc\x81\x03"
		"abc",
		10);
	assert_int_equal(queue.count, 1);
	assert_int_equal(frame_queue_gather(&queue, buffer, 4), 0);
	assert_int_equal(queue.count, 1);
	frame_queue_clear(&queue);
	frame_unref(frame);
}

static void
test_a_shared_frame_lives_until_the_last_queue_releases_it(void **state)
{
	struct frame_queue a = { 0 }, b = { 0 };
	struct frame *frame = text_frame("x");

	(void)state;
	frame_queue_push(&a, frame);
	frame_queue_push(&b, frame);
	frame_unref(frame);
	frame_queue_clear(&a);
	assert_int_equal(frame_queue_peek(&b)->refs, 1);
	frame_queue_pop(&b);
	assert_null(frame_queue_peek(&b));
	frame_queue_clear(&b);
}

static void
test_a_queue_frees_its_memory_after_a_burst(void **state)
{
	struct frame_queue queue = { 0 };
	struct frame *frame = text_frame("x");
	int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		frame_queue_push(&queue, frame);
	while (queue.count)
		frame_queue_pop(&queue);
	assert_int_equal(queue.capacity, 0);
	frame_unref(frame);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_short_text_has_a_two_byte_header),
		cmocka_unit_test(test_lengths_are_encoded_as_in_rfc_6455_5_2),
		cmocka_unit_test(test_a_chunk_says_its_length_in_hex),
		cmocka_unit_test(test_a_fragment_has_no_fin_bit),
		cmocka_unit_test(test_a_queue_keeps_the_order_while_it_grows_and_wraps),
		cmocka_unit_test(test_gather_copies_whole_frames_only),
		cmocka_unit_test(
			test_a_shared_frame_lives_until_the_last_queue_releases_it),
		cmocka_unit_test(test_a_queue_frees_its_memory_after_a_burst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
