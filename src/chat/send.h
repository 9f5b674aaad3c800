/* send.h - messages: to the store, and from there to everybody. */
#pragma once

#include "chat/requests.h"

/* A message for a room's history. */
struct post {
	struct room *room;
	const char *type;
	struct buffer tail; /* consumed */
	char *words;        /* consumed */
	char *keys[STORE_KEYS];
};

/* What everybody in a room is sent. */
struct broadcast {
	const char *type;
	uint64_t id; /* 0: it was not stored */
	const char *tail;
	size_t tail_len;
	const struct session *sender; /* NULL: it gets it, too */
	enum audience audience;
};

/* Queue what for its audience in room. Returns the number of readers. */
size_t send_broadcast(struct chat *chat, struct room *room, const struct broadcast *what);

/* Find the room of the message. A room that does not exist is added if may_add is set.
 * Returns NULL with the fault filled in if the sender may not be there. A log room is
 * found whether it may or not, because the answer is always "read_only". */
struct room *send_find_any_room(struct input *input, bool may_add);

/* Check that the sender may write to room. */
int send_check_writable(struct input *input, const struct room *room);

/* Find or add the room of the message, and check that the message may be written to it.
 * Returns NULL with the fault filled in if it may not. */
struct room *send_find_room(struct input *input);

/* Give the speaker the name that the message has, if it has one. */
int send_claim_name(struct input *input);

/* Count something that a person has said. */
void send_count_received(const struct asker *asker);

/* Make the keys by which a resend of the message is recognised. label is the name of a
 * program. Makes none without a ref. The caller frees them. */
void send_make_keys(const struct input *input, const char *label, char *keys[STORE_KEYS]);

/* Make the text by which a search finds a push. key is that of an alarm, or NULL. The
 * caller frees the text. */
char *send_push_words(const char *label, const char *key, const json_t *object);

/* Give post to the store. The input's asker is told the result. Returns 0, or -EAGAIN if
 * the store is full. */
int send_post(struct input *input, struct post *post);

/* Count a REQUEST_MESSAGE or REQUEST_ALARM that the store was given, or has answered.
 * Lines of log files are not counted. */
void send_count_given(const struct chat *chat, struct request *request);
void send_count_answered(const struct chat *chat, const struct request *request,
	int error, bool is_duplicate);

/* The store has answered a REQUEST_MESSAGE or REQUEST_ALARM. */
void send_on_appended(struct chat *chat, struct request *request, int error,
	const struct store_answer *answer);

/* Tell the asker that its message was accepted, but not stored. */
void send_acknowledge(
	const struct input *input, const struct room *room, size_t delivered);

/* Send a message that is not stored to everybody in room, and release room. tail is
 * consumed. */
void send_pass_on(const struct input *input, struct room *room, const char *type,
	struct buffer *tail);

/* Forget the texts of a session that is gone, so that the same guest can resend them
 * after it reconnects. */
void send_forget_sayings(struct chat *chat, const struct session *session);

/* Free all sayings. */
void send_free_sayings(struct chat *chat);

/* Send the message in the name of the speaker. */
input_handler send_do_message;
