/* deferred.h - calls that wait for the end of the loop's turn, because they must not
 * happen in the middle of a broadcast. */
#pragma once

#include <stdbool.h>
#include <sys/queue.h>

/* A deferred call, embedded in its owner. Set call and leave the rest zero. */
struct deferred {
	void (*call)(struct deferred *deferred); /* may free the owner */
	bool is_due;
	TAILQ_ENTRY(deferred) link;
};

TAILQ_HEAD(deferred_list, deferred);

/* Ask for one call when list is run. Asking twice is asking once. */
void deferred_ask(struct deferred_list *list, struct deferred *deferred);

/* Take the request back, if there is one. */
void deferred_cancel(struct deferred_list *list, struct deferred *deferred);

/* Make all calls that were asked for, also those that are asked for meanwhile. */
void deferred_run(struct deferred_list *list);
