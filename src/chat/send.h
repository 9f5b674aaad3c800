/* send.h - messages: to the store, and from there to everybody. */
#pragma once

#include "chat/requests.h"

/* A message for a room's history. */
struct post {
	struct asker *asker; /* is told the result; NULL: nobody */
	struct room *room;
	const char *type;
	const char *ref;    /* NULL: none */
	struct buffer tail; /* consumed */
	char *words;        /* consumed */
	char *keys[STORE_KEYS];
	char *alarm;      /* key of the alarm that it changes, consumed; NULL: none */
	json_t *intended; /* what the alarm becomes, consumed; NULL: it is cleared */
};

/* Find the room of message and check that it may be written to. Returns NULL with *fault
 * filled in if it may not. */
struct room *send_find_room(struct chat *chat, const struct asker *asker,
	const struct message *message, struct message_fault *fault);

/* Make the keys by which a resend of message is recognised. Makes none without a ref. The
 * caller frees them. */
void send_make_keys(struct chat *chat, const struct session *speaker,
	const struct message *message, char *keys[STORE_KEYS]);

/* Make the key by which a resend of a push is recognised. The caller frees it. */
char *send_push_key(const char *label, const char *ref);

/* Make the text by which a search finds a push. key is that of an alarm, or NULL. The
 * caller frees the text. */
char *send_push_words(const char *label, const char *key, const json_t *object);

/* Give post to the store. Returns 0, or -EAGAIN with *fault filled in if the store is
 * full. */
int send_post(struct chat *chat, struct post *post, struct message_fault *fault);

/* The store has answered a REQUEST_MESSAGE or REQUEST_ALARM. */
void send_on_appended(struct chat *chat, struct request *request, int error, uint64_t id,
	bool is_duplicate);

/* Tell asker that its message was accepted, but not stored. */
void send_acknowledge(const struct chat *chat, struct asker *asker,
	const struct room *room, const char *ref, size_t delivered);

/* Queue a message for everybody in room but sender (NULL: for everybody). id is 0 if it
 * was not stored. Returns the number of readers. */
size_t send_broadcast(struct chat *chat, struct room *room, const char *type, uint64_t id,
	const char *tail, size_t tail_len, const struct session *sender);

/* Send message in the name of speaker and tell asker the result. */
int send_say(struct chat *chat, struct asker *asker, struct session *speaker,
	const struct message *message, struct message_fault *fault);

/* Forget the texts of a session that is gone, so that the same guest can resend them
 * after it reconnects. */
void send_forget_sayings(struct chat *chat, const struct session *session);

/* Free all sayings. */
void send_free_sayings(struct chat *chat);

int send_do_message(struct chat *chat, struct asker *asker, const struct message *message,
	struct message_fault *fault);
