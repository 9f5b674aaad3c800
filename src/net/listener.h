/* listener.h - listening sockets. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct listener;
struct loop;
struct sockaddr;

/* Most sockets of one listener. */
#define LISTENER_SOCKETS 8

/* A connection from address to port of this machine (0: of a UNIX socket) was accepted.
 * The callee owns fd, which is nonblocking and close-on-exec. */
typedef void listener_on_accept(
	void *context, int fd, const struct sockaddr *address, uint16_t port);

/* Listen on address, an IP address or "localhost", and port (0: the kernel chooses). "::"
 * includes IPv4. If the process runs out of descriptors, connections wait in the kernel
 * and accepting resumes shortly after. Returns 0 and a listener for listener_close, or
 * -errno; -EADDRNOTAVAIL if this machine does not have the address. */
int listener_open(struct listener **listener, struct loop *loop, const char *address,
	int port, listener_on_accept *on_accept, void *context);

/* Listen on a UNIX socket at path, with the mode 0660. A socket there that no process
 * listens on is replaced, any other file is left. listener_close removes it. Returns as
 * listener_open does; -ENAMETOOLONG if the path is longer than sun_path of unix(7). */
int listener_open_unix(struct listener **listener, struct loop *loop, const char *path,
	listener_on_accept *on_accept, void *context);

/* Accept on count listening sockets, up to LISTENER_SOCKETS. The listener owns them. */
struct listener *listener_adopt(struct loop *loop, const int *fds, size_t count,
	listener_on_accept *on_accept, void *context);

/* Set TCP's options of the connections that are accepted from now on. They have no delay,
 * keep few unsent bytes in the kernel, and end when the peer acknowledges nothing for
 * gone_ms. Call this before the loop runs, and again to change gone_ms. */
void listener_set_gone_ms(struct listener *listener, unsigned gone_ms);

/* Write the addresses, e.g. "127.0.0.1:8000", "127.0.0.1:8000,[::1]:8000" or
 * "unix:/run/linnet/http.sock". */
void listener_describe(const struct listener *listener, char *out, size_t size);

/* True if a socket can be reached from other machines: it is neither a UNIX socket nor on
 * a loopback address. */
bool listener_is_public(const struct listener *listener);

/* Stop listening; NULL is fine. */
void listener_close(struct listener *listener);
