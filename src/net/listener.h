/* listener.h - listening sockets of our own, whose connections are handed on. */
#pragma once

#include <stddef.h>

struct listener;
struct loop;
struct sockaddr;

/* Sockets that one listener may have. */
#define LISTENER_SOCKETS 8

/* A connection has come. fd is nonblocking and close-on-exec and belongs to the callee.
 */
typedef void listener_on_accept(void *context, int fd, const struct sockaddr *address);

/* Listen on port (0: one that the kernel chooses) of address, an IP address or
 * "localhost"; "::" takes IPv4 too. When the process is out of descriptors, connections
 * wait in the kernel and accepting is tried again a little later. Returns 0 and a
 * listener for listener_close, or -errno, -EADDRNOTAVAIL where address means nothing
 * here. */
int listener_open(struct listener **listener, struct loop *loop, const char *address,
	int port, listener_on_accept *on_accept, void *context);

/* Listen on count sockets (up to LISTENER_SOCKETS) that listen already and become the
 * listener's. */
struct listener *listener_adopt(struct loop *loop, const int *fds, size_t count,
	listener_on_accept *on_accept, void *context);

/* Write where it listens, e.g. "127.0.0.1:8000" or "127.0.0.1:8000,[::1]:8000". */
void listener_describe(const struct listener *listener, char *out, size_t size);

/* Stop listening; NULL is fine. */
void listener_close(struct listener *listener);
