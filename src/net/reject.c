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
	[REFUSAL_HTTP_FULL] = TEXT(ANSWER("503 Service Unavailable",
		"Content-Length: 79\r\nRetry-After: 5\r\n", FULL)),
	[REFUSAL_LINE_FULL] = TEXT("* There is no place left, try later\n"),
	[REFUSAL_TLS_FULL] = TEXT(ALERT),
	[REFUSAL_HTTP_BANNED] =
		TEXT(ANSWER("403 Forbidden", "Content-Length: 55\r\n", BANNED)),
	[REFUSAL_LINE_BANNED] = TEXT("* You are banned\n"),
	[REFUSAL_HTTP_IS_TLS] =
		TEXT(ANSWER("400 Bad Request", "Content-Length: 88\r\n", IS_TLS)),
	[REFUSAL_SAID] = TEXT(""),
#undef TEXT
};

struct refused {
	struct refusal *refusal;
	ev_io io;
	ev_timer timer;
};

struct refusal {
	struct ev_loop *loop;
	struct refused sockets[REFUSAL_SOCKETS]; /* io.fd is -1 where one is free */
};

static void
forget(struct refused *refused)
{
	ev_io_stop(refused->refusal->loop, &refused->io);
	ev_timer_stop(refused->refusal->loop, &refused->timer);
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

struct refusal *
refusal_new(struct ev_loop *loop)
{
	struct refusal *refusal = xcalloc(1, sizeof(*refusal));
	size_t i;

	refusal->loop = loop;
	for (i = 0; i < REFUSAL_SOCKETS; i++) {
		struct refused *refused = &refusal->sockets[i];

		refused->refusal = refusal;
		ev_io_init(&refused->io, on_readable, -1, EV_READ);
		ev_timer_init(&refused->timer, on_timeout, LINGER_S, 0);
		refused->io.data = refused->timer.data = refused;
	}
	return refusal;
}

static struct refused *
find_free(struct refusal *refusal)
{
	size_t i;

	for (i = 0; i < REFUSAL_SOCKETS; i++)
		if (refusal->sockets[i].io.fd < 0)
			return &refusal->sockets[i];
	return NULL;
}

void
refusal_add(struct refusal *refusal, int fd, enum refusal_text text)
{
	struct refused *refused = find_free(refusal);

	send(fd, texts[text].bytes, texts[text].len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (!refused) {
		close(fd);
		return;
	}
	shutdown(fd, SHUT_WR);
	ev_io_set(&refused->io, fd, EV_READ);
	ev_io_start(refusal->loop, &refused->io);
	ev_timer_set(&refused->timer, LINGER_S, 0);
	ev_timer_start(refusal->loop, &refused->timer);
}

void
refusal_free(struct refusal *refusal)
{
	size_t i;

	if (!refusal)
		return;
	for (i = 0; i < REFUSAL_SOCKETS; i++)
		if (refusal->sockets[i].io.fd >= 0)
			forget(&refusal->sockets[i]);
	free(refusal);
}
