/* chat_fixture.h - a chat with the memory store and three sessions without a socket. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <poll.h>

#include <cmocka.h>

#include "linnet/chat.h"
#include "linnet/config.h"
#include "linnet/frame.h"

/* A session whose door only remembers what it was asked. */
struct fake {
	struct session session;
	struct fixture *fixture;
	int wakes;
	int drops;
	uint16_t code;
};

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

/* Let the chat and its store do what there is to do. */
static inline void
settle(struct fixture *fixture)
{
	struct pollfd pollfd = { .fd = chat_fd(fixture->chat, 0), .events = POLLIN };

	chat_turn(fixture->chat);
	while (chat_is_waiting(fixture->chat)) {
		assert_int_equal(poll(&pollfd, 1, 10000), 1);
		chat_dispatch(fixture->chat);
		chat_turn(fixture->chat);
	}
}

static inline void
come(struct fixture *fixture, struct fake *fake, const struct chat_wishes *wishes)
{
	static const struct session_ops ops = { .wake = fake_on_wake,
		.drop = fake_on_drop };

	memset(fake, 0, sizeof(*fake));
	fake->fixture = fixture;
	session_init(&fake->session, &ops, "ws", chat_next_number(fixture->chat),
		(size_t)fixture->config->limits.queue_bytes);
	chat_open(fixture->chat, &fake->session, wishes);
	settle(fixture);
}

static inline void
go(struct fixture *fixture, struct fake *fake)
{
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

/* Takes the oldest waiting frame; its text is valid until the next call. "" if none. */
static inline const char *
hears(struct fake *fake)
{
	static char text[65536];
	struct frame *frame = frame_queue_peek(&fake->session.queue);
	size_t header;

	text[0] = '\0';
	if (!frame)
		return text;
	header = frame_bytes(frame)[1] == 127 ? 10 : frame_bytes(frame)[1] == 126 ? 4 : 2;
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

#define assert_hears(fake, part)                                                         \
	do {                                                                             \
		const char *heard_ = hears(fake);                                        \
		if (!strstr(heard_, part))                                               \
			fail_msg("heard \"%s\", not %s", heard_, part);                  \
	} while (0)

#define assert_hears_nothing(fake) assert_string_equal(hears(fake), "")

static inline int
set_up_with(void **state, const char *const *settings, size_t count)
{
	struct fixture *fixture = test_calloc(1, sizeof(*fixture));
	struct config_errors errors = { 0 };
	const char *why = "";

	fixture->config = config_load_text("store = { driver = \"memory\"; };", "test",
		settings, count, "/", &errors);
	assert_non_null(fixture->config);
	assert_int_equal(
		chat_new(&fixture->chat, fixture->config, fixture_random, &why), 0);
	come(fixture, &fixture->ann, NULL);
	come(fixture, &fixture->bob, NULL);
	come(fixture, &fixture->eve, NULL);
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

	go(fixture, &fixture->ann);
	go(fixture, &fixture->bob);
	go(fixture, &fixture->eve);
	chat_free(fixture->chat);
	config_free(fixture->config);
	test_free(fixture);
	return 0;
}

#define chat_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
