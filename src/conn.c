#include "linnet/conn.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "linnet/log.h"
#include "linnet/xalloc.h"

int64_t
conn_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
conn_unix_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
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
void
conn_format_address(const struct sockaddr *address, char *out)
{
	const socklen_t size = INET6_ADDRSTRLEN;
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;

	if (address->sa_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, out, size);
	else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		inet_ntop(AF_INET, v6->sin6_addr.s6_addr + 12, out, size);
	else
		inet_ntop(AF_INET6, &v6->sin6_addr, out, size);
}

static bool
is_banned(const struct conn_table *table, const char *peer)
{
	struct in6_addr address;

	return table->bans && prefix_read_address(peer, strlen(peer), &address) &&
	       bans_have_address(table->bans, &address);
}

bool
conn_is_banned(const struct conn *conn)
{
	return is_banned(conn->table, conn->peer);
}

struct conn *
conn_admit(struct conn_table *table, const struct sockaddr *address, const char **why)
{
	struct limit_key key = limit_key_of(address);
	bool loopback = limit_is_loopback(address);
	char peer[INET6_ADDRSTRLEN];
	struct conn *conn;

	conn_format_address(address, peer);
	*why = "banned";
	if (is_banned(table, peer))
		return NULL;
	*why = "connections";
	if (table->count >= table->max)
		return NULL;
	*why = "per_address";
	if (!loopback && limit_acquire(table->by_address, &key) < 0)
		return NULL;
	conn = xcalloc(1, sizeof(*conn));
	conn->table = table;
	conn->key = key;
	conn->is_loopback = loopback;
	memcpy(conn->peer, peer, sizeof(conn->peer));
	TAILQ_INSERT_TAIL(&table->conns, conn, link);
	table->count++;
	return conn;
}

void
conn_free(struct conn *conn)
{
	struct conn_table *table = conn->table;

	if (conn->door)
		conn->door->on_closed(conn);
	if (!conn->is_loopback)
		limit_release(table->by_address, &conn->key);
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
tick(struct conn *conn, int64_t now_ms)
{
	if (conn->deadline_ms && now_ms >= conn->deadline_ms) {
		log_debug("timeout", log_str("peer", conn->peer),
			log_str("door", conn->door->name));
		conn_kill(conn);
	} else {
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
	struct conn *conn;

	table->is_stopping = true;
	TAILQ_FOREACH (conn, &table->conns, link)
		conn->door->on_stop(conn, code, reason);
}

void
conn_table_clear(struct conn_table *table)
{
	while (!TAILQ_EMPTY(&table->conns))
		conn_kill(TAILQ_FIRST(&table->conns));
}
