/* room_state.h - what a room has besides its history: active alarms by key and the last
 * value of each metric. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "chat/metric_past.h"
#include "linnet/base/hash.h"

#define ROOM_STATE_KEY_BYTES 128 /* of an alarm's key */
#define ROOM_STATE_NAME_BYTES 64 /* of a metric's name */
#define ROOM_STATE_ALARMS_MAX 1000
#define ROOM_STATE_METRICS_MAX 1000

/* An alarm that is active or about to be. */
struct alarm {
	char *key;
	uint64_t number;  /* from 1, increasing within a room */
	json_t *standing; /* its last stored event; NULL: none */
	json_t *intended; /* its event after all pending changes; NULL: it will be cleared
			   */
	/* store_version of both as they are or will be stored. */
	uint64_t standing_version, intended_version;
	unsigned under_way; /* pending changes */
	unsigned bases;  /* how often pending changes were found to have a wrong base */
	bool is_doubted; /* the new picture of the store has not confirmed it yet */
	UT_hash_handle hh;
};

/* The last value of a metric. */
struct metric {
	char *name;
	uint64_t number;          /* as of an alarm */
	json_t *value;            /* the whole object */
	int64_t said_ms;          /* when it was pushed */
	int64_t sent_ms;          /* when a value was last broadcast */
	struct metric_past *past; /* owned; NULL: it has none, or it gave way */
	bool is_due;              /* the last value was not broadcast yet */
	void *owner;              /* its room */
	TAILQ_ENTRY(metric) due_link;
	UT_hash_handle hh;
};

TAILQ_HEAD(metric_list, metric);

/* All zero is empty. */
struct room_state {
	struct alarm *alarms;   /* by key, oldest first */
	size_t standing;        /* number of those that are active */
	struct metric *metrics; /* by name, oldest first */
	uint64_t last_number;   /* of all alarms and metrics */
};

/* The alarm with this key, or NULL. */
struct alarm *room_state_find_alarm(const struct room_state *state, const char *key);

/* The same, but adds the alarm if there is none. Returns NULL if there are too many. */
struct alarm *room_state_add_alarm(struct room_state *state, const char *key);

/* Forget alarm. */
void room_state_remove_alarm(struct room_state *state, struct alarm *alarm);

/* The metric with this name, or NULL. */
struct metric *room_state_find_metric(const struct room_state *state, const char *name);

/* The metric with this name, added without a value if there is none. Returns NULL if
 * there are too many. */
struct metric *room_state_add_metric(struct room_state *state, const char *name);

/* Forget metric, which must not be due. */
void room_state_remove_metric(struct room_state *state, struct metric *metric);

/* True if there are no alarms and no metrics. */
bool room_state_is_empty(const struct room_state *state);

/* Forget everything. No metric may be due. */
void room_state_clear(struct room_state *state);
