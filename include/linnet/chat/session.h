/* session.h - one client of any door: who it is and what is queued for it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "linnet/auth/gate.h"
#include "linnet/auth/permissions.h"
#include "linnet/base/frame.h"
#include "linnet/protocol/encode.h"
#include "linnet/protocol/kinds.h"

struct chat_session;
struct message_fault;
struct person;
struct session;

/* What a door does for its sessions. The functions may be called during a broadcast, so
 * they must not write, free or call back. */
struct session_ops {
	/* The queue has something to write. */
	void (*wake)(struct session *session);
	/* The session is closing: write its queue, then tell the peer why. code is a
	 * close code (RFC 6455 section 7.4); reason is a short static text. */
	void (*drop)(struct session *session, uint16_t code, const char *reason);
	/* The session is told fault (borrowed). NULL: an error object is queued. */
	void (*refuse)(struct session *session, const struct message_fault *fault);
	/* Give the session the permissions of the configured token that text is, beside
	 * what it is already. Returns false if it is none. NULL: nobody can. */
	bool (*log_in)(struct session *session, const char *text);
};

TAILQ_HEAD(session_list, session);

/* Embedded in the connection of its door, which frees it. Other modules only read it or
 * call the functions below. Exceptions are the groups of members that name an owner. */
struct session {
	const struct session_ops *ops;
	enum wire wire;           /* form in which the client reads */
	enum close_code closed;   /* it accepts nothing more; CLOSE_NONE: it does */
	enum ending ending;       /* why it was closed */
	uint64_t number;          /* from 1, unique in a process */
	struct frame_queue queue; /* frames to be written */
	size_t queue_max_bytes;

	/* Owned by the door: who the client is. */
	const struct permissions *permissions; /* what it may do; NULL: nothing */
	const char *peer;                      /* its address as text; NULL: not known */
	struct gate_client *client; /* whose limits it shares; NULL: nobody's */
	int64_t since_ms;           /* Unix time when it connected */

	/* Owned by the roster. */
	struct person *person;
	bool is_owner; /* it has proved to be the person; otherwise it only shares the
			  person's email */
	TAILQ_ENTRY(session) person_link;

	/* Owned by the chat; NULL: the session is not in it. */
	struct chat_session *chat;
};

/* Set up a session that reads the form wire. Up to queue_max_bytes may be queued for it;
 * a reload does not change that. */
void session_init(struct session *session, const struct session_ops *ops, enum wire wire,
	uint64_t number, size_t queue_max_bytes);

/* Set who the client is: its permissions (takes a reference and releases the earlier
 * ones), its address (borrowed) and since when, in Unix ms. Without permissions a session
 * may do nothing. Permissions that end are set before chat_open or chat_go_on. */
void session_admit(struct session *session, const struct permissions *permissions,
	const char *peer, int64_t now_ms);

/* Set whose limits the session shares (takes a reference and releases the earlier one).
 */
void session_set_client(struct session *session, struct gate_client *client);

/* The session reads the form wire from now on. */
void session_set_wire(struct session *session, enum wire wire);

/* Queue frame (takes a reference) and wake the door. Returns 0, -EPIPE if the session is
 * closing, or -ENOBUFS if the queue is full: the session is then closed as
 * ENDING_SLOW_READER. An empty queue accepts a frame of any size. Never calls back, so it
 * is safe while walking a room. */
int session_send(struct session *session, struct frame *frame);

/* Queue encoded in the form that the session reads. Returns as session_send, and 0 if
 * that form does not show such an object. */
int session_say(struct session *session, struct encoded *encoded);

/* Close the session: its queue is still written, nothing more is accepted. Does nothing
 * if it is closing already. */
void session_close(struct session *session, enum close_code code, const char *reason);

/* The same, for an ending that the code does not tell. */
void session_close_as(struct session *session, enum ending ending, enum close_code code,
	const char *reason);

/* Fields for the log: what the session is or was called, and its room. */
#define SESSION_WHO_FIELDS(session)                                                      \
	log_person("username", session_username(session)),                               \
		log_person("room", session_room(session))

/* The name of the session's person, or the last one that it had. NULL if it has not
 * entered the chat, or has no name. */
const char *session_username(const struct session *session);

/* The room of objects that name none. NULL if it has not entered the chat. */
const char *session_room(const struct session *session);

/* Free the queue, the permissions and the reference to the client. The door calls this
 * when the connection is gone. */
void session_fini(struct session *session);
