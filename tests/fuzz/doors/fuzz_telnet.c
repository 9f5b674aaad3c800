/* fuzz_telnet.c - what a terminal sends. The first byte of the data is the length of the
 * pieces in which the rest is read. Lines and events do not depend on it; lines have no
 * control characters but tabs, and are not too long. */
#include <assert.h>
#include <string.h>

#include "../fuzz.h"
#include "doors/telnet.h"

#define LINE_BYTES 40

static void
note(struct buffer *out, struct telnet *telnet, enum telnet_event event)
{
	buffer_printf(out, "%d:", (int)event);
	if (event == TELNET_FOREIGN)
		buffer_printf(out, "%s", telnet->protocol);
	if (event == TELNET_LINE) {
		assert(telnet->line.text.len <= LINE_BYTES);
		buffer_append(out, telnet->line.text.bytes, telnet->line.text.len);
		telnet->line.text.len = 0;
	}
	buffer_append(out, "\n", 1);
}

/* Append what happens. The peer closes after a line of another protocol. */
static void
read_all(const char *bytes, size_t size, size_t piece, struct buffer *out)
{
	struct telnet telnet = { 0 };
	enum telnet_event event = TELNET_MORE;
	size_t used;

	for (; size && event != TELNET_FOREIGN; bytes += used, size -= used) {
		size_t len = size < piece ? size : piece;

		event = telnet_read(&telnet, bytes, len, LINE_BYTES, &used);
		assert(used && used <= len && (event != TELNET_MORE || used == len));
		if (event != TELNET_MORE)
			note(out, &telnet, event);
	}
	if (event != TELNET_FOREIGN && (event = telnet_end(&telnet)) != TELNET_MORE)
		note(out, &telnet, event);
	telnet_clear(&telnet);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer one = { 0 }, many = { 0 };

	if (size < 2)
		return 0;
	read_all((const char *)data + 1, size - 1, size, &one);
	read_all((const char *)data + 1, size - 1, 1 + data[0] % 16, &many);
	assert(one.len == many.len &&
		(!one.len || !memcmp(one.bytes, many.bytes, one.len)));
	buffer_clear(&one);
	buffer_clear(&many);
	return 0;
}
