#include "net/reject.h"

#include <errno.h>
#include <ev.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "linnet/base/xalloc.h"

/* How long a peer may take to read that it is refused. */
#define LINGER_S 2.0

#define BODY(code, text) "{\"error\":{\"code\":\"" code "\",\"message\":\"" text "\"}}\n"
#define FULL BODY("server_full", "there is no place left, try later")
#define BANNED BODY("banned", "you are banned")
#define IS_TLS BODY("tls_required", "this port speaks TLS: ask by https or wss")

_Static_assert(sizeof(FULL) - 1 == 79, "the answer says the length of its body");
_Static_assert(sizeof(BANNED) - 1 == 55, "the answer says the length of its body");
_Static_assert(sizeof(IS_TLS) - 1 == 88, "the answer says the length of its body");

#define ANSWER(status, headers, body)                                                    \
	"HTTP/1.1 " status "\r\nContent-Type: application/json\r\n" headers              \
	"Connection: close\r\n\r\n" body

/* RFC 8446 sections 5.1 and 6: a record with a fatal internal_error. */
#define ALERT "\x15\x03\x03\x00\x02\x02\x50"

static const struct {
	const char *bytes;
	size_t len;
} texts[] = {
#define TEXT(bytes)                                                                      \
	{                                                                                \
		bytes, sizeof(bytes) - 1                                                 \
	}
	[REJECT_HTTP_FULL] = TEXT(ANSWER("503 Service Unavailable",
		"Content-Length: 79\r\nRetry-After: 5\r\n", FULL)),
	[REJECT_LINE_FULL] = TEXT("* There is no place left, try later\n"),
	[REJECT_TLS_FULL] = TEXT(ALERT),
	[REJECT_HTTP_BANNED] =
		TEXT(ANSWER("403 Forbidden", "Content-Length: 55\r\n", BANNED)),
	[REJECT_LINE_BANNED] = TEXT("* You are banned\n"),
	[REJECT_HTTP_IS_TLS] =
		TEXT(ANSWER("400 Bad Request", "Content-Length: 88\r\n", IS_TLS)),
	[REJECT_SAID] = TEXT(""),
#undef TEXT
};

struct refused {
	struct reject *reject;
	ev_io io;
	ev_timer timer;
};

struct reject {
	struct ev_loop *loop;
	struct refused sockets[REJECT_SOCKETS]; /* io.fd is -1 where one is free */
};

static void
forget(struct refused *refused)
{
	ev_io_stop(refused->reject->loop, &refused->io);
	ev_timer_stop(refused->reject->loop, &refused->timer);
	close(refused->io.fd);
	refused->io.fd = -1;
}

/* The request is read away: closing before it came would reset the connection, and the
 * reset might overtake the answer. */
static void
on_readable(struct ev_loop *loop, ev_io *io, int revents)
{
	char discarded[4096];
	ssize_t n = recv(io->fd, discarded, sizeof(discarded), MSG_DONTWAIT);

	(void)loop;
	(void)revents;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		forget(io->data);
}

static void
on_timeout(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop;
	(void)revents;
	forget(timer->data);
}

struct reject *
reject_new(struct ev_loop *loop)
{
	struct reject *reject = xcalloc(1, sizeof(*reject));
	size_t i;

	reject->loop = loop;
	for (i = 0; i < REJECT_SOCKETS; i++) {
		struct refused *refused = &reject->sockets[i];

		refused->reject = reject;
		ev_io_init(&refused->io, on_readable, -1, EV_READ);
		ev_timer_init(&refused->timer, on_timeout, LINGER_S, 0);
		refused->io.data = refused->timer.data = refused;
	}
	return reject;
}

static struct refused *
find_free(struct reject *reject)
{
	size_t i;

	for (i = 0; i < REJECT_SOCKETS; i++)
		if (reject->sockets[i].io.fd < 0)
			return &reject->sockets[i];
	return NULL;
}

void
reject_add(struct reject *reject, int fd, enum reject_text text)
{
	struct refused *refused = find_free(reject);

	send(fd, texts[text].bytes, texts[text].len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (!refused) {
		close(fd);
		return;
	}
	shutdown(fd, SHUT_WR);
	ev_io_set(&refused->io, fd, EV_READ);
	ev_io_start(reject->loop, &refused->io);
	ev_timer_set(&refused->timer, LINGER_S, 0);
	ev_timer_start(reject->loop, &refused->timer);
}

void
reject_free(struct reject *reject)
{
	size_t i;

	if (!reject)
		return;
	for (i = 0; i < REJECT_SOCKETS; i++)
		if (reject->sockets[i].io.fd >= 0)
			forget(&reject->sockets[i]);
	free(reject);
}
