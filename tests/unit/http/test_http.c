#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "../net/loop_fixture.h"
#include "linnet/base/clock.h"
#include "linnet/http/http.h"

/* A test that waits longer fails. */
#define PATIENCE_MS 20000

/* More than a socket pair holds. */
#define LARGE_BYTES (4 * 1024 * 1024)

struct fixture {
	struct loop_fixture loop;
	struct config config;
	struct out_queue_drain out_queues;
	struct conn_table conns;
	struct http_routes routes;
	struct http_door door;
	int client;
	struct buffer heard;
	struct conn *conn;
	struct http_request *waiting;
	struct frame_queue queue;
	unsigned gone, drained, stopped;
};

static struct fixture *fixture;

static void
on_gone(void *state)
{
	assert_ptr_equal(state, fixture);
	fixture->gone++;
	fixture->waiting = NULL;
}

static void
on_drained(void *state)
{
	assert_ptr_equal(state, fixture);
	fixture->drained++;
}

static void
on_stop(void *state, uint16_t code, const char *reason)
{
	(void)state;
	assert_int_equal(code, 1001);
	assert_string_equal(reason, "stop");
	fixture->stopped++;
}

static const struct http_waiter waiter = {
	.on_gone = on_gone,
	.on_stop = on_stop,
	.on_drained = on_drained,
};

static size_t
body_bytes(const struct config *config)
{
	assert_ptr_equal(config, &fixture->config);
	return 1000;
}

static void
give_back(struct http_request *request)
{
	struct http_response answer = { .status = 200,
		.type = "text/plain",
		.body = request->body.len ? request->body.bytes : "nothing",
		.len = request->body.len ? request->body.len : 7 };

	assert_ptr_equal(request->context, fixture);
	http_respond(request, &answer);
}

static void
defer(struct http_request *request)
{
	fixture->waiting = request;
	http_defer(request, &waiter, fixture);
}

static void
park(struct http_request *request)
{
	fixture->waiting = request;
	http_park(request, &waiter, fixture);
}

static void
stream(struct http_request *request)
{
	fixture->waiting = request;
	http_stream(
		request, "Content-Type: text/x\r\n", &fixture->queue, &waiter, fixture);
}

static const struct http_route rows[] = {
	{ "take", 1, HTTP_GET | HTTP_POST, body_bytes, NULL, give_back, false },
	{ "defer", 2, HTTP_GET, NULL, NULL, defer, false },
	{ "park", 1, HTTP_GET, NULL, NULL, park, false },
	{ "stream", 1, HTTP_GET, NULL, NULL, stream, false },
};

static void
on_turn(void *context)
{
	(void)context;
	out_queue_drain_run(&fixture->out_queues);
}

/* Connect a client. */
static void
open_client(void)
{
	static const struct sockaddr_in address = { .sin_family = AF_INET };
	const char *why;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	fixture->client = fds[0];
	fixture->conn =
		conn_admit(&fixture->conns, (const void *)&address, TRANSPORT_HTTP, &why);
	assert_non_null(fixture->conn);
	http_door_accept(&fixture->door, fixture->conn, fds[1]);
}

static int
set_up(void **state)
{
	fixture = calloc(1, sizeof(*fixture));
	assert_non_null(fixture);
	*state = fixture;
	loop_fixture_open(&fixture->loop, on_turn, NULL);
	out_queue_drain_init(&fixture->out_queues, fixture->loop.loop);
	conn_table_init(&fixture->conns, 100, 100, NULL);
	fixture->routes = (struct http_routes){ rows, 4, fixture };
	http_door_init(&fixture->door, &fixture->config, &fixture->out_queues,
		&fixture->routes, 1);
	open_client();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	if (fixture->client >= 0)
		close(fixture->client);
	conn_table_clear(&fixture->conns);
	conn_table_fini(&fixture->conns);
	buffer_clear(&fixture->heard);
	frame_queue_clear(&fixture->queue);
	loop_fixture_close(&fixture->loop);
	free(fixture);
	return 0;
}

/* Read everything that the server has sent. */
static void
hear(void)
{
	char bytes[65536];
	ssize_t n;

	while (fixture->client >= 0 &&
		(n = read(fixture->client, bytes, sizeof(bytes))) > 0)
		buffer_append(&fixture->heard, bytes, (size_t)n);
}

static void
turn(void)
{
	loop_fixture_turn(&fixture->loop, LOOP_FIXTURE_SLEEP_MS);
}

static void
run_until(bool (*is_done)(const void *argument), const void *argument, const char *what)
{
	int64_t limit_ms = clock_now_ms() + PATIENCE_MS;

	for (hear(); !is_done(argument); hear()) {
		if (clock_now_ms() > limit_ms)
			fail_msg("waited in vain for %s", what);
		turn();
	}
}

static bool
has_heard(const void *text)
{
	return fixture->heard.len &&
	       memmem(fixture->heard.bytes, fixture->heard.len, text, strlen(text));
}

static bool
is_waiting(const void *unused)
{
	(void)unused;
	return fixture->waiting;
}

static bool
is_gone(const void *unused)
{
	(void)unused;
	return fixture->conns.count == 0;
}

static bool
is_closed(const void *unused)
{
	char byte;

	(void)unused;
	return recv(fixture->client, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void
say_bytes(const char *bytes, size_t len)
{
	assert_int_equal(send(fixture->client, bytes, len, MSG_NOSIGNAL), len);
}

static void
say(const char *text)
{
	say_bytes(text, strlen(text));
}

/* Wait until the server has sent text, and drop everything up to its end. */
static void
expect(const char *text)
{
	const char *at;
	size_t taken;

	run_until(has_heard, text, text);
	at = memmem(fixture->heard.bytes, fixture->heard.len, text, strlen(text));
	taken = (size_t)(at - fixture->heard.bytes) + strlen(text);
	fixture->heard.len -= taken;
	memmove(fixture->heard.bytes, fixture->heard.bytes + taken, fixture->heard.len);
}

/* Nothing is left, and a few turns of the loop bring nothing more. */
static void
expect_nothing(void)
{
	int i;

	for (i = 0; i < 5; i++) {
		turn();
		hear();
	}
	if (fixture->heard.len)
		fail_msg("heard %.*s", (int)fixture->heard.len, fixture->heard.bytes);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST(body, length)                                                               \
	"POST /take HTTP/1.1\r\nHost: a\r\nContent-Length: " length "\r\n\r\n" body

static void
test_a_body_sent_byte_by_byte_is_read_whole(void **state)
{
	static const char text[] = POST("hello", "5");
	size_t i;

	(void)state;
	for (i = 0; i + 1 < sizeof(text); i++) {
		assert_int_equal(fixture->heard.len, 0);
		say_bytes(text + i, 1);
		turn();
		hear();
	}
	expect("Content-Length: 5\r\n\r\nhello");
	expect_nothing();
}

static void
test_requests_with_bodies_in_one_segment_are_answered_in_order(void **state)
{
	(void)state;
	say(POST("one", "3") GET("/take") POST("two", "3") POST("", "0")
			POST("3\r\n", "3"));
	expect("\r\n\r\none");
	expect("\r\n\r\nnothing");
	expect("\r\n\r\ntwo");
	expect("\r\n\r\nnothing");
	expect("\r\n\r\n3\r\n");
	expect_nothing();
	assert_int_equal(fixture->conns.count, 1);
}

static void
test_a_head_is_checked_before_the_body_is_read(void **state)
{
	static const char *const cases[][2] = {
		{ "POST /take HTTP/1.1\r\nHost: a\r\n\r\n", " 411 " },
		{ POST("", "1001"), " 413 " },
		{ "GET /take HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n", " 400 " },
		{ "POST /park HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n",
			" 405 Method Not Allowed" },
		{ "POST /take/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n",
			" 404 " },
		{ "GET /defer HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
			" 404 " },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		say(cases[i][0]);
		if (i == 0) { /* no body follows: the connection stays open */
			expect("411 Length Required");
			expect("}\n");
			continue;
		}
		expect(cases[i][1]);
		expect("Connection: close\r\n");
		expect("}\n");
		run_until(is_closed, NULL, "the end");
		close(fixture->client);
		run_until(is_gone, NULL, "its connection to be freed");
		open_client();
	}
}

static void
test_expect_100_continue_is_answered_if_no_body_has_come(void **state)
{
	(void)state;
	say("POST /take HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
	    "Expect: 100-continue\r\n\r\n");
	expect("HTTP/1.1 100 Continue\r\n\r\n");
	expect_nothing();
	say("hello" POST("again", "5"));
	expect("\r\n\r\nhello");
	expect("\r\n\r\nagain");
	say("POST /take HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
	    "Expect: 100-continue\r\n\r\nthere");
	run_until(has_heard, "there", "the answer");
	assert_false(has_heard("100 Continue"));
	expect("there");
	say("POST /take HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
	    "Expect: 100-continue\r\n\r\nth");
	expect_nothing();
	say("is");
	say("!");
	expect("this!");
}

static void
test_a_slow_body_gets_no_more_time(void **state)
{
	int64_t deadline_ms;

	(void)state;
	say(POST("", "3"));
	turn();
	turn();
	deadline_ms = fixture->conn->deadline_ms;
	assert_true(deadline_ms > clock_now_ms() + 20000);
	say("a");
	turn();
	turn();
	say("b");
	turn();
	turn();
	assert_int_equal(fixture->conn->deadline_ms, deadline_ms);
	say("c");
	expect("abc");
}

static void
test_a_deferred_answer_reaches_a_peer_that_has_half_closed(void **state)
{
	(void)state;
	say(GET("/defer/a") GET("/take"));
	shutdown(fixture->client, SHUT_WR);
	run_until(is_waiting, NULL, "the handler");
	expect_nothing();
	assert_string_equal(fixture->waiting->head->segments[1], "a");
	http_respond_error(fixture->waiting, 503, NULL, "busy", "later");
	expect("503 Service Unavailable");
	expect("{\"error\":{\"code\":\"busy\",\"message\":\"later\"}}\n");
	expect("nothing");
	run_until(is_gone, NULL, "the end");
	assert_int_equal(fixture->gone, 0);
}

static void
test_the_next_request_waits_for_the_answer_to_a_parked_one(void **state)
{
	(void)state;
	say(GET("/park") GET("/take"));
	run_until(is_waiting, NULL, "the handler");
	say(POST("more", "4"));
	expect_nothing();
	http_respond(fixture->waiting, &(struct http_response){ .status = 204 });
	expect("204 No Content");
	expect("nothing");
	expect("more");
}

static void
test_a_parked_request_ends_when_its_peer_closes(void **state)
{
	(void)state;
	say(GET("/park"));
	run_until(is_waiting, NULL, "the handler");
	shutdown(fixture->client, SHUT_WR);
	run_until(is_gone, NULL, "the half that was closed");
	assert_int_equal(fixture->gone, 1);
	close(fixture->client);
	open_client();
	say(GET("/park"));
	run_until(is_waiting, NULL, "the handler");
	close(fixture->client);
	fixture->client = -1;
	run_until(is_gone, NULL, "the reset");
	assert_int_equal(fixture->gone, 2);
}

static void
test_a_parked_peer_that_sends_more_than_a_head_is_cut_off(void **state)
{
	char bytes[HTTP_HEAD_BYTES];

	(void)state;
	memset(bytes, 'a', sizeof(bytes));
	say(GET("/park"));
	run_until(is_waiting, NULL, "the handler");
	say_bytes(bytes, sizeof(bytes));
	expect_nothing();
	assert_int_equal(fixture->gone, 0);
	say("a");
	run_until(is_gone, NULL, "the cut");
	assert_int_equal(fixture->gone, 1);
}

static void
put_frame(const char *text)
{
	struct frame *frame = frame_new(text, strlen(text));

	frame_queue_push(&fixture->queue, frame);
	frame_unref(frame);
	http_stream_wake(fixture->waiting);
}

static void
test_a_stream_sends_the_frames_of_its_queue(void **state)
{
	(void)state;
	say(GET("/stream"));
	run_until(is_waiting, NULL, "the handler");
	expect("HTTP/1.1 200 OK\r\n");
	expect("Content-Type: text/x\r\n");
	expect("Connection: close\r\n");
	expect("Transfer-Encoding: chunked\r\n\r\n");
	expect_nothing();
	fixture->drained = 0;
	put_frame("one");
	put_frame("two");
	expect("onetwo");
	assert_int_equal(fixture->drained, 1);
	put_frame("three");
	put_frame("four");
	http_stream_end(fixture->waiting);
	assert_int_equal(fixture->queue.count, 0);
	expect("threefour0\r\n\r\n");
	run_until(is_closed, NULL, "the end");
	shutdown(fixture->client, SHUT_WR);
	run_until(is_gone, NULL, "the end");
	assert_int_equal(fixture->gone, 0);
}

/* HTTP/1.0 has no chunks. */
static void
test_a_stream_by_http_1_0_ends_with_its_connection(void **state)
{
	(void)state;
	say("GET /stream HTTP/1.0\r\nHost: a\r\n\r\n");
	run_until(is_waiting, NULL, "the handler");
	put_frame("one");
	http_stream_end(fixture->waiting);
	run_until(is_closed, NULL, "the end");
	buffer_append(&fixture->heard, "", 1);
	assert_null(strstr(fixture->heard.bytes, "chunked"));
	assert_non_null(strstr(fixture->heard.bytes, "\r\n\r\none"));
	assert_null(strstr(fixture->heard.bytes, "one0"));
}

static void
test_a_stream_sends_frames_queued_before_it_begins(void **state)
{
	struct frame *frame = frame_new("first", 5);

	(void)state;
	frame_queue_push(&fixture->queue, frame);
	frame_unref(frame);
	say(GET("/stream"));
	expect("\r\n\r\nfirst");
	say("HEAD /stream HTTP/1.1\r\n");
	expect_nothing();
	close(fixture->client);
	fixture->client = -1;
	run_until(is_gone, NULL, "the cut");
	assert_int_equal(fixture->gone, 1);
}

static bool
has_heard_much(const void *len)
{
	return fixture->heard.len >= *(const size_t *)len;
}

/* The queue may be cleared at any time. */
static void
test_a_partly_written_frame_is_finished_if_the_queue_is_cleared(void **state)
{
	char *text = malloc(LARGE_BYTES + 1);
	size_t len = LARGE_BYTES;
	int i;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', LARGE_BYTES);
	text[LARGE_BYTES] = '\0';
	say(GET("/stream"));
	expect("\r\n\r\n");
	put_frame(text);
	put_frame("never");
	for (i = 0; i < 5; i++)
		turn();
	frame_queue_clear(&fixture->queue);
	put_frame("end");
	len += 3;
	run_until(has_heard_much, &len, "the frame");
	assert_int_equal(fixture->heard.len, len);
	assert_memory_equal(fixture->heard.bytes, text, LARGE_BYTES);
	assert_memory_equal(fixture->heard.bytes + LARGE_BYTES, "end", 3);
	free(text);
}

static void
test_waiting_requests_do_not_keep_the_loop_busy(void **state)
{
	unsigned before;

	(void)state;
	say(GET("/defer/a") "POST / HTTP/1.1\r\nHost: a\r\n");
	shutdown(fixture->client, SHUT_WR);
	run_until(is_waiting, NULL, "the handler");
	open_client();
	say(GET("/park") "GET / HT");
	turn();
	turn();
	open_client();
	say(POST("hel", "5"));
	turn();
	turn();
	before = fixture->loop.turns;
	loop_fixture_run(&fixture->loop, 200);
	assert_true(fixture->loop.turns - before <= 4);
	assert_int_equal(fixture->conns.count, 3);
}

static void
test_a_parked_request_is_told_of_the_stop(void **state)
{
	(void)state;
	say(GET("/park"));
	run_until(is_waiting, NULL, "the handler");
	conn_table_stop(&fixture->conns, 1001, "stop");
	assert_int_equal(fixture->stopped, 1);
	assert_true(fixture->conn->deadline_ms <= clock_now_ms() + 1000);
	http_respond(fixture->waiting, &(struct http_response){ .status = 204 });
	assert_true(fixture->conn->deadline_ms <= clock_now_ms() + 1000);
	expect("Connection: close\r\n");
	run_until(is_closed, NULL, "the end");
}

static void
test_requests_are_refused_while_the_daemon_stops(void **state)
{
	(void)state;
	fixture->conns.is_stopping = true;
	say(POST("hello", "5"));
	expect("503 Service Unavailable");
	expect("\"stopping\"");
	run_until(is_closed, NULL, "the end");
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_a_body_sent_byte_by_byte_is_read_whole),
		test(test_requests_with_bodies_in_one_segment_are_answered_in_order),
		test(test_a_head_is_checked_before_the_body_is_read),
		test(test_expect_100_continue_is_answered_if_no_body_has_come),
		test(test_a_slow_body_gets_no_more_time),
		test(test_a_deferred_answer_reaches_a_peer_that_has_half_closed),
		test(test_the_next_request_waits_for_the_answer_to_a_parked_one),
		test(test_a_parked_request_ends_when_its_peer_closes),
		test(test_a_parked_peer_that_sends_more_than_a_head_is_cut_off),
		test(test_a_stream_sends_the_frames_of_its_queue),
		test(test_a_stream_by_http_1_0_ends_with_its_connection),
		test(test_a_stream_sends_frames_queued_before_it_begins),
		test(test_a_partly_written_frame_is_finished_if_the_queue_is_cleared),
		test(test_waiting_requests_do_not_keep_the_loop_busy),
		test(test_a_parked_request_is_told_of_the_stop),
		test(test_requests_are_refused_while_the_daemon_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
