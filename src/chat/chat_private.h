/* chat_private.h - the chat's own state, for the files of the chat. */
#pragma once

#include <jansson.h>

#include "chat/chat_session.h"
#include "chat/rooms.h"
#include "chat/roster.h"
#include "linnet/auth/bans.h"
#include "linnet/base/hex.h"
#include "linnet/base/metrics.h"
#include "linnet/base/util.h"
#include "linnet/chat/chat.h"
#include "linnet/cluster/cluster.h"
#include "linnet/protocol/message.h"
#include "linnet/store/store.h"

struct request;

/* An object of a client while it is handled. */
struct input {
	struct chat *chat;
	struct asker *asker;     /* is sent the result; NULL: nobody */
	struct session *speaker; /* in whose name; NULL: a call in nobody's name */
	struct message message;
	struct message_fault fault; /* why it is refused, set before -errno is returned */
	/* The name that the cluster was asked for, and its answer; NULL: none. */
	const char *claimed;
	char claimed_key[CLUSTER_KEY_BYTES + 1];
	int claim_result;
	bool has_taken; /* the speaker got that name from it */
	/* A name without a fault, and its forms, which take some µs; NULL: none yet. */
	const char *checked;
	struct name_forms forms;
};

/* How many bytes of JSON a client's object may take when it is kept and sent. */
static inline size_t
chat_max_bytes(const struct config *config)
{
	return 2 * (size_t)config->limits.message_bytes;
}

/* Handles input. Returns 0, or -errno with the fault filled in; then the asker was not
 * told yet. */
typedef int input_handler(struct input *input);

/* A text that a connected guest has sent with a ref. While that guest is connected, the
 * same text from another guest is a different message. */
struct saying {
	char content[HEX_SHA256_BYTES + 1];
	uint64_t session_number;
	STAILQ_ENTRY(saying) link;
	UT_hash_handle hh;
};

/* Length of the text that distinguishes the guests of this process from those of an
 * earlier one. */
#define NONCE_BYTES 16

/* The store is away. */
struct outage {
	uint64_t shards;    /* a bit for each that is away; 0: none */
	uint64_t told;      /* those of them that sessions were told of */
	int error;          /* why, -errno */
	unsigned since[64]; /* chat->ticks when each went away */
};

struct chat {
	const struct config *config;
	struct rooms *rooms;
	struct roster *roster;
	struct store *store;
	struct store *tails; /* lines of log files */
	struct bans *bans;
	struct gate *gate;
	struct cluster cluster;
	struct chat_session *claims; /* those that wait for the cluster, oldest first */
	struct room records;         /* room of the bans; nobody can enter it */
	void (*fill_random)(void *out, size_t len);
	uint64_t last_number;
	uint64_t last_ticket;
	struct request *requests; /* by ticket */
	struct saying *sayings;   /* by content */
	STAILQ_HEAD(, saying) sayings_by_age;
	struct request *forget; /* the name that is being forgotten; NULL: none */
	/* Requests that the store has not answered, in the order in which it was asked.
	 */
	TAILQ_HEAD(request_list, request) asked;
	unsigned ticks;                    /* number of chat_tick */
	struct chat_session_list sessions; /* oldest first */
	struct chat_session_list departing;
	struct asker_list stalled; /* their reads wait for a place in the store */
	struct attendee_list held; /* their enters are not announced yet; oldest first */
	struct metric_list due;    /* metrics with a value that was not sent yet */
	struct metric_pasts pasts; /* of metrics */
	char nonce[NONCE_BYTES + 1];
	int64_t alarms_end_ms;   /* no alarm ends by itself before; 0: not known */
	bool is_store_failing;   /* and it was logged */
	int64_t sessions_end_ms; /* no session's permissions end before; INT64_MAX: none
				    do */
	struct outage outage;
	int64_t now_ms; /* time of the call that is being handled */
};

/* session may have other permissions than before: remember when they end. */
static inline void
chat_note_end(struct chat *chat, const struct session *session)
{
	const struct permissions *permissions = session->permissions;

	if (permissions && permissions->until_ms)
		chat->sessions_end_ms =
			int64_min(chat->sessions_end_ms, permissions->until_ms);
}
