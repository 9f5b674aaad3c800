#include "linnet/base/metrics.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "linnet/base/util.h"

#define US_A_SECOND 1000000U

#define LABELS_MAX 2

struct metrics metrics;

/* Upper bounds in us, and the same in seconds as text. */
static const struct {
	int64_t us;
	const char *seconds;
} bounds[METRICS_BUCKETS] = {
	{ 50, "0.00005" },
	{ 100, "0.0001" },
	{ 250, "0.00025" },
	{ 500, "0.0005" },
	{ 1000, "0.001" },
	{ 2500, "0.0025" },
	{ 5000, "0.005" },
	{ 10000, "0.01" },
	{ 25000, "0.025" },
	{ 50000, "0.05" },
	{ 100000, "0.1" },
	{ 250000, "0.25" },
	{ 500000, "0.5" },
	{ 1000000, "1" },
	{ 2500000, "2.5" },
	{ 5000000, "5" },
	{ INT64_MAX, "+Inf" },
};

#define ROUTE_NONE 0
#define ROUTE_PAGE 1

/* A label and all its values. */
struct metrics_label {
	const char *name;
	size_t count;
	const char *values[METRICS_ROUTES];
};

static const struct metrics_label by_transport = { "transport", TRANSPORT_COUNT,
	{ [TRANSPORT_HTTP] = "http",
		[TRANSPORT_WS] = "ws",
		[TRANSPORT_LINE] = "line",
		[TRANSPORT_SSE] = "sse",
		[TRANSPORT_POLL] = "poll",
		[TRANSPORT_ECHO] = "echo" } };
static const struct metrics_label by_ending = { "reason", ENDING_COUNT,
	{
		[ENDING_NORMAL] = "normal",
		[ENDING_UPGRADED] = "upgraded",
		[ENDING_LOST] = "lost",
		[ENDING_TIMEOUT] = "timeout",
		[ENDING_SLOW_READER] = "slow_reader",
		[ENDING_FLOODING] = "flooding",
		[ENDING_SENT_AWAY] = "sent_away",
		[ENDING_TOO_BIG] = "too_big",
		[ENDING_BAD_UTF8] = "bad_utf8",
		[ENDING_PROTOCOL] = "protocol",
		[ENDING_STOPPING] = "stopping",
		[ENDING_ERROR] = "error",
	} };
static const struct metrics_label by_voice = { "transport", VOICE_COUNT,
	{ [VOICE_WS] = "ws",
		[VOICE_LINE] = "line",
		[VOICE_PUSH] = "push",
		[VOICE_SEND] = "send" } };
static const struct metrics_label by_push = { "kind", PUSH_KIND_COUNT,
	{ [PUSH_MESSAGE] = "message",
		[PUSH_ALARM] = "alarm",
		[PUSH_METRIC] = "metric",
		[PUSH_HOOK] = "hook" } };
static const struct metrics_label by_change = {
	"kind", CHANGE_KIND_COUNT,
	{ [CHANGE_EDIT] = "edit", [CHANGE_DELETE] = "delete", [CHANGE_REACT] = "react" }
};
static const struct metrics_label by_outcome = { "result", OUTCOME_COUNT,
	{ [OUTCOME_OK] = "ok", [OUTCOME_FAILED] = "failed" } };
static const struct metrics_label by_append = { "result", APPEND_RESULT_COUNT,
	{ [APPEND_OK] = "ok",
		[APPEND_DUPLICATE] = "duplicate",
		[APPEND_FAILED] = "failed" } };
static const struct metrics_label by_recovery = {
	"result", RECOVERY_COUNT,
	{ [RECOVERY_RECOVERED] = "recovered", [RECOVERY_NOT_RECOVERED] = "not_recovered" }
};
static const struct metrics_label by_limit = { "limit", REFUSED_BY_COUNT,
	{ [REFUSED_BY_CONNECTIONS] = "connections",
		[REFUSED_BY_PER_ADDRESS] = "per_address",
		[REFUSED_BY_CONNECT_RATE] = "connect_rate",
		[REFUSED_BY_BAN] = "banned",
		[REFUSED_BY_PROTOCOL] = "protocol" } };
static const struct metrics_label by_bad_token = { "reason", BAD_TOKEN_COUNT,
	{ [BAD_TOKEN_UNKNOWN] = "bad_token",
		[BAD_TOKEN_EXPIRED] = "expired",
		[BAD_TOKEN_NOT_YET] = "not_yet",
		[BAD_TOKEN_AUDIENCE] = "bad_audience",
		[BAD_TOKEN_CLAIM] = "bad_claim",
		[BAD_TOKEN_NAME] = "bad_name",
		[BAD_TOKEN_ROOM] = "denied",
		[BAD_TOKEN_NOT_ADMIN] = "not_admin",
		[BAD_TOKEN_SIGNATURE] = "bad_signature" } };
static const struct metrics_label by_severity = { "severity", METRICS_SEVERITIES,
	{ "info", "warning", "error", "critical" } };
static const struct metrics_label by_class = { "status", METRICS_CLASSES,
	{ "1xx", "2xx", "3xx", "4xx", "5xx" } };
static const struct metrics_label by_route = { "route", METRICS_ROUTES,
	{ [ROUTE_NONE] = "none",
		[ROUTE_PAGE] = "page",
		"ws",
		"echo",
		"healthz",
		"readyz",
		"metrics",
		"push",
		"hooks",
		"send",
		"events",
		"poll",
		"history",
		"search",
		"rooms",
		"who",
		"metric",
		"admin" } };

enum metrics_kind {
	COUNTER,
	GAUGE,
	COUNTER_US, /* kept in us, exported in seconds */
	GAUGE_US,
	HISTOGRAM,
};

/* One metric and its array of values, one for each combination of labels. */
struct metrics_family {
	const char *name;
	const char *help;
	enum metrics_kind kind;
	const void *values;
	const struct metrics_label *labels[LABELS_MAX];
};

#define FAMILY(type, what, from, text, ...)                                              \
	{                                                                                \
		.kind = type, .name = what, .values = from, .help = text, ##__VA_ARGS__  \
	}

static const struct metrics_family families[] = {
	FAMILY(GAUGE_US, "process_start_time_seconds", &metrics.start_us,
		"Start time of the process, in Unix time."),
	FAMILY(COUNTER_US, "process_cpu_seconds_total", &metrics.cpu_us,
		"CPU time used, user and system."),
	FAMILY(GAUGE, "process_open_fds", &metrics.open_fds, "Open file descriptors."),
	FAMILY(GAUGE, "process_max_fds", &metrics.max_fds,
		"Limit of open file descriptors."),
	FAMILY(GAUGE, "process_resident_memory_bytes", &metrics.resident_bytes,
		"Resident memory."),
	FAMILY(GAUGE, "linnet_connections", metrics.connections,
		"Open connections, by the protocol they speak now.",
		.labels = { &by_transport }),
	FAMILY(COUNTER, "linnet_connections_accepted_total", metrics.accepted,
		"Connections accepted, or upgraded to this protocol.",
		.labels = { &by_transport }),
	FAMILY(COUNTER, "linnet_connections_closed_total", metrics.closed,
		"Connections closed, by protocol and reason.",
		.labels = { &by_transport, &by_ending }),
	FAMILY(COUNTER, "linnet_connections_refused_total", metrics.refused,
		"Connections refused: over a limit, banned, or not a client of the line "
		"protocol.",
		.labels = { &by_limit }),
	FAMILY(COUNTER, "linnet_tokens_refused_total", metrics.bad_tokens,
		"Tokens refused, and webhooks whose signature is wrong.",
		.labels = { &by_bad_token }),
	FAMILY(COUNTER, "linnet_messages_received_total", metrics.received,
		"Messages accepted from clients and programs.", .labels = { &by_voice }),
	FAMILY(COUNTER, "linnet_messages_sent_total", metrics.sent,
		"Messages queued, once for each reader.", .labels = { &by_transport }),
	FAMILY(COUNTER, "linnet_bytes_sent_total", &metrics.bytes_sent,
		"Bytes sent, before encryption."),
	FAMILY(GAUGE, "linnet_queue_bytes", &metrics.queue_bytes,
		"Bytes queued for all readers."),
	FAMILY(COUNTER, "linnet_slow_readers_closed_total", &metrics.slow_readers,
		"Connections closed because their queue exceeded limits.queue_bytes."),
	FAMILY(COUNTER, "linnet_rate_limited_total", &metrics.rate_limited,
		"Client requests rejected by limits.message_rate, limits.address_rate, "
		"limits.address_rooms or limits.hook_burst."),
	FAMILY(GAUGE, "linnet_rooms", &metrics.rooms,
		"Rooms with a message, alarm or metric, and those that are configured."),
	FAMILY(GAUGE, "linnet_people", &metrics.people,
		"People online; several tabs of one person count once."),
	FAMILY(GAUGE, "linnet_store_up", &metrics.store_up,
		"1 while messages can be kept, 0 while they are refused."),
	FAMILY(GAUGE, "linnet_store_bytes", &metrics.store_bytes,
		"Size of the history: its file, or its messages in memory."),
	FAMILY(GAUGE, "linnet_store_log_bytes", &metrics.store_log_bytes,
		"Size of the write-ahead log (-wal) beside the history."),
	FAMILY(COUNTER, "linnet_store_appended_total", metrics.appended,
		"Messages given to the store, by result.", .labels = { &by_append }),
	FAMILY(COUNTER, "linnet_changes_total", metrics.changes,
		"Edits, deletions and reactions stored.", .labels = { &by_change }),
	FAMILY(GAUGE, "linnet_store_pending", &metrics.store_pending,
		"Messages that wait for a result of the store."),
	FAMILY(HISTOGRAM, "linnet_store_append_duration_seconds",
		&metrics.append_duration,
		"Time from giving a message to the store until its result."),
	FAMILY(COUNTER, "linnet_recoveries_total", metrics.recoveries,
		"Reconnections that asked for missed messages; polls do not count.",
		.labels = { &by_recovery }),
	FAMILY(COUNTER, "linnet_searches_total", &metrics.searches, "Searches started."),
	FAMILY(GAUGE, "linnet_alarms", metrics.alarms, "Active alarms.",
		.labels = { &by_severity }),
	FAMILY(COUNTER, "linnet_pushes_total", metrics.pushes, "Pushes accepted.",
		.labels = { &by_push }),
	FAMILY(COUNTER, "linnet_tail_lines_total", &metrics.tail_lines,
		"Lines of log files sent to rooms."),
	FAMILY(COUNTER, "linnet_tail_lines_skipped_total", &metrics.tail_lines_skipped,
		"Lines of log files skipped because of the rate limit."),
	FAMILY(HISTOGRAM, "linnet_loop_lag_seconds", &metrics.loop_lag,
		"Delay of a timer, measured while there are connections."),
	FAMILY(HISTOGRAM, "linnet_broadcast_duration_seconds",
		&metrics.broadcast_duration,
		"Time from a loop turn with a broadcast until all was written."),
	FAMILY(COUNTER, "linnet_http_requests_total", metrics.requests,
		"HTTP requests answered.", .labels = { &by_route, &by_class }),
	FAMILY(COUNTER, "linnet_config_reloads_total", metrics.reloads,
		"Reloads of the configuration.", .labels = { &by_outcome }),
	FAMILY(COUNTER, "linnet_tls_handshakes_total", metrics.handshakes,
		"TLS handshakes.", .labels = { &by_outcome }),
	FAMILY(GAUGE, "linnet_tls_certificate_expiry_timestamp_seconds",
		&metrics.certificate_expiry_s,
		"Unix time when the certificate expires; 0 without TLS."),
};

void
metrics_observe(struct metrics_histogram *histogram, int64_t duration_us)
{
	size_t i = 0;

	if (duration_us < 0)
		duration_us = 0;
	while (duration_us > bounds[i].us)
		i++;
	histogram->counts[i]++;
	histogram->sum_us += (uint64_t)duration_us;
}

enum transport
metrics_transport(const char *name)
{
	size_t i;

	for (i = 0; i < TRANSPORT_COUNT; i++)
		if (!strcmp(name, by_transport.values[i]))
			return (enum transport)i;
	return TRANSPORT_HTTP;
}

const char *
metrics_transport_name(enum transport transport)
{
	return by_transport.values[transport];
}

const char *
metrics_ending_name(enum ending ending)
{
	return by_ending.values[ending];
}

static size_t
metrics_find_route(const char *name)
{
	size_t i;

	if (!name)
		return ROUTE_PAGE;
	for (i = ROUTE_PAGE + 1; i < METRICS_ROUTES; i++)
		if (!strcmp(name, by_route.values[i]))
			return i;
	return ROUTE_NONE;
}

void
metrics_count_request(const char *route, int status)
{
	metrics.requests[metrics_find_route(route)][status / 100 - 1]++;
}

void
metrics_count_refused_token(const char *why)
{
	size_t i;

	for (i = 0; i < BAD_TOKEN_COUNT; i++)
		if (!strcmp(why, by_bad_token.values[i]))
			metrics.bad_tokens[i]++;
}

static void
metrics_put_seconds(struct buffer *out, uint64_t us)
{
	buffer_printf(out, "%" PRIu64 ".%06u\n", us / US_A_SECOND,
		(unsigned)(us % US_A_SECOND));
}

static void
metrics_put_histogram(struct buffer *out, const struct metrics_family *family)
{
	const struct metrics_histogram *histogram = family->values;
	uint64_t count = 0;
	size_t i;

	for (i = 0; i < METRICS_BUCKETS; i++) {
		count += histogram->counts[i];
		buffer_printf(out, "%s_bucket{le=\"%s\"} %" PRIu64 "\n", family->name,
			bounds[i].seconds, count);
	}
	buffer_printf(out, "%s_sum ", family->name);
	metrics_put_seconds(out, histogram->sum_us);
	buffer_printf(out, "%s_count %" PRIu64 "\n", family->name, count);
}

/* Write the labels of value number index. Label values need no escaping: all are
 * constants. */
static void
metrics_put_labels(struct buffer *out, const struct metrics_family *family, size_t index)
{
	const struct metrics_label *first = family->labels[0];
	const struct metrics_label *second = family->labels[1];

	if (second)
		buffer_printf(out, "{%s=\"%s\",%s=\"%s\"}", first->name,
			first->values[index / second->count], second->name,
			second->values[index % second->count]);
	else if (first)
		buffer_printf(out, "{%s=\"%s\"}", first->name, first->values[index]);
}

static void
metrics_put_values(struct buffer *out, const struct metrics_family *family)
{
	const uint64_t *values = family->values;
	size_t count = 1, i;

	for (i = 0; i < LABELS_MAX && family->labels[i]; i++)
		count *= family->labels[i]->count;
	for (i = 0; i < count; i++) {
		buffer_printf(out, "%s", family->name);
		metrics_put_labels(out, family, i);
		buffer_printf(out, " ");
		if (family->kind == COUNTER_US || family->kind == GAUGE_US)
			metrics_put_seconds(out, values[i]);
		else
			buffer_printf(out, "%" PRIu64 "\n", values[i]);
	}
}

static void
metrics_put_head(struct buffer *out, const char *name, const char *type, const char *help)
{
	buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void
metrics_append(struct buffer *out)
{
	static const char *const types[] = {
		[COUNTER] = "counter",
		[GAUGE] = "gauge",
		[COUNTER_US] = "counter",
		[GAUGE_US] = "gauge",
		[HISTOGRAM] = "histogram",
	};
	size_t i;

	metrics_put_head(out, "linnet_build_info", "gauge",
		"Always 1; the label has the version.");
	buffer_printf(out, "linnet_build_info{version=\"" LINNET_VERSION "\"} 1\n");
	for (i = 0; i < ARRAY_SIZE(families); i++) {
		const struct metrics_family *family = &families[i];

		metrics_put_head(out, family->name, types[family->kind], family->help);
		if (family->kind == HISTOGRAM)
			metrics_put_histogram(out, family);
		else
			metrics_put_values(out, family);
	}
}
