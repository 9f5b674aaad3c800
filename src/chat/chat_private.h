/* chat_private.h - what the parts of the chat share: chat.c (coming, going, the store),
 * commands.c (the command table), presence.c (names, presence), room_access.c
 * (which rooms there are), send.c (messages), history.c (history, search), resume.c,
 * reads.c (what waits for the store), push.c (what programs say), alarm.c, metric.c,
 * snapshot.c (both, for who comes), log_rooms.c, ban_store.c, moderate.c (what moderators
 * order) and tick.c (what is due). */
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

/* What is to be done with an answer of the store. session is NULL when it has gone. */
typedef void on_appended(struct chat *chat, struct request *request, int error,
	uint64_t id, bool is_duplicate);
typedef void on_page(struct chat *chat, struct request *request, int error,
	const struct store_page *page);

/* Asks the store for it, when it is its turn. Returns 0, or -EAGAIN: later. */
typedef int read_starter(struct chat *chat, struct request *request);

/* Something that the store was asked for, or a read that waits to be. */
struct request {
	uint64_t ticket;
	struct session *session;
	struct room *room; /* held */
	on_appended *on_appended;
	on_page *on_page;
	read_starter *start; /* a read's */
	char ref[MESSAGE_REF_BYTES + 1];
	char type[MESSAGE_TYPE_BYTES + 1]; /* a message's */
	char *text;                        /* a message's tail, a search's words */
	size_t text_len;
	char *alarm;      /* the key of the one that the message changes, or NULL */
	json_t *intended; /* what it becomes then; NULL: it is cleared. Of an order: the
			   * answer */
	int64_t asked_us; /* of clock_now_us: a message's */
	uint64_t before;  /* a history's */
	unsigned limit;   /* a history's or a search's */
	LIST_ENTRY(request) session_link;
	STAILQ_ENTRY(request) waiting_link;
	UT_hash_handle hh;
};

/* What a guest that is there has said under a ref. While it is there, somebody else who
 * says the same is somebody else. */
struct saying {
	char content[HEX_SHA256_BYTES + 1];
	uint64_t session_number;
	STAILQ_ENTRY(saying) link;
	UT_hash_handle hh;
};

/* Bytes of the text that tells this process's guests from those of an earlier one. */
#define NONCE_BYTES 16

struct chat {
	const struct config *config;
	struct rooms *rooms;
	struct roster *roster;
	struct store *store;
	struct store *tails; /* what log files say */
	struct bans *bans;
	struct room records; /* where bans are kept; nobody can be in it */
	void (*fill_random)(void *out, size_t len);
	uint64_t last_number;
	uint64_t last_ticket;
	struct request *requests; /* by ticket */
	struct saying *sayings;   /* by content */
	STAILQ_HEAD(, saying) sayings_by_age;
	size_t asked; /* of them: what the store has been asked and has not answered */
	TAILQ_HEAD(, session) sessions; /* in the order in which they came */
	TAILQ_HEAD(, session) departing;
	TAILQ_HEAD(, session) stalled; /* their reads begin when others are answered */
	struct metric_list due;        /* metrics with a value that was not sent yet */
	char nonce[NONCE_BYTES + 1];
	bool is_store_failing; /* and the log says so */
	int64_t now_ms;        /* of what is being handled */
};

/* chat.c */

/* Tell session alone. */
void chat_answer_fault(struct session *session, const struct message_fault *fault);

/* Tell session alone object, which is consumed. */
void chat_answer(struct session *session, json_t *object);

/* The same for an object from which the reader goes on behind last_id. */
void chat_answer_at(
	struct session *session, json_t *object, const char *epoch, uint64_t last_id);

/* The same for the object that text is, which is emptied. */
void chat_answer_text(struct session *session, struct buffer *text);

/* As message_take, but call, who says object, is told what is wrong. Returns false
 * then. */
bool chat_take(struct session *call, struct message *message, json_t *object,
	struct message_fault *fault);

/* The store with the history of room. */
struct store *chat_history(const struct chat *chat, const struct room *room);

/* A new request for session (NULL: nobody waits) about room. */
struct request *chat_request(
	struct chat *chat, struct session *session, struct room *room, const char *ref);

/* The request is answered, or was not taken. */
void chat_request_free(struct chat *chat, struct request *request);

/* Say in the log when the store begins to fail and when it has healed, and fill in fault
 * with what people are told. */
void chat_store_failed(struct chat *chat, int error, struct message_fault *fault);
void chat_store_works(struct chat *chat);

/* commands.c */

/* True if only the server says such things. */
bool chat_is_server_type(const char *type);

/* True if what has such a type is passed on like a message. */
bool chat_is_passed_on(const char *type);

/* Do what message says in the name of speaker, and tell call what becomes of it. */
int chat_do_for(struct chat *chat, struct session *call, struct session *speaker,
	const struct message *message, struct message_fault *fault);

/* Returns false if session talks too fast, with *fault filled in; it is closed when it
 * goes on and on. */
bool chat_is_in_time(struct chat *chat, struct session *session, double cost,
	struct message_fault *fault);

/* presence.c */

/* Take the email of message as a proof, where it is one; email_hash, of
 * MESSAGE_AVATAR_BYTES + 1 bytes, must live as long as proof. */
void chat_prove_by_email(const struct chat *chat, const struct message *message,
	struct roster_proof *proof, char *email_hash);

/* Write len bytes of chance as 2 * len hex digits to out. */
void chat_random_hex(struct chat *chat, char *out, size_t len);

/* Returns 0, or -EINVAL with *fault filled in if token cannot be one of "joined". */
int chat_check_token(const char *token, struct message_fault *fault);

/* Let session be called name. Returns 0, or -EINVAL with *fault filled in: the name is no
 * good, or somebody else's. */
int chat_claim(struct chat *chat, struct session *session, const char *name,
	const struct roster_proof *proof, struct message_fault *fault);

/* Why the person of permissions cannot come, as the code of an error with *text set to
 * its sentence, or NULL. */
const char *chat_person_fault(
	struct chat *chat, const struct permissions *permissions, const char **text);

/* Put session into room and tell the others. */
struct member *chat_enter(struct session *session, struct room *room);

/* Take session out of all rooms and the roster, and tell the others. */
void chat_depart(struct chat *chat, struct session *session);

/* Write what shows that another session is the same person's to token, of
 * PERSON_TOKEN_BYTES + 1 bytes; one that only shares the name is given a token that shows
 * nothing. */
void chat_give_token(struct chat *chat, struct session *session, char *token);

/* Tell session that it is in the room. */
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

/* The room of whoever has permissions and names none: the default one or, if the
 * permissions are not for that, the first that they list. */
const char *chat_home(const struct chat *chat, const struct permissions *permissions);

/* The room that message is for: the one that it names or session's own. It must be there
 * (may_add: or may be made). NULL with *fault filled in if not. */
struct room *chat_room_of(struct chat *chat, const struct session *session,
	const char *name, bool may_add, struct message_fault *fault);

int chat_do_rooms(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault);

/* send.c */

/* Something for a room's history. */
struct post {
	struct session *session; /* is told what becomes of it; NULL: nobody */
	struct room *room;
	const char *type;
	const char *ref;    /* NULL: none */
	struct buffer tail; /* consumed */
	char *words;        /* consumed */
	char *keys[STORE_KEYS];
	char *alarm;      /* consumed; the key of the alarm that it changes, or NULL */
	json_t *intended; /* consumed; what becomes of that; NULL: it is cleared */
};

/* As asprintf, but never fails. The caller frees the text. */
__attribute__((format(printf, 1, 2))) char *chat_format(const char *format, ...);

/* The room that message is for, if it may be written to; NULL with *fault filled in. */
struct room *chat_room_to_write(struct chat *chat, const struct session *session,
	const struct message *message, struct message_fault *fault);

/* Fill in the keys by which message of speaker is recognised when it is sent again, if it
 * has a ref. The caller frees them. */
void chat_make_keys(struct chat *chat, const struct session *speaker,
	const struct message *message, char *keys[STORE_KEYS]);

/* Give post to the store. Returns 0, or -EAGAIN with *fault filled in: too much is under
 * way. */
int chat_post(struct chat *chat, struct post *post, struct message_fault *fault);

/* Tell session that it was heard: ref ("": none, but calls are told all the same) has
 * id (0: none) and reached so many. */
void chat_acknowledge(const struct chat *chat, struct session *session,
	const struct room *room, const char *ref, uint64_t id, bool is_duplicate,
	size_t delivered);

/* Queue what was said, kept as tail under id (0: it was not kept), for everybody in room
 * but its sender (NULL: nobody). Returns for how many. */
size_t chat_broadcast(struct chat *chat, struct room *room, const char *type, uint64_t id,
	const char *tail, size_t tail_len, const struct session *sender);

/* Say message in the name of speaker, and tell session what becomes of it. */
int chat_say(struct chat *chat, struct session *session, struct session *speaker,
	const struct message *message, struct message_fault *fault);

/* The session has gone: what it said may be said again by the one that it comes back as.
 */
void chat_forget_sayings(struct chat *chat, const struct session *session);

/* Free what is left of them. */
void chat_free_sayings(struct chat *chat);

int chat_do_message(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault);

/* push.c */

/* The key by which a repeated push of a program called label is recognised. The caller
 * frees it. */
char *chat_push_key(const char *label, const char *ref);

/* What a search finds of object, which a program called label says (key: of an alarm, or
 * NULL). The caller frees it. */
char *chat_push_words(const char *label, const char *key, const json_t *object);

/* log_rooms.c */

/* Make room the one of a log file, of which whoever comes is shown the last lines lines.
 */
void chat_add_log_room(struct chat *chat, const char *room, unsigned lines);

/* alarm.c */

/* An alarm of a program called label. */
int chat_push_alarm(struct chat *chat, struct session *call, const char *label,
	const struct message *message, struct message_fault *fault);

/* The store has the message of request, which changes an alarm, or not: it failed, or
 * knew the message already. */
void chat_on_alarm_kept(
	struct chat *chat, struct request *request, int error, bool is_duplicate);

/* An alarm that stood when the store was closed. */
void chat_restore_alarm(void *context, const char *room, const char *key, uint64_t id,
	const char *value, size_t value_len);

/* Go on showing member which alarms stand. Returns what chat_show does. */
bool chat_show_alarms(struct member *member);

/* Acknowledge an alarm in the name of speaker, and tell session what becomes of it. */
int chat_see_alarm(struct chat *chat, struct session *session,
	const struct session *speaker, const struct message *message,
	struct message_fault *fault);

int chat_do_ack(struct chat *chat, struct session *session, const struct message *message,
	struct message_fault *fault);

/* ban_store.c */

/* Nobody is banned. */
void chat_init_bans(struct chat *chat);

/* True for the room that bans are kept in. */
bool chat_is_record(const char *room);

/* A ban that was in force when the store was closed. */
void chat_restore_ban(
	struct chat *chat, const char *key, uint64_t id, const char *value, size_t len);

/* Put ban, for which there is a place, in force and keep it. When it is kept session is
 * told done, which is consumed, or what went wrong. Returns 0, or -EAGAIN: nothing is
 * done. */
int chat_set_ban(
	struct chat *chat, struct session *session, const struct ban *ban, json_t *done);

/* The same for lifting the ban of subject, which there is. */
int chat_lift_ban(struct chat *chat, struct session *session,
	const struct ban_subject *subject, json_t *done);

/* Lift those that are over. */
void chat_end_bans(struct chat *chat);

/* Returns 0, or -EINVAL with *fault filled in if speaker is muted. */
int chat_check_mute(const struct chat *chat, const struct session *speaker,
	struct message_fault *fault);

/* metric.c */

/* Send the values that are due. */
void chat_send_due_metrics(struct chat *chat, int64_t now_ms);

/* Forget the values that nobody has said again for long, and the rooms that have nothing
 * else. */
void chat_forget_metrics(struct chat *chat);

/* A metric's value from a program called label. */
int chat_push_metric(struct chat *chat, struct session *call, const char *label,
	const struct message *message, struct message_fault *fault);

/* Let go of the values that are due: nobody is left to be sent them. */
void chat_free_metrics(struct chat *chat);

/* Go on showing member the last value of each metric. Returns what chat_show does. */
bool chat_show_metrics(struct member *member);

/* snapshot.c */

/* Tell session object, which is consumed and stands in a room that it has come to.
 * Returns false if what it was sent before is to be written first. */
bool chat_show(struct session *session, json_t *object);

/* Show member, which has come to its room, what stands there: the last value of each
 * metric and, if it wants them, the alarms. */
void chat_show_snapshot(struct member *member, bool wants_alarms);

/* Go on with that, now that what session was sent is written. */
void chat_show_more(struct session *session);

/* reads.c: what sessions ask of the store, one after the other */

/* Bytes that may wait in the session's queue when a read begins, so that asking for much
 * does not make it a slow reader. */
size_t chat_read_room(const struct chat *chat, const struct session *session);

/* A new read for session, which begins when chat_read_next is called and it is its turn.
 */
struct request *chat_read_add(struct chat *chat, struct session *session,
	struct room *room, const char *ref, read_starter *start, on_page *callback);

/* Ask for the next read that waits, if the session has room for its answer. */
void chat_read_next(struct chat *chat, struct session *session);

/* The store has answered a read: begin those that it had no place for. */
void chat_read_stalled(struct chat *chat);

/* resume.c */

/* Send member what it missed since, and then, or if that cannot be had whole, what is
 * new; tell it that it is in the room first, if it wants events. since may be NULL. */
void chat_resume(
	struct chat *chat, struct member *member, const char *since, const char *ref);

/* history.c */

int chat_do_history(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault);
int chat_do_search(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault);
