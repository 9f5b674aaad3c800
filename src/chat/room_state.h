/* room_state.h - what stands in a room beside what was said there: alarms by key and the
 * last value of each metric. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "linnet/base/hash.h"

#define ROOM_STATE_KEY_BYTES 128 /* of an alarm's key */
#define ROOM_STATE_NAME_BYTES 64 /* of a metric's name */
#define ROOM_STATE_ALARMS_MAX 1000
#define ROOM_STATE_METRICS_MAX 1000

/* An alarm that stands, or is about to. */
struct alarm {
	char *key;
	uint64_t number;  /* from 1, larger than of all that was there before it */
	json_t *standing; /* its last event, as the store has it; NULL: none yet */
	json_t *intended; /* with what is under way; NULL: it is to be cleared */
	unsigned under_way;
	UT_hash_handle hh;
};

/* The last value of a metric. */
struct metric {
	char *name;
	uint64_t number; /* as an alarm's */
	json_t *value;   /* the whole object */
	int64_t said_ms; /* when it came */
	int64_t sent_ms; /* when everybody was last sent a value */
	bool is_due;     /* the last value was not sent yet */
	void *owner;     /* whoever keeps the list of those that are due */
	TAILQ_ENTRY(metric) due_link;
	UT_hash_handle hh;
};

TAILQ_HEAD(metric_list, metric);

/* All zero is empty. */
struct room_state {
	struct alarm *alarms;   /* by key, in the order in which they were raised */
	struct metric *metrics; /* by name, in the order in which they came */
	uint64_t last_number;   /* that was given to either */
};

/* The alarm of that key, or NULL. */
struct alarm *room_state_find_alarm(const struct room_state *state, const char *key);

/* The same, added if it is not there; NULL if there are too many. */
struct alarm *room_state_add_alarm(struct room_state *state, const char *key);

/* Forget alarm. */
void room_state_remove_alarm(struct room_state *state, struct alarm *alarm);

/* The metric of that name, added without a value if it is not there; NULL if there are
 * too many. */
struct metric *room_state_add_metric(struct room_state *state, const char *name);

/* Forget metric, which must not be due. */
void room_state_remove_metric(struct room_state *state, struct metric *metric);

/* True if nothing stands. */
bool room_state_is_empty(const struct room_state *state);

/* Forget everything. No metric may be due. */
void room_state_clear(struct room_state *state);
