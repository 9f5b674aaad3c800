#include "linnet/conn.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "linnet/log.h"
#include "linnet/xalloc.h"

/* What an HTTP answer under way may still take when the daemon stops. */
#define HTTP_STOP_MS 1000

/* How long, and how much at a tick, is read from a peer that was given its answer. */
#define DRAIN_MS 2000
#define DRAIN_READS 16

int64_t
conn_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
conn_table_init(struct conn_table *table, size_t max, unsigned per_address)
{
	memset(table, 0, sizeof(*table));
	TAILQ_INIT(&table->conns);
	table->max = max;
	table->by_address = limit_new(per_address);
}

void
conn_table_fini(struct conn_table *table)
{
	assert(TAILQ_EMPTY(&table->conns));
	limit_free(table->by_address);
}

/* Mapped IPv4 is written as IPv4: that is how its owner knows it. */
static void
format_address(const struct sockaddr *address, char *out, size_t size)
{
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;

	if (address->sa_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, out, (socklen_t)size);
	else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		inet_ntop(AF_INET, v6->sin6_addr.s6_addr + 12, out, (socklen_t)size);
	else
		inet_ntop(AF_INET6, &v6->sin6_addr, out, (socklen_t)size);
}

struct conn *
conn_admit(struct conn_table *table, const struct sockaddr *address, const char **why)
{
	struct limit_key key = limit_key_of(address);
	bool counted = !limit_is_loopback(address);
	struct conn *conn;

	*why = "connections";
	if (table->count >= table->max)
		return NULL;
	*why = "per_address";
	if (counted && limit_acquire(table->by_address, &key) < 0)
		return NULL;
	conn = xcalloc(1, sizeof(*conn));
	conn->table = table;
	conn->key = key;
	conn->is_counted = counted;
	format_address(address, conn->peer, sizeof(conn->peer));
	TAILQ_INSERT_TAIL(&table->conns, conn, link);
	table->count++;
	return conn;
}

void
conn_free(struct conn *conn)
{
	struct conn_table *table = conn->table;

	if (conn->is_open)
		conn->door->on_closed(conn);
	if (conn->is_counted)
		limit_release(table->by_address, &conn->key);
	free(conn->answer);
	TAILQ_REMOVE(&table->conns, conn, link);
	table->count--;
	free(conn);
}

void
conn_kill(struct conn *conn)
{
	/* With output left to flush lws would wait for a peer that does not read. */
	shutdown(lws_get_socket_fd(conn->wsi), SHUT_RDWR);
	/* Not LWS_TO_KILL_ASYNC: the timers of lws run from an idle watcher of the loop,
	 * which does not get its turn while other connections keep the loop busy. */
	lws_set_timeout(conn->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
}

void
conn_drain(struct conn *conn)
{
	conn->is_draining = true;
	conn->deadline_ms = conn_now_ms() + DRAIN_MS;
	lws_set_timeout(conn->wsi, NO_PENDING_TIMEOUT, 0);
	/* lws does not see the end of a connection whose request it handed over, and asks
	 * epoll for it all the time: it must not look any more. */
	lws_rx_flow_control(conn->wsi, 0);
	shutdown(lws_get_socket_fd(conn->wsi), SHUT_WR);
}

/* Read away what came. Returns false when the peer has closed, too. */
static bool
drain_some(struct conn *conn)
{
	char discarded[16384];
	int fd = lws_get_socket_fd(conn->wsi), i;

	for (i = 0; i < DRAIN_READS; i++) {
		ssize_t n = recv(fd, discarded, sizeof(discarded), MSG_DONTWAIT);

		if (n <= 0)
			return n < 0 && (errno == EAGAIN || errno == EINTR);
	}
	return true;
}

void
conn_drain_now(struct conn *conn)
{
	shutdown(lws_get_socket_fd(conn->wsi), SHUT_WR);
	drain_some(conn);
}

/* lws does not look for the peer's end while an answer is written, but asks epoll for it
 * all the time: a peer that closes its half is cut. */
static bool
has_closed(const struct conn *conn)
{
	char peeked;

	return recv(lws_get_socket_fd(conn->wsi), &peeked, 1, MSG_PEEK | MSG_DONTWAIT) ==
	       0;
}

/* May free conn. */
static void
tick(struct conn *conn, int64_t now_ms)
{
	if (conn->deadline_ms && now_ms >= conn->deadline_ms) {
		log_debug("timeout", log_str("peer", conn->peer),
			log_str("door", conn->is_open ? conn->door->name : "http"));
		conn_kill(conn);
	} else if (conn->is_draining) {
		if (!drain_some(conn))
			conn_kill(conn);
	} else if (conn->answer) {
		if (has_closed(conn))
			conn_kill(conn);
	} else if (conn->is_open) {
		conn->door->on_tick(conn, now_ms);
	}
}

void
conn_table_tick(struct conn_table *table)
{
	int64_t now_ms = conn_now_ms();
	struct conn *conn, *next;

	for (conn = TAILQ_FIRST(&table->conns); conn; conn = next) {
		next = TAILQ_NEXT(conn, link);
		tick(conn, now_ms);
	}
}

void
conn_table_stop(struct conn_table *table, uint16_t code, const char *reason)
{
	int64_t now_ms = conn_now_ms();
	struct conn *conn;

	table->is_stopping = true;
	TAILQ_FOREACH (conn, &table->conns, link) {
		if (conn->is_open)
			conn->door->on_stop(conn, code, reason);
		else if (conn->answer)
			conn->deadline_ms = now_ms + HTTP_STOP_MS;
		else
			conn->deadline_ms = now_ms;
	}
}
