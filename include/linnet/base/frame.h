/* frame.h - one encoded message, shared by every queue that holds it, and the queue of
 * frames that wait for one reader. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writable bytes before a frame's bytes: the transport may scribble on them. */
#define FRAME_HEADROOM 16

/* Bytes ready for the wire. They never change after the frame was made; the last
 * frame_unref frees it. Shared, so it carries no list node: queues hold pointers. */
struct frame {
	unsigned refs;
	size_t len;       /* of bytes, at least 1 */
	uint8_t memory[]; /* FRAME_HEADROOM bytes, then len bytes */
};

/* Opcodes of RFC 6455 section 5.2 that Linnet sends itself. */
enum ws_opcode {
	WS_CONTINUATION = 0x0,
	WS_TEXT = 0x1,
	WS_BINARY = 0x2,
	WS_CLOSE = 0x8,
	WS_PING = 0x9,
};

/* A server's WebSocket frame (unmasked, RFC 6455 section 5.1) around len bytes of
 * payload; final is its FIN bit. payload may be NULL if len is 0. The caller owns one
 * reference. */
struct frame *frame_new_ws(
	enum ws_opcode opcode, bool final, const void *payload, size_t len);

/* The len bytes as they are, at least 1. The caller owns one reference. */
struct frame *frame_new(const void *bytes, size_t len);

/* Take a reference; returns frame. */
struct frame *frame_ref(struct frame *frame);

/* Give a reference back. */
void frame_unref(struct frame *frame);

/* The frame's first byte on the wire. */
static inline uint8_t *
frame_bytes(struct frame *frame)
{
	return frame->memory + FRAME_HEADROOM;
}

/* A first-in first-out ring of frames. Embedded; all zero is an empty queue. */
struct frame_queue {
	struct frame **slots;
	uint32_t capacity; /* a power of two, or 0 */
	uint32_t head;     /* index of the oldest frame */
	uint32_t count;
	size_t bytes; /* of all frames that wait */
};

/* Append frame; the queue takes a reference of its own. */
void frame_queue_push(struct frame_queue *queue, struct frame *frame);

/* The oldest frame, still owned by the queue, or NULL. */
struct frame *frame_queue_peek(const struct frame_queue *queue);

/* The frame at index, 0 being the oldest one; index is below queue->count. Still owned by
 * the queue. */
struct frame *frame_queue_at(const struct frame_queue *queue, uint32_t index);

/* Remove the oldest frame and drop the queue's reference; the queue must not be empty. */
void frame_queue_pop(struct frame_queue *queue);

/* Copy whole frames, oldest first, to buffer while they fit in size bytes, and remove
 * them. Returns the bytes copied: 0 if the queue is empty or its oldest frame is larger
 * than size. */
size_t frame_queue_gather(struct frame_queue *queue, uint8_t *buffer, size_t size);

/* Remove every frame and free the ring. */
void frame_queue_clear(struct frame_queue *queue);
