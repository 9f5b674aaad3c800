/* chat_session.h - what the chat keeps of a session that is in it. */
#pragma once

#include <stdbool.h>
#include <sys/queue.h>

#include "linnet/auth/rate.h"
#include "linnet/chat/session.h"

struct member;
struct request;

/* Who asks the store. Its reads are given to the store one at a time. */
struct asker {
	struct session *session;
	LIST_HEAD(, request) requests;  /* those that are not answered */
	STAILQ_HEAD(, request) waiting; /* those of them that were not started yet */
	unsigned count;                 /* of requests */
	unsigned waiting_count;
	struct request *reading; /* the read that was started */
	bool is_stalled;         /* its next read waits for a place in the store */
	TAILQ_ENTRY(asker) stalled_link;
};

TAILQ_HEAD(asker_list, asker);

/* Made by chat_open, freed by chat_close. */
struct chat_session {
	struct asker asker;
	char *home;          /* room of objects that name none */
	bool wants_joined;   /* send it "joined" */
	bool wants_events;   /* send it presence and typing */
	bool wants_progress; /* wake it whenever one of its requests is done */
	bool is_silent;      /* only reads and is not announced */
	bool is_greeted;     /* a line session that was welcomed */
	bool is_owed;        /* part of a snapshot is still to be sent */
	bool is_departing;
	TAILQ_HEAD(, member) members;
	unsigned member_count;
	struct rate rate;
	/* Of a call. */
	bool is_call;
	bool is_hook;     /* it carries what a hook's body became */
	bool is_paid;     /* it paid for the rate */
	bool is_too_fast; /* or could not pay */
	struct rate *call_rate;
	TAILQ_ENTRY(chat_session) link;
	TAILQ_ENTRY(chat_session) departing_link;
};

TAILQ_HEAD(chat_session_list, chat_session);
