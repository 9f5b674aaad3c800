/* frame.h - encoded bytes that many queues share (a frame), and the queue of frames that
 * wait for one reader. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes in front of the frame's own. The transport may overwrite them. */
#define FRAME_HEADROOM 16

/* Encoded bytes. They never change after the frame was made. The last frame_unref frees
 * it. Queues share a frame, so they hold pointers to it and it has no list node. */
struct frame {
	unsigned refs;
	size_t len;       /* number of own bytes, at least 1 */
	uint8_t memory[]; /* FRAME_HEADROOM bytes, then len bytes */
};

/* The opcodes that Linnet sends (RFC 6455 section 5.2). */
enum ws_opcode {
	WS_CONTINUATION = 0x0,
	WS_TEXT = 0x1,
	WS_BINARY = 0x2,
	WS_CLOSE = 0x8,
	WS_PING = 0x9,
};

/* Make a WebSocket frame of len bytes of payload; payload may be NULL if len is 0. It is
 * unmasked, because a server sends it (RFC 6455 section 5.1). final sets the FIN bit. The
 * caller owns one reference. */
struct frame *frame_new_ws(
	enum ws_opcode opcode, bool final, const void *payload, size_t len);

/* Make a frame of len bytes, at least 1. The caller owns one reference. */
struct frame *frame_new(const void *bytes, size_t len);

/* Make a chunk of a response (RFC 9112 section 7.1) with len bytes of data, at least 1:
 * an empty chunk would be the last one. The caller owns one reference. */
struct frame *frame_new_chunk(const void *bytes, size_t len);

/* Take a reference. Returns frame. */
struct frame *frame_ref(struct frame *frame);

/* Release a reference. */
void frame_unref(struct frame *frame);

/* The first byte to send. */
static inline uint8_t *
frame_bytes(struct frame *frame)
{
	return frame->memory + FRAME_HEADROOM;
}

/* A first-in first-out ring of frames. Embedded in its owner; all zero is an empty queue.
 */
struct frame_queue {
	struct frame **slots;
	uint32_t capacity; /* a power of two, or 0 */
	uint32_t head;     /* index of the oldest frame */
	uint32_t count;
	size_t bytes; /* sum of the lengths of its frames */
};

/* Append frame and take a reference to it. */
void frame_queue_push(struct frame_queue *queue, struct frame *frame);

/* The oldest frame, or NULL. The queue keeps its reference. */
struct frame *frame_queue_peek(const struct frame_queue *queue);

/* The frame at index, which is below queue->count. Index 0 is the oldest frame. The queue
 * keeps its reference. */
struct frame *frame_queue_at(const struct frame_queue *queue, uint32_t index);

/* Remove the oldest frame and release its reference. The queue must not be empty. */
void frame_queue_pop(struct frame_queue *queue);

/* Copy whole frames, oldest first, to buffer while they fit in size bytes, and remove
 * them from the queue. Returns the number of bytes copied: 0 if the queue is empty or its
 * oldest frame is larger than size. */
size_t frame_queue_gather(struct frame_queue *queue, uint8_t *buffer, size_t size);

/* Remove every frame and free the ring. */
void frame_queue_clear(struct frame_queue *queue);
