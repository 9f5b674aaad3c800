/* session.h - one peer of any door: who it is, where it is and what waits for it. */
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

/* What a door does for its sessions. Both may be called in the middle of a broadcast:
 * they mark and arm, and neither write, free nor call back. */
struct session_ops {
	/* The queue has something to write. */
	void (*wake)(struct session *session);
	/* The session is closing: tell the peer why once the wire is free. code is a
	 * close code of RFC 6455 section 7.4; reason is a short static text. */
	void (*drop)(struct session *session, uint16_t code, const char *reason);
};

/* Close codes that Linnet gives (RFC 6455 section 7.4.1 and the IANA registry). */
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

/* Embedded in its door's connection, which frees it; everybody else only reads it or
 * calls the functions below, but for the parts that say whose they are. */
struct session {
	const struct session_ops *ops;
	const char *via;          /* the door's name, static text */
	enum transport transport; /* the same, to be counted by */
	enum wire wire;           /* the form in which it reads */
	bool closing;             /* takes nothing more */
	bool is_flooding;         /* the reason for it */
	bool is_slow;             /* the same: it did not keep up */
	uint16_t close_code;      /* with that; 0: it is not closing */
	uint64_t number;          /* from 1, never given twice in a process */
	struct frame_queue queue; /* what waits to be written */
	size_t queue_max_bytes;

	/* The door's: who is behind it. */
	const struct permissions *permissions; /* what it may do; NULL: nothing */
	const char *peer; /* its address as text; NULL: of no interest */
	int64_t since_ms; /* Unix time when it came */

	/* The roster's: who it is. */
	struct person *person;
	bool is_owner; /* of the person's name, not only somebody with the same email */
	TAILQ_ENTRY(session) person_link;

	/* The chat's: the rooms that it is in. */
	TAILQ_HEAD(, member) members;
	unsigned member_count;

	/* The chat's. */
	char *home;          /* the room of what names none */
	bool wants_joined;   /* to be told that it is in a room */
	bool wants_events;   /* presence, typing */
	bool is_silent;      /* only reads: nobody is told that it is there */
	bool is_call;        /* speaks once and is always answered */
	bool is_hook;        /* a call that says what a hook's body became */
	bool is_paid;        /* a call's rate was charged */
	bool is_too_fast;    /* or could not be */
	bool is_greeted;     /* a line session, welcome */
	bool wants_progress; /* woken whenever something that it asked for is done */
	bool is_listed;      /* among those who are here */
	bool is_stalled;     /* the store has too many reads for its next one */
	bool is_owed;        /* there is more to show of what stands in its rooms */
	TAILQ_ENTRY(session) chat_link;
	bool is_departing;
	TAILQ_ENTRY(session) departing_link;
	LIST_HEAD(, request) requests;  /* what the store was asked for it */
	STAILQ_HEAD(, request) waiting; /* what it is to be asked when there is room */
	unsigned asked;                 /* how much the store was asked for */
	unsigned waiting_count;
	struct request *reading; /* the one read that is under way */
	TAILQ_ENTRY(session) stalled_link;
	struct rate own_rate;
	struct rate *rate; /* its own, or that of whom it speaks for */
};

/* Set up a session of number, which reads WebSocket messages with JSON (else set wire),
 * whose peer may leave up to queue_max_bytes unread. */
void session_init(struct session *session, const struct session_ops *ops, const char *via,
	uint64_t number, size_t queue_max_bytes);

/* Say who is behind the session: what it may do (a reference is taken, that of before
 * given back), its address (borrowed) and since when, in Unix ms. Without this it may do
 * nothing. */
void session_admit(struct session *session, const struct permissions *permissions,
	const char *peer, int64_t now_ms);

/* Queue frame (with a reference of the queue's own) and wake the door. Returns 0;
 * -ENOBUFS if the peer does not keep up, whose session is then dropped with
 * CLOSE_TRY_AGAIN; -EPIPE if it is closing already. A frame is never refused because of
 * its own size alone. Never calls back into the caller, so it is safe inside a walk over
 * a room. */
int session_send(struct session *session, struct frame *frame);

/* The same for the form of encoded that the session reads; 0 where it does not read such
 * a thing at all. */
int session_say(struct session *session, struct encoded *encoded);

/* Close the session: what waits is still written, nothing more is taken. Does nothing if
 * it is closing already. */
void session_close(struct session *session, uint16_t code, const char *reason);

/* Why it was closed. */
enum ending session_ending(const struct session *session);

/* Free what it has. For the door, when the connection is gone. */
void session_fini(struct session *session);
