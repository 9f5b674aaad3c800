/* bare.h - the baseline: a broadcast server of nothing but epoll, recv() and
 * send(). */
#pragma once

#include <stddef.h>

enum { BARE_GREETING_BYTES = 1 };

/* Serve on a listening socket until killed. Each accepted connection is sent
 * BARE_GREETING_BYTES bytes. Each frame_bytes bytes that it sends are one
 * message, which goes to every other connection of the room by a send() of its own.
 * The first room_size connections accepted are the first room, and so on. Waiting
 * messages are never combined. */
_Noreturn void bare_serve(
	int listen_fd, size_t frame_bytes, unsigned max_connections, unsigned room_size);
