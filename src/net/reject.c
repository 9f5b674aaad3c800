#include "net/reject.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "linnet/base/clock.h"
#include "linnet/base/xalloc.h"
#include "linnet/net/loop.h"

/* Time for a peer to read the reason. */
#define LINGER_MS 2000

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

struct rejected {
	struct loop_socket socket;
	int64_t deadline_ms; /* monotonic */
};

struct reject {
	struct loop *loop;
	struct rejected sockets[REJECT_SOCKETS];
};

/* Discard the request. Closing with unread input would send a reset, which may overtake
 * the answer. */
static void
reject_on_readable(struct loop_socket *socket)
{
	char discarded[4096];
	ssize_t n = recv(socket->fd, discarded, sizeof(discarded), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		loop_socket_close(socket);
}

static const struct loop_socket_ops reject_socket_ops = {
	.on_readable = reject_on_readable,
};

struct reject *
reject_new(struct loop *loop)
{
	struct reject *reject = xcalloc(1, sizeof(*reject));

	reject->loop = loop;
	return reject;
}

static struct rejected *
reject_find_free(struct reject *reject)
{
	size_t i;

	for (i = 0; i < REJECT_SOCKETS; i++)
		if (!loop_socket_is_open(&reject->sockets[i].socket))
			return &reject->sockets[i];
	return NULL;
}

static void
reject_tell(int fd, enum reject_text text)
{
	send(fd, texts[text].bytes, texts[text].len, MSG_DONTWAIT | MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
}

void
reject_add(struct reject *reject, int fd, enum reject_text text)
{
	struct rejected *rejected = reject_find_free(reject);

	reject_tell(fd, text);
	if (!rejected) {
		close(fd);
		return;
	}
	loop_socket_open(&rejected->socket, reject->loop, fd, &reject_socket_ops);
	rejected->deadline_ms = clock_now_ms() + LINGER_MS;
}

void
reject_take(struct reject *reject, struct loop_socket *socket, enum reject_text text)
{
	struct rejected *rejected = reject_find_free(reject);

	reject_tell(socket->fd, text);
	if (!rejected) {
		loop_socket_close(socket);
		return;
	}
	loop_socket_move(socket, &rejected->socket, &reject_socket_ops);
	loop_socket_watch_input(&rejected->socket, true);
	rejected->deadline_ms = clock_now_ms() + LINGER_MS;
}

void
reject_tick(struct reject *reject, int64_t now_ms)
{
	size_t i;

	for (i = 0; i < REJECT_SOCKETS; i++)
		if (now_ms >= reject->sockets[i].deadline_ms)
			loop_socket_close(&reject->sockets[i].socket);
}

bool
reject_is_idle(const struct reject *reject)
{
	size_t i;

	for (i = 0; i < REJECT_SOCKETS; i++)
		if (loop_socket_is_open(&reject->sockets[i].socket))
			return false;
	return true;
}

void
reject_free(struct reject *reject)
{
	size_t i;

	if (!reject)
		return;
	for (i = 0; i < REJECT_SOCKETS; i++)
		loop_socket_close(&reject->sockets[i].socket);
	free(reject);
}
