/* cluster.h - what the processes that share one chat agree on besides its history: who
 * has a name, who is where, and what nobody keeps. Each of them is a node. A process
 * alone agrees with itself at once.
 *
 * All callbacks come in the thread of the loop, never from within a function of this
 * file. on_people, on_order and on_claimed are one sequence, the same on all nodes and
 * in one order with the entries of the store (on_message). A node is not told its own
 * events and orders. A claim is answered after everything that was before its decision
 * in that sequence. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Size of a proof: a SHA-256 in hex, or "". Nobody can make the proof itself from it. */
#define CLUSTER_PROOF_BYTES 64

/* Length of a name's key: hex digits, the same for names that are equal regardless of how
 * they are spelt. */
#define CLUSTER_KEY_BYTES 32

/* How many numbers of guests a node gets at once. */
#define CLUSTER_GUESTS 100

/* A node's sessions have the numbers node << CLUSTER_SESSION_BITS, plus 1 and more. JSON
 * must show them exactly, so there are 2^21 nodes at most. */
#define CLUSTER_SESSION_BITS 32
#define CLUSTER_NODES_MAX (1U << 21)

struct cluster;
struct cluster_ops;

/* Hashes of what a person has shown. Two persons with one of them in common are the same.
 * "": none. */
struct cluster_proofs {
	char token[CLUSTER_PROOF_BYTES + 1]; /* session token */
	char grant[CLUSTER_PROOF_BYTES + 1]; /* the permissions that fix its name */
	char email[CLUSTER_PROOF_BYTES + 1];
};

/* Why a name was granted. A higher one says more. */
enum cluster_grant {
	CLUSTER_FREE, /* no other node has it */
	/* Another node has it, and its proof is the same: */
	CLUSTER_BY_EMAIL,
	CLUSTER_BY_GRANT,
	CLUSTER_BY_TOKEN,
};

/* A name that a session wants, and what it has shown. */
struct cluster_claim {
	/* NULL: the one that was told last with this token (a day ago at most), if it
	 * can be granted. */
	const char *name;
	const char *key; /* of the name; NULL if that is */
	const struct cluster_proofs *proofs;
};

enum cluster_event_kind {
	/* These are told by nodes (cluster_tell). */

	/* A person is there, or has other proofs, or another number of sessions on that
	 * node. Only those that have entered a room are told. Proofs that the name has
	 * not yet become those of its claim. */
	CLUSTER_HERE,
	CLUSTER_LEFT,  /* it has no session there any more, and is in no room */
	CLUSTER_ENTER, /* it is in room, by the door via */
	CLUSTER_LEAVE, /* it is not in room any more; via: by which door it was there */
	/* The person was, on all nodes, is called name. The teller has claimed it. Each
	 * node that had was has name instead, once more than before (the teller not:
	 * it has counted its claim), and was is nobody's. This is in force as it is told
	 * to the log, so what another node has told of was meanwhile is dropped. No
	 * claim changes if both have the same key (only the spelling is new), or if was
	 * is a guest's name, which nobody claims. */
	CLUSTER_RENAME,
	CLUSTER_SILENT, /* session number is gone, and what it has said is no more */

	/* These are told to nodes only (on_people). */

	CLUSTER_GONE,  /* node is gone with all its people */
	CLUSTER_ANEW,  /* a picture begins: there is nobody on other nodes, but those that
			  follow by HERE and ENTER */
	CLUSTER_WHOLE, /* the picture is complete */
	/* The lease of this node was over. It has no names any more, and others were
	 * told that it is gone. It claims and tells everything anew. Comes after a
	 * picture. */
	CLUSTER_FORGOTTEN,
};

/* Texts are valid until the call or callback returns. Those that a kind does not name are
 * NULL or 0. */
struct cluster_event {
	enum cluster_event_kind kind;
	unsigned node;    /* who tells it; set by the cluster */
	const char *name; /* HERE, LEFT, ENTER, LEAVE: of the person; RENAME: the new one
			   */
	const char *key;  /* of name */
	const char *was, *was_key;           /* RENAME */
	const char *room;                    /* ENTER, LEAVE */
	const char *via;                     /* ENTER, LEAVE: as wire_door */
	unsigned sessions;                   /* HERE */
	const struct cluster_proofs *proofs; /* HERE */
	uint64_t number;                     /* SILENT */
};

/* Texts are valid until the callback returns. on_order and on_said may be NULL: then they
 * are not told. */
struct cluster_callbacks {
	/* The answer to the claim of ticket, which was not answered at once. result is
	 * an enum cluster_grant: this node has the name from now on. If it is granted
	 * more than once, each time counts, and the node has it until as many calls of
	 * cluster_release. -EEXIST: somebody else has it. -ENOENT: there is no name with
	 * that token. -ENOTCONN: nobody can say. At most once a ticket. name is that
	 * which was granted, or asked for. */
	void (*on_claimed)(void *context, uint64_t ticket, const char *name, int result);
	/* Another node has told event, or it is about the nodes themselves. */
	void (*on_people)(void *context, const struct cluster_event *event);
	/* Another node has given an order by cluster_order. */
	void (*on_order)(void *context, const char *order, size_t len);
	/* Another node has called cluster_say. In any order; some may be lost. */
	void (*on_said)(void *context, const char *room, unsigned audience,
		const char *text, size_t len);
};

/* Embedded by its owner, who reads nothing in it. */
struct cluster {
	const struct cluster_ops *ops;
	struct cluster_callbacks callbacks;
	void *context;
	void *state; /* the driver's */
	bool is_shared;
	unsigned node; /* number of this node, set by the driver; 0: alone */
	/* Numbers of guests: those from guest_next on, before guest_end. */
	uint64_t guest_next, guest_end;
	uint64_t spare_guests; /* the first of the next CLUSTER_GUESTS; 0: none */
	bool is_fetching;
};

/* Set up a cluster of this process alone. */
void cluster_init(struct cluster *cluster, const struct cluster_callbacks *callbacks,
	void *context);

/* End it. Claims are not answered any more. */
void cluster_fini(struct cluster *cluster);

/* True if there are other nodes, or may be. If not, nothing has to be told. */
static inline bool
cluster_is_shared(const struct cluster *cluster)
{
	return cluster->is_shared;
}

/* Ask for a name that this node does not have. Returns as on_claimed is told, or
 * -EINPROGRESS if on_claimed answers. A claim that is lost is never answered: the caller
 * has a limit of time. */
int cluster_claim(
	struct cluster *cluster, const struct cluster_claim *claim, uint64_t ticket);

/* Give back a name that was granted once. Does nothing if this node does not have it. */
void cluster_release(struct cluster *cluster, const char *key);

/* Tell other nodes event, of the first six kinds. Nothing is told twice if it is told
 * again. While the node is cut off it is kept; if its lease ends meanwhile, it is dropped
 * and CLUSTER_FORGOTTEN comes. */
void cluster_tell(struct cluster *cluster, const struct cluster_event *event);

/* Show text (opaque) to audience (opaque) in room on other nodes. Nobody keeps it.
 * Returns 0, or -ENOTCONN if the node is cut off. */
int cluster_say(struct cluster *cluster, const char *room, unsigned audience,
	const char *text, size_t len);

/* Give all other nodes order, an opaque text. Returns 0, or -ENOTCONN as cluster_say.
 * After 0 each node that lives gets it once. */
int cluster_order(struct cluster *cluster, const char *order, size_t len);

/* The number of a new guest, which no other guest has had. 0: there is none now, because
 * the node is cut off. */
uint64_t cluster_next_guest(struct cluster *cluster);

/* What the numbers of this node's sessions are added to; 0 if it is alone. It does not
 * change. */
static inline uint64_t
cluster_session_base(const struct cluster *cluster)
{
	return (uint64_t)cluster->node << CLUSTER_SESSION_BITS;
}

/* True if this node does what only one may do: end bans and alarms, delete old messages.
 */
bool cluster_is_housekeeper(const struct cluster *cluster);
