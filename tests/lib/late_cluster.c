/* Linked into linnetd-late: a cluster that gives every name, but answers no claim while
 * the file $LATE_FILE exists. The linker makes the daemon's chat_turn the one below. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cluster/cluster_driver.h"
#include "linnet/chat/chat.h"

#define CLAIMS 100

static struct {
	uint64_t ticket;
	char name[100];
} claims[CLAIMS];
static size_t claim_count;
static struct cluster *asker;

static bool
is_late(void)
{
	const char *file = getenv("LATE_FILE");

	return file && access(file, F_OK) == 0;
}

static int
late_claim(struct cluster *cluster, const struct cluster_claim *claim, uint64_t ticket)
{
	if (!is_late())
		return 0;
	if (claim_count == CLAIMS)
		abort();
	asker = cluster;
	claims[claim_count].ticket = ticket;
	snprintf(claims[claim_count++].name, sizeof(claims[0].name), "%s", claim->name);
	return -EINPROGRESS;
}

static void
late_release(struct cluster *cluster, const char *key)
{
	(void)cluster;
	(void)key;
}

static bool
late_is_housekeeper(const struct cluster *cluster)
{
	(void)cluster;
	return true;
}

const struct cluster_ops cluster_alone_ops = {
	.claim = late_claim,
	.release = late_release,
	.is_housekeeper = late_is_housekeeper,
};

void __real_chat_turn(struct chat *chat);
void __wrap_chat_turn(struct chat *chat);

void
__wrap_chat_turn(struct chat *chat)
{
	if (claim_count && !is_late()) {
		for (size_t i = 0; i < claim_count; i++)
			asker->callbacks.on_claimed(
				asker->context, claims[i].ticket, claims[i].name, 0);
		claim_count = 0;
	}
	__real_chat_turn(chat);
}
