/* chat_private.h - what the files of the chat share: chat.c (sessions, the store's
 * answers), commands.c (the command table), presence.c (names, presence), room_access.c
 * (which rooms there are and who may enter), send.c (messages), history.c (history,
 * search), resume.c, reads.c (reads that wait for the store), push.c (programs), alarm.c,
 * metric.c, snapshot.c (alarms and metrics for newcomers), log_rooms.c, ban_store.c,
 * moderate.c (orders of moderators) and tick.c (timed work). */
#pragma once

#include <jansson.h>

#include "chat/rooms.h"
#include "chat/roster.h"
#include "linnet/auth/bans.h"
#include "linnet/base/hex.h"
#include "linnet/base/json_text.h"
#include "linnet/base/metrics.h"
#include "linnet/chat/chat.h"
#include "linnet/protocol/message.h"
#include "linnet/store/store.h"

struct request;

/* Handle an answer of the store. request->session is NULL if the session is gone. */
typedef void on_appended(struct chat *chat, struct request *request, int error,
	uint64_t id, bool is_duplicate);
typedef void on_page(struct chat *chat, struct request *request, int error,
	const struct store_page *page);

/* Give a read to the store. Returns 0, or -EAGAIN if the store is full. */
typedef int read_starter(struct chat *chat, struct request *request);

/* A request to the store, or a read that waits to be given to it. */
struct request {
	uint64_t ticket;
	struct session *session;
	struct room *room; /* held */
	on_appended *on_appended;
	on_page *on_page;
	read_starter *start; /* of a read */
	char ref[MESSAGE_REF_BYTES + 1];
	char type[MESSAGE_TYPE_BYTES + 1]; /* of a message */
	char *text;                        /* tail of a message, words of a search */
	size_t text_len;
	char *alarm;      /* key of the alarm that the message changes, or NULL */
	json_t *intended; /* what the alarm becomes (NULL: it is cleared), or the answer
			     to an order */
	int64_t asked_us; /* of a message, by metrics_now_us */
	uint64_t before;  /* of a history */
	unsigned limit;   /* of a history or a search */
	LIST_ENTRY(request) session_link;
	STAILQ_ENTRY(request) waiting_link;
	UT_hash_handle hh;
};

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

struct chat {
	const struct config *config;
	struct rooms *rooms;
	struct roster *roster;
	struct store *store;
	struct store *tails; /* lines of log files */
	struct bans *bans;
	struct room records; /* room of the bans; nobody can enter it */
	void (*fill_random)(void *out, size_t len);
	uint64_t last_number;
	uint64_t last_ticket;
	struct request *requests; /* by ticket */
	struct saying *sayings;   /* by content */
	STAILQ_HEAD(, saying) sayings_by_age;
	size_t asked;                   /* requests that the store has not answered */
	TAILQ_HEAD(, session) sessions; /* oldest first */
	TAILQ_HEAD(, session) departing;
	TAILQ_HEAD(, session) stalled; /* their reads wait for a place in the store */
	struct metric_list due;        /* metrics with a value that was not sent yet */
	char nonce[NONCE_BYTES + 1];
	bool is_store_failing; /* and it was logged */
	int64_t now_ms;        /* time of the call that is being handled */
};

/* chat.c */

/* Send an error to session. */
void chat_answer_fault(struct session *session, const struct message_fault *fault);

/* Send object to session. Consumes object. */
void chat_answer(struct session *session, json_t *object);

/* Send object, after which the reader stands behind last_id. Consumes object. */
void chat_answer_at(
	struct session *session, json_t *object, const char *epoch, uint64_t last_id);

/* Send the object in text, which is emptied. */
void chat_answer_text(struct session *session, struct buffer *text);

/* Read object as message_take does. If it is bad, send an error to call and return false.
 */
bool chat_take(struct session *call, struct message *message, json_t *object,
	struct message_fault *fault);

/* The store that has the history of room. */
struct store *chat_history(const struct chat *chat, const struct room *room);

/* Create a request about room for session (NULL: nobody waits for the answer). */
struct request *chat_request(
	struct chat *chat, struct session *session, struct room *room, const char *ref);

/* Free a request that was answered or not accepted. */
void chat_request_free(struct chat *chat, struct request *request);

/* Log when the store starts to fail and when it works again. chat_store_failed fills in
 * fault for the client. */
void chat_store_failed(struct chat *chat, int error, struct message_fault *fault);
void chat_store_works(struct chat *chat);

/* commands.c */

/* True if only the server may send this type. */
bool chat_is_server_type(const char *type);

/* True if objects of this type are broadcast like messages. */
bool chat_is_passed_on(const char *type);

/* Run message as a command of speaker and send the result to call. */
int chat_do_for(struct chat *chat, struct session *call, struct session *speaker,
	const struct message *message, struct message_fault *fault);

/* Charge cost to the session's rate. Returns false with *fault filled in if it is over
 * its rate. A session that keeps flooding is closed. */
bool chat_is_in_time(struct chat *chat, struct session *session, double cost,
	struct message_fault *fault);

/* presence.c */

/* Use the email of message as a proof if it is one. email_hash has MESSAGE_AVATAR_BYTES +
 * 1 bytes and must live as long as proof. */
void chat_prove_by_email(const struct chat *chat, const struct message *message,
	struct roster_proof *proof, char *email_hash);

/* Write len random bytes to out as 2 * len hex digits. */
void chat_random_hex(struct chat *chat, char *out, size_t len);

/* Check the form of a session token. Returns 0, or -EINVAL with *fault filled in. */
int chat_check_token(const char *token, struct message_fault *fault);

/* Give session the name. Returns 0, or -EINVAL with *fault filled in if the name is bad
 * or taken. */
int chat_claim(struct chat *chat, struct session *session, const char *name,
	const struct roster_proof *proof, struct message_fault *fault);

/* Check whether the person of permissions may enter. Returns NULL if it may. Otherwise
 * returns the code of an error and sets *text to its sentence. */
const char *chat_person_fault(
	struct chat *chat, const struct permissions *permissions, const char **text);

/* Add session to room and announce it. */
struct member *chat_enter(struct session *session, struct room *room);

/* Remove session from all rooms and from the roster, and announce it. */
void chat_depart(struct chat *chat, struct session *session);

/* Write the session token of session's person to token, which has PERSON_TOKEN_BYTES + 1
 * bytes. A session that only shares the name gets a random token that proves nothing. */
void chat_give_token(struct chat *chat, struct session *session, char *token);

/* Send "joined" to the member's session. */
void chat_send_joined(
	struct chat *chat, struct member *member, bool recovered, const char *ref);

int chat_do_join(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault);
int chat_do_leave(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault);
int chat_do_nick(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault);
int chat_do_typing(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault);

int chat_do_switch(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault);
int chat_do_who(struct chat *chat, struct session *session, const struct message *message,
	struct message_fault *fault);

/* room_access.c */

/* The room of a client that names none: the default room, or the first room of its
 * permissions if they do not include the default room. */
const char *chat_home(const struct chat *chat, const struct permissions *permissions);

/* Find the room called name (NULL: the session's own room), checking that the session may
 * use it. may_add: create it if it does not exist. Returns NULL with *fault filled in if
 * it may not be used. */
struct room *chat_room_of(struct chat *chat, const struct session *session,
	const char *name, bool may_add, struct message_fault *fault);

int chat_do_rooms(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault);

/* send.c */

/* A message for a room's history. */
struct post {
	struct session *session; /* is sent the result; NULL: nobody */
	struct room *room;
	const char *type;
	const char *ref;    /* NULL: none */
	struct buffer tail; /* consumed */
	char *words;        /* consumed */
	char *keys[STORE_KEYS];
	char *alarm;      /* key of the alarm that it changes, consumed; NULL: none */
	json_t *intended; /* what the alarm becomes, consumed; NULL: it is cleared */
};

/* As asprintf, but never fails. The caller frees the text. */
__attribute__((format(printf, 1, 2))) char *chat_format(const char *format, ...);

/* Find the room of message and check that it may be written to. Returns NULL with *fault
 * filled in if it may not. */
struct room *chat_room_to_write(struct chat *chat, const struct session *session,
	const struct message *message, struct message_fault *fault);

/* Make the keys by which a resend of message is recognised. Makes none without a ref. The
 * caller frees them. */
void chat_make_keys(struct chat *chat, const struct session *speaker,
	const struct message *message, char *keys[STORE_KEYS]);

/* Give post to the store. Returns 0, or -EAGAIN with *fault filled in if the store is
 * full. */
int chat_post(struct chat *chat, struct post *post, struct message_fault *fault);

/* Acknowledge a message to session. Without a ref ("") only a call is answered. id is 0
 * for a message that was not stored; delivered is its number of readers. */
void chat_acknowledge(const struct chat *chat, struct session *session,
	const struct room *room, const char *ref, uint64_t id, bool is_duplicate,
	size_t delivered);

/* Queue a message for everybody in room but sender (NULL: for everybody). id is 0 if it
 * was not stored. Returns the number of readers. */
size_t chat_broadcast(struct chat *chat, struct room *room, const char *type, uint64_t id,
	const char *tail, size_t tail_len, const struct session *sender);

/* Send message in the name of speaker and tell session the result. */
int chat_say(struct chat *chat, struct session *session, struct session *speaker,
	const struct message *message, struct message_fault *fault);

/* Forget the texts of a session that is gone, so that the same guest can resend them
 * after it reconnects. */
void chat_forget_sayings(struct chat *chat, const struct session *session);

/* Free all sayings. */
void chat_free_sayings(struct chat *chat);

int chat_do_message(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault);

/* push.c */

/* Make the key by which a resend of a push is recognised. The caller frees it. */
char *chat_push_key(const char *label, const char *ref);

/* Make the text by which a search finds a push. key is that of an alarm, or NULL. The
 * caller frees the text. */
char *chat_push_words(const char *label, const char *key, const json_t *object);

/* log_rooms.c */

/* Make room a log room that sends newcomers its last lines. */
void chat_add_log_room(struct chat *chat, const char *room, unsigned lines);

/* alarm.c */

/* Handle an alarm that a program called label pushed. */
int chat_push_alarm(struct chat *chat, struct session *call, const char *label,
	const struct message *message, struct message_fault *fault);

/* The store has answered for a message that changes an alarm. Nothing changes on an error
 * or a duplicate. */
void chat_on_alarm_kept(
	struct chat *chat, struct request *request, int error, bool is_duplicate);

/* Restore an alarm that was active when the store was closed. */
void chat_restore_alarm(void *context, const char *room, const char *key, uint64_t id,
	const char *value, size_t value_len);

/* Continue to send member the active alarms. Returns as chat_show. */
bool chat_show_alarms(struct member *member);

/* Acknowledge an alarm in the name of speaker and tell session the result. */
int chat_see_alarm(struct chat *chat, struct session *session,
	const struct session *speaker, const struct message *message,
	struct message_fault *fault);

int chat_do_ack(struct chat *chat, struct session *session, const struct message *message,
	struct message_fault *fault);

/* ban_store.c */

/* Set up empty bans. */
void chat_init_bans(struct chat *chat);

/* True if this is the room of the bans. */
bool chat_is_record(const char *room);

/* Restore a ban that was in force when the store was closed. */
void chat_restore_ban(
	struct chat *chat, const char *key, uint64_t id, const char *value, size_t len);

/* Put ban in force and store it; there must be a place for it. When it is stored, session
 * is sent done (consumed) or an error. Returns 0, or -EAGAIN if the store is full: then
 * nothing changes. */
int chat_set_ban(
	struct chat *chat, struct session *session, const struct ban *ban, json_t *done);

/* Lift the ban of subject, which must exist, as chat_set_ban sets it. */
int chat_lift_ban(struct chat *chat, struct session *session,
	const struct ban_subject *subject, json_t *done);

/* Lift the bans that have ended. */
void chat_end_bans(struct chat *chat);

/* Returns 0, or -EINVAL with *fault filled in if speaker is muted. */
int chat_check_mute(const struct chat *chat, const struct session *speaker,
	struct message_fault *fault);

/* metric.c */

/* Send the values that are due. */
void chat_send_due_metrics(struct chat *chat, int64_t now_ms);

/* Forget metrics that were not pushed for a day, and rooms that have nothing else. */
void chat_forget_metrics(struct chat *chat);

/* Handle a metric that a program called label pushed. */
int chat_push_metric(struct chat *chat, struct session *call, const char *label,
	const struct message *message, struct message_fault *fault);

/* Drop the values that are due. */
void chat_free_metrics(struct chat *chat);

/* Continue to send member the last value of each metric. Returns as chat_show. */
bool chat_show_metrics(struct member *member);

/* snapshot.c */

/* Send session an object of a snapshot, which is consumed. Returns false if the session
 * has to read its queue first. */
bool chat_show(struct session *session, json_t *object);

/* Send member a snapshot of its room: the last value of each metric and, if wants_alarms
 * is set, the active alarms. */
void chat_show_snapshot(struct member *member, bool wants_alarms);

/* Send more of it now that the session's queue is written. */
void chat_show_more(struct session *session);

/* reads.c: reads of one session, one at a time */

/* A read starts when no more than this is queued for its session. So a client that asks
 * for much does not become a slow reader. */
size_t chat_read_room(const struct chat *chat, const struct session *session);

/* Add a read for session. chat_read_next starts it in its turn. */
struct request *chat_read_add(struct chat *chat, struct session *session,
	struct room *room, const char *ref, read_starter *start, on_page *callback);

/* Start the session's next read if its queue has space for the answer. */
void chat_read_next(struct chat *chat, struct session *session);

/* The store has answered a read: start reads that found it full. */
void chat_read_stalled(struct chat *chat);

/* resume.c */

/* Send member what it missed since that id, then new messages. Without a complete history
 * it gets new messages only. It is first sent "joined" if it wants it. since may be NULL.
 */
void chat_resume(
	struct chat *chat, struct member *member, const char *since, const char *ref);

/* history.c */

int chat_do_history(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault);
int chat_do_search(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault);
