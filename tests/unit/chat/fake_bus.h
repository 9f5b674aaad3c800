/* fake_bus.h - three nodes in one process, in the place of the cluster "alone". What they
 * ask and tell goes into a log; bus_run decides and delivers it in its order. A node can
 * be cut off, lose its lease and come back. Each has a history of its own. */
#pragma once

#include "chat_fixture.h"

#include <errno.h>

#include "cluster/cluster_driver.h"

#define BUS_NODES 3
#define BUS_ITEMS 2000
#define BUS_NAMES 50
#define BUS_PEOPLE 50
#define BUS_ROOMS 4

enum bus_kind { BUS_CLAIM, BUS_RELEASE, BUS_TELL, BUS_ORDER };

struct bus_item {
	enum bus_kind kind;
	unsigned from;
	uint64_t ticket;
	bool by_token;
	char name[60], key[40], was[60], was_key[40], room[60], via[8], text[300];
	struct cluster_proofs proofs;
	struct cluster_event event; /* without its texts */
};

struct bus_name {
	char name[60], key[40];
	struct cluster_proofs proofs;
	int counts[BUS_NODES + 1];
};

struct bus_person {
	unsigned node;
	char name[60], key[40];
	unsigned sessions;
	struct cluster_proofs proofs;
	char rooms[BUS_ROOMS][60], vias[BUS_ROOMS][8];
};

struct bus_node {
	struct cluster *cluster;
	bool is_cut;
	bool loses_answers;
};

static struct {
	struct bus_node nodes[BUS_NODES + 1]; /* by number, from 1 */
	unsigned opened;
	struct bus_item items[BUS_ITEMS];
	size_t count, done;
	struct bus_name names[BUS_NAMES];
	struct bus_person people[BUS_PEOPLE];
	uint64_t last_guest;
	size_t told;
	unsigned housekeeper;
} bus;

static inline void
bus_copy(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text ? text : "");
}

static inline struct bus_item *
bus_add(struct cluster *cluster, enum bus_kind kind)
{
	struct bus_item *item = &bus.items[bus.count++];

	assert_true(bus.count < BUS_ITEMS);
	memset(item, 0, sizeof(*item));
	item->kind = kind;
	item->from = cluster->node;
	return item;
}

static inline int
bus_claim(struct cluster *cluster, const struct cluster_claim *claim, uint64_t ticket)
{
	struct bus_item *item = bus_add(cluster, BUS_CLAIM);

	item->ticket = ticket;
	item->by_token = !claim->name;
	item->proofs = *claim->proofs;
	bus_copy(item->name, sizeof(item->name), claim->name);
	bus_copy(item->key, sizeof(item->key), claim->key);
	return -EINPROGRESS;
}

static inline void
bus_release(struct cluster *cluster, const char *key)
{
	bus_copy(bus_add(cluster, BUS_RELEASE)->key, sizeof(bus.items->key), key);
}

static inline void
bus_tell(struct cluster *cluster, const struct cluster_event *event)
{
	struct bus_item *item = bus_add(cluster, BUS_TELL);

	bus.told++;
	item->event = *event;
	bus_copy(item->name, sizeof(item->name), event->name);
	bus_copy(item->key, sizeof(item->key), event->key);
	bus_copy(item->was, sizeof(item->was), event->was);
	bus_copy(item->was_key, sizeof(item->was_key), event->was_key);
	bus_copy(item->room, sizeof(item->room), event->room);
	bus_copy(item->via, sizeof(item->via), event->via);
	if (event->proofs)
		item->proofs = *event->proofs;
}

static inline int
bus_say(struct cluster *cluster, const char *room, unsigned audience, const char *text,
	size_t len)
{
	if (bus.nodes[cluster->node].is_cut)
		return -ENOTCONN;
	for (unsigned i = 1; i <= bus.opened; i++) {
		struct cluster *other = bus.nodes[i].cluster;

		if (i != cluster->node && other && other->callbacks.on_said &&
			!bus.nodes[i].is_cut)
			other->callbacks.on_said(
				other->context, room, audience, text, len);
	}
	return 0;
}

static inline int
bus_order(struct cluster *cluster, const char *order, size_t len)
{
	if (bus.nodes[cluster->node].is_cut)
		return -ENOTCONN;
	assert_true(len < sizeof(bus.items->text));
	memcpy(bus_add(cluster, BUS_ORDER)->text, order, len);
	return 0;
}

static inline void
bus_fetch_guests(struct cluster *cluster)
{
	uint64_t first = bus.last_guest + 1;

	if (bus.nodes[cluster->node].is_cut) {
		cluster_take_guests(cluster, 0);
		return;
	}
	bus.last_guest += CLUSTER_GUESTS;
	cluster_take_guests(cluster, first);
}

static inline bool
bus_is_housekeeper(const struct cluster *cluster)
{
	return cluster->node == bus.housekeeper;
}

static inline void
bus_init(struct cluster *cluster)
{
	cluster->is_shared = true;
	cluster->node = ++bus.opened;
	bus.nodes[cluster->node].cluster = cluster;
	cluster->guest_next = cluster->guest_end = 0;
	bus_fetch_guests(cluster);
}

const struct cluster_ops cluster_alone_ops = {
	.init = bus_init,
	.claim = bus_claim,
	.release = bus_release,
	.tell = bus_tell,
	.say = bus_say,
	.order = bus_order,
	.fetch_guests = bus_fetch_guests,
	.is_housekeeper = bus_is_housekeeper,
};

static inline struct bus_name *
bus_name(const char *key)
{
	struct bus_name *name;

	for (name = bus.names; name < bus.names + BUS_NAMES; name++)
		if (!strcmp(name->key, key))
			return name;
	return NULL;
}

static inline int
bus_decide(struct bus_item *item)
{
	struct bus_name *name = NULL;
	int grant = CLUSTER_FREE;

	if (item->by_token) {
		for (name = bus.names; name < bus.names + BUS_NAMES; name++)
			if (*name->proofs.token &&
				!strcmp(name->proofs.token, item->proofs.token))
				break;
		if (name == bus.names + BUS_NAMES)
			return -ENOENT;
		strcpy(item->name, name->name);
		strcpy(item->key, name->key);
	}
	name = bus_name(item->key);
	for (unsigned i = 1; name && i <= BUS_NODES; i++) {
		if (i == item->from || !name->counts[i])
			continue;
#define SAME(what) (*name->proofs.what && !strcmp(name->proofs.what, item->proofs.what))
		grant = SAME(token)   ? CLUSTER_BY_TOKEN
			: SAME(grant) ? CLUSTER_BY_GRANT
			: SAME(email) ? CLUSTER_BY_EMAIL
				      : -EEXIST;
#undef SAME
		if (grant < 0)
			return grant;
	}
	if (!name) {
		name = bus_name("");
		assert_non_null(name);
		strcpy(name->name, item->name);
		strcpy(name->key, item->key);
		name->proofs = item->proofs;
	}
	name->counts[item->from]++;
	return grant;
}

static inline struct bus_person *
bus_person(unsigned node, const char *key)
{
	struct bus_person *person;

	for (person = bus.people; person < bus.people + BUS_PEOPLE; person++)
		if (person->node == node && !strcmp(person->key, key))
			return person;
	return NULL;
}

static inline void
bus_keep_rename(const struct bus_item *item)
{
	struct bus_name *from = bus_name(item->was_key), *to = bus_name(item->key);
	struct bus_person *person;

	for (person = bus.people; person < bus.people + BUS_PEOPLE; person++)
		if (person->node && !strcmp(person->key, item->was_key)) {
			strcpy(person->name, item->name);
			strcpy(person->key, item->key);
		}
	if (!from || !to || from == to)
		return;
	for (unsigned i = 1; i <= BUS_NODES; i++)
		to->counts[i] += from->counts[i] && i != item->from;
	memset(from, 0, sizeof(*from));
}

/* Keep what an event changes in the picture. */
static inline void
bus_keep(const struct bus_item *item)
{
	struct bus_person *person = bus_person(item->from, item->key);
	struct bus_name *name = bus_name(item->key);
	int i = 0;

	if (item->event.kind == CLUSTER_RENAME)
		bus_keep_rename(item);
	if (item->event.kind == CLUSTER_HERE) {
		if (!person)
			person = bus_person(0, "");
		assert_non_null(person);
		person->node = item->from;
		strcpy(person->name, item->name);
		strcpy(person->key, item->key);
		person->sessions = item->event.sessions;
		person->proofs = item->proofs;
		if (name && *name->key && !*name->proofs.token)
			strcpy(name->proofs.token, item->proofs.token);
	}
	if (!person)
		return;
	if (item->event.kind == CLUSTER_LEFT)
		memset(person, 0, sizeof(*person));
	if (item->event.kind == CLUSTER_ENTER) {
		while (*person->rooms[i] && strcmp(person->rooms[i], item->room) != 0)
			i++;
		strcpy(person->rooms[i], item->room);
		strcpy(person->vias[i], item->via);
	}
	for (i = 0; item->event.kind == CLUSTER_LEAVE && i < BUS_ROOMS; i++)
		if (!strcmp(person->rooms[i], item->room))
			*person->rooms[i] = '\0';
}

static inline void
bus_deliver(unsigned to, struct bus_item *item)
{
	struct cluster *cluster = bus.nodes[to].cluster;
	struct cluster_event event = item->event;

	if (item->kind == BUS_ORDER) {
		if (cluster->callbacks.on_order)
			cluster->callbacks.on_order(
				cluster->context, item->text, strlen(item->text));
		return;
	}
	event.node = item->from;
	event.name = item->name;
	event.key = item->key;
	event.was = item->was;
	event.was_key = item->was_key;
	event.room = item->room;
	event.via = item->via;
	event.proofs = &item->proofs;
	cluster->callbacks.on_people(cluster->context, &event);
}

static inline void
bus_do(struct bus_item *item)
{
	struct cluster *cluster = bus.nodes[item->from].cluster;
	struct bus_name *name;
	int result;

	if (item->kind == BUS_CLAIM) {
		result = bus_decide(item);
		if (cluster && !bus.nodes[item->from].loses_answers)
			cluster->callbacks.on_claimed(
				cluster->context, item->ticket, item->name, result);
	} else if (item->kind == BUS_RELEASE) {
		name = bus_name(item->key);
		if (name && name->counts[item->from])
			name->counts[item->from]--;
	} else {
		if (item->kind == BUS_TELL)
			bus_keep(item);
		for (unsigned i = 1; i <= bus.opened; i++)
			if (i != item->from && bus.nodes[i].cluster &&
				!bus.nodes[i].is_cut)
				bus_deliver(i, item);
	}
	for (name = bus.names; name < bus.names + BUS_NAMES; name++)
		if (*name->key &&
			!name->counts[1] + !name->counts[2] + !name->counts[3] == 3)
			memset(name, 0, sizeof(*name));
}

/* Decide and deliver all that nodes which are not cut off have said. */
static inline void
bus_run(void)
{
	for (size_t i = bus.done; i < bus.count; i++) {
		struct bus_item item = bus.items[i];

		if (!item.from || bus.nodes[item.from].is_cut)
			continue;
		bus.items[i].from = 0;
		bus_do(&item);
	}
	while (bus.done < bus.count && !bus.items[bus.done].from)
		bus.done++;
}

static inline void
bus_tell_node(unsigned to, enum cluster_event_kind kind, unsigned about)
{
	struct cluster *cluster = bus.nodes[to].cluster;

	cluster->callbacks.on_people(
		cluster->context, &(struct cluster_event){ .kind = kind, .node = about });
}

/* The lease of node is over: the others hear that it is gone. */
static inline void
bus_reap(unsigned node)
{
	for (size_t i = 0; i < bus.count; i++)
		if (bus.items[i].from == node)
			bus.items[i].from = 0;
	for (int i = 0; i < BUS_NAMES; i++)
		bus.names[i].counts[node] = 0;
	for (int i = 0; i < BUS_NAMES; i++)
		if (!bus.names[i].counts[1] && !bus.names[i].counts[2] &&
			!bus.names[i].counts[3])
			memset(&bus.names[i], 0, sizeof(bus.names[i]));
	for (int i = 0; i < BUS_PEOPLE; i++)
		if (bus.people[i].node == node)
			memset(&bus.people[i], 0, sizeof(bus.people[i]));
	for (unsigned i = 1; i <= bus.opened; i++)
		if (i != node && bus.nodes[i].cluster && !bus.nodes[i].is_cut)
			bus_tell_node(i, CLUSTER_GONE, node);
}

/* Give node a new picture. */
static inline void
bus_picture(unsigned node)
{
	bus_tell_node(node, CLUSTER_ANEW, 0);
	for (int i = 0; i < BUS_PEOPLE; i++) {
		const struct bus_person *person = &bus.people[i];
		struct bus_item item = { .kind = BUS_TELL, .from = person->node };

		if (!person->node || person->node == node)
			continue;
		strcpy(item.name, person->name);
		strcpy(item.key, person->key);
		item.proofs = person->proofs;
		item.event.kind = CLUSTER_HERE;
		item.event.sessions = person->sessions;
		bus_deliver(node, &item);
		for (int r = 0; r < BUS_ROOMS; r++) {
			if (!*person->rooms[r])
				continue;
			item.event.kind = CLUSTER_ENTER;
			strcpy(item.room, person->rooms[r]);
			strcpy(item.via, person->vias[r]);
			bus_deliver(node, &item);
		}
	}
	bus_tell_node(node, CLUSTER_WHOLE, 0);
}

/* The nodes of a test. Each is a chat with ann, bob and eve. */
struct nodes {
	struct fixture *at[BUS_NODES + 1]; /* by number, from 1 */
};

static inline void
bus_settle(struct nodes *nodes)
{
	for (int round = 0; round < 6; round++) {
		for (int i = 1; i <= BUS_NODES; i++)
			if (nodes->at[i])
				settle(nodes->at[i]);
		bus_run();
	}
}

static inline void
bus_forget_heard(struct nodes *nodes)
{
	bus_settle(nodes);
	for (int i = 1; i <= BUS_NODES; i++) {
		if (!nodes->at[i])
			continue;
		forget_heard(&nodes->at[i]->ann);
		forget_heard(&nodes->at[i]->bob);
		forget_heard(&nodes->at[i]->eve);
	}
}

/* Say text on node, and let everybody hear of it. */
static inline void
say_at(struct nodes *nodes, int node, struct fake *fake, const char *text)
{
	say(nodes->at[node], fake, text);
	bus_settle(nodes);
}

static inline void
come_at(struct nodes *nodes, int node, struct fake *fake,
	const struct chat_wishes *wishes)
{
	come(nodes->at[node], fake, wishes);
	bus_settle(nodes);
}

static inline void
go_at(struct nodes *nodes, int node, struct fake *fake)
{
	go(nodes->at[node], fake);
	bus_settle(nodes);
}

static inline int
set_up_bus(void **state)
{
	static const char *const settings[] = { "limits.message_rate=0",
		"limits.address_rate=0" };
	struct nodes *nodes = test_calloc(1, sizeof(*nodes));

	memset(&bus, 0, sizeof(bus));
	bus.housekeeper = 1;
	for (int i = 1; i <= BUS_NODES; i++) {
		void *fixture;

		set_up_with(&fixture, settings, 2);
		nodes->at[i] = fixture;
	}
	bus_settle(nodes);
	*state = nodes;
	return 0;
}

static inline void
bus_close(struct nodes *nodes, int node)
{
	void *fixture = nodes->at[node];

	tear_down(&fixture);
	nodes->at[node] = NULL;
	bus.nodes[node].cluster = NULL;
}

static inline int
tear_down_bus(void **state)
{
	struct nodes *nodes = *state;

	for (int i = 1; i <= BUS_NODES; i++)
		if (nodes->at[i])
			bus_close(nodes, i);
	bus_run();
	for (int i = 0; i < BUS_NAMES; i++)
		assert_string_equal(bus.names[i].key, "");
	test_free(nodes);
	return 0;
}

#define bus_test(test) cmocka_unit_test_setup_teardown(test, set_up_bus, tear_down_bus)
