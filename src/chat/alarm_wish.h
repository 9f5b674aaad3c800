/* alarm_wish.h - what somebody wants an alarm to become. It is kept until that is stored,
 * because the alarm may have changed meanwhile: then the event is made again. */
#pragma once

#include "chat/chat_private.h"

/* Ranks of severities rise; this one clears the alarm. */
#define ALARM_OK 4

enum alarm_wish_kind {
	ALARM_PUSH,  /* a program says what it is */
	ALARM_ACK,   /* a person acknowledges it */
	ALARM_CLEAR, /* a person or program clears it */
	ALARM_END,   /* its time is over */
};

struct alarm_wish {
	enum alarm_wish_kind kind;
	char *key;
	char *name;       /* of the person or program */
	bool is_persons;  /* it is a person */
	bool is_hook;     /* see alarm_push */
	json_t *pushed;   /* of ALARM_PUSH: the object */
	size_t rank;      /* of its severity */
	uint64_t lasts_s; /* 0: until it is cleared */
	char *keys[STORE_KEYS];
	json_t *event;    /* given to the store; NULL: it clears the alarm */
	uint64_t version; /* of event */
	unsigned tries;   /* how often it was computed again */
	unsigned bases;   /* of the alarm, when it was computed */
};

/* Create a wish. key and name are copied. */
struct alarm_wish *alarm_wish_new(
	enum alarm_wish_kind kind, const char *key, const char *name);

/* Read the alarm that a program called name pushes. Returns NULL with the fault filled in
 * if it is bad. */
struct alarm_wish *alarm_wish_read(struct input *input, const char *name);

/* Make the alarm's next event at ts_ms; before is its last one, NULL if it is not active.
 * Returns NULL if nothing changes. */
json_t *alarm_wish_event(const struct alarm_wish *wish, json_t *before, int64_t ts_ms);

/* Free the wish; NULL is fine. */
void alarm_wish_free(struct alarm_wish *wish);

/* The rank of a severity, or one above all. */
size_t alarm_rank_of(const char *severity);

/* When the alarm of event ends by itself, or INT64_MAX. event may be NULL. */
int64_t alarm_end_of(const json_t *event);
