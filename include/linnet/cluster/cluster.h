/* cluster.h - what the processes that share one chat agree on besides its history: who
 * has a name. A process alone agrees with itself at once. */
#pragma once

#include <stdint.h>

struct cluster;
struct cluster_ops;

/* A name that a session wants, and what it shows to prove who it is. */
struct cluster_claim {
	const char *name;
	const char *token;      /* a session token, or NULL */
	const char *email_hash; /* "": none */
};

struct cluster_callbacks {
	/* The answer to the claim of ticket, which was not answered at once. error is 0:
	 * this process has the name from now on. If it is granted more than once, each
	 * time counts, and it has the name until as many calls of cluster_release.
	 * -EEXIST: somebody else has it; or -ENOTCONN: nobody can say. Never called by
	 * cluster_claim, and at most once a ticket. */
	void (*on_claimed)(void *context, uint64_t ticket, const char *name, int error);
};

/* Embedded by its owner, who reads nothing in it. */
struct cluster {
	const struct cluster_ops *ops;
	struct cluster_callbacks callbacks;
	void *context;
};

/* Set up a cluster of this process alone. */
void cluster_init(struct cluster *cluster, const struct cluster_callbacks *callbacks,
	void *context);

/* Ask for a name that nobody in this process has. Returns as on_claimed is told, or
 * -EINPROGRESS if on_claimed answers. */
int cluster_claim(
	struct cluster *cluster, const struct cluster_claim *claim, uint64_t ticket);

/* Give back a name that was granted once. */
void cluster_release(struct cluster *cluster, const char *name);
