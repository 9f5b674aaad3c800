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

/* Ask for one call when list is run. Until then, asking again changes nothing. */
void deferred_ask(struct deferred_list *list, struct deferred *deferred);

/* Do not make the call, if one was asked for. */
void deferred_cancel(struct deferred_list *list, struct deferred *deferred);

/* Make all calls that were asked for, including those that these calls ask for. */
void deferred_run(struct deferred_list *list);
