#include "linnet/auth/gate.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "linnet/base/hash.h"
#include "linnet/base/log.h"
#include "linnet/base/metrics.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"

#define KEY_BYTES 72
#define S_AN_HOUR 3600
#define S_OF_HOOKS 60

/* What the clients of a gate share. */
enum gate_limit {
	GATE_MESSAGES,
	GATE_CONNECTS,
	GATE_ROOMS,
	GATE_HOOKS,
	GATE_LIMITS,
};

static const char *const limit_names[GATE_LIMITS] = {
	[GATE_MESSAGES] = "address_rate",
	[GATE_CONNECTS] = "connect_rate",
	[GATE_ROOMS] = "address_rooms",
	[GATE_HOOKS] = "hook_burst",
};

/* The first byte of a key is its kind: an address and a token are never the same. Nor are
 * ::1, which is exempt, and strangers without an address, who are "::": a /64 has both.
 */
enum {
	KEY_ADDRESS = 'a',
	KEY_EXEMPT = 'e',
	KEY_TOKEN = 't',
};

struct gate_client {
	struct gate *gate;
	char key[KEY_BYTES];
	size_t key_len;
	unsigned refs;
	struct token_bucket buckets[GATE_LIMITS];
	struct rate calls;
	TAILQ_ENTRY(gate_client) idle_link;
	UT_hash_handle hh;
};

/* Refusals since the last gate_tick. */
struct gate_refusals {
	uint64_t count;
	char last[KEY_BYTES]; /* key of the client of the last one */
};

struct gate {
	const struct config *config;
	struct gate_client *clients;    /* by key */
	TAILQ_HEAD(, gate_client) idle; /* without references, idle for longest first */
	size_t idle_count;
	struct gate_refusals refusals[GATE_LIMITS];
};

struct gate *
gate_new(const struct config *config)
{
	struct gate *gate = xcalloc(1, sizeof(*gate));

	gate->config = config;
	TAILQ_INIT(&gate->idle);
	return gate;
}

static void
gate_idle_add(struct gate *gate, struct gate_client *client)
{
	TAILQ_INSERT_TAIL(&gate->idle, client, idle_link);
	gate->idle_count++;
}

static void
gate_idle_remove(struct gate *gate, struct gate_client *client)
{
	TAILQ_REMOVE(&gate->idle, client, idle_link);
	gate->idle_count--;
}

/* The client has no references. */
static void
gate_forget(struct gate *gate, struct gate_client *client)
{
	gate_idle_remove(gate, client);
	HASH_DEL(gate->clients, client); /* NOLINT(*-core.NullDereference): uthash */
	free(client);
}

static struct gate_client *
gate_find(struct gate *gate, const char *key, size_t key_len)
{
	struct gate_client *client;

	HASH_FIND(hh, gate->clients, key, key_len, client);
	if (client && client->refs)
		return client;
	if (client) {
		gate_idle_remove(gate, client);
	} else {
		if (gate->idle_count >= GATE_IDLE_MAX)
			gate_forget(gate, TAILQ_FIRST(&gate->idle));
		client = xcalloc(1, sizeof(*client));
		client->gate = gate;
		memcpy(client->key, key, key_len);
		client->key_len = key_len;
		HASH_ADD_KEYPTR(hh, gate->clients, client->key, key_len, client);
	}
	gate_idle_add(gate, client);
	return client;
}

struct gate_client *
gate_find_address(struct gate *gate, const struct conn_limit_key *address, bool is_exempt)
{
	char key[1 + sizeof(*address)] = { is_exempt ? KEY_EXEMPT : KEY_ADDRESS };

	memcpy(key + 1, address, sizeof(*address));
	return gate_find(gate, key, sizeof(key));
}

struct gate_client *
gate_find_token(struct gate *gate, const char *name)
{
	char key[KEY_BYTES];
	int len = snprintf(key, sizeof(key), "%c%s", KEY_TOKEN, name);

	return gate_find(gate, key, size_min((size_t)len, sizeof(key) - 1));
}

struct gate_client *
gate_client_ref(struct gate_client *client)
{
	if (client && !client->refs++)
		gate_idle_remove(client->gate, client);
	return client;
}

void
gate_client_unref(struct gate_client *client)
{
	if (client && !--client->refs)
		gate_idle_add(client->gate, client);
}

struct rate *
gate_client_calls(struct gate_client *client)
{
	return &client->calls;
}

static void
gate_note_refused(
	struct gate *gate, const struct gate_client *client, enum gate_limit limit)
{
	struct gate_refusals *refusals = &gate->refusals[limit];

	refusals->count++;
	memcpy(refusals->last, client->key, sizeof(refusals->last));
}

/* The bucket of limit, its rate and its burst. */
struct gate_bucket {
	struct token_bucket *bucket;
	double rate; /* 0: no limit */
	double burst;
};

static struct gate_bucket
gate_bucket_of(const struct gate *gate, struct gate_client *client, enum gate_limit limit)
{
	struct gate_bucket of = { .bucket = NULL };

	if (!client || client->key[0] == KEY_EXEMPT)
		return of;
	of.bucket = &client->buckets[limit];
	if (limit == GATE_MESSAGES) {
		of.rate = gate->config->limits.address_rate;
		of.burst = gate->config->limits.address_burst;
	} else if (limit == GATE_CONNECTS) {
		of.rate = gate->config->limits.connect_rate;
		of.burst = gate->config->limits.connect_burst;
	} else if (limit == GATE_HOOKS) {
		of.burst = gate->config->limits.hook_burst;
		of.rate = of.burst / S_OF_HOOKS;
	} else {
		of.burst = gate->config->limits.address_rooms;
		of.rate = of.burst / S_AN_HOUR;
	}
	return of;
}

static struct gate_bucket
gate_bucket_of_rate(const struct gate *gate, struct rate *own)
{
	return (struct gate_bucket){
		.bucket = own ? &own->messages : NULL,
		.rate = gate->config->limits.message_rate,
		.burst = gate->config->limits.message_burst,
	};
}

static int64_t
gate_bucket_wait(const struct gate_bucket *of, double cost, int64_t now_ms)
{
	return of->bucket
		       ? token_bucket_wait(of->bucket, of->rate, of->burst, cost, now_ms)
		       : 0;
}

static void
gate_bucket_take(const struct gate_bucket *of, double cost, int64_t now_ms)
{
	if (of->bucket)
		token_bucket_take(of->bucket, of->rate, of->burst, cost, now_ms);
}

/* What gate_pay does. *is_shared tells whether the shared limit refused it. */
static int64_t
gate_take(struct gate *gate, struct gate_client *client, struct rate *own, double cost,
	int64_t now_ms, bool *is_shared)
{
	const struct gate_bucket alone = gate_bucket_of_rate(gate, own);
	const struct gate_bucket shared = gate_bucket_of(gate, client, GATE_MESSAGES);
	int64_t wait_ms = gate_bucket_wait(&alone, cost, now_ms);
	int64_t shared_ms = gate_bucket_wait(&shared, cost, now_ms);

	*is_shared = shared_ms > 0;
	if (!wait_ms && !shared_ms) {
		gate_bucket_take(&alone, cost, now_ms);
		gate_bucket_take(&shared, cost, now_ms);
		return 0;
	}
	if (wait_ms < shared_ms)
		wait_ms = shared_ms;
	/* Others may have taken what was there. Who waits must not be taken for flooding:
	 * see gate_is_flooding. */
	if (*is_shared && alone.rate > 0 && (double)wait_ms < 1000 / alone.rate)
		wait_ms = (int64_t)(1000 / alone.rate) + 1;
	return wait_ms;
}

int64_t
gate_pay(struct gate *gate, struct gate_client *client, struct rate *own, double cost,
	int64_t now_ms)
{
	bool is_shared;

	return gate_take(gate, client, own, cost, now_ms, &is_shared);
}

void
gate_pay_back(
	struct gate *gate, struct gate_client *client, struct rate *own, double cost)
{
	const struct gate_bucket alone = gate_bucket_of_rate(gate, own);
	const struct gate_bucket shared = gate_bucket_of(gate, client, GATE_MESSAGES);

	if (alone.bucket)
		alone.bucket->tokens += cost;
	if (shared.bucket)
		shared.bucket->tokens += cost;
}

int64_t
gate_charge(struct gate *gate, struct gate_client *client, struct rate *own, double cost,
	int64_t now_ms)
{
	bool is_shared;
	int64_t wait_ms = gate_take(gate, client, own, cost, now_ms, &is_shared);

	if (!wait_ms)
		return 0;
	metrics.rate_limited++;
	if (is_shared)
		gate_note_refused(gate, client, GATE_MESSAGES);
	return wait_ms;
}

bool
gate_is_flooding(struct gate *gate, struct rate *own, int64_t now_ms)
{
	return token_bucket_take(&own->patience, gate->config->limits.message_rate,
		       GATE_PATIENCE, 1, now_ms) > 0;
}

/* Take one from a limit that the client shares. */
static int64_t
gate_take_one(struct gate *gate, struct gate_client *client, enum gate_limit limit,
	int64_t now_ms)
{
	const struct gate_bucket shared = gate_bucket_of(gate, client, limit);
	int64_t wait_ms = gate_bucket_wait(&shared, 1, now_ms);

	if (wait_ms)
		gate_note_refused(gate, client, limit);
	else
		gate_bucket_take(&shared, 1, now_ms);
	return wait_ms;
}

int64_t
gate_connect(struct gate *gate, struct gate_client *client, int64_t now_ms)
{
	int64_t wait_ms = gate_take_one(gate, client, GATE_CONNECTS, now_ms);

	if (wait_ms)
		metrics.refused[REFUSED_BY_CONNECT_RATE]++;
	return wait_ms;
}

int64_t
gate_make_room(struct gate *gate, struct gate_client *client, int64_t now_ms)
{
	int64_t wait_ms = gate_take_one(gate, client, GATE_ROOMS, now_ms);

	if (wait_ms)
		metrics.rate_limited++;
	return wait_ms;
}

int64_t
gate_take_hook(struct gate *gate, struct gate_client *client, int64_t now_ms)
{
	int64_t wait_ms = gate_take_one(gate, client, GATE_HOOKS, now_ms);

	if (wait_ms)
		metrics.rate_limited++;
	return wait_ms;
}

void
gate_unmake_room(struct gate_client *client)
{
	if (client)
		client->buckets[GATE_ROOMS].tokens++;
}

/* Write who the client with this key is, for the log, to out, which has KEY_BYTES. */
static void
gate_describe(const char *key, char *out)
{
	struct in6_addr address;

	memcpy(&address, key + 1, sizeof(address));
	if (key[0] == KEY_TOKEN)
		snprintf(out, KEY_BYTES, "%s", key + 1);
	else if (IN6_IS_ADDR_UNSPECIFIED(&address))
		snprintf(out, KEY_BYTES, "unknown");
	else if (IN6_IS_ADDR_V4MAPPED(&address))
		inet_ntop(AF_INET, address.s6_addr + 12, out, KEY_BYTES);
	else
		inet_ntop(AF_INET6, &address, out, KEY_BYTES);
}

void
gate_tick(struct gate *gate)
{
	char client[KEY_BYTES];

	for (size_t i = 0; i < GATE_LIMITS; i++) {
		struct gate_refusals *refusals = &gate->refusals[i];

		if (!refusals->count)
			continue;
		gate_describe(refusals->last, client);
		log_warn("over_limit", log_str("limit", limit_names[i]),
			log_uint("count", refusals->count), log_str("client", client));
		refusals->count = 0;
	}
}

void
gate_free(struct gate *gate)
{
	if (!gate)
		return;
	while (!TAILQ_EMPTY(&gate->idle))
		gate_forget(gate, TAILQ_FIRST(&gate->idle));
	assert(!gate->clients);
	free(gate);
}
