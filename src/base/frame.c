#include "linnet/base/frame.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/metrics.h"
#include "linnet/base/xalloc.h"

#define QUEUE_START 4U

/* A ring larger than this is freed when it becomes empty. Otherwise one burst would cost
 * memory until the connection closes. */
#define QUEUE_KEEP 16U

static size_t
frame_put_ws_header(uint8_t *out, enum ws_opcode opcode, bool final, size_t len)
{
	size_t n = 0;
	int shift;

	out[n++] = (uint8_t)((final ? 0x80 : 0) | opcode);
	if (len < 126) {
		out[n++] = (uint8_t)len;
		return n;
	}
	out[n++] = len <= UINT16_MAX ? 126 : 127;
	for (shift = len <= UINT16_MAX ? 8 : 56; shift >= 0; shift -= 8)
		out[n++] = (uint8_t)((uint64_t)len >> shift);
	return n;
}

static struct frame *
frame_alloc(size_t len)
{
	struct frame *frame = xmalloc(sizeof(*frame) + FRAME_HEADROOM + len);

	frame->refs = 1;
	frame->len = len;
	return frame;
}

struct frame *
frame_new(const void *bytes, size_t len)
{
	struct frame *frame = frame_alloc(len);

	memcpy(frame_bytes(frame), bytes, len);
	return frame;
}

struct frame *
frame_new_ws(enum ws_opcode opcode, bool final, const void *payload, size_t len)
{
	uint8_t header[10];
	size_t header_len = frame_put_ws_header(header, opcode, final, len);
	struct frame *frame = frame_alloc(header_len + len);

	memcpy(frame_bytes(frame), header, header_len);
	if (len)
		memcpy(frame_bytes(frame) + header_len, payload, len);
	return frame;
}

struct frame *
frame_new_chunk(const void *bytes, size_t len)
{
	static const char end[2] = { '\r', '\n' };
	char size[24];
	size_t n = (size_t)snprintf(size, sizeof(size), "%zx\r\n", len);
	struct frame *frame = frame_alloc(n + len + sizeof(end));
	uint8_t *out = frame_bytes(frame);

	memcpy(out, size, n);
	memcpy(out + n, bytes, len);
	memcpy(out + n + len, end, sizeof(end));
	return frame;
}

struct frame *
frame_ref(struct frame *frame)
{
	frame->refs++;
	return frame;
}

void
frame_unref(struct frame *frame)
{
	assert(frame->refs > 0);
	if (--frame->refs == 0)
		free(frame);
}

static void
frame_queue_grow(struct frame_queue *queue)
{
	uint32_t capacity = queue->capacity ? queue->capacity * 2 : QUEUE_START;
	struct frame **slots = xmalloc(capacity * sizeof(struct frame *));
	uint32_t i;

	for (i = 0; i < queue->count; i++)
		slots[i] = frame_queue_at(queue, i);
	free(queue->slots);
	queue->slots = slots;
	queue->capacity = capacity;
	queue->head = 0;
}

void
frame_queue_push(struct frame_queue *queue, struct frame *frame)
{
	if (queue->count == queue->capacity)
		frame_queue_grow(queue);
	queue->slots[(queue->head + queue->count) & (queue->capacity - 1)] =
		frame_ref(frame);
	queue->count++;
	queue->bytes += frame->len;
	metrics.queue_bytes += frame->len;
}

struct frame *
frame_queue_peek(const struct frame_queue *queue)
{
	return queue->count ? queue->slots[queue->head] : NULL;
}

struct frame *
frame_queue_at(const struct frame_queue *queue, uint32_t index)
{
	return queue->slots[(queue->head + index) & (queue->capacity - 1)];
}

void
frame_queue_pop(struct frame_queue *queue)
{
	struct frame *frame = queue->slots[queue->head];

	assert(queue->count > 0);
	queue->head = (queue->head + 1) & (queue->capacity - 1);
	queue->count--;
	queue->bytes -= frame->len;
	metrics.queue_bytes -= frame->len;
	frame_unref(frame);
	if (!queue->count && queue->capacity > QUEUE_KEEP)
		frame_queue_clear(queue);
}

size_t
frame_queue_gather(struct frame_queue *queue, uint8_t *buffer, size_t size)
{
	struct frame *frame;
	size_t n = 0;

	while ((frame = frame_queue_peek(queue)) && frame->len <= size - n) {
		memcpy(buffer + n, frame_bytes(frame), frame->len);
		n += frame->len;
		frame_queue_pop(queue);
	}
	return n;
}

void
frame_queue_clear(struct frame_queue *queue)
{
	uint32_t i;

	metrics.queue_bytes -= queue->bytes;
	for (i = 0; i < queue->count; i++)
		frame_unref(frame_queue_at(queue, i));
	free(queue->slots);
	memset(queue, 0, sizeof(*queue));
}
