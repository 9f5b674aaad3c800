/* deferred.h - calls that are put off to the end of the turn of the loop, because what
 * they do must not happen in the middle of a broadcast. */
#pragma once

#include <stdbool.h>
#include <sys/queue.h>

/* One such call; embedded in whom it is for. All zero but for call is one that is not
 * due. */
struct deferred {
	void (*call)(struct deferred *deferred); /* may free its owner */
	bool is_due;
	TAILQ_ENTRY(deferred) link;
};

TAILQ_HEAD(deferred_list, deferred);

/* Let later be called once when list is run. */
void deferred_ask(struct deferred_list *list, struct deferred *deferred);

/* Do not call it. */
void deferred_cancel(struct deferred_list *list, struct deferred *deferred);

/* Call all that are due, also those that become so meanwhile. */
void deferred_run(struct deferred_list *list);
