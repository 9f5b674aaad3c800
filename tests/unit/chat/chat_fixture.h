/* chat_fixture.h - a chat with the memory store and three sessions without a socket, and
 * functions to open further sessions of any door. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <poll.h>

#include <cmocka.h>

#include "linnet/auth/gate.h"
#include "linnet/base/frame.h"
#include "linnet/chat/chat.h"
#include "linnet/config/config.h"
#include "linnet/protocol/message.h"

/* A call that is not answered. */
struct fake_call {
	struct fake *fake;
	struct chat_pending *pending;
	LIST_ENTRY(fake_call) link;
};

/* A session of a door that only counts calls; or a client of the HTTP door, whose replies
 * are queued as JSON. */
struct fake {
	struct session session;
	struct fixture *fixture;
	LIST_HEAD(, fake_call) calls; /* those that are not answered */
	struct rate rate;             /* of the calls */
	int wakes;
	int drops;
	uint16_t code;
};

/* The JSON text of its arguments, which may also be some members of an object. A line
 * break between two members becomes a blank, which the assertions below ignore. */
#define JSON(...) #__VA_ARGS__

/* The text of item number index of the JSON array, valid until the next call. NULL: there
 * is none. */
static inline const char *
json_item(const char *array, size_t index)
{
	static char text[512];
	json_t *items = json_loads(array, 0, NULL), *item = json_array_get(items, index);
	size_t len = item ? json_dumpb(item, text, sizeof(text) - 1, JSON_COMPACT) : 0;

	assert_true(len < sizeof(text));
	text[len] = '\0';
	json_decref(items);
	return len ? text : NULL;
}

struct fixture {
	struct config *config;
	struct chat *chat;
	struct fake ann, bob, eve;
	int64_t now_ms;
};

static inline void
fake_on_wake(struct session *session)
{
	((struct fake *)session)->wakes++;
}

static inline void
fake_on_drop(struct session *session, uint16_t code, const char *reason)
{
	struct fake *fake = (struct fake *)session;

	assert_non_null(reason);
	fake->drops++;
	fake->code = code;
	chat_on_closing(fake->fixture->chat, session);
}

static inline void
fixture_random(void *out, size_t len)
{
	static unsigned char next;
	unsigned char *bytes = out;
	size_t i;

	for (i = 0; i < len; i++)
		bytes[i] = next++;
}

/* Run the chat and its stores until nothing is pending. */
static inline void
settle(struct fixture *fixture)
{
	struct pollfd pollfds[CHAT_FDS];
	unsigned i;

	for (i = 0; i < CHAT_FDS; i++)
		pollfds[i] = (struct pollfd){
			.fd = chat_fd(fixture->chat, i),
			.events = POLLIN,
		};
	chat_turn(fixture->chat);
	while (chat_is_waiting(fixture->chat)) {
		assert_true(poll(pollfds, CHAT_FDS, 10000) > 0);
		for (i = 0; i < CHAT_FDS; i++)
			if (pollfds[i].revents)
				chat_dispatch(fixture->chat, i);
		chat_turn(fixture->chat);
	}
}

/* Let the store try what is pending. It cannot: wait until it says so, and then as long
 * as the chat waits for it. */
static inline void
settle_in_vain(struct fixture *fixture)
{
	struct pollfd pollfd = { .fd = chat_fd(fixture->chat, 0), .events = POLLIN };
	const char *code, *why;

	chat_turn(fixture->chat);
	while (!chat_is_away(fixture->chat, &code, &why)) {
		assert_true(poll(&pollfd, 1, 10000) > 0);
		chat_dispatch(fixture->chat, 0);
	}
	for (int ms = 0; ms <= 10000; ms += CHAT_TICK_MS)
		chat_tick(fixture->chat, fixture->now_ms);
	settle(fixture);
}

/* Make fake a session of the door called via that reads the form wire. It is not opened
 * yet. */
static inline void
fake_init(struct fixture *fixture, struct fake *fake, enum wire wire)
{
	static const struct session_ops ops = { .wake = fake_on_wake,
		.drop = fake_on_drop };

	memset(fake, 0, sizeof(*fake));
	fake->fixture = fixture;
	session_init(&fake->session, &ops, wire, chat_next_number(fixture->chat),
		(size_t)fixture->config->limits.queue_bytes);
	session_admit(
		&fake->session, &permissions_of_rooms, "192.0.2.1", fixture->now_ms);
}

static inline void
come(struct fixture *fixture, struct fake *fake, const struct chat_wishes *wishes)
{
	fake_init(fixture, fake, WIRE_WS);
	chat_open(fixture->chat, &fake->session, wishes);
	settle(fixture);
}

/* Open a line session called name (NULL: a guest). */
static inline void
come_by_line(
	struct fixture *fixture, struct fake *fake, const char *room, const char *name)
{
	const struct chat_wishes wishes = {
		.room = room, .name = name, .wants_events = true
	};

	fake_init(fixture, fake, WIRE_LINE);
	chat_open(fixture->chat, &fake->session, &wishes);
	settle(fixture);
}

/* A silent stream of room. since may be NULL. */
static inline void
come_by_stream(
	struct fixture *fixture, struct fake *fake, const char *room, const char *since)
{
	const struct chat_wishes wishes = {
		.room = room, .since = since, .is_silent = true
	};

	fake_init(fixture, fake, WIRE_SSE);
	chat_open(fixture->chat, &fake->session, &wishes);
	settle(fixture);
}

static inline void
come_as_call(struct fixture *fixture, struct fake *fake)
{
	fake_init(fixture, fake, WIRE_OBJECT);
}

static inline json_t *
fake_reply_object(const struct chat_reply *reply)
{
	const struct chat_ack *ack = reply->ack;
	json_t *object;

	if (reply->kind == CHAT_FAULT)
		return message_error(reply->fault);
	object = json_pack(
		"{s:s,s:s*,s:s*}", "type", "ack", "ref", ack->ref, "room", ack->room);
	if (ack->id)
		json_object_set_new(object, "id", json_integer((json_int_t)ack->id));
	if (ack->room)
		json_object_update_new(
			object, json_pack("{s:s,s:I}", "epoch", ack->epoch, "delivered",
					(json_int_t)ack->delivered));
	if (ack->is_duplicate)
		json_object_set_new(object, "duplicate", json_true());
	if (ack->count > 1)
		json_object_set_new(
			object, "count", json_integer((json_int_t)ack->count));
	return object;
}

static inline void
fake_on_reply(void *context, const struct chat_reply *reply)
{
	struct fake_call *call = context;
	struct encoded encoded;
	struct frame *frame;

	if (reply->kind == CHAT_OBJECT) {
		frame = frame_ref(encode_frame(reply->object, WIRE_OBJECT));
	} else {
		encode_object(&encoded, fake_reply_object(reply));
		frame = frame_ref(encode_frame(&encoded, WIRE_OBJECT));
		encode_fini(&encoded);
	}
	frame_queue_push(&call->fake->session.queue, frame);
	frame_unref(frame);
	LIST_REMOVE(call, link);
	free(call);
}

/* Call the chat for fake, with its permissions and, if the caller has none, its rate. */
static inline void
call_for(struct fixture *fixture, struct fake *fake, const struct chat_caller *caller,
	const struct chat_call *what)
{
	struct fake_call *call = calloc(1, sizeof(*call));
	struct chat_caller own = *caller;
	struct chat_pending *pending;

	own.permissions = fake->session.permissions;
	if (!own.rate)
		own.rate = &fake->rate;
	call->fake = fake;
	LIST_INSERT_HEAD(&fake->calls, call, link);
	pending = chat_call(fixture->chat, &own, what, fake_on_reply, call);
	if (pending)
		call->pending = pending;
}

static inline void
go(struct fixture *fixture, struct fake *fake)
{
	struct fake_call *call;

	while ((call = LIST_FIRST(&fake->calls))) {
		LIST_REMOVE(call, link);
		chat_cancel(call->pending);
		free(call);
	}
	chat_close(fixture->chat, &fake->session);
	session_fini(&fake->session);
}

static inline void
say(struct fixture *fixture, struct fake *fake, const char *text)
{
	chat_handle(fixture->chat, &fake->session, text, strlen(text),
		fixture->now_ms += 1000);
	settle(fixture);
}

static inline void
say_line(struct fixture *fixture, struct fake *fake, const char *line)
{
	assert_int_equal(chat_handle_line(fixture->chat, &fake->session, line,
				 strlen(line), false, fixture->now_ms += 1000),
		0);
	settle(fixture);
}

/* Push the objects of the array objects at now_ms as a program called label. rate may be
 * NULL. */
static inline void
push_objects_at(struct fixture *fixture, struct fake *fake, const char *label,
	struct rate *rate, json_t *objects, int64_t now_ms)
{
	call_for(fixture, fake, &(struct chat_caller){ .name = label, .rate = rate },
		&(struct chat_call){
			.kind = CHAT_PUSH,
			.object = objects,
			.now_ms = now_ms,
		});
}

/* Push text as a program called label. */
static inline void
push_as(struct fixture *fixture, struct fake *fake, const char *label, const char *text)
{
	push_objects_at(fixture, fake, label, NULL,
		json_pack("[o]", json_loads(text, JSON_DECODE_ANY, NULL)),
		fixture->now_ms += 1000);
}

static inline void
ask_at(struct fixture *fixture, struct fake *fake, const char *text, int64_t now_ms)
{
	call_for(fixture, fake, &(struct chat_caller){ .name = NULL },
		&(struct chat_call){
			.kind = CHAT_ASK,
			.object = json_loads(text, 0, NULL),
			.now_ms = now_ms,
		});
}

static inline void
send_at(struct fixture *fixture, struct fake *fake, struct session *speaker,
	const char *text, int64_t now_ms)
{
	call_for(fixture, fake, &(struct chat_caller){ .speaker = speaker },
		&(struct chat_call){
			.kind = CHAT_SEND,
			.object = json_loads(text, 0, NULL),
			.now_ms = now_ms,
		});
}

static inline size_t
header_of(const struct fake *fake, struct frame *frame)
{
	if (fake->session.wire != WIRE_WS && fake->session.wire != WIRE_WS_LINE)
		return 0;
	return frame_bytes(frame)[1] == 127 ? 10 : frame_bytes(frame)[1] == 126 ? 4 : 2;
}

/* Take the oldest queued frame. Its text is valid until the next call. Returns "" if none
 * is queued. */
static inline const char *
hears(struct fake *fake)
{
	static char text[65536];
	struct frame *frame = frame_queue_peek(&fake->session.queue);
	size_t header;

	text[0] = '\0';
	if (!frame)
		return text;
	header = header_of(fake, frame);
	assert_true(frame->len - header < sizeof(text));
	memcpy(text, frame_bytes(frame) + header, frame->len - header);
	text[frame->len - header] = '\0';
	frame_queue_pop(&fake->session.queue);
	return text;
}

static inline void
forget_heard(struct fake *fake)
{
	frame_queue_clear(&fake->session.queue);
}

/* Returns the text behind part if heard starts with part, or NULL. A blank after a comma
 * of part may be missing in heard. */
static inline const char *
skip_part(const char *heard, const char *part)
{
	const char *start = part;

	for (; *part; part++) {
		if (*part == *heard)
			heard++;
		else if (*part != ' ' || part == start || part[-1] != ',')
			return NULL;
	}
	return heard;
}

static inline bool
has_part(const char *heard, const char *part)
{
	while (*heard && !skip_part(heard, part))
		heard++;
	return *heard || !*part;
}

#define assert_hears(fake, part)                                                         \
	do {                                                                             \
		const char *heard_ = hears(fake);                                        \
		if (!has_part(heard_, part))                                             \
			fail_msg("heard \"%s\", not %s", heard_, part);                  \
	} while (0)

#define assert_hears_exactly(fake, text)                                                 \
	do {                                                                             \
		const char *heard_ = hears(fake), *rest_ = skip_part(heard_, text);      \
		if (!rest_ || *rest_)                                                    \
			fail_msg("heard \"%s\", not %s", heard_, text);                  \
	} while (0)

#define assert_hears_nothing(fake) assert_string_equal(hears(fake), "")

/* Push text as a program called "cron" and expect part in the reply. */
#define assert_push(fixture, text, part)                                                 \
	do {                                                                             \
		struct fake call_;                                                       \
		come_as_call(fixture, &call_);                                           \
		push_as(fixture, &call_, "cron", text);                                  \
		settle(fixture);                                                         \
		assert_hears(&call_, part);                                              \
		assert_hears_nothing(&call_);                                            \
		go(fixture, &call_);                                                     \
	} while (0)

static inline void
open_chat(struct fixture *fixture)
{
	const char *why = "";

	if (chat_new(&fixture->chat, fixture->config, fixture_random, &why) < 0)
		fail_msg("%s", why);
	come(fixture, &fixture->ann, NULL);
	come(fixture, &fixture->bob, NULL);
	come(fixture, &fixture->eve, NULL);
}

static inline void
close_chat(struct fixture *fixture)
{
	go(fixture, &fixture->ann);
	go(fixture, &fixture->bob);
	go(fixture, &fixture->eve);
	chat_free(fixture->chat);
}

static inline int
set_up_with(void **state, const char *const *settings, size_t count)
{
	struct fixture *fixture = test_calloc(1, sizeof(*fixture));
	struct config_errors errors = { 0 };

	fixture->config = config_load_text("store = " JSON({ driver = "memory"; };),
		"test", settings, count, "/", &errors);
	assert_non_null(fixture->config);
	open_chat(fixture);
	*state = fixture;
	return 0;
}

static inline int
set_up(void **state)
{
	return set_up_with(state, NULL, 0);
}

static inline int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	close_chat(fixture);
	config_free(fixture->config);
	test_free(fixture);
	return 0;
}

#define chat_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
