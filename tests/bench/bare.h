/* bare.h - the yardstick: a broadcast server that is nothing but epoll, recv() and
 * send(). */
#pragma once

#include <stddef.h>

enum { BARE_GREETING_BYTES = 1 };

/* Serve on a listening socket until killed. Every connection is greeted with
 * BARE_GREETING_BYTES bytes when it is accepted. Of what it sends, each frame_bytes bytes
 * are one message, which goes to every other connection by a send() of its own: messages
 * are never put together, however many wait. */
_Noreturn void bare_serve(int listen_fd, size_t frame_bytes, unsigned max_connections);
