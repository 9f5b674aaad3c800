#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "linnet/base/frame.h"
#include "linnet/base/metrics.h"

static int
set_up(void **state)
{
	(void)state;
	memset(&metrics, 0, sizeof(metrics));
	return 0;
}

/* True if line is one whole line of the exported text. */
static bool
shows(const char *line)
{
	struct buffer text = { 0 };
	char wanted[256];
	bool found;

	metrics_append(&text);
	buffer_append(&text, "", 1);
	snprintf(wanted, sizeof(wanted), "\n%s\n", line);
	found = strstr(text.bytes, wanted) != NULL;
	buffer_clear(&text);
	return found;
}

static void
test_a_duration_counts_in_its_bucket_and_all_larger_ones(void **state)
{
	(void)state;
	metrics_observe(&metrics.loop_lag, 50);
	metrics_observe(&metrics.loop_lag, 51);
	metrics_observe(&metrics.loop_lag, 1000000);
	assert_true(shows("linnet_loop_lag_seconds_bucket{le=\"0.00005\"} 1"));
	assert_true(shows("linnet_loop_lag_seconds_bucket{le=\"0.0001\"} 2"));
	assert_true(shows("linnet_loop_lag_seconds_bucket{le=\"0.5\"} 2"));
	assert_true(shows("linnet_loop_lag_seconds_bucket{le=\"1\"} 3"));
	assert_true(shows("linnet_loop_lag_seconds_bucket{le=\"+Inf\"} 3"));
	assert_true(shows("linnet_loop_lag_seconds_count 3"));
	assert_true(shows("linnet_loop_lag_seconds_sum 1.000101"));
}

static void
test_the_longest_duration_counts_only_in_the_inf_bucket(void **state)
{
	(void)state;
	metrics_observe(&metrics.append_duration, 3600000000);
	assert_true(shows("linnet_store_append_duration_seconds_bucket{le=\"5\"} 0"));
	assert_true(shows("linnet_store_append_duration_seconds_bucket{le=\"+Inf\"} 1"));
	assert_true(shows("linnet_store_append_duration_seconds_sum 3600.000000"));
}

static void
test_a_negative_duration_counts_as_zero(void **state)
{
	(void)state;
	metrics_observe(&metrics.loop_lag, -1);
	assert_true(shows("linnet_loop_lag_seconds_bucket{le=\"0.00005\"} 1"));
	assert_true(shows("linnet_loop_lag_seconds_sum 0.000000"));
}

static void
test_the_second_of_two_labels_changes_first(void **state)
{
	(void)state;
	metrics.closed[TRANSPORT_WS][ENDING_SLOW_READER] = 7;
	metrics.closed[TRANSPORT_ECHO][ENDING_ERROR] = 8;
	assert_true(shows("linnet_connections_closed_total{transport=\"ws\",reason="
			  "\"slow_reader\"} 7"));
	assert_true(shows("linnet_connections_closed_total{transport=\"echo\",reason="
			  "\"error\"} 8"));
}

static void
test_requests_count_by_route_and_status_class(void **state)
{
	(void)state;
	metrics_count_request(NULL, 304);
	metrics_count_request("push", 200);
	metrics_count_request("push", 204);
	metrics_count_request("no such route", 404);
	metrics_count_request("", 599);
	assert_true(shows("linnet_http_requests_total{route=\"page\",status=\"3xx\"} 1"));
	assert_true(shows("linnet_http_requests_total{route=\"push\",status=\"2xx\"} 2"));
	assert_true(shows("linnet_http_requests_total{route=\"none\",status=\"4xx\"} 1"));
	assert_true(shows("linnet_http_requests_total{route=\"none\",status=\"5xx\"} 1"));
}

static void
test_counters_have_64_bits(void **state)
{
	(void)state;
	metrics.bytes_sent = UINT64_MAX;
	assert_true(shows("linnet_bytes_sent_total 18446744073709551615"));
}

static void
test_transports_are_found_by_name(void **state)
{
	(void)state;
	assert_int_equal(metrics_transport("ws"), TRANSPORT_WS);
	assert_int_equal(metrics_transport("echo"), TRANSPORT_ECHO);
	assert_int_equal(metrics_transport("http"), TRANSPORT_HTTP);
}

static void
test_queue_bytes_is_right_however_frames_are_removed(void **state)
{
	struct frame_queue one = { 0 }, other = { 0 };
	struct frame *frame = frame_new("12345", 5);
	uint8_t bytes[16];
	int i;

	(void)state;
	for (i = 0; i < 4; i++)
		frame_queue_push(&one, frame);
	frame_queue_push(&other, frame);
	assert_int_equal(metrics.queue_bytes, 25);
	frame_queue_pop(&one);
	assert_int_equal(metrics.queue_bytes, 20);
	assert_int_equal(frame_queue_gather(&one, bytes, 12), 10);
	assert_int_equal(metrics.queue_bytes, 10);
	frame_queue_clear(&one);
	assert_int_equal(metrics.queue_bytes, 5);
	frame_queue_clear(&other);
	assert_int_equal(metrics.queue_bytes, 0);
	frame_unref(frame);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			test_a_duration_counts_in_its_bucket_and_all_larger_ones, set_up),
		cmocka_unit_test_setup(
			test_the_longest_duration_counts_only_in_the_inf_bucket, set_up),
		cmocka_unit_test_setup(test_a_negative_duration_counts_as_zero, set_up),
		cmocka_unit_test_setup(
			test_the_second_of_two_labels_changes_first, set_up),
		cmocka_unit_test_setup(
			test_requests_count_by_route_and_status_class, set_up),
		cmocka_unit_test_setup(test_counters_have_64_bits, set_up),
		cmocka_unit_test_setup(test_transports_are_found_by_name, set_up),
		cmocka_unit_test_setup(
			test_queue_bytes_is_right_however_frames_are_removed, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
