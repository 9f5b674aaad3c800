#include "linnet/base/metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "linnet/base/util.h"

#define US_A_SECOND 1000000U

#define LABELS_MAX 2

struct metrics metrics;

/* Upper bounds in us, and as they are written. */
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

/* A label and all that it may be. */
struct label {
	const char *name;
	const char *const *values;
	size_t count;
};

#define LABEL(name, values)                                                              \
	{                                                                                \
		name, values, ARRAY_SIZE(values)                                         \
	}

static const char *const transport_names[TRANSPORT_COUNT] = {
	[TRANSPORT_HTTP] = "http",
	[TRANSPORT_WS] = "ws",
	[TRANSPORT_LINE] = "line",
	[TRANSPORT_SSE] = "sse",
	[TRANSPORT_POLL] = "poll",
	[TRANSPORT_ECHO] = "echo",
};
static const char *const ending_names[ENDING_COUNT] = {
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
};
static const char *const voice_names[VOICE_COUNT] = {
	[VOICE_WS] = "ws",
	[VOICE_LINE] = "line",
	[VOICE_PUSH] = "push",
	[VOICE_SEND] = "send",
};
static const char *const push_names[PUSH_KIND_COUNT] = {
	[PUSH_MESSAGE] = "message",
	[PUSH_ALARM] = "alarm",
	[PUSH_METRIC] = "metric",
	[PUSH_HOOK] = "hook",
};
static const char *const outcome_names[OUTCOME_COUNT] = {
	[OUTCOME_OK] = "ok",
	[OUTCOME_FAILED] = "failed",
};
static const char *const append_names[APPEND_RESULT_COUNT] = {
	[APPEND_OK] = "ok",
	[APPEND_DUPLICATE] = "duplicate",
	[APPEND_FAILED] = "failed",
};
static const char *const recovery_names[RECOVERY_COUNT] = {
	[RECOVERY_RECOVERED] = "recovered",
	[RECOVERY_NOT_RECOVERED] = "not_recovered",
};
static const char *const limit_names[REFUSED_BY_COUNT] = {
	[REFUSED_BY_CONNECTIONS] = "connections",
	[REFUSED_BY_PER_ADDRESS] = "per_address",
	[REFUSED_BY_BAN] = "banned",
	[REFUSED_BY_PROTOCOL] = "protocol",
};
static const char *const severity_names[METRICS_SEVERITIES] = { "info", "warning",
	"error", "critical" };
static const char *const class_names[METRICS_CLASSES] = { "1xx", "2xx", "3xx", "4xx",
	"5xx" };

/* The first is what is found nowhere. */
static const char *const route_names[] = { "none", "page", "ws", "echo", "healthz",
	"readyz", "metrics", "push", "hooks", "send", "events", "poll", "history",
	"search", "rooms", "admin" };

_Static_assert(ARRAY_SIZE(route_names) == METRICS_ROUTES, "each route has a name");

#define ROUTE_NONE 0
#define ROUTE_PAGE 1

static const struct label by_transport = LABEL("transport", transport_names);
static const struct label by_ending = LABEL("reason", ending_names);
static const struct label by_voice = LABEL("transport", voice_names);
static const struct label by_push = LABEL("kind", push_names);
static const struct label by_outcome = LABEL("result", outcome_names);
static const struct label by_append = LABEL("result", append_names);
static const struct label by_recovery = LABEL("result", recovery_names);
static const struct label by_limit = LABEL("limit", limit_names);
static const struct label by_severity = LABEL("severity", severity_names);
static const struct label by_route = LABEL("route", route_names);
static const struct label by_class = LABEL("status", class_names);

enum kind {
	COUNTER,
	GAUGE,
	COUNTER_US, /* kept in microseconds, shown in seconds */
	GAUGE_US,
	HISTOGRAM,
};

/* One metric with all its labels: an array of values for each of them. */
struct family {
	const char *name;
	const char *help;
	enum kind kind;
	const void *values;
	const struct label *labels[LABELS_MAX];
};

#define FAMILY(type, what, from, ...)                                                    \
	{                                                                                \
		.kind = type, .name = what, .values = from, __VA_ARGS__                  \
	}

static const struct family families[] = {
	FAMILY(GAUGE_US, "process_start_time_seconds", &metrics.start_us,
		.help = "When the daemon was started, in Unix time."),
	FAMILY(COUNTER_US, "process_cpu_seconds_total", &metrics.cpu_us,
		.help = "Processor time used, the user's and the kernel's."),
	FAMILY(GAUGE, "process_open_fds", &metrics.open_fds,
		.help = "Descriptors that are open."),
	FAMILY(GAUGE, "process_max_fds", &metrics.max_fds,
		.help = "Descriptors that may be open."),
	FAMILY(GAUGE, "process_resident_memory_bytes", &metrics.resident_bytes,
		.help = "Memory in use."),
	FAMILY(GAUGE, "linnet_connections", metrics.connections,
		.help = "Open connections, each by what it speaks now.",
		.labels = { &by_transport }),
	FAMILY(COUNTER, "linnet_connections_accepted_total", metrics.accepted,
		.help = "Connections that began to speak that.",
		.labels = { &by_transport }),
	FAMILY(COUNTER, "linnet_connections_closed_total", metrics.closed,
		.help = "Connections that ceased to, by why.",
		.labels = { &by_transport, &by_ending }),
	FAMILY(COUNTER, "linnet_connections_refused_total", metrics.refused,
		.help = "Connections that were closed because they were over a limit, "
			"banned, or spoke another protocol.",
		.labels = { &by_limit }),
	FAMILY(COUNTER, "linnet_messages_received_total", metrics.received,
		.help = "What people and programs said and was taken.",
		.labels = { &by_voice }),
	FAMILY(COUNTER, "linnet_messages_sent_total", metrics.sent,
		.help = "Messages queued for a reader each.",
		.labels = { &by_transport }),
	FAMILY(COUNTER, "linnet_bytes_sent_total", &metrics.bytes_sent,
		.help = "Bytes given to connections, before they are encrypted."),
	FAMILY(GAUGE, "linnet_queue_bytes", &metrics.queue_bytes,
		.help = "Bytes that wait for readers, all together."),
	FAMILY(COUNTER, "linnet_slow_readers_closed_total", &metrics.slow_readers,
		.help = "Readers that did not keep up with limits.queue_bytes."),
	FAMILY(COUNTER, "linnet_rate_limited_total", &metrics.rate_limited,
		.help = "What was refused because it came too fast."),
	FAMILY(GAUGE, "linnet_rooms", &metrics.rooms, .help = "Rooms that there are."),
	FAMILY(GAUGE, "linnet_people", &metrics.people,
		.help = "People who are there, however many tabs they have."),
	FAMILY(COUNTER, "linnet_store_appended_total", metrics.appended,
		.help = "What the history made of messages.", .labels = { &by_append }),
	FAMILY(GAUGE, "linnet_store_pending", &metrics.store_pending,
		.help = "Messages that the history was given and has not answered."),
	FAMILY(HISTOGRAM, "linnet_store_append_duration_seconds",
		&metrics.append_duration,
		.help = "Time until the history has answered a message."),
	FAMILY(COUNTER, "linnet_recoveries_total", metrics.recoveries,
		.help = "Connections (no polls) that asked for what they had missed.",
		.labels = { &by_recovery }),
	FAMILY(COUNTER, "linnet_searches_total", &metrics.searches,
		.help = "Searches that were begun."),
	FAMILY(GAUGE, "linnet_alarms", metrics.alarms, .help = "Alarms that stand.",
		.labels = { &by_severity }),
	FAMILY(COUNTER, "linnet_pushes_total", metrics.pushes,
		.help = "What programs pushed and was taken.", .labels = { &by_push }),
	FAMILY(COUNTER, "linnet_tail_lines_total", &metrics.tail_lines,
		.help = "Lines of log files that were shown."),
	FAMILY(COUNTER, "linnet_tail_lines_skipped_total", &metrics.tail_lines_skipped,
		.help = "Lines of log files that came too fast to be shown."),
	FAMILY(HISTOGRAM, "linnet_loop_lag_seconds", &metrics.loop_lag,
		.help = "How late a timer was; looked at while there are connections."),
	FAMILY(HISTOGRAM, "linnet_broadcast_duration_seconds",
		&metrics.broadcast_duration,
		.help = "Time of a turn of the loop that told rooms something, with "
			"the writing to all who could take it."),
	FAMILY(COUNTER, "linnet_http_requests_total", metrics.requests,
		.help = "Requests that were answered.",
		.labels = { &by_route, &by_class }),
	FAMILY(COUNTER, "linnet_config_reloads_total", metrics.reloads,
		.help = "Reloads of the configuration.", .labels = { &by_outcome }),
	FAMILY(COUNTER, "linnet_tls_handshakes_total", metrics.handshakes,
		.help = "TLS handshakes.", .labels = { &by_outcome }),
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
		if (!strcmp(name, transport_names[i]))
			return (enum transport)i;
	return TRANSPORT_HTTP;
}

const char *
metrics_transport_name(enum transport transport)
{
	return transport_names[transport];
}

const char *
metrics_ending_name(enum ending ending)
{
	return ending_names[ending];
}

static size_t
find_route(const char *name)
{
	size_t i;

	if (!name)
		return ROUTE_PAGE;
	for (i = ROUTE_PAGE + 1; i < METRICS_ROUTES; i++)
		if (!strcmp(name, route_names[i]))
			return i;
	return ROUTE_NONE;
}

void
metrics_count_request(const char *route, int status)
{
	metrics.requests[find_route(route)][status / 100 - 1]++;
}

/* Short lines only. */
__attribute__((format(printf, 2, 3))) static void
put(struct buffer *out, const char *format, ...)
{
	char text[256];
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	buffer_append(
		out, text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1);
}

static void
put_seconds(struct buffer *out, uint64_t us)
{
	put(out, "%" PRIu64 ".%06u\n", us / US_A_SECOND, (unsigned)(us % US_A_SECOND));
}

static void
put_histogram(struct buffer *out, const struct family *family)
{
	const struct metrics_histogram *histogram = family->values;
	uint64_t count = 0;
	size_t i;

	for (i = 0; i < METRICS_BUCKETS; i++) {
		count += histogram->counts[i];
		put(out, "%s_bucket{le=\"%s\"} %" PRIu64 "\n", family->name,
			bounds[i].seconds, count);
	}
	put(out, "%s_sum ", family->name);
	put_seconds(out, histogram->sum_us);
	put(out, "%s_count %" PRIu64 "\n", family->name, count);
}

/* The labels of value number index; every word of theirs is written as it is. */
static void
put_labels(struct buffer *out, const struct family *family, size_t index)
{
	const struct label *first = family->labels[0], *second = family->labels[1];

	if (second)
		put(out, "{%s=\"%s\",%s=\"%s\"}", first->name,
			first->values[index / second->count], second->name,
			second->values[index % second->count]);
	else if (first)
		put(out, "{%s=\"%s\"}", first->name, first->values[index]);
}

static void
put_values(struct buffer *out, const struct family *family)
{
	const uint64_t *values = family->values;
	size_t count = 1, i;

	for (i = 0; i < LABELS_MAX && family->labels[i]; i++)
		count *= family->labels[i]->count;
	for (i = 0; i < count; i++) {
		put(out, "%s", family->name);
		put_labels(out, family, i);
		put(out, " ");
		if (family->kind == COUNTER_US || family->kind == GAUGE_US)
			put_seconds(out, values[i]);
		else
			put(out, "%" PRIu64 "\n", values[i]);
	}
}

static void
put_head(struct buffer *out, const char *name, const char *type, const char *help)
{
	put(out, "# HELP %s %s\n", name, help);
	put(out, "# TYPE %s %s\n", name, type);
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

	put_head(out, "linnet_build_info", "gauge", "1, by the version.");
	put(out, "linnet_build_info{version=\"" LINNET_VERSION "\"} 1\n");
	for (i = 0; i < ARRAY_SIZE(families); i++) {
		const struct family *family = &families[i];

		put_head(out, family->name, types[family->kind], family->help);
		if (family->kind == HISTOGRAM)
			put_histogram(out, family);
		else
			put_values(out, family);
	}
}
