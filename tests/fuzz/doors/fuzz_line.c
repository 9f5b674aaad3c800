/* Input from a terminal, through the telnet options to the chat. All output must
 * be whole lines of UTF-8 without control characters other than tabs. */
#include <assert.h>

#include "../fuzz_chat.h"
#include "doors/telnet.h"
#include "linnet/base/utf8.h"

#define LINE_BYTES 200

/* A small piece, so that pieces end at every position. */
#define PIECE_BYTES 7

static void
check_text(const char *text, size_t len)
{
	uint32_t code;
	size_t n;

	assert(len && text[len - 1] == '\n');
	for (; len; text += n, len -= n) {
		n = utf8_next(text, len, &code);
		assert(n && (code == '\n' || code == '\t' || code >= 0x20));
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
say_next(struct chat *chat, struct session *session, struct telnet *telnet,
	enum telnet_event event)
{
	assert(telnet->line.text.len <= LINE_BYTES);
	if (event == TELNET_TOO_LONG)
		assert(chat_refuse_line(chat, session, NOW_MS) == 0);
	if (event != TELNET_LINE)
		return;
	while (chat_handle_line(chat, session,
		telnet->line.text.bytes ? telnet->line.text.bytes : "",
		telnet->line.text.len, true, NOW_MS))
		settle(chat);
	telnet->line.text.len = 0;
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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct chat_wishes wishes = { .wants_events = true };
	struct chat *chat = open_chat("chat.echo_to_sender=true");
	struct session ann, bob;

	open_session(chat, &ann, WIRE_LINE, &wishes);
	open_session(chat, &bob, WIRE_LINE, &wishes);
	say_all(chat, &ann, (const char *)data, size);
	check_frames(&ann);
	check_frames(&bob);
	go(chat, &ann);
	go(chat, &bob);
	chat_free(chat);
	return 0;
}
