/* requests.h - what the chat asks of the store. An append is given to the store at once.
 * The reads of one session are given to it one at a time, when its queue has space for
 * the answer. Searches are apart: they do not hold up other reads. */
#pragma once

#include "chat/chat_private.h"

/* What somebody wants an alarm to become; alarm_wish.h. */
struct alarm_wish;

enum request_kind {
	REQUEST_MESSAGE, /* store a message */
	REQUEST_ALARM,   /* store a message that changes an alarm */
	REQUEST_BAN,     /* store or remove a ban */
	REQUEST_CHANGE,  /* edit or delete messages, or react to one */
	REQUEST_KNOWN,   /* find a ref */
	REQUEST_DELETE_ROOM,
	REQUEST_FORGET, /* look for what a name has said, and delete it */
	REQUEST_RESUME, /* read what a member missed */
	REQUEST_SYNC,   /* hear of what a member may have seen elsewhere */
	REQUEST_HISTORY,
	REQUEST_SEARCH,
};

struct request {
	enum request_kind kind;
	uint64_t ticket;
	struct asker *asker; /* waits for the answer; NULL: nobody */
	struct room *room;   /* held */
	struct store *store; /* that was asked; the room may have another one now */
	char ref[MESSAGE_REF_BYTES + 1];
	size_t delivered; /* of an append: number of readers that were sent the entry */
	unsigned asked_tick; /* chat->ticks when the store was asked */
	bool is_read;        /* it was asked for a page, not to append */
	union {
		struct {
			int64_t start_us;        /* of clock_now_us */
			struct alarm_wish *wish; /* of REQUEST_ALARM */
		} message;
		struct {
			enum store_kind kind;
			uint64_t of; /* the first message */
			char *by;    /* a program or moderator; NULL: a person */
		} change;
		struct {
			char *by; /* the moderator */
		} deletion;       /* of REQUEST_DELETE_ROOM */
		struct {
			struct message_fault *refusal; /* if it is not known */
		} known;
		struct {
			json_t *reply; /* to the order */
		} ban;
		struct {
			bool is_first;   /* of the member's pages */
			uint64_t epochs; /* of the room, when it was made */
			char *since;     /* of REQUEST_SYNC */
		} resume;
		struct {
			/* The end, or, if is_newer, the id before the first. */
			uint64_t bound;
			bool is_newer;
			char *words; /* of REQUEST_SEARCH */
			unsigned limit;
			uint64_t changes; /* of the room, when the read began */
			unsigned reads;   /* how often it was begun */
		} history;
		struct {
			char *name, *by;
			uint64_t cursor;  /* the part begins behind this id */
			uint64_t read_id; /* and ends here */
			bool has_more;    /* the room has further parts */
			bool is_stalled;  /* the store was full */
			size_t count;     /* messages deleted */
		} forget;
	};
	TAILQ_ENTRY(request) asked_link;
	LIST_ENTRY(request) asker_link;
	STAILQ_ENTRY(request) waiting_link;
	UT_hash_handle hh;
};

/* The store that has the history of room. */
struct store *requests_store(const struct chat *chat, const struct room *room);

/* Create a request about room for asker (NULL: nobody waits for the answer). ref may be
 * NULL. The caller fills in the members of its kind. */
struct request *request_new(struct chat *chat, enum request_kind kind,
	struct asker *asker, struct room *room, const char *ref);

/* Give entry, whose time is rooms_next_ts, to the store. Returns 0, or -EAGAIN if the
 * store is full or -ENOTCONN if it is away: the request is freed then. */
int request_append(
	struct chat *chat, struct request *request, const struct store_entry *entry);

/* The same, but the request stays if it was not given. */
int request_try_append(
	struct chat *chat, struct request *request, const struct store_entry *entry);

/* Free a request that the store was not asked for, or has answered. */
void request_free(struct chat *chat, struct request *request);

/* The store was asked for a page, or to append. */
void request_note_asked(struct chat *chat, struct request *request, bool is_read);

/* A request that the store should have answered by now, or NULL. */
struct request *requests_overdue(struct chat *chat);

/* Why the store has not taken an entry, as store_append says. Returns error. */
int requests_refuse(int error, struct message_fault *fault);

/* Start a read, or let it wait for its turn. Returns 0, or -EAGAIN if too many searches
 * are under way: the request, a search, is freed then. */
int request_read(struct chat *chat, struct request *request);

/* True if something that a history or search has read was changed meanwhile, and it
 * should be read again. */
bool request_is_stale(const struct request *request);

/* Start the read once more, before the asker's others. */
void request_read_again(struct chat *chat, struct request *request);

/* Let request be about another room. */
void request_move(struct chat *chat, struct request *request, struct room *room);

/* The member that waits for a REQUEST_RESUME or REQUEST_SYNC, or NULL. */
struct member *request_member(const struct request *request);

/* True if the room has another history now than when the request was made. */
bool request_is_outdated(const struct chat *chat, const struct request *request);

/* The request that waits for ticket, or NULL. */
struct request *requests_find(struct chat *chat, uint64_t ticket);

/* The same, which the store has answered. NULL: nobody waits any more. */
struct request *requests_answered(struct chat *chat, uint64_t ticket);

/* The answer was handled: free the request and start reads that waited for it. */
void requests_finish(struct chat *chat, struct request *request);

/* Start the asker's next reads if its queue has space for the answers. */
void requests_read_next(struct chat *chat, struct asker *asker);

/* A read starts when no more than this is queued for its session. So a client that asks
 * for much does not become a slow reader. */
size_t requests_queue_space(const struct chat *chat, const struct session *session);

/* Set up an asker. session is NULL for a call. */
void asker_init(struct asker *asker, struct session *session);

/* The asker is gone: drop its waiting reads. Nobody waits for the others. */
void requests_drop(struct chat *chat, struct asker *asker);

/* Log when the store starts to fail and when it works again. requests_note_failure fills
 * in fault for the client. */
void requests_note_failure(struct chat *chat, int error, struct message_fault *fault);
void requests_note_outage(struct chat *chat, int error);
void requests_note_success(struct chat *chat);
