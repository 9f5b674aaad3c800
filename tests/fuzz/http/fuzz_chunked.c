/* fuzz_chunked.c - a body in chunks. The first byte of the data is the length of the
 * pieces in which the rest arrives. The result does not depend on it. The data as a body,
 * sent in chunks, arrives as it was sent. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "../fuzz.h"
#include "http/chunked.h"

#define BODY_BYTES 1000

struct result {
	int r;
	bool is_whole;
	size_t used;
	struct buffer body;
};

/* Read the bytes in pieces of piece bytes. */
static struct result
read_pieces(const char *bytes, size_t size, size_t piece, size_t max_bytes)
{
	struct chunked chunked = { 0 };
	struct result result = { 0 };
	size_t used, len;

	while (result.used < size && result.r == 0 && !chunked.is_whole) {
		len = size - result.used < piece ? size - result.used : piece;
		result.r = chunked_read(&chunked, bytes + result.used, len, &result.body,
			max_bytes, &used);
		assert(used <= len && (result.r < 0 || chunked.is_whole || used == len));
		result.used += used;
	}
	result.is_whole = chunked.is_whole;
	assert(result.r == 0 || result.r == -EPROTO || result.r == -EFBIG);
	assert(result.body.len <= max_bytes);
	assert(result.r == 0 || !result.is_whole);
	return result;
}

static void
check_pieces(const char *bytes, size_t size, size_t piece)
{
	struct result one = read_pieces(bytes, size, size, BODY_BYTES);
	struct result many = read_pieces(bytes, size, piece, BODY_BYTES);

	assert(one.r == many.r && one.is_whole == many.is_whole && one.used == many.used);
	assert(one.body.len == many.body.len);
	assert(!one.body.len || !memcmp(one.body.bytes, many.body.bytes, one.body.len));
	buffer_clear(&one.body);
	buffer_clear(&many.body);
}

static void
check_round_trip(const char *bytes, size_t size, size_t chunk)
{
	struct buffer text = { 0 };
	struct result result;
	size_t sent, len;

	for (sent = 0; sent < size; sent += len) {
		len = size - sent < chunk ? size - sent : chunk;
		buffer_printf(&text, "%zX\r\n", len);
		buffer_append(&text, bytes + sent, len);
		buffer_append(&text, "\r\n", 2);
	}
	buffer_printf(&text, "0\r\n\r\n");
	sent = text.len;
	buffer_append(&text, bytes, size);
	result = read_pieces(text.bytes, text.len, 1 + chunk / 2, size);
	assert(result.r == 0 && result.is_whole && result.used == sent);
	assert(result.body.len == size);
	assert(!size || !memcmp(result.body.bytes, bytes, size));
	buffer_clear(&result.body);
	buffer_clear(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	check_pieces((const char *)data + 1, size - 1, 1 + data[0] % 16);
	check_round_trip((const char *)data + 1, size - 1, 1 + data[0]);
	return 0;
}
