/* session.h - one client of any door: who it is and what is queued for it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "linnet/auth/permissions.h"
#include "linnet/auth/rate.h"
#include "linnet/base/frame.h"
#include "linnet/base/metrics.h"
#include "linnet/protocol/encode.h"

struct member;
struct person;
struct request;
struct session;

/* What a door does for its sessions. Both functions may be called during a broadcast, so
 * they must not write, free or call back. */
struct session_ops {
	/* The queue has something to write. */
	void (*wake)(struct session *session);
	/* The session is closing: write its queue, then tell the peer why. code is a
	 * close code (RFC 6455 section 7.4); reason is a short static text. */
	void (*drop)(struct session *session, uint16_t code, const char *reason);
};

/* Close codes that Linnet sends (RFC 6455 section 7.4.1 and the IANA registry). */
enum close_code {
	CLOSE_NORMAL = 1000,
	CLOSE_GOING_AWAY = 1001,
	CLOSE_PROTOCOL = 1002,
	CLOSE_UNSUPPORTED = 1003,
	CLOSE_BAD_UTF8 = 1007,
	CLOSE_POLICY = 1008,
	CLOSE_TOO_BIG = 1009,
	CLOSE_TRY_AGAIN = 1013,
};

TAILQ_HEAD(session_list, session);

/* Embedded in the connection of its door, which frees it. Other modules only read it or
 * call the functions below. Exceptions are the groups of members that name an owner. */
struct session {
	const struct session_ops *ops;
	const char *via;          /* name of the door, static text */
	enum transport transport; /* the same, for metrics */
	enum wire wire;           /* form in which the client reads */
	bool closing;             /* accepts nothing more */
	bool is_flooding;         /* closed because of it */
	bool is_slow;             /* closed because it did not read fast enough */
	uint16_t close_code;      /* 0: not closing */
	uint64_t number;          /* from 1, unique in a process */
	struct frame_queue queue; /* frames to be written */
	size_t queue_max_bytes;

	/* Owned by the door: who the client is. */
	const struct permissions *permissions; /* what it may do; NULL: nothing */
	const char *peer;                      /* its address as text; NULL: not known */
	int64_t since_ms;                      /* Unix time when it connected */

	/* Owned by the roster. */
	struct person *person;
	bool is_owner; /* it has proved to be the person; otherwise it only shares the
			  person's email */
	TAILQ_ENTRY(session) person_link;

	/* Owned by struct rooms: the rooms that it is in. */
	TAILQ_HEAD(, member) members;
	unsigned member_count;

	/* Owned by the chat. */
	char *home;          /* room of objects that name none */
	bool wants_joined;   /* send it "joined" */
	bool wants_events;   /* send it presence and typing */
	bool is_silent;      /* only reads and is not announced */
	bool is_call;        /* serves one HTTP request and is always answered */
	bool is_hook;        /* a call that carries what a hook's body became */
	bool is_paid;        /* a call that paid for the rate */
	bool is_too_fast;    /* a call that is over the rate */
	bool is_greeted;     /* a line session that was welcomed */
	bool wants_progress; /* wake it whenever one of its requests is done */
	bool is_listed;      /* in the list of sessions */
	bool is_stalled;     /* its next read waits for a place in the store */
	bool is_owed;        /* part of a snapshot is still to be sent */
	TAILQ_ENTRY(session) chat_link;
	bool is_departing;
	TAILQ_ENTRY(session) departing_link;
	LIST_HEAD(, request) requests;  /* its requests to the store */
	STAILQ_HEAD(, request) waiting; /* its reads that were not started yet */
	unsigned asked;                 /* number of its requests in the store */
	unsigned waiting_count;
	struct request *reading; /* its read that is in the store */
	TAILQ_ENTRY(session) stalled_link;
	struct rate own_rate;
	struct rate *rate; /* own_rate, or that of the person it speaks for */
};

/* Set up a session that reads JSON in WebSocket messages; for another form set wire
 * afterwards. Up to queue_max_bytes may be queued for it. */
void session_init(struct session *session, const struct session_ops *ops, const char *via,
	uint64_t number, size_t queue_max_bytes);

/* Set who the client is: its permissions (takes a reference and releases the earlier
 * ones), its address (borrowed) and since when, in Unix ms. Without permissions a session
 * may do nothing. */
void session_admit(struct session *session, const struct permissions *permissions,
	const char *peer, int64_t now_ms);

/* Queue frame (takes a reference) and wake the door. Returns 0, -EPIPE if the session is
 * closing, or -ENOBUFS if the queue is full: the session is then closed with
 * CLOSE_TRY_AGAIN. An empty queue accepts a frame of any size. Never calls back, so it is
 * safe while walking a room. */
int session_send(struct session *session, struct frame *frame);

/* Queue encoded in the form that the session reads. Returns as session_send, and 0 if
 * that form does not show such an object. */
int session_say(struct session *session, struct encoded *encoded);

/* Close the session: its queue is still written, nothing more is accepted. Does nothing
 * if it is closing already. */
void session_close(struct session *session, uint16_t code, const char *reason);

/* Why the session was closed. */
enum ending session_ending(const struct session *session);

/* Free the queue and the permissions. The door calls this when the connection is gone. */
void session_fini(struct session *session);
