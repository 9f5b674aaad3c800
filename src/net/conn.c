#include "linnet/net/conn.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "linnet/base/xalloc.h"
#include "linnet/protocol/kinds.h"

void
conn_table_init(struct conn_table *table, size_t max, unsigned per_address,
	const struct cidr_list *proxies)
{
	memset(table, 0, sizeof(*table));
	TAILQ_INIT(&table->conns);
	table->max = max;
	table->by_address = conn_limit_new(per_address);
	table->proxies = proxies;
}

void
conn_table_fini(struct conn_table *table)
{
	assert(TAILQ_EMPTY(&table->conns));
	conn_limit_free(table->by_address);
}

/* As IPv6; IPv4 becomes mapped IPv4, and a UNIX socket "::". */
static struct in6_addr
conn_address_of(const struct sockaddr *address)
{
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;
	struct in6_addr mapped = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	if (address->sa_family == AF_INET6)
		return v6->sin6_addr;
	if (address->sa_family == AF_UNIX)
		return in6addr_any;
	memcpy(mapped.s6_addr + 12, &v4->sin_addr, sizeof(v4->sin_addr));
	return mapped;
}

/* Mapped IPv4 is written as IPv4, the form that its owner knows. */
static void
conn_write_address(const struct in6_addr *address, char *out, size_t size)
{
	if (IN6_IS_ADDR_UNSPECIFIED(address))
		snprintf(out, size, "unknown");
	else if (IN6_IS_ADDR_V4MAPPED(address))
		inet_ntop(AF_INET, address->s6_addr + 12, out, (socklen_t)size);
	else
		inet_ntop(AF_INET6, address, out, (socklen_t)size);
}

/* Make address the client's. */
static void
conn_set_address(struct conn *conn, const struct in6_addr *address)
{
	conn->client = *address;
	conn->key = conn_limit_key_of(address);
	conn->is_loopback = conn_limit_is_loopback(address);
	conn_write_address(address, conn->peer, sizeof(conn->peer));
}

static int
conn_count(struct conn *conn)
{
	if (conn->is_loopback)
		return 0;
	if (conn_limit_acquire(conn->table->by_address, &conn->key) < 0)
		return -EUSERS;
	conn->is_counted = true;
	return 0;
}

static void
conn_uncount(struct conn *conn)
{
	if (conn->is_counted)
		conn_limit_release(conn->table->by_address, &conn->key);
	conn->is_counted = false;
}

static void
conn_begin(struct conn *conn, enum transport transport)
{
	conn->transport = transport;
	metrics.connections[transport]++;
	metrics.accepted[transport]++;
}

static void
conn_end(struct conn *conn, enum ending ending)
{
	metrics.connections[conn->transport]--;
	metrics.closed[conn->transport][ending]++;
}

static bool
conn_table_bans(const struct conn_table *table, const struct in6_addr *address)
{
	return table->bans && bans_have_address(table->bans, address);
}

bool
conn_is_proxy(const struct conn *conn)
{
	const struct conn_table *table = conn->table;

	if (conn->is_unix)
		return table->trusts_unix;
	return table->proxies && cidr_list_has(table->proxies, &conn->address);
}

bool
conn_is_exempt(const struct conn *conn)
{
	return conn->is_loopback || (!conn->is_forwarded && conn_is_proxy(conn));
}

bool
conn_is_banned(const struct conn *conn)
{
	/* A ban of its address does not apply to a proxy itself. */
	return conn_table_bans(conn->table, &conn->client) &&
	       (conn->is_forwarded || !conn_is_proxy(conn));
}

void
conn_format_address(const struct sockaddr *address, char *out)
{
	const struct in6_addr v6 = conn_address_of(address);

	conn_write_address(&v6, out, INET6_ADDRSTRLEN);
}

static struct conn *
conn_reject(enum refused_by limit, const char *name, const char **why)
{
	metrics.refused[limit]++;
	*why = name;
	return NULL;
}

struct conn *
conn_admit(struct conn_table *table, const struct sockaddr *address,
	enum transport transport, const char **why)
{
	struct conn *conn;
	bool is_proxy;

	if (table->count >= table->max)
		return conn_reject(REFUSED_BY_CONNECTIONS, "connections", why);
	conn = xcalloc(1, sizeof(*conn));
	conn->opened_ms = clock_now_ms();
	conn->table = table;
	conn->address = conn_address_of(address);
	conn->is_unix = address->sa_family == AF_UNIX;
	is_proxy = conn_is_proxy(conn);
	conn_set_address(conn, &conn->address);
	if (!is_proxy && conn_table_bans(table, &conn->address)) {
		free(conn);
		return conn_reject(REFUSED_BY_BAN, "banned", why);
	}
	if (!is_proxy && conn_count(conn) < 0) {
		free(conn);
		return conn_reject(REFUSED_BY_PER_ADDRESS, "per_address", why);
	}
	conn_begin(conn, transport);
	TAILQ_INSERT_TAIL(&table->conns, conn, link);
	table->count++;
	return conn;
}

int
conn_set_client(struct conn *conn, const struct in6_addr *client)
{
	conn_uncount(conn);
	conn_set_address(conn, client);
	conn->is_forwarded = true;
	if (conn_table_bans(conn->table, client)) {
		metrics.refused[REFUSED_BY_BAN]++;
		return -EACCES;
	}
	if (conn_count(conn) == 0)
		return 0;
	metrics.refused[REFUSED_BY_PER_ADDRESS]++;
	return -EUSERS;
}

void
conn_unset_client(struct conn *conn)
{
	if (!conn->is_forwarded)
		return;
	conn->is_forwarded = false;
	conn_uncount(conn);
	conn_set_address(conn, &conn->address);
	/* If a reload came meanwhile. It is not refused now, even over the limit. */
	if (!conn_is_proxy(conn))
		conn_count(conn);
}

/* The peer is not a trusted proxy, or not any more. */
static void
conn_distrust(struct conn *conn)
{
	/* The proxies themselves are neither counted nor banned. */
	bool is_admitted = conn->is_loopback || conn->is_counted;

	if (!conn->is_forwarded &&
		(is_admitted || (!conn_is_banned(conn) && conn_count(conn) == 0)))
		return;
	conn_note_ending(conn, ENDING_SENT_AWAY);
	conn->door->on_stop(conn, CLOSE_TRY_AGAIN, "the proxy is not trusted any more");
}

void
conn_table_set_proxies(
	struct conn_table *table, const struct cidr_list *proxies, bool trusts_unix)
{
	struct conn *conn;

	table->proxies = proxies;
	table->trusts_unix = trusts_unix;
	TAILQ_FOREACH (conn, &table->conns, link)
		if (conn->door && !conn_is_proxy(conn))
			conn_distrust(conn);
}

void
conn_become(struct conn *conn, enum transport transport)
{
	conn_end(conn, ENDING_UPGRADED);
	conn_begin(conn, transport);
}

void
conn_begin_poll(struct conn *conn)
{
	metrics.connections[conn->transport]--;
	conn_begin(conn, TRANSPORT_POLL);
}

void
conn_end_poll(struct conn *conn)
{
	if (conn->transport != TRANSPORT_POLL)
		return;
	conn_end(conn, conn->ending);
	conn->transport = TRANSPORT_HTTP;
	metrics.connections[conn->transport]++;
}

void
conn_note_ending(struct conn *conn, enum ending ending)
{
	if (conn->is_ending)
		return;
	conn->is_ending = true;
	conn->ending = ending;
}

ssize_t
conn_write(struct conn *conn, int fd, const struct iovec *pieces, size_t count)
{
	struct conn_shortcut *shortcut = conn->shortcut;
	const struct msghdr message = {
		.msg_iov = (struct iovec *)(uintptr_t)pieces,
		.msg_iovlen = count,
	};
	size_t taken = shortcut ? shortcut->write(shortcut, pieces, count) : 0;

	if (taken)
		return (ssize_t)taken;
	return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void
conn_free(struct conn *conn)
{
	struct conn_table *table = conn->table;

	if (conn->shortcut)
		conn->shortcut->conn = NULL;
	if (conn->door)
		conn->door->on_closed(conn);
	conn_end_poll(conn);
	conn_end(conn, conn->ending);
	conn_uncount(conn);
	TAILQ_REMOVE(&table->conns, conn, link);
	table->count--;
	free(conn);
}

void
conn_kill(struct conn *conn)
{
	conn->door->kill(conn);
}

/* May free conn. */
static void
conn_tick(struct conn *conn, int64_t now_ms)
{
	if (conn->deadline_ms && now_ms >= conn->deadline_ms) {
		log_debug("timeout", log_str("peer", conn->peer),
			log_str("door", conn->door->name));
		conn_note_ending(conn, ENDING_TIMEOUT);
		conn_kill(conn);
	} else if (conn->door->on_tick && now_ms >= conn->tick_ms) {
		conn->door->on_tick(conn, now_ms);
	}
}

void
conn_table_tick(struct conn_table *table)
{
	int64_t now_ms = clock_now_ms();
	struct conn *conn, *next;

	for (conn = TAILQ_FIRST(&table->conns); conn; conn = next) {
		next = TAILQ_NEXT(conn, link);
		conn_tick(conn, now_ms);
	}
}

void
conn_table_stop(struct conn_table *table, uint16_t code, const char *reason)
{
	struct conn *conn;

	table->is_stopping = true;
	TAILQ_FOREACH (conn, &table->conns, link) {
		conn_note_ending(conn, ENDING_STOPPING);
		conn->door->on_stop(conn, code, reason);
	}
}

void
conn_table_clear(struct conn_table *table)
{
	while (!TAILQ_EMPTY(&table->conns))
		conn_kill(TAILQ_FIRST(&table->conns));
}
