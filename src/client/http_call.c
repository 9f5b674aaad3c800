#include "client/http_call.h"

#include <string.h>

#include "client/http_exchange.h"
#include "client/output.h"
#include "linnet/base/clock.h"
#include "linnet/base/json_text.h"

/* The wait before the next try where the server does not say one. */
#define RETRY_MS 500

/* What to do after an exchange. */
enum verdict {
	VERDICT_ANSWERED,
	VERDICT_FAILED, /* the reason was printed */
	VERDICT_AGAIN,
};

struct outcome {
	json_t *answer;
	enum client_status status; /* after VERDICT_FAILED */
	int64_t wait_ms;           /* before the next try */
};

static void
http_call_wait(const struct client *client, int64_t until_ms)
{
	while (clock_now_ms() < until_ms && !runner_is_stopped(client->runner))
		runner_turn(client->runner, until_ms);
}

/* There was no response, or only a part of one. */
static enum verdict
http_call_judge_failure(const struct client *client, const struct http_call *call,
	const struct http_exchange *exchange, bool is_late, struct outcome *outcome)
{
	bool is_unknown = exchange->is_sent && !call->may_repeat;

	if (!is_late && !is_unknown && !exchange->peer.certificate_fault)
		return VERDICT_AGAIN;
	output_note("%s: %s%s", client->arguments->url, exchange->why,
		is_unknown ? "; it may or may not be done" : "");
	outcome->status = CLIENT_NOT_CONNECTED;
	return VERDICT_FAILED;
}

/* The server has answered. */
static enum verdict
http_call_judge(const struct client *client, const struct http_exchange *exchange,
	bool is_late, struct outcome *outcome)
{
	if (exchange->status == 429 ||
		(!is_late && exchange->status >= 502 && exchange->status <= 504))
		return VERDICT_AGAIN;
	if (exchange->status == 200 && json_is_object(outcome->answer))
		return VERDICT_ANSWERED;
	if (!http_exchange_print_error(exchange))
		output_note(
			"%s: HTTP status %d: this is not the answer of a Linnet server",
			client->arguments->url, exchange->status);
	outcome->status = CLIENT_REFUSED;
	return VERDICT_FAILED;
}

/* Make the call once. */
static enum verdict
http_call_try(const struct client *client, const struct http_call *call,
	const struct buffer *body, int64_t deadline_ms, struct outcome *outcome)
{
	struct http_exchange exchange = {
		.client = client,
		.method = call->method,
		.path = call->path,
		.body = call->body ? body : NULL,
	};
	enum verdict verdict;
	json_error_t error;
	bool is_late;

	http_exchange_run(&exchange, clock_now_ms() + CLIENT_PATIENCE_MS);
	is_late = clock_now_ms() >= deadline_ms || runner_is_stopped(client->runner);
	outcome->wait_ms =
		exchange.retry_after_s > 0 ? exchange.retry_after_s * 1000 : RETRY_MS;
	if (exchange.is_whole && exchange.response.len)
		outcome->answer = json_text_load(exchange.response.bytes,
			exchange.response.len, JSON_ALLOW_NUL, &error);
	if (exchange.is_whole)
		verdict = http_call_judge(client, &exchange, is_late, outcome);
	else
		verdict = http_call_judge_failure(
			client, call, &exchange, is_late, outcome);
	http_exchange_clear(&exchange);
	return verdict;
}

json_t *
http_call_make(const struct client *client, const struct http_call *call,
	enum client_status *status)
{
	int64_t deadline_ms = clock_now_ms() + CLIENT_PATIENCE_MS;
	struct outcome outcome = { .status = CLIENT_REFUSED };
	enum verdict verdict = VERDICT_AGAIN;
	struct buffer body = { 0 };

	if (call->body)
		json_text_append(&body, call->body);
	while (verdict == VERDICT_AGAIN && !runner_is_stopped(client->runner)) {
		verdict = http_call_try(client, call, &body, deadline_ms, &outcome);
		if (verdict == VERDICT_ANSWERED)
			break;
		json_decref(outcome.answer);
		outcome.answer = NULL;
		if (verdict == VERDICT_AGAIN)
			http_call_wait(client, clock_now_ms() + outcome.wait_ms);
	}
	buffer_clear(&body);
	*status = outcome.status;
	return outcome.answer;
}
