/* metrics.h - counters of the daemon's own work, which Prometheus scrapes at /metrics.
 * They are not the metrics that programs push to rooms (room_state.h). Only the loop's
 * thread counts. No label names a person or a room, so memory is fixed. */
#pragma once

#include <stdint.h>

#include "linnet/base/buffer.h"

/* What a connection speaks now. A connection that upgrades counts under the new one. */
enum transport {
	TRANSPORT_HTTP,
	TRANSPORT_WS,
	TRANSPORT_LINE,
	TRANSPORT_SSE,
	TRANSPORT_POLL, /* only while a poll waits for its response */
	TRANSPORT_ECHO,
	TRANSPORT_COUNT,
};

/* Why a connection ended. */
enum ending {
	ENDING_NORMAL,   /* one side closed it as the protocol says */
	ENDING_UPGRADED, /* it became a WebSocket, an event stream or another transport */
	ENDING_LOST,     /* the connection broke */
	ENDING_TIMEOUT,  /* the peer sent nothing, or did not read, for too long */
	ENDING_SLOW_READER,
	ENDING_FLOODING,
	ENDING_SENT_AWAY, /* closed by a moderator, or because its token is not valid */
	ENDING_TOO_BIG,
	ENDING_BAD_UTF8,
	ENDING_PROTOCOL, /* the peer violated the protocol */
	ENDING_STOPPING,
	ENDING_ERROR, /* an error of the server */
	ENDING_COUNT,
};

/* Where a message comes from. */
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
	PUSH_HOOK, /* a request to /hooks, whatever it was converted to */
	PUSH_KIND_COUNT,
};

/* Changes of earlier messages. */
enum change_kind {
	CHANGE_EDIT,
	CHANGE_DELETE,
	CHANGE_REACT,
	CHANGE_KIND_COUNT,
};

enum outcome {
	OUTCOME_OK,
	OUTCOME_FAILED,
	OUTCOME_COUNT,
};

/* What the store did with a message. */
enum append_result {
	APPEND_OK,
	APPEND_DUPLICATE,
	APPEND_FAILED,
	APPEND_RESULT_COUNT,
};

/* Whether a client that reconnected got every message that it had missed. */
enum recovery {
	RECOVERY_RECOVERED,
	RECOVERY_NOT_RECOVERED,
	RECOVERY_COUNT,
};

/* Why a connection was refused. */
enum refused_by {
	REFUSED_BY_CONNECTIONS,
	REFUSED_BY_PER_ADDRESS,
	REFUSED_BY_CONNECT_RATE, /* sessions that one address opens */
	REFUSED_BY_BAN,
	REFUSED_BY_PROTOCOL, /* at the line port: the client speaks another protocol */
	REFUSED_BY_COUNT,
};

/* Why a token was refused. */
enum bad_token {
	BAD_TOKEN_UNKNOWN, /* or with a wrong signature */
	BAD_TOKEN_EXPIRED,
	BAD_TOKEN_NOT_YET,
	BAD_TOKEN_AUDIENCE,
	BAD_TOKEN_CLAIM,
	BAD_TOKEN_NAME,
	BAD_TOKEN_ROOM, /* it is not for the room */
	BAD_TOKEN_NOT_ADMIN,
	BAD_TOKEN_SIGNATURE, /* of a webhook under it */
	BAD_TOKEN_COUNT,
};

/* Severities of an active alarm. */
#define METRICS_SEVERITIES 4

/* Number of routes in metrics.c, and of classes of HTTP status codes. */
#define METRICS_ROUTES 18
#define METRICS_CLASSES 5

/* Number of buckets in a histogram. The last bucket has no upper bound. */
#define METRICS_BUCKETS 17

struct metrics_histogram {
	uint64_t counts[METRICS_BUCKETS]; /* each bucket alone, not cumulated */
	uint64_t sum_us;
};

/* All counters. The help texts in metrics.c say what each one counts. */
struct metrics {
	uint64_t connections[TRANSPORT_COUNT];
	uint64_t accepted[TRANSPORT_COUNT];
	uint64_t closed[TRANSPORT_COUNT][ENDING_COUNT];
	uint64_t refused[REFUSED_BY_COUNT];
	uint64_t bad_tokens[BAD_TOKEN_COUNT];
	uint64_t received[VOICE_COUNT];
	uint64_t sent[TRANSPORT_COUNT];
	uint64_t bytes_sent;
	uint64_t queue_bytes;
	uint64_t slow_readers;
	uint64_t rate_limited;
	uint64_t appended[APPEND_RESULT_COUNT];
	uint64_t store_pending; /* atomic: another thread reads it at a forced stop */
	struct metrics_histogram append_duration;
	uint64_t recoveries[RECOVERY_COUNT];
	uint64_t searches;
	uint64_t alarms[METRICS_SEVERITIES]; /* from "info" to "critical" */
	uint64_t pushes[PUSH_KIND_COUNT];
	uint64_t changes[CHANGE_KIND_COUNT];
	uint64_t tail_lines;
	uint64_t tail_lines_skipped;
	uint64_t broadcasts; /* not exported; tells loop_watch.c of a broadcast */
	struct metrics_histogram broadcast_duration;
	struct metrics_histogram loop_lag;
	uint64_t requests[METRICS_ROUTES][METRICS_CLASSES];
	uint64_t reloads[OUTCOME_COUNT];
	uint64_t handshakes[OUTCOME_COUNT];
	uint64_t certificate_expiry_s; /* Unix time; 0: no TLS */

	/* The metrics door sets these right before each response; start_us is set once.
	 */
	uint64_t rooms;
	uint64_t people;
	uint64_t store_up; /* 1 or 0 */
	uint64_t store_bytes, store_log_bytes;
	uint64_t start_us; /* Unix time */
	uint64_t cpu_us;
	uint64_t open_fds;
	uint64_t max_fds;
	uint64_t resident_bytes;
};

extern struct metrics metrics;

/* Add one duration to the histogram. A negative duration counts as 0. */
void metrics_observe(struct metrics_histogram *histogram, int64_t duration_us);

/* The transport of that name; TRANSPORT_HTTP if there is none. */
enum transport metrics_transport(const char *name);

/* The names of a transport and of an ending, as their labels have them. */
const char *metrics_transport_name(enum transport transport);
const char *metrics_ending_name(enum ending ending);

/* Count one HTTP response. status is 100 to 599. route is the first segment of the path,
 * or NULL for the page; unknown routes count as "none". */
void metrics_count_request(const char *route, int status);

/* Count a refused token. why is the reason that the log has. Other reasons than those of
 * enum bad_token are not counted: no token was shown. */
void metrics_count_refused_token(const char *why);

/* Append all metrics in Prometheus' text format, version 0.0.4. */
void metrics_append(struct buffer *out);
