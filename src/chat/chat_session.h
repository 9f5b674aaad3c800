/* chat_session.h - what the chat keeps of a session that is in it. */
#pragma once

#include <stdbool.h>
#include <sys/queue.h>

#include "linnet/auth/gate.h"
#include "linnet/base/hash.h"
#include "linnet/chat/chat.h"
#include "linnet/chat/session.h"
#include "linnet/cluster/cluster.h"
#include "linnet/protocol/message.h"

struct member;
struct request;

/* Reads of one asker that are given to the store one at a time. */
struct lane {
	STAILQ_HEAD(, request) waiting; /* those that were not started yet */
	struct request *reading;        /* the one that was started */
};

enum lane_kind {
	LANE_PAGES, /* history and resume */
	LANE_SEARCHES,
	LANES,
};

/* A session or call that waits for answers of the store. */
struct asker {
	struct session *session;       /* NULL: a call */
	struct chat_pending *call;     /* NULL: a session */
	LIST_HEAD(, request) requests; /* those that are not answered */
	unsigned count;                /* of requests */
	struct lane lanes[LANES];
	unsigned waiting_count; /* in all lanes */
	bool is_stalled;        /* its next read waits for a place in the store */
	TAILQ_ENTRY(asker) stalled_link;
};

TAILQ_HEAD(asker_list, asker);

/* A call. It is answered by one reply for all its objects. */
struct chat_pending {
	struct asker asker;
	struct chat *chat;
	chat_on_reply *on_reply; /* NULL: it is cancelled */
	void *context;
	size_t count;     /* of objects */
	size_t missing;   /* those of them that are not answered */
	unsigned waiting; /* those of them that wait for a name, see claims.h */
	bool has_fault;
	struct message_fault fault; /* the first */
	/* NULL: chat_call has returned, so the last reply frees the call. */
	const struct chat_caller *caller;
};

/* A name that a session wants, and what the cluster has said to that. */
struct claim {
	uint64_t ticket;                 /* 0: there is no claim, or it was answered */
	char *name;                      /* NULL: there is no claim */
	char key[CLUSTER_KEY_BYTES + 1]; /* of the name */
	int result;                      /* the answer */
	unsigned asked_tick;
};

struct opening;
struct waiting;

/* Made by chat_open, freed by chat_close. */
struct chat_session {
	struct asker asker;
	char *home;          /* room of objects that name none */
	char *last_name;     /* for the log, once the person has left; NULL: none */
	bool wants_joined;   /* send it "joined" */
	bool wants_events;   /* send it presence and typing */
	bool wants_progress; /* wake it whenever one of its requests is done */
	bool is_greeted;     /* a line session that was welcomed */
	bool is_named;       /* the log knows its name */
	bool is_text_only;   /* a line session whose lines are all text */
	bool is_owed;        /* part of a snapshot is still to be sent */
	bool is_departing;
	bool is_told_away; /* that the history of one of its rooms is away */
	TAILQ_HEAD(, member) members;
	unsigned member_count;
	struct rate rate;
	struct claim claim;
	struct opening *opening; /* what it wants to enter with; NULL: it has entered */
	STAILQ_HEAD(, waiting) waiting;
	unsigned waiting_count;
	size_t waiting_bytes;
	bool is_continuing; /* with what waited */
	UT_hash_handle claim_hh;
	TAILQ_ENTRY(chat_session) link;
	TAILQ_ENTRY(chat_session) departing_link;
};

TAILQ_HEAD(chat_session_list, chat_session);
