/* What a terminal sends, through telnet's options to the chat. Whatever anybody reads of
 * it must be whole lines of UTF-8 without a control character. */
#include <assert.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "linnet/chat.h"
#include "linnet/log.h"
#include "linnet/telnet.h"
#include "linnet/utf8.h"

#define LINE_BYTES 200

/* So that ends of pieces fall everywhere. */
#define PIECE_BYTES 7

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
on_wake(struct session *session)
{
	(void)session;
}

static void
on_drop(struct session *session, uint16_t code, const char *reason)
{
	(void)session;
	(void)code;
	(void)reason;
}

static void
fill_random(void *out, size_t len)
{
	memset(out, 7, len);
}

static struct config *
load(void)
{
	static const char *const settings[] = { "store.driver=memory",
		"limits.message_rate=0", "chat.echo_to_sender=true" };
	struct config_errors errors = { 0 };

	return config_load_text("", "fuzz", settings, 3, "/", &errors);
}

static void
check_text(const char *text, size_t len)
{
	uint32_t code;
	size_t n;

	assert(len && text[len - 1] == '\n');
	for (; len; text += n, len -= n) {
		n = utf8_next(text, len, &code);
		assert(n && (code == '\n' || code >= 0x20));
		assert(code < 0x7f || code >= 0xa0);
	}
}

static void
check_frames(struct session *session)
{
	struct frame *frame;

	while ((frame = frame_queue_peek(&session->queue))) {
		check_text((const char *)frame_bytes(frame), frame->len);
		frame_queue_pop(&session->queue);
	}
}

static void
settle(struct chat *chat)
{
	struct pollfd pollfd = { .fd = chat_fd(chat, 0), .events = POLLIN };

	chat_turn(chat);
	while (chat_is_waiting(chat)) {
		poll(&pollfd, 1, 1000);
		chat_dispatch(chat);
		chat_turn(chat);
	}
}

static void
say_next(struct chat *chat, struct session *session, struct telnet *telnet,
	enum telnet_event event)
{
	assert(telnet->line.len <= LINE_BYTES);
	if (event == TELNET_TOO_LONG)
		assert(chat_refuse_line(chat, session, 1000) == 0);
	if (event != TELNET_LINE)
		return;
	while (chat_handle_line(chat, session,
		telnet->line.bytes ? telnet->line.bytes : "", telnet->line.len, true,
		1000))
		settle(chat);
	telnet->line.len = 0;
	settle(chat);
	check_frames(session);
}

static void
say_all(struct chat *chat, struct session *session, const char *bytes, size_t size)
{
	struct telnet telnet = { 0 };
	size_t used;

	for (; size; bytes += used, size -= used) {
		size_t len = size < PIECE_BYTES ? size : PIECE_BYTES;
		enum telnet_event event =
			telnet_read(&telnet, bytes, len, LINE_BYTES, &used);

		assert(used && used <= len && (event != TELNET_MORE || used == len));
		say_next(chat, session, &telnet, event);
	}
	say_next(chat, session, &telnet, telnet_end(&telnet));
	telnet_clear(&telnet);
}

static void
come(struct chat *chat, struct session *session)
{
	static const struct session_ops ops = { .wake = on_wake, .drop = on_drop };

	session_init(session, &ops, "line", chat_next_number(chat), 1 << 20);
	session->wire = WIRE_LINE;
	session->wants_progress = true;
	session_admit(session, &grant_of_rooms, "192.0.2.1", 1);
	chat_open(chat, session, &(struct chat_wishes){ .wants_events = true });
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config *config;
	struct session ann, bob;
	struct chat *chat;
	const char *why;

	if (!config)
		config = load();
	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	assert(chat_new(&chat, config, fill_random, &why) == 0);
	come(chat, &ann);
	come(chat, &bob);
	say_all(chat, &ann, (const char *)data, size);
	check_frames(&ann);
	check_frames(&bob);
	chat_close(chat, &ann);
	chat_close(chat, &bob);
	session_fini(&ann);
	session_fini(&bob);
	chat_free(chat);
	return 0;
}
