/* metrics.h - what the daemon counts of its own work, for whoever watches it: not to be
 * taken for the metrics that programs push to rooms (room_state.h). Counted where it
 * happens, in the loop's thread alone; nothing is allocated and no person or room is
 * named. */
#pragma once

#include <stdint.h>

#include "linnet/base/buffer.h"

/* What a connection speaks. One that goes on as something else counts as that. */
enum transport {
	TRANSPORT_HTTP,
	TRANSPORT_WS,
	TRANSPORT_LINE,
	TRANSPORT_SSE,
	TRANSPORT_POLL, /* while a poll waits for its answer */
	TRANSPORT_ECHO,
	TRANSPORT_COUNT,
};

/* Why a connection ended. */
enum ending {
	ENDING_NORMAL,   /* one of both said that it leaves */
	ENDING_UPGRADED, /* it goes on as a WebSocket or a stream */
	ENDING_LOST,     /* the peer was gone without a word */
	ENDING_TIMEOUT,  /* silent, or idle, for too long */
	ENDING_SLOW_READER,
	ENDING_FLOODING,
	ENDING_SENT_AWAY, /* by a moderator, or for the want of a token that is good */
	ENDING_TOO_BIG,
	ENDING_BAD_UTF8,
	ENDING_PROTOCOL, /* what the peer sent is against the protocol */
	ENDING_STOPPING,
	ENDING_ERROR, /* ours */
	ENDING_COUNT,
};

/* How what is said comes in. */
enum voice {
	VOICE_WS,
	VOICE_LINE,
	VOICE_PUSH,
	VOICE_SEND,
	VOICE_COUNT,
};

/* What programs push. */
enum push_kind {
	PUSH_MESSAGE,
	PUSH_ALARM,
	PUSH_METRIC,
	PUSH_HOOK, /* whatever a hook's body became */
	PUSH_KIND_COUNT,
};

enum outcome {
	OUTCOME_OK,
	OUTCOME_FAILED,
	OUTCOME_COUNT,
};

/* What the store made of a message. */
enum append_result {
	APPEND_OK,
	APPEND_DUPLICATE,
	APPEND_FAILED,
	APPEND_RESULT_COUNT,
};

/* Whether who came back was sent all that it had missed. */
enum recovery {
	RECOVERY_RECOVERED,
	RECOVERY_NOT_RECOVERED,
	RECOVERY_COUNT,
};

/* Why a connection was refused. */
enum refused_by {
	REFUSED_BY_CONNECTIONS,
	REFUSED_BY_PER_ADDRESS,
	REFUSED_BY_BAN,
	REFUSED_BY_PROTOCOL, /* the line door: not a client of lines */
	REFUSED_BY_COUNT,
};

/* Of the alarms that stand. */
#define METRICS_SEVERITIES 4

/* Routes that are told apart, and the classes of HTTP's status codes. */
#define METRICS_ROUTES 16
#define METRICS_CLASSES 5

/* The bounds of a histogram's buckets; the last one has none. */
#define METRICS_BUCKETS 17

struct metrics_histogram {
	uint64_t counts[METRICS_BUCKETS]; /* of each bucket alone */
	uint64_t sum_us;
};

/* All of them; those that have no comment are what their line in metrics.c says. */
struct metrics {
	uint64_t connections[TRANSPORT_COUNT];
	uint64_t accepted[TRANSPORT_COUNT];
	uint64_t closed[TRANSPORT_COUNT][ENDING_COUNT];
	uint64_t refused[REFUSED_BY_COUNT];
	uint64_t received[VOICE_COUNT];
	uint64_t sent[TRANSPORT_COUNT];
	uint64_t bytes_sent;
	uint64_t queue_bytes;
	uint64_t slow_readers;
	uint64_t rate_limited;
	uint64_t appended[APPEND_RESULT_COUNT];
	uint64_t store_pending;
	struct metrics_histogram append_duration;
	uint64_t recoveries[RECOVERY_COUNT];
	uint64_t searches;
	uint64_t alarms[METRICS_SEVERITIES]; /* from "info" to "critical" */
	uint64_t pushes[PUSH_KIND_COUNT];
	uint64_t tail_lines;
	uint64_t tail_lines_skipped;
	uint64_t broadcasts; /* not shown: tells whether there was one */
	struct metrics_histogram broadcast_duration;
	struct metrics_histogram loop_lag;
	uint64_t requests[METRICS_ROUTES][METRICS_CLASSES];
	uint64_t reloads[OUTCOME_COUNT];
	uint64_t handshakes[OUTCOME_COUNT];

	/* Found out by whoever shows them, right before. */
	uint64_t rooms;
	uint64_t people;
	uint64_t start_us; /* Unix time */
	uint64_t cpu_us;
	uint64_t open_fds;
	uint64_t max_fds;
	uint64_t resident_bytes;
};

extern struct metrics metrics;

/* Note that something took duration_us; less than nothing is nothing. */
void metrics_observe(struct metrics_histogram *histogram, int64_t duration_us);

/* The transport that is called name. */
enum transport metrics_transport(const char *name);

/* The names of both. */
const char *metrics_transport_name(enum transport transport);
const char *metrics_ending_name(enum ending ending);

/* Count a request that was answered with status (100 to 599); route is the first segment
 * of the path that it was for, NULL for the page, or anything else where nothing is. */
void metrics_count_request(const char *route, int status);

/* Append all of them in Prometheus' text format, version 0.0.4. */
void metrics_append(struct buffer *out);
